#include "ledger/vault.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/mapped.h"
#include "base/reader.h"
#include "base/writer.h"
#include "ledger/lmdb_env.h"
#include "ledger/memtable.h"

enum {
    FORMAT = 1,
    KEY_ID_BYTES = 16,
    TAG_BYTES = 16, /* of a customer */
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    MAC_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    AT_KEY_ID = 1,
    AT_NONCE = AT_KEY_ID + KEY_ID_BYTES,
    AT_CIPHER = AT_NONCE + NONCE_BYTES,
    AD_BYTES = 1 + KEY_ID_BYTES + 8,
    ROW_BYTES = KEY_BYTES + 8,
};

_Static_assert(AT_CIPHER + MAC_BYTES == VAULT_OVERHEAD, "as vault.h says");
_Static_assert(NONCE_BYTES == 24 && KEY_BYTES == 32 && MAC_BYTES == 16,
               "as vault.h says");

#define MAP_BYTES ((size_t)16 << 30)

/* First byte of a row's key, and the tables of the memtable for new rows. */
enum { ROW_CUSTOMER = 'c', ROW_KEY = 'k', NEW_CUSTOMER = 1, NEW_KEY = 2 };

struct vault {
    MDB_env *env; /* NULL: in memory only */
    MDB_txn *reader;
    struct memtable *fresh; /* made, not yet committed; all in memory only */
    const struct random *random;
    bool read_only;
    pthread_mutex_t copying; /* the file is not replaced while it is copied */
    char path[LIMIT_PATH_BYTES];
};

struct vault_key {
    uint8_t id[KEY_ID_BYTES];
    uint8_t bytes[KEY_BYTES];
};

static void customer_tag(struct slice customer, uint8_t tag[TAG_BYTES])
{
    crypto_generichash(tag, TAG_BYTES, customer.data, customer.size, NULL, 0);
}

/* --- rows --- */

static bool get_stored(struct vault *v, uint8_t kind, const uint8_t *name,
                       struct slice *value)
{
    uint8_t place[1 + TAG_BYTES];
    MDB_val key = {sizeof place, place}, found;

    if (v->env == NULL)
        return false;
    place[0] = kind;
    memcpy(place + 1, name, TAG_BYTES);
    mapped_reading(v->env);
    int rc = mdb_get(v->reader, 1, &key, &found);

    mapped_reading(NULL);
    if (rc == MDB_NOTFOUND)
        return false;
    lmdb_must(v->env, rc, "read the vault");
    *value = lmdb_slice(&found);
    return true;
}

static bool get_row(struct vault *v, uint8_t kind, const uint8_t *name,
                    struct slice *value)
{
    uint8_t table = kind == ROW_KEY ? NEW_KEY : NEW_CUSTOMER;
    const struct mem_row *row =
        memtable_find(v->fresh, table, slice_of(name, TAG_BYTES));

    if (row == NULL)
        return get_stored(v, kind, name, value);
    *value = mem_row_value(row);
    return true;
}

static bool find_key(struct vault *v, const uint8_t *id, struct vault_key *key)
{
    struct slice row;

    if (!get_row(v, ROW_KEY, id, &row) || row.size != ROW_BYTES)
        return false;
    memcpy(key->id, id, KEY_ID_BYTES);
    memcpy(key->bytes, row.data, KEY_BYTES);
    return true;
}

static void make_key(struct vault *v, const uint8_t *tag, int64_t now_ms,
                     struct vault_key *key)
{
    uint8_t row[ROW_BYTES];

    random_fill(v->random, key->id, sizeof key->id);
    random_fill(v->random, key->bytes, sizeof key->bytes);
    memcpy(row, key->bytes, KEY_BYTES);
    put_u64(row + KEY_BYTES, (uint64_t)now_ms);
    memtable_put(v->fresh, NEW_CUSTOMER, slice_of(tag, TAG_BYTES),
                 slice_of(key->id, KEY_ID_BYTES));
    memtable_put(v->fresh, NEW_KEY, slice_of(key->id, KEY_ID_BYTES),
                 slice_of(row, sizeof row));
    sodium_memzero(row, sizeof row);
}

/* --- sealing --- */

static void associated(const uint8_t *id, uint64_t seq, uint8_t ad[AD_BYTES])
{
    ad[0] = FORMAT;
    memcpy(ad + 1, id, KEY_ID_BYTES);
    put_u64(ad + 1 + KEY_ID_BYTES, seq);
}

static void seal_with(struct vault *v, const struct vault_key *key,
                      uint64_t seq, struct slice plain, uint8_t *out)
{
    uint8_t ad[AD_BYTES];
    unsigned long long size;

    out[0] = FORMAT;
    memcpy(out + AT_KEY_ID, key->id, KEY_ID_BYTES);
    random_fill(v->random, out + AT_NONCE, NONCE_BYTES);
    associated(key->id, seq, ad);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + AT_CIPHER, &size, plain.data, plain.size, ad, sizeof ad, NULL,
        out + AT_NONCE, key->bytes);
    assert(size == plain.size + MAC_BYTES);
}

enum status vault_seal(struct vault *v, struct slice customer, uint64_t seq,
                       int64_t now_ms, struct slice plain, struct bytes *out,
                       struct error *err)
{
    uint8_t tag[TAG_BYTES];
    struct vault_key key;
    struct slice id;

    if (v->read_only)
        return error_set(err, STATUS_DENIED, "this vault is open to read");
    if (customer.size == 0)
        return error_set(err, STATUS_INVALID, "seal for nobody");
    uint8_t *at = bytes_reserve(out, plain.size + VAULT_OVERHEAD);

    if (at == NULL)
        return error_set(err, out->status, "seal a personal part");
    customer_tag(customer, tag);
    if (!get_row(v, ROW_CUSTOMER, tag, &id) || id.size != KEY_ID_BYTES ||
        !find_key(v, id.data, &key))
        make_key(v, tag, now_ms, &key);
    seal_with(v, &key, seq, plain, at);
    out->size += plain.size + VAULT_OVERHEAD;
    sodium_memzero(&key, sizeof key);
    return STATUS_OK;
}

static enum status unseal_with(const struct vault_key *key, uint64_t seq,
                               struct slice sealed, struct bytes *out,
                               struct error *err)
{
    uint8_t ad[AD_BYTES];
    unsigned long long size;
    size_t before = out->size;
    uint8_t *at = bytes_reserve(out, sealed.size - VAULT_OVERHEAD + 1);

    if (at == NULL)
        return error_set(err, out->status, "open a personal part");
    associated(key->id, seq, ad);
    int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(
        at, &size, NULL, sealed.data + AT_CIPHER, sealed.size - AT_CIPHER, ad,
        sizeof ad, sealed.data + AT_NONCE, key->bytes);

    out->size = rc == 0 ? before + (size_t)size : before;
    if (rc == 0)
        return STATUS_OK;
    return error_set(err, STATUS_CORRUPT,
                     "the personal part of record %llu does not open: damaged "
                     "or moved",
                     (unsigned long long)seq);
}

enum status vault_unseal(struct vault *v, uint64_t seq, struct slice sealed,
                         struct bytes *out, struct error *err)
{
    struct vault_key key;

    if (sealed.size < VAULT_OVERHEAD || sealed.data[0] != FORMAT)
        return error_set(err, STATUS_CORRUPT, "not a sealed part");
    if (v->env != NULL) {
        mdb_txn_reset(v->reader); /* keys made since by the owner count */
        lmdb_must(v->env, mdb_txn_renew(v->reader), "read the vault");
    }
    if (!find_key(v, sealed.data + AT_KEY_ID, &key))
        return error_set(err, STATUS_EXPIRED,
                         "the customer of record %llu was forgotten",
                         (unsigned long long)seq);
    enum status status = unseal_with(&key, seq, sealed, out, err);

    sodium_memzero(&key, sizeof key);
    return status;
}

/* --- the file --- */

static void put_stored(MDB_txn *txn, uint8_t kind, struct slice name,
                       struct slice value)
{
    uint8_t place[1 + TAG_BYTES];
    MDB_val key = {sizeof place, place}, val = lmdb_val(value);

    assert(name.size == TAG_BYTES);
    place[0] = kind;
    memcpy(place + 1, name.data, TAG_BYTES);
    lmdb_must(mdb_txn_env(txn), mdb_put(txn, 1, &key, &val, 0),
              "write the vault");
}

static void renew(struct vault *v)
{
    mdb_txn_reset(v->reader);
    lmdb_must(v->env, mdb_txn_renew(v->reader), "read the vault");
}

enum status vault_commit(struct vault *v, struct error *err)
{
    size_t n = memtable_count(v->fresh);
    MDB_txn *txn;

    (void)err;
    if (n == 0 || v->env == NULL)
        return STATUS_OK;
    lmdb_must(v->env, mdb_txn_begin(v->env, NULL, 0, &txn), "write the vault");
    struct mem_row **rows = memtable_rows(v->fresh);

    for (size_t i = 0; i < n; i++)
        put_stored(txn, rows[i]->table == NEW_KEY ? ROW_KEY : ROW_CUSTOMER,
                   mem_row_key(rows[i]), mem_row_value(rows[i]));
    free(rows);
    lmdb_must(v->env, mdb_txn_commit(txn), "commit the vault");
    memtable_free(v->fresh);
    v->fresh = memtable_new(0);
    renew(v);
    return STATUS_OK;
}

static enum status attach(struct vault *v, struct error *err)
{
    MDB_dbi dbi;
    enum status status = lmdb_env_open(v->path, v->read_only ? 0 : MAP_BYTES,
                                       v->read_only, &v->env, err);

    if (status != STATUS_OK)
        return status;
    status = lmdb_begin_read(v->env, &v->reader, err);
    if (status != STATUS_OK)
        return status;
    int rc = mdb_dbi_open(v->reader, NULL, 0, &dbi);

    return rc == 0 ? STATUS_OK : lmdb_error(err, rc, v->path);
}

static void detach(struct vault *v)
{
    if (v->reader != NULL)
        mdb_txn_abort(v->reader);
    if (v->env != NULL)
        lmdb_env_close(v->env);
    v->reader = NULL;
    v->env = NULL;
}

static void name_beside(const struct vault *v, const char *suffix,
                        char out[LIMIT_PATH_BYTES + 16])
{
    snprintf(out, LIMIT_PATH_BYTES + 16, "%s%s", v->path, suffix);
}

/* What a crash while forgetting left behind. The rename is the moment. */
static void remove_leftovers(const struct vault *v)
{
    char path[LIMIT_PATH_BYTES + 16];

    name_beside(v, ".new", path);
    unlink(path);
    name_beside(v, ".new-lock", path);
    unlink(path);
}

static enum status open_vault(const char *path, const struct random *random,
                              bool read_only, struct vault **out,
                              struct error *err)
{
    struct vault *v = calloc(1, sizeof *v);
    enum status status = STATUS_OK;

    *out = NULL;
    if (v == NULL)
        return error_set(err, STATUS_NO_MEMORY, "open the vault");
    v->random = random != NULL ? random : random_system();
    v->fresh = memtable_new(0);
    v->read_only = read_only;
    pthread_mutex_init(&v->copying, NULL);
    if (path != NULL) {
        if (snprintf(v->path, sizeof v->path, "%s", path) >=
            (int)sizeof v->path)
            status = error_set(err, STATUS_TOO_LARGE, "path too long");
        if (!read_only)
            remove_leftovers(v);
        if (status == STATUS_OK)
            status = attach(v, err);
    }
    if (status != STATUS_OK) {
        vault_close(&v);
        return error_wrap(err, "vault");
    }
    *out = v;
    return STATUS_OK;
}

enum status vault_open(const char *path, const struct random *random,
                       struct vault **v, struct error *err)
{
    return open_vault(path, random, false, v, err);
}

enum status vault_reader(const char *path, struct vault **v, struct error *err)
{
    return open_vault(path, NULL, true, v, err);
}

void vault_close(struct vault **v)
{
    if (*v == NULL)
        return;
    detach(*v);
    memtable_free((*v)->fresh);
    pthread_mutex_destroy(&(*v)->copying);
    free(*v);
    *v = NULL;
}

/* --- forgetting --- */

/* Every row but those two into a new file: LMDB's own copy would carry along
 * what lies in the gaps of its pages. */
static void copy_rows(struct vault *v, MDB_env *to, const uint8_t *tag,
                      const uint8_t *id)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    MDB_txn *txn;
    MDB_dbi dbi;

    lmdb_must(to, mdb_txn_begin(to, NULL, 0, &txn), "rewrite the vault");
    lmdb_must(to, mdb_dbi_open(txn, NULL, 0, &dbi), "rewrite the vault");
    lmdb_must(v->env, mdb_cursor_open(v->reader, 1, &cursor),
              "rewrite the vault");
    int rc;

    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        const uint8_t *name = (const uint8_t *)key.mv_data + 1;
        const uint8_t *gone = name[-1] == ROW_KEY ? id : tag;

        if (memcmp(name, gone, TAG_BYTES) == 0)
            continue;
        lmdb_must(to, mdb_put(txn, dbi, &key, &value, MDB_APPEND),
                  "rewrite the vault");
    }
    /* Half of the keys must not stand for all of them. */
    lmdb_must(v->env, rc == MDB_NOTFOUND ? 0 : rc, "rewrite the vault");
    mdb_cursor_close(cursor);
    lmdb_must(to, mdb_txn_commit(txn), "rewrite the vault");
}

/* Best effort: the file system may keep old blocks anyway. */
static void overwrite(const char *path)
{
    static const uint8_t zeros[65536];
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0) {
        for (off_t at = 0; at < st.st_size; at += (off_t)sizeof zeros)
            if (pwrite(fd, zeros, sizeof zeros, at) < 0)
                break;
        fdatasync(fd);
    }
    close(fd);
}

static enum status sync_dir_of(const char *path, struct error *err)
{
    char dir[LIMIT_PATH_BYTES];
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return file_sync_dir(".", err);
    snprintf(dir, sizeof dir, "%.*s", (int)(slash - path + 1), path);
    return file_sync_dir(dir, err);
}

static enum status rewrite(struct vault *v, const uint8_t *tag,
                           const uint8_t *id, struct error *err)
{
    char fresh[LIMIT_PATH_BYTES + 16], old[LIMIT_PATH_BYTES + 16];
    MDB_env *to;

    name_beside(v, ".new", fresh);
    name_beside(v, ".old", old);
    remove_leftovers(v);
    enum status status = lmdb_env_open(fresh, MAP_BYTES, false, &to, err);

    if (status != STATUS_OK)
        return status;
    copy_rows(v, to, tag, id);
    lmdb_env_close(to);
    detach(v);
    unlink(old);
    if (link(v->path, old) != 0 || rename(fresh, v->path) != 0)
        lmdb_must(NULL, errno, "replace the vault");
    status = sync_dir_of(v->path, err);
    overwrite(old);
    unlink(old);
    remove_leftovers(v);
    enum status opened = attach(v, err);

    if (opened != STATUS_OK)
        lmdb_must(NULL, EIO, "open the vault again");
    return status;
}

static void forget_fresh(struct vault *v, const uint8_t *tag, const uint8_t *id)
{
    memtable_delete(v->fresh, NEW_CUSTOMER, slice_of(tag, TAG_BYTES), false);
    memtable_delete(v->fresh, NEW_KEY, slice_of(id, KEY_ID_BYTES), false);
}

enum status vault_forget(struct vault *v, struct slice customer,
                         struct error *err)
{
    uint8_t tag[TAG_BYTES], id[KEY_ID_BYTES];
    struct slice found;

    if (v->read_only)
        return error_set(err, STATUS_DENIED, "this vault is open to read");
    customer_tag(customer, tag);
    if (!get_row(v, ROW_CUSTOMER, tag, &found) || found.size != KEY_ID_BYTES)
        return error_set(err, STATUS_NOT_FOUND, "no key of that customer");
    memcpy(id, found.data, sizeof id);
    if (!get_stored(v, ROW_CUSTOMER, tag, &found)) {
        forget_fresh(v, tag, id);
        return STATUS_OK;
    }
    pthread_mutex_lock(&v->copying);
    enum status status = rewrite(v, tag, id, err);

    pthread_mutex_unlock(&v->copying);
    return status;
}

/* --- the rest --- */

bool vault_knows(struct vault *v, struct slice customer)
{
    uint8_t tag[TAG_BYTES];
    struct slice id;

    customer_tag(customer, tag);
    return get_row(v, ROW_CUSTOMER, tag, &id);
}

uint64_t vault_count(struct vault *v)
{
    MDB_stat stat = {0};

    if (v->env != NULL)
        lmdb_must(v->env, mdb_stat(v->reader, 1, &stat), "count the keys");
    return (stat.ms_entries + memtable_count(v->fresh)) / 2;
}

enum status vault_copy(struct vault *v, const char *to_path, struct error *err)
{
    if (v->env == NULL)
        return error_set(err, STATUS_NOT_FOUND, "the vault has no file");
    pthread_mutex_lock(&v->copying);
    enum status status = lmdb_env_copy(v->env, to_path, err);

    pthread_mutex_unlock(&v->copying);
    return status;
}
