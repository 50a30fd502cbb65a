#include "ledger/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/log.h"
#include "ledger/journal_lmdb.h"
#include "ledger/ledger.h"
#include "ledger/state_reader.h"

enum { IO_BYTES = 256 << 10, HEADS_MAX = 4096, MANIFEST_MAX = 16 << 20 };

/* --- files --- */

static enum status join(char out[LIMIT_PATH_BYTES], const char *dir,
                        const char *name, struct error *err)
{
    return file_join(out, LIMIT_PATH_BYTES, dir, name, err);
}

/* A disk that fills up takes a part first, and says why only at the rest. */
static enum status write_all(int fd, const uint8_t *data, size_t size,
                             const char *path, struct error *err)
{
    while (size) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(err, errno, "copy %s", path);
        data += n;
        size -= (size_t)n;
    }
    return STATUS_OK;
}

/* Reads a file to its end: into a digest, and another file when fd >= 0. */
static enum status pump(FILE *from, const char *path, int fd,
                        struct digest *digest, uint64_t *size,
                        struct error *err)
{
    uint8_t *buffer = malloc(IO_BYTES);
    enum status status = STATUS_OK;
    struct digest_stream d;
    size_t n;

    if (buffer == NULL)
        return error_set(err, STATUS_NO_MEMORY, "read %s", path);
    *size = 0;
    digest_begin(&d);
    while (status == STATUS_OK && (n = fread(buffer, 1, IO_BYTES, from)) > 0) {
        digest_add(&d, slice_of(buffer, n));
        *size += n;
        if (fd >= 0)
            status = write_all(fd, buffer, n, path, err);
    }
    if (status == STATUS_OK && ferror(from))
        status = error_set_errno(err, errno, "read %s", path);
    *digest = digest_end(&d);
    free(buffer);
    return status;
}

static enum status digest_file(const char *path, struct digest *digest,
                               uint64_t *size, struct error *err)
{
    FILE *f = fopen(path, "rbe");

    if (f == NULL)
        return error_set_errno(err, errno, "open %s", path);
    enum status status = pump(f, path, -1, digest, size, err);

    fclose(f);
    return status;
}

static enum status copy_file(const char *from, const char *to,
                             struct error *err)
{
    struct digest digest;
    uint64_t size;
    FILE *f = fopen(from, "rbe");

    if (f == NULL)
        return error_set_errno(err, errno, "open %s", from);
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum status status = fd < 0 ? error_set_errno(err, errno, "create %s", to)
                                : pump(f, from, fd, &digest, &size, err);

    fclose(f);
    if (status == STATUS_OK && fsync(fd) != 0)
        status = error_set_errno(err, errno, "sync %s", to);
    if (fd >= 0)
        close(fd);
    return status;
}

static int not_dots(const struct dirent *e)
{
    return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

/* Every regular file below dir, in name order; name is relative to it. */
typedef enum status visit_file(void *state, const char *path, const char *name,
                               struct error *err);

static enum status walk(const char *dir, const char *prefix, visit_file *visit,
                        void *state, struct error *err)
{
    struct dirent **names;
    enum status status = STATUS_OK;
    int n = scandir(dir, &names, not_dots, alphasort);

    if (n < 0)
        return error_set_errno(err, errno, "list %s", dir);
    for (int i = 0; i < n; i++) {
        char path[LIMIT_PATH_BYTES], name[LIMIT_PATH_BYTES];
        struct stat st;

        if (status == STATUS_OK)
            status = join(path, dir, names[i]->d_name, err);
        if (status == STATUS_OK)
            status =
                *prefix == '\0'
                    ? file_join(name, sizeof name, ".", names[i]->d_name, err)
                    : join(name, prefix, names[i]->d_name, err);
        free(names[i]);
        if (status != STATUS_OK || lstat(path, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            status = walk(path, name, visit, state, err);
        else if (S_ISREG(st.st_mode))
            status = visit(state, path, name, err);
    }
    free(names);
    return status;
}

static enum status visit_copy(void *state, const char *path, const char *name,
                              struct error *err)
{
    char to[LIMIT_PATH_BYTES], dir[LIMIT_PATH_BYTES];
    enum status status = join(to, state, name, err);

    if (status != STATUS_OK)
        return status;
    snprintf(dir, sizeof dir, "%s", to);
    *strrchr(dir, '/') = '\0';
    status = file_make_dirs(dir, 0700, err);
    if (status == STATUS_OK)
        status = copy_file(path, to, err);
    return status == STATUS_OK ? file_sync_dir(dir, err) : status;
}

static enum status copy_tree(const char *from, const char *to,
                             struct error *err)
{
    enum status status = file_make_dirs(to, 0700, err);

    if (status != STATUS_OK || !file_exists(from))
        return status;
    return walk(from, "", visit_copy, (void *)(uintptr_t)to, err);
}

static enum status must_be_empty(const char *dir, struct error *err)
{
    DIR *d = opendir(dir);
    bool empty = true;

    if (d == NULL)
        return errno == ENOENT ? file_make_dirs(dir, 0700, err)
                               : error_set_errno(err, errno, "open %s", dir);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        empty = empty && !not_dots(e);
    closedir(d);
    return empty ? STATUS_OK
                 : error_set(err, STATUS_EXISTS, "%s is not empty", dir);
}

/* --- the manifest --- */

struct manifest {
    struct bytes text;
    struct backup_report *report;
};

static enum status list_file(void *state, const char *path, const char *name,
                             struct error *err)
{
    struct manifest *m = state;
    struct digest digest;
    char hex[DIGEST_TEXT_SIZE];
    uint64_t size;
    size_t n = strlen(name);

    /* LMDB makes lock files as it pleases. */
    if (n > 5 && strcmp(name + n - 5, "-lock") == 0)
        return STATUS_OK;
    enum status status = digest_file(path, &digest, &size, err);

    if (status != STATUS_OK)
        return status;
    digest_format(&digest, hex);
    m->report->files++;
    m->report->bytes += size;
    return bytes_append_format(&m->text, "file %s %" PRIu64 " %s\n", hex, size,
                               name + 2);
}

static enum status list_heads(struct manifest *m, const char *dir,
                              struct error *err)
{
    struct journal_head *heads = calloc(HEADS_MAX, sizeof *heads);
    char path[LIMIT_PATH_BYTES], hex[DIGEST_TEXT_SIZE];
    struct journal *j = NULL;
    size_t n = 0;
    enum status status =
        heads == NULL ? STATUS_NO_MEMORY : join(path, dir, "journal", err);

    if (status == STATUS_OK)
        status = journal_lmdb_reader(path, &j, err);
    if (status == STATUS_OK)
        status = journal_heads(j, heads, HEADS_MAX, &n, err);
    for (size_t i = 0; i < n && i < HEADS_MAX && status == STATUS_OK; i++) {
        digest_format(&heads[i].chain, hex);
        status = bytes_append_format(
            &m->text, "head %u %" PRIu64 " %" PRIu64 " %s\n", heads[i].segment,
            heads[i].first, heads[i].last, hex);
    }
    journal_close(&j);
    free(heads);
    return status;
}

static enum status write_manifest(const char *dir, struct backup_report *report,
                                  struct error *err)
{
    struct manifest m = {.report = report};
    char path[LIMIT_PATH_BYTES], hex[DIGEST_TEXT_SIZE];

    bytes_init(&m.text, MANIFEST_MAX);
    bytes_append_format(&m.text, "yinuo-backup 1\n");
    enum status status = list_heads(&m, dir, err);

    if (status == STATUS_OK)
        status = walk(dir, "", list_file, &m, err);
    bytes_append_format(&m.text, "applied %" PRIu64 "\nlast %" PRIu64 "\n",
                        report->applied, report->last);
    struct digest seal = digest_of(bytes_slice(&m.text));

    digest_format(&seal, hex);
    bytes_append_format(&m.text, "end %s\n", hex);
    if (status == STATUS_OK && m.text.status != STATUS_OK)
        status = error_set(err, m.text.status, "write the manifest");
    if (status == STATUS_OK)
        status = join(path, dir, "MANIFEST", err);
    if (status == STATUS_OK)
        status = file_write_atomic(path, bytes_slice(&m.text), 0600, err);
    bytes_fini(&m.text);
    return status;
}

/* --- making one --- */

static enum status copy_state(const struct backup_options *o,
                              struct backup_report *report, struct error *err)
{
    char from[LIMIT_PATH_BYTES], to[LIMIT_PATH_BYTES];
    struct state_reader *r;
    enum status status = ledger_state_path(o->ledger_dir, from, err);

    if (status == STATUS_OK)
        status = join(to, o->to_dir, "state.mdb", err);
    if (status == STATUS_OK)
        status = o->live != NULL ? state_reader_of(o->live->state, &r, err)
                                 : state_reader_open(from, &r, err);
    if (status != STATUS_OK)
        return status;
    status = state_reader_copy(r, to, err);
    state_reader_close(&r);
    if (status != STATUS_OK)
        return status;
    status = state_reader_open(to, &r, err);
    if (status != STATUS_OK)
        return status;
    report->applied = state_reader_applied(r);
    state_reader_close(&r);
    return STATUS_OK;
}

static enum status copy_named(const struct backup_options *o, const char *name,
                              struct error *err)
{
    char from[LIMIT_PATH_BYTES], to[LIMIT_PATH_BYTES];
    enum status status = join(from, o->ledger_dir, name, err);

    if (status == STATUS_OK)
        status = join(to, o->to_dir, name, err);
    if (status != STATUS_OK || !file_exists(from))
        return status;
    struct stat st;

    if (stat(from, &st) == 0 && S_ISDIR(st.st_mode))
        return copy_tree(from, to, err);
    return copy_file(from, to, err);
}

static enum status copy_keys(const struct backup_options *o, struct ledger *l,
                             struct error *err)
{
    char to[LIMIT_PATH_BYTES];
    enum status status = join(to, o->to_dir, "keys.mdb", err);

    if (status != STATUS_OK || o->without_keys || l->vault == NULL)
        return status;
    return vault_copy(l->vault, to, err);
}

/* The order is the point: state, journal, then what they refer to. Blobs are
 * on disk before a record names them, so a later copy has them all. */
static enum status copy_all(const struct backup_options *o, struct ledger *l,
                            struct backup_report *report, struct error *err)
{
    char to[LIMIT_PATH_BYTES];
    enum status status = copy_state(o, report, err);

    if (status == STATUS_OK)
        status = join(to, o->to_dir, "journal", err);
    if (status == STATUS_OK)
        status = file_make_dirs(to, 0700, err);
    if (status == STATUS_OK)
        status = journal_lmdb_copy(l->journal, to, &report->last, err);
    if (status == STATUS_OK)
        status = file_sync_dir(to, err);
    if (status == STATUS_OK)
        status = copy_keys(o, l, err);
    if (status == STATUS_OK)
        status = copy_named(o, "epoch", err);
    if (status == STATUS_OK)
        status = copy_named(o, "blobs", err);
    if (status == STATUS_OK)
        status = copy_named(o, "snapshots", err);
    if (status == STATUS_OK && o->policy_dir != NULL) {
        status = join(to, o->to_dir, "policy", err);
        if (status == STATUS_OK)
            status = copy_tree(o->policy_dir, to, err);
    }
    return status;
}

enum status backup_make(const struct backup_options *o,
                        struct backup_report *report, struct error *err)
{
    struct backup_report local;
    struct ledger *l = o->live;

    if (report == NULL)
        report = &local;
    memset(report, 0, sizeof *report);
    enum status status = must_be_empty(o->to_dir, err);

    if (status == STATUS_OK && l == NULL)
        status = ledger_reader(o->ledger_dir, &l, err);
    if (status == STATUS_OK)
        status = copy_all(o, l, report, err);
    if (o->live == NULL)
        ledger_close(&l);
    if (status == STATUS_OK && report->applied > report->last)
        status =
            error_set(err, STATUS_CORRUPT, "the journal ends before its state");
    return status == STATUS_OK ? write_manifest(o->to_dir, report, err)
                               : status;
}

/* --- verifying --- */

struct checking {
    const char *dir;
    struct backup_report *report;
    struct journal_head *heads;
    size_t head_count;
    bool ended;
};

static enum status damaged(struct error *err, const char *what)
{
    return error_set(err, STATUS_CORRUPT, "backup: %s", error_said(what));
}

static enum status check_file(struct checking *c, const char *hex,
                              uint64_t size, const char *name,
                              struct error *err)
{
    char path[LIMIT_PATH_BYTES];
    struct digest want, got;
    uint64_t is;

    if (strstr(name, "..") != NULL || name[0] == '/' ||
        hex_parse(hex, want.bytes, DIGEST_BYTES) != STATUS_OK)
        return damaged(err, "an impossible line in the manifest");
    enum status status = join(path, c->dir, name, err);

    if (status == STATUS_OK)
        status = digest_file(path, &got, &is, err);
    if (status != STATUS_OK)
        return status;
    if (is != size || !digest_equal(&want, &got))
        return error_set(err, STATUS_CORRUPT,
                         "backup: %s is not what was saved", name);
    c->report->files++;
    c->report->bytes += is;
    return STATUS_OK;
}

static enum status check_line(struct checking *c, const char *line,
                              struct error *err)
{
    char hex[80], name[LIMIT_PATH_BYTES];
    uint64_t a, b;
    unsigned segment;

    if (sscanf(line, "file %79s %" SCNu64 " %1023[^\n]", hex, &a, name) == 3)
        return check_file(c, hex, a, name, err);
    if (sscanf(line, "applied %" SCNu64, &c->report->applied) == 1 ||
        sscanf(line, "last %" SCNu64, &c->report->last) == 1 ||
        strcmp(line, "yinuo-backup 1") == 0)
        return STATUS_OK;
    if (sscanf(line, "head %u %" SCNu64 " %" SCNu64 " %79s", &segment, &a, &b,
               hex) == 4) {
        struct journal_head *h = &c->heads[c->head_count];

        if (c->head_count == HEADS_MAX ||
            hex_parse(hex, h->chain.bytes, DIGEST_BYTES) != STATUS_OK)
            return damaged(err, "an impossible head in the manifest");
        h->segment = segment;
        h->first = a;
        h->last = b;
        c->head_count++;
        return STATUS_OK;
    }
    return damaged(err, "a line of the manifest is not understood");
}

/* The manifest's own seal first, then each line. */
static enum status check_manifest(struct checking *c, struct bytes *text,
                                  struct error *err)
{
    char hex[DIGEST_TEXT_SIZE];
    const char *all = bytes_text(text);
    const char *end = all == NULL ? NULL : strstr(all, "\nend ");
    enum status status = STATUS_OK;

    if (end == NULL)
        return damaged(err, "the manifest has no end");
    struct digest seal = digest_of(slice_of(all, (size_t)(end + 1 - all)));

    digest_format(&seal, hex);
    if (strncmp(end + 5, hex, DIGEST_TEXT_SIZE - 1) != 0)
        return damaged(err, "the manifest was changed");
    for (const char *at = all; at <= end && status == STATUS_OK;) {
        const char *stop = strchr(at, '\n');
        char line[LIMIT_PATH_BYTES + 160];

        snprintf(line, sizeof line, "%.*s", (int)(stop - at), at);
        status = check_line(c, line, err);
        at = stop + 1;
    }
    return status;
}

/* The chain of the journal in dir, from what stands before its beginning. */
static enum status check_chain(const char *dir, const struct checking *c,
                               struct error *err)
{
    char path[LIMIT_PATH_BYTES];
    struct journal_report report;
    struct journal *j;
    enum status status = join(path, dir, "journal", err);

    if (status == STATUS_OK)
        status = journal_lmdb_reader(path, &j, err);
    if (status != STATUS_OK)
        return status;
    status = journal_verify(j, NULL, c->heads, c->head_count, &report, err);
    journal_close(&j);
    if (status == STATUS_OK && report.last != c->report->last)
        status = damaged(err, "the journal ends elsewhere than the manifest "
                              "says");
    return status;
}

static enum status verify(const char *dir, struct checking *c,
                          struct error *err)
{
    char path[LIMIT_PATH_BYTES];
    struct bytes text;
    enum status status = join(path, dir, "MANIFEST", err);

    c->dir = dir;
    c->heads = calloc(HEADS_MAX, sizeof *c->heads);
    if (c->heads == NULL)
        return error_set(err, STATUS_NO_MEMORY, "verify a backup");
    memset(c->report, 0, sizeof *c->report);
    bytes_init(&text, MANIFEST_MAX);
    if (status == STATUS_OK)
        status = file_read(path, MANIFEST_MAX, &text, err);
    if (status == STATUS_OK)
        status = check_manifest(c, &text, err);
    bytes_fini(&text);
    if (status == STATUS_OK)
        status = check_chain(dir, c, err);
    return status;
}

enum status backup_verify(const char *dir, struct backup_report *report,
                          struct error *err)
{
    struct backup_report local;
    struct checking c = {.report = report != NULL ? report : &local};
    enum status status = verify(dir, &c, err);

    free(c.heads);
    return status;
}

/* --- restoring ---
 *
 * What is half restored looks like a whole ledger that is older: a mark stands
 * in it from the beginning to the end, and nobody opens a ledger with one. */

static enum status set_mark(const char *ledger_dir, struct error *err)
{
    char mark[LIMIT_PATH_BYTES];
    enum status status = join(mark, ledger_dir, LEDGER_RESTORING, err);

    return status == STATUS_OK ? file_write_atomic(mark, SLICE_EMPTY, 0600, err)
                               : status;
}

static enum status remove_mark(const char *ledger_dir, struct error *err)
{
    char mark[LIMIT_PATH_BYTES];
    enum status status = join(mark, ledger_dir, LEDGER_RESTORING, err);

    if (status == STATUS_OK && unlink(mark) != 0)
        status = error_set_errno(err, errno, "remove %s", mark);
    return status == STATUS_OK ? file_sync_dir(ledger_dir, err) : status;
}

static enum status visit_remove(void *state, const char *path, const char *name,
                                struct error *err)
{
    (void)state;
    if (strcmp(name, "./" LEDGER_RESTORING) == 0 || unlink(path) == 0)
        return STATUS_OK;
    return error_set_errno(err, errno, "remove %s", path);
}

/* An empty place, or one where a restore was cut off. */
static enum status make_place(const char *dir, struct error *err)
{
    char mark[LIMIT_PATH_BYTES];
    enum status status = join(mark, dir, LEDGER_RESTORING, err);

    if (status == STATUS_OK && file_exists(mark))
        return walk(dir, "", visit_remove, NULL, err);
    return status == STATUS_OK ? must_be_empty(dir, err) : status;
}

static enum status restore_parts(const char *from, const char *to,
                                 const char *policy_to, struct error *err)
{
    static const char *const parts[] = {"journal", "state.mdb", "keys.mdb",
                                        "epoch",   "blobs",     "snapshots"};
    struct backup_options o = {.ledger_dir = from, .to_dir = to};
    char policy[LIMIT_PATH_BYTES];
    enum status status = STATUS_OK;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (status == STATUS_OK)
            status = copy_named(&o, parts[i], err);
    }
    if (status == STATUS_OK && policy_to != NULL) {
        status = join(policy, from, "policy", err);
        if (status == STATUS_OK)
            status = copy_tree(policy, policy_to, err);
    }
    return status == STATUS_OK ? file_sync_dir(to, err) : status;
}

enum status backup_restore(const char *from_dir, const char *ledger_dir,
                           const char *policy_to, struct backup_report *report,
                           struct error *err)
{
    struct backup_report local;
    struct checking c = {.report = report != NULL ? report : &local};
    enum status status = verify(from_dir, &c, err);

    if (status == STATUS_OK)
        status = make_place(ledger_dir, err);
    if (status == STATUS_OK && policy_to != NULL)
        status = must_be_empty(policy_to, err);
    if (status == STATUS_OK)
        status = set_mark(ledger_dir, err);
    if (status == STATUS_OK)
        status = restore_parts(from_dir, ledger_dir, policy_to, err);
    if (status == STATUS_OK)
        status = check_chain(ledger_dir, &c, err);
    if (status == STATUS_OK)
        status = remove_mark(ledger_dir, err);
    free(c.heads);
    return status;
}
