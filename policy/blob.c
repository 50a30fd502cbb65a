#include "policy/blob.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"

static const char magic[] = "yinuo-policy 1\n";

/* --- writing * ------------------------------------------------------------ */

static int name_order(const void *a, const void *b)
{
    const struct blob_file *x = a, *y = b;
    struct slice xp = slice_of(x->pack.data, x->pack.size);
    struct slice yp = slice_of(y->pack.data, y->pack.size);
    int order = slice_compare(xp, yp);

    return order ? order
                 : slice_compare(slice_of(x->name.data, x->name.size),
                                 slice_of(y->name.data, y->name.size));
}

enum status blob_write(const struct blob *blob, struct bytes *out)
{
    bytes_append_text(out, magic);
    for (size_t i = 0; i < blob->count; i++) {
        const struct blob_file *f = &blob->files[i];

        bytes_append_format(out, "file %.*s/%.*s %zu\n", (int)f->pack.size,
                            f->pack.data, (int)f->name.size, f->name.data,
                            f->content.size);
        bytes_append(out, f->content);
        bytes_append_text(out, "\n");
    }
    return out->status;
}

/* --- from directories * --------------------------------------------------- */

/* What is found on disk, before it is sorted and written. Names and contents
 * are malloc'ed, each once. */
struct gathering {
    struct blob blob;
    struct error *err;
};

static bool is_pack_file(const char *name)
{
    const char *dot = strrchr(name, '.');

    if (strcmp(name, "policy.yaml") == 0 ||
        strcmp(name, "directory.yaml") == 0 ||
        strcmp(name, "calendars.yaml") == 0 || strcmp(name, "people.yaml") == 0)
        return true;
    return dot && dot != name && strcmp(dot, ".ics") == 0;
}

/* Names stand in a line of the blob's own: no blanks, no slashes. */
static bool is_plain(const char *name)
{
    return *name && strpbrk(name, " /\n\r\t") == NULL;
}

static enum status add_file(struct gathering *g, const char *dir,
                            const char *pack, const char *name)
{
    struct bytes content;
    char path[LIMIT_PATH_BYTES];
    enum status st = file_join(path, sizeof path, dir, name, g->err);

    if (st)
        return st;
    if (g->blob.count == BLOB_FILES_MAX)
        return error_set(g->err, STATUS_TOO_LARGE, "more than %d pack files",
                         BLOB_FILES_MAX);
    bytes_init(&content, LIMIT_CONFIG_BYTES);
    st = file_read(path, LIMIT_CONFIG_BYTES, &content, g->err);
    if (st) {
        bytes_fini(&content);
        return st;
    }
    struct blob_file *f = &g->blob.files[g->blob.count++];
    f->pack = text_of(strdup(pack));
    f->name = text_of(strdup(name));
    f->content.size = content.size;
    f->content.data = bytes_take(&content, NULL);
    return STATUS_OK;
}

/* "a/b/" is called b; "." by its full path. */
static enum status pack_name(const char *dir, char *out, size_t room,
                             struct error *err)
{
    char *full = realpath(dir, NULL);
    const char *slash = full ? strrchr(full, '/') : NULL;
    enum status st = STATUS_OK;

    if (!slash)
        st = error_set_errno(err, errno, "%s", dir);
    else if (!is_plain(slash + 1) || strlen(slash + 1) >= room)
        st = error_set(err, STATUS_INVALID,
                       "%s: a pack's directory has a plain short name", dir);
    else
        snprintf(out, room, "%s", slash + 1);
    free(full);
    return st;
}

/* DIR/messages/LANGUAGE.yaml, where there are any. */
static enum status add_messages(struct gathering *g, const char *dir,
                                const char *pack)
{
    char path[LIMIT_PATH_BYTES], name[NAME_BYTES_MAX + 1];
    struct dirent *entry;
    enum status st = file_join(path, sizeof path, dir, "messages", g->err);
    DIR *d = st ? NULL : opendir(path);

    while (d && !st && (entry = readdir(d))) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || dot == entry->d_name || strcmp(dot, ".yaml") != 0 ||
            !is_plain(entry->d_name))
            continue;
        if (snprintf(name, sizeof name, "messages/%s", entry->d_name) <
            (int)sizeof name)
            st = add_file(g, dir, pack, name);
    }
    if (d)
        closedir(d);
    return st;
}

static enum status add_pack(struct gathering *g, const char *dir)
{
    char name[NAME_BYTES_MAX + 1];
    struct dirent *entry;
    DIR *d;
    enum status st = pack_name(dir, name, sizeof name, g->err);

    if (st)
        return st;
    for (size_t i = 0; i < g->blob.count; i++)
        if (text_equal(g->blob.files[i].pack, text_of(name)))
            return error_set(g->err, STATUS_INVALID,
                             "%s: there is a pack called %s already", dir,
                             name);
    d = opendir(dir);
    if (!d)
        return error_set_errno(g->err, errno, "%s", dir);
    while (!st && (entry = readdir(d)))
        if (is_pack_file(entry->d_name) && is_plain(entry->d_name))
            st = add_file(g, dir, name, entry->d_name);
    closedir(d);
    return st ? st : add_messages(g, dir, name);
}

static bool holds_pack(const char *dir)
{
    char path[LIMIT_PATH_BYTES];

    return file_join(path, sizeof path, dir, "policy.yaml", NULL) ==
               STATUS_OK &&
           file_exists(path);
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static enum status add_packs_below(struct gathering *g, const char *dir)
{
    char path[LIMIT_PATH_BYTES], other[LIMIT_PATH_BYTES] = "";
    size_t before = g->blob.count;
    struct dirent *entry;
    enum status st = STATUS_OK;
    DIR *d = opendir(dir);

    if (!d)
        return error_set_errno(g->err, errno, "%s", dir);
    while (!st && (entry = readdir(d))) {
        if (entry->d_name[0] == '.')
            continue;
        st = file_join(path, sizeof path, dir, entry->d_name, g->err);
        if (!st && holds_pack(path))
            st = add_pack(g, path);
        else if (!st && is_directory(path))
            strcpy(other, path);
    }
    closedir(d);
    if (!st && g->blob.count == before)
        st =
            error_set(g->err, STATUS_NOT_FOUND, "%s: no policy.yaml here", dir);
    if (!st && *other)
        st = error_set(g->err, STATUS_INVALID,
                       "%s: not all in it are packs: %s has no policy.yaml",
                       dir, other);
    return st;
}

enum status blob_read(const char *const *dirs, size_t count, struct bytes *out,
                      struct error *err)
{
    struct gathering *g = calloc(1, sizeof *g);
    enum status st = STATUS_OK;

    if (!g)
        return error_set(err, STATUS_NO_MEMORY, "read pack");
    g->err = err;
    for (size_t i = 0; i < count && !st; i++)
        st = holds_pack(dirs[i]) ? add_pack(g, dirs[i])
                                 : add_packs_below(g, dirs[i]);
    if (!st) {
        qsort(g->blob.files, g->blob.count, sizeof g->blob.files[0],
              name_order);
        st = blob_write(&g->blob, out);
        if (st)
            error_set(err, st, "read pack");
    }
    for (size_t i = 0; i < g->blob.count; i++) {
        free((void *)(uintptr_t)g->blob.files[i].pack.data);
        free((void *)(uintptr_t)g->blob.files[i].name.data);
        free((void *)(uintptr_t)g->blob.files[i].content.data);
    }
    free(g);
    return st;
}

/* --- taking apart * ------------------------------------------------------- */

/* "file PACK/NAME SIZE\n" at *at, which moves behind it. */
static bool parse_head(struct slice bytes, size_t *at, struct blob_file *f)
{
    const char *start = (const char *)bytes.data + *at;
    size_t left = bytes.size - *at;
    const char *end = memchr(start, '\n', left);
    const char *slash, *blank;
    unsigned long long size = 0;

    if (!end || left < 5 || memcmp(start, "file ", 5) != 0)
        return false;
    start += 5;
    slash = memchr(start, '/', (size_t)(end - start));
    blank = slash ? memchr(slash, ' ', (size_t)(end - slash)) : NULL;
    if (!blank || end - blank > 12 || slash - start > NAME_BYTES_MAX ||
        blank - slash > NAME_BYTES_MAX)
        return false;
    for (const char *p = blank + 1; p < end; p++) {
        if (*p < '0' || *p > '9')
            return false;
        size = size * 10 + (unsigned)(*p - '0');
    }
    f->pack = (struct text){start, (uint32_t)(slash - start)};
    f->name = (struct text){slash + 1, (uint32_t)(blank - slash - 1)};
    f->content.size = size;
    *at = (size_t)(end + 1 - (const char *)bytes.data);
    return true;
}

enum status blob_parse(struct slice bytes, struct blob *out, struct error *err)
{
    size_t at = sizeof magic - 1;

    out->count = 0;
    if (!slice_starts_with(bytes, slice_of(magic, at)))
        return error_set(err, STATUS_INVALID, "this is no policy blob");
    while (at < bytes.size) {
        struct blob_file *f = &out->files[out->count];

        if (out->count == BLOB_FILES_MAX || !parse_head(bytes, &at, f) ||
            f->content.size >= bytes.size - at ||
            bytes.data[at + f->content.size] != '\n')
            return error_set(err, STATUS_INVALID,
                             "the policy blob is broken at byte %zu", at);
        f->content.data = bytes.data + at;
        at += f->content.size + 1;
        out->count++;
    }
    return STATUS_OK;
}

const struct blob_file *blob_find(const struct blob *blob, struct text pack,
                                  struct text name)
{
    for (size_t i = 0; i < blob->count; i++)
        if (text_equal(blob->files[i].pack, pack) &&
            text_equal(blob->files[i].name, name))
            return &blob->files[i];
    return NULL;
}

void blob_version(struct slice bytes, char out[BLOB_VERSION_DIGITS + 1])
{
    char text[DIGEST_TEXT_SIZE];
    struct digest d = digest_of(bytes);

    digest_format(&d, text);
    memcpy(out, text, BLOB_VERSION_DIGITS);
    out[BLOB_VERSION_DIGITS] = '\0';
}

/* --- directories alone * -------------------------------------------------- */

static bool is_of_directory(const struct blob_file *f)
{
    return !text_equal(f->name, TEXT("policy.yaml")) &&
           !text_equal(f->name, TEXT("people.yaml")) &&
           !(f->name.size > 9 && memcmp(f->name.data, "messages/", 9) == 0);
}

static bool has_pack(const struct blob *b, struct text pack)
{
    return blob_find(b, pack, TEXT("policy.yaml")) != NULL;
}

/* from's files, of directories or not, of packs that other has too; of
 * packs that it has not, all. */
static enum status take(struct blob *to, const struct blob *from,
                        const struct blob *other, bool directories,
                        struct error *err)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct blob_file *f = &from->files[i];

        if (is_of_directory(f) != directories && has_pack(other, f->pack))
            continue;
        if (to->count == BLOB_FILES_MAX)
            return error_set(err, STATUS_TOO_LARGE, "more than %d pack files",
                             BLOB_FILES_MAX);
        to->files[to->count++] = *f;
    }
    return STATUS_OK;
}

static enum status all_run(const struct blob *fresh, const struct blob *running,
                           struct error *err)
{
    for (size_t i = 0; i < fresh->count; i++)
        if (!has_pack(running, fresh->files[i].pack))
            return error_set(
                err, STATUS_INVALID, "no pack %.*s runs: its rules come first",
                (int)fresh->files[i].pack.size, fresh->files[i].pack.data);
    return STATUS_OK;
}

enum status blob_with_directories(struct slice running, struct slice fresh,
                                  struct bytes *out, struct error *err)
{
    struct blob *b = calloc(3, sizeof *b);
    enum status st = STATUS_OK;

    if (!b)
        return error_set(err, STATUS_NO_MEMORY, "read pack");
    if ((st = blob_parse(running, &b[0], err)) == STATUS_OK &&
        (st = blob_parse(fresh, &b[1], err)) == STATUS_OK &&
        (st = all_run(&b[1], &b[0], err)) == STATUS_OK &&
        (st = take(&b[2], &b[0], &b[1], false, err)) == STATUS_OK &&
        (st = take(&b[2], &b[1], &b[0], true, err)) == STATUS_OK) {
        qsort(b[2].files, b[2].count, sizeof b[2].files[0], name_order);
        st = blob_write(&b[2], out);
        if (st)
            error_set(err, st, "read pack");
    }
    free(b);
    return st;
}

enum status blob_without_directories(struct slice blob, struct bytes *out,
                                     struct error *err)
{
    struct blob *b = calloc(1, sizeof *b);
    enum status st;
    size_t kept = 0;

    if (!b)
        return error_set(err, STATUS_NO_MEMORY, "read pack");
    st = blob_parse(blob, b, err);
    for (size_t i = 0; st == STATUS_OK && i < b->count; i++)
        if (!is_of_directory(&b->files[i]))
            b->files[kept++] = b->files[i];
    b->count = kept;
    if (st == STATUS_OK && (st = blob_write(b, out)) != STATUS_OK)
        error_set(err, st, "read pack");
    free(b);
    return st;
}
