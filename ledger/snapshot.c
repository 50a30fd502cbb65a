#include "ledger/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/file.h"
#include "base/reader.h"
#include "base/writer.h"
#include "ledger/state_internal.h"

static const char magic[8] = {'Y', 'n', 'S', 'n', 'a', 'p', '0', '1'};

enum {
    AT_SEQ = 8,
    AT_CHAIN = 16,
    AT_ROWS = 48,
    AT_HASH = 56,
    AT_UNPACKED = 88,
    AT_STORED = 96,
    HEADER_BYTES = 104,
    ROW_HEAD_BYTES = 7,
    LEVEL = 3,
    IO_BYTES = 128 << 10,
    VALUE_MAX = 64 << 20, /* of one row; more is not ours */
};

/* --- writing: two passes over the rows' file, the header last --- */

struct writing {
    int fd;
    ZSTD_CCtx *zstd;
    uint8_t *packed; /* IO_BYTES */
    struct snapshot_info info;
    struct digest_stream hash;
    uint64_t unpacked;
    uint64_t stored;
    struct error *err;
    enum status status; /* the first failure */
};

static void write_all(struct writing *w, struct slice bytes)
{
    while (w->status == STATUS_OK && bytes.size > 0) {
        ssize_t n = write(w->fd, bytes.data, bytes.size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            w->status = error_set_errno(w->err, errno, "write a snapshot");
            return;
        }
        bytes = slice_from(bytes, (size_t)n);
    }
}

static void pack(struct writing *w, struct slice bytes, ZSTD_EndDirective end)
{
    ZSTD_inBuffer in = {bytes.data, bytes.size, 0};
    size_t left = 1;

    while (w->status == STATUS_OK &&
           (in.pos < in.size || (end == ZSTD_e_end && left > 0))) {
        ZSTD_outBuffer out = {w->packed, IO_BYTES, 0};

        left = ZSTD_compressStream2(w->zstd, &out, &in, end);
        if (ZSTD_isError(left)) {
            w->status = error_set(w->err, STATUS_INTERNAL, "pack: %s",
                                  ZSTD_getErrorName(left));
            return;
        }
        w->stored += out.pos;
        write_all(w, slice_of(w->packed, out.pos));
    }
}

static void write_row(struct writing *w, enum state_table table,
                      struct slice key, struct slice value)
{
    uint8_t head[ROW_HEAD_BYTES];

    head[0] = (uint8_t)table;
    put_u16(head + 1, (uint16_t)key.size);
    put_u32(head + 3, (uint32_t)value.size);
    pack(w, slice_of(head, sizeof head), ZSTD_e_continue);
    pack(w, key, ZSTD_e_continue);
    pack(w, value, ZSTD_e_continue);
    state_hash_row(&w->hash, table, key, value);
    w->unpacked += sizeof head + key.size + value.size;
    w->info.rows++;
}

static void fill_header(const struct writing *w, uint8_t h[HEADER_BYTES])
{
    memcpy(h, magic, sizeof magic);
    put_u64(h + AT_SEQ, w->info.seq);
    memcpy(h + AT_CHAIN, w->info.chain.bytes, DIGEST_BYTES);
    put_u64(h + AT_ROWS, w->info.rows);
    memcpy(h + AT_HASH, w->info.hash.bytes, DIGEST_BYTES);
    put_u64(h + AT_UNPACKED, w->unpacked);
    put_u64(h + AT_STORED, w->stored);
}

/* The digest over header and body, by reading the body back. */
static void write_seal(struct writing *w, const uint8_t *header)
{
    struct digest_stream d;
    off_t at = HEADER_BYTES;

    digest_begin(&d);
    digest_add(&d, slice_of(header, HEADER_BYTES));
    for (uint64_t left = w->stored; w->status == STATUS_OK && left > 0;) {
        ssize_t n = pread(w->fd, w->packed, IO_BYTES, at);

        if (n <= 0) {
            w->status = error_set_errno(w->err, n < 0 ? errno : EIO,
                                        "read a snapshot back");
            return;
        }
        digest_add(&d, slice_of(w->packed, (size_t)n));
        left -= (uint64_t)n;
        at += n;
    }
    struct digest seal = digest_end(&d);

    write_all(w, slice_of(seal.bytes, DIGEST_BYTES));
}

static void finish_file(struct writing *w)
{
    uint8_t header[HEADER_BYTES];

    pack(w, SLICE_EMPTY, ZSTD_e_end);
    w->info.hash = digest_end(&w->hash);
    w->info.file_bytes = HEADER_BYTES + w->stored + DIGEST_BYTES;
    fill_header(w, header);
    write_seal(w, header);
    if (w->status == STATUS_OK &&
        pwrite(w->fd, header, sizeof header, 0) != HEADER_BYTES)
        w->status = error_set_errno(w->err, errno, "write a snapshot");
    if (w->status == STATUS_OK && fsync(w->fd) != 0)
        w->status = error_set_errno(w->err, errno, "sync a snapshot");
}

/* Where the rows come from: fills *more, or returns the failure. */
typedef enum status next_row(void *source, enum state_table *table,
                             struct slice *key, struct slice *value,
                             struct error *err);

static void write_rows(struct writing *w, next_row *next, void *source)
{
    static const uint8_t nothing[HEADER_BYTES];
    enum state_table table;
    struct slice key, value;

    digest_begin(&w->hash);
    write_all(w, slice_of(nothing, sizeof nothing));
    while (w->status == STATUS_OK) {
        enum status status = next(source, &table, &key, &value, w->err);

        if (status == STATUS_END)
            break;
        if (status != STATUS_OK)
            w->status = status;
        else if (table != STATE_META)
            write_row(w, table, key, value);
    }
    if (w->status == STATUS_OK)
        finish_file(w);
}

static enum status write_snapshot(const char *dir, uint64_t seq,
                                  const struct digest *chain, next_row *next,
                                  void *source, struct snapshot_info *info,
                                  struct error *err)
{
    char path[LIMIT_PATH_BYTES], part[LIMIT_PATH_BYTES];
    struct writing w = {.info = {.seq = seq, .chain = *chain}, .err = err};
    enum status status = file_make_dirs(dir, 0700, err);

    if (status == STATUS_OK)
        status = snapshot_path(dir, seq, "", path, err);
    if (status == STATUS_OK)
        status = snapshot_path(dir, seq, ".part", part, err);
    if (status != STATUS_OK)
        return status;
    w.fd = open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (w.fd < 0)
        return error_set_errno(err, errno, "create %s", part);
    w.zstd = ZSTD_createCCtx();
    w.packed = malloc(IO_BYTES);
    if (w.zstd == NULL || w.packed == NULL)
        w.status = error_set(err, STATUS_NO_MEMORY, "write a snapshot");
    else
        ZSTD_CCtx_setParameter(w.zstd, ZSTD_c_compressionLevel, LEVEL);
    if (w.status == STATUS_OK)
        write_rows(&w, next, source);
    ZSTD_freeCCtx(w.zstd);
    free(w.packed);
    close(w.fd);
    if (w.status == STATUS_OK && rename(part, path) != 0)
        w.status = error_set_errno(err, errno, "rename %s", part);
    if (w.status != STATUS_OK) {
        unlink(part);
        return w.status;
    }
    if (info != NULL)
        *info = w.info;
    return file_sync_dir(dir, err);
}

static enum status next_of_reader(void *source, enum state_table *table,
                                  struct slice *key, struct slice *value,
                                  struct error *err)
{
    return state_reader_next(source, table, key, value, err);
}

enum status snapshot_write(const char *dir, struct state_reader *r,
                           const struct digest *chain,
                           struct snapshot_info *info, struct error *err)
{
    state_reader_rewind(r);
    return write_snapshot(dir, state_reader_applied(r), chain, next_of_reader,
                          r, info, err);
}

struct live_rows {
    struct state *state;
    struct state_cursor cursor;
    int table; /* 0: not begun */
};

static enum status next_of_live(void *source, enum state_table *table,
                                struct slice *key, struct slice *value,
                                struct error *err)
{
    struct live_rows *l = source;

    (void)err;
    for (;;) {
        if (l->table > 0 && state_cursor_next(&l->cursor, key, value)) {
            *table = (enum state_table)l->table;
            return STATUS_OK;
        }
        if (l->table > 0)
            state_cursor_close(&l->cursor);
        if (++l->table == STATE_TABLE_END)
            return STATUS_END;
        state_cursor_open(&l->cursor, l->state, (enum state_table)l->table,
                          SLICE_EMPTY, SLICE_EMPTY);
    }
}

enum status snapshot_write_live(const char *dir, struct state *s,
                                const struct digest *chain,
                                struct snapshot_info *info, struct error *err)
{
    struct live_rows l = {.state = s};
    enum status status = write_snapshot(dir, state_applied(s), chain,
                                        next_of_live, &l, info, err);

    if (l.table > 0 && l.table < STATE_TABLE_END)
        state_cursor_close(&l.cursor);
    return status;
}

/* --- reading --- */

struct reading {
    FILE *file;
    const char *path;
    ZSTD_DCtx *zstd;
    uint8_t *packed; /* IO_BYTES, what was read */
    ZSTD_inBuffer in;
    uint64_t stored_left;
    uint64_t unpacked_left;
    uint8_t *value;
    size_t value_room;
    struct snapshot_info info;
};

static enum status damaged(const struct reading *r, const char *why,
                           struct error *err)
{
    return error_set(err, STATUS_CORRUPT, "snapshot %s: %s", r->path,
                     error_said(why));
}

static enum status read_head(struct reading *r, struct error *err)
{
    uint8_t h[HEADER_BYTES];

    if (fread(h, 1, sizeof h, r->file) != sizeof h)
        return damaged(r, "shorter than its header", err);
    if (memcmp(h, magic, 6) != 0)
        return damaged(r, "not a snapshot", err);
    if (memcmp(h, magic, sizeof magic) != 0)
        return error_set(err, STATUS_VERSION, "snapshot %s: format %.2s",
                         r->path, (const char *)h + 6);
    r->info.seq = get_u64(h + AT_SEQ);
    r->info.rows = get_u64(h + AT_ROWS);
    memcpy(r->info.chain.bytes, h + AT_CHAIN, DIGEST_BYTES);
    memcpy(r->info.hash.bytes, h + AT_HASH, DIGEST_BYTES);
    r->unpacked_left = get_u64(h + AT_UNPACKED);
    r->stored_left = get_u64(h + AT_STORED);
    return STATUS_OK;
}

/* The whole file against its seal, before a byte of it is believed. */
static enum status check_seal(struct reading *r, struct error *err)
{
    struct digest_stream d;
    struct digest seal, got;
    uint64_t left;

    if (fseeko(r->file, 0, SEEK_END) != 0)
        return error_set_errno(err, errno, "read %s", r->path);
    r->info.file_bytes = (uint64_t)ftello(r->file);
    if (r->info.file_bytes < HEADER_BYTES + DIGEST_BYTES)
        return damaged(r, "shorter than its header", err);
    left = r->info.file_bytes - DIGEST_BYTES;
    rewind(r->file);
    digest_begin(&d);
    while (left > 0) {
        size_t want = left < IO_BYTES ? (size_t)left : IO_BYTES;

        if (fread(r->packed, 1, want, r->file) != want)
            return error_set_errno(err, errno, "read %s", r->path);
        digest_add(&d, slice_of(r->packed, want));
        left -= want;
    }
    if (fread(seal.bytes, 1, DIGEST_BYTES, r->file) != DIGEST_BYTES)
        return damaged(r, "no seal", err);
    got = digest_end(&d);
    rewind(r->file);
    return digest_equal(&got, &seal) ? STATUS_OK
                                     : damaged(r, "the seal is broken", err);
}

static enum status unpack(struct reading *r, void *to, size_t size,
                          struct error *err)
{
    ZSTD_outBuffer out = {to, size, 0};

    if (size > r->unpacked_left)
        return damaged(r, "rows are cut off", err);
    r->unpacked_left -= size;
    while (out.pos < out.size) {
        if (r->in.pos == r->in.size) {
            size_t want =
                r->stored_left < IO_BYTES ? (size_t)r->stored_left : IO_BYTES;

            r->in = (ZSTD_inBuffer){r->packed, want, 0};
            if (want == 0 || fread(r->packed, 1, want, r->file) != want)
                return damaged(r, "the body is cut off", err);
            r->stored_left -= want;
        }
        size_t rc = ZSTD_decompressStream(r->zstd, &out, &r->in);

        if (ZSTD_isError(rc))
            return damaged(r, ZSTD_getErrorName(rc), err);
    }
    return STATUS_OK;
}

static enum status read_row(struct reading *r, enum state_table *table,
                            uint8_t key[STATE_KEY_MAX], size_t *key_size,
                            size_t *value_size, struct error *err)
{
    uint8_t head[ROW_HEAD_BYTES];
    enum status status = unpack(r, head, sizeof head, err);

    if (status != STATUS_OK)
        return status;
    *table = (enum state_table)head[0];
    *key_size = get_u16(head + 1);
    *value_size = get_u32(head + 3);
    if (state_table_name(*table) == NULL || *table == STATE_META ||
        *key_size == 0 || *key_size > STATE_KEY_MAX || *value_size > VALUE_MAX)
        return damaged(r, "an impossible row", err);
    if (*value_size > r->value_room) {
        uint8_t *wider = realloc(r->value, *value_size);

        if (wider == NULL)
            return error_set(err, STATUS_NO_MEMORY, "read a snapshot");
        r->value = wider;
        r->value_room = *value_size;
    }
    status = unpack(r, key, *key_size, err);
    return status == STATUS_OK ? unpack(r, r->value, *value_size, err) : status;
}

/* Rows into s, or nowhere when it is NULL; the hash must come out right. */
static enum status read_rows(struct reading *r, struct state *s,
                             struct error *err)
{
    struct digest_stream d;
    uint8_t key[STATE_KEY_MAX];

    digest_begin(&d);
    for (uint64_t i = 0; i < r->info.rows; i++) {
        enum state_table table;
        size_t key_size, value_size;
        enum status status =
            read_row(r, &table, key, &key_size, &value_size, err);

        if (status != STATUS_OK)
            return status;
        struct slice k = slice_of(key, key_size);
        struct slice v = slice_of(r->value, value_size);

        state_hash_row(&d, table, k, v);
        if (s == NULL)
            continue;
        state_put(s, table, k, v);
        if (memtable_bytes(s->active) >= s->options.soft_bytes)
            state_checkpoint(s, 0);
    }
    struct digest hash = digest_end(&d);

    if (r->unpacked_left != 0)
        return damaged(r, "bytes are left over", err);
    return digest_equal(&hash, &r->info.hash)
               ? STATUS_OK
               : damaged(r, "the rows do not have their hash", err);
}

static enum status read_all(struct reading *r, struct state *s,
                            struct error *err)
{
    enum status status = check_seal(r, err);

    if (status == STATUS_OK)
        status = read_head(r, err);
    return status == STATUS_OK ? read_rows(r, s, err) : status;
}

static enum status read_snapshot(const char *dir, uint64_t seq, struct state *s,
                                 struct snapshot_info *info, struct error *err)
{
    char path[LIMIT_PATH_BYTES];
    struct reading r = {.path = path};
    enum status status = snapshot_path(dir, seq, "", path, err);

    if (status != STATUS_OK)
        return status;
    r.file = fopen(path, "rbe");
    if (r.file == NULL)
        return error_set_errno(err, errno, "open %s", path);
    r.zstd = ZSTD_createDCtx();
    r.packed = malloc(IO_BYTES);
    status = r.zstd == NULL || r.packed == NULL
                 ? error_set(err, STATUS_NO_MEMORY, "read a snapshot")
                 : read_all(&r, s, err);
    if (status == STATUS_OK && r.info.seq != seq)
        status = damaged(&r, "it stands for another sequence", err);
    ZSTD_freeDCtx(r.zstd);
    free(r.packed);
    free(r.value);
    fclose(r.file);
    if (status == STATUS_OK && info != NULL)
        *info = r.info;
    return status;
}

enum status snapshot_verify(const char *dir, uint64_t seq,
                            struct snapshot_info *info, struct error *err)
{
    return read_snapshot(dir, seq, NULL, info, err);
}

enum status snapshot_load(const char *dir, uint64_t seq, struct state *s,
                          struct snapshot_info *info, struct error *err)
{
    if (state_applied(s) != 0)
        return error_set(err, STATUS_EXISTS, "the state is not empty");
    s->checkpoint.loading = true; /* what is on disk before the end is void */
    enum status status = read_snapshot(dir, seq, s, info, err);

    if (status != STATUS_OK)
        return status;
    s->checkpoint.loading = false;
    state_set_applied(s, seq);
    state_checkpoint(s, seq);
    return STATUS_OK;
}
