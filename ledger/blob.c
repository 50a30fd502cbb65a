#include "ledger/blob.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/limits.h"

/* "dir/ab" and, unless file is NULL, "dir/ab/abcd…". */
static enum status paths(const char *dir, const struct digest *name,
                         char folder[LIMIT_PATH_BYTES],
                         char file[LIMIT_PATH_BYTES], struct error *err)
{
    char text[DIGEST_TEXT_SIZE], two[3];

    digest_format(name, text);
    snprintf(two, sizeof two, "%.2s", text);
    enum status status = file_join(folder, LIMIT_PATH_BYTES, dir, two, err);

    return status == STATUS_OK
               ? file_join(file, LIMIT_PATH_BYTES, folder, text, err)
               : status;
}

enum status blob_put(const char *dir, struct slice bytes, struct digest *name,
                     struct error *err)
{
    char folder[LIMIT_PATH_BYTES], file[LIMIT_PATH_BYTES];
    struct digest d = digest_of(bytes);
    enum status status = paths(dir, &d, folder, file, err);

    if (status == STATUS_OK && !file_exists(file)) {
        status = file_make_dirs(folder, 0700, err);
        if (status == STATUS_OK)
            status = file_sync_dir(dir, err);
        if (status == STATUS_OK)
            status = file_write_atomic(file, bytes, 0600, err);
    }
    if (status == STATUS_OK)
        *name = d;
    return status;
}

enum status blob_get(const char *dir, const struct digest *name, size_t limit,
                     struct bytes *out, struct error *err)
{
    char folder[LIMIT_PATH_BYTES], file[LIMIT_PATH_BYTES];
    size_t before = out->size;
    enum status status = paths(dir, name, folder, file, err);

    if (status == STATUS_OK)
        status = file_read(file, limit, out, err);
    if (status != STATUS_OK)
        return status;
    struct digest d = digest_of(slice_from(bytes_slice(out), before));

    if (digest_equal(&d, name))
        return STATUS_OK;
    out->size = before;
    return error_set(err, STATUS_CORRUPT,
                     "%s does not hold what it is named "
                     "after",
                     file);
}

bool blob_exists(const char *dir, const struct digest *name)
{
    char folder[LIMIT_PATH_BYTES], file[LIMIT_PATH_BYTES];

    return paths(dir, name, folder, file, NULL) == STATUS_OK &&
           file_exists(file);
}

static enum status each_in(const char *folder, blob_visit *visit, void *state,
                           struct error *err)
{
    DIR *d = opendir(folder);
    enum status status = STATUS_OK;

    if (d == NULL)
        return STATUS_OK; /* not a folder of ours */
    for (struct dirent *e = readdir(d); e != NULL && status == STATUS_OK;
         e = readdir(d)) {
        char file[LIMIT_PATH_BYTES];
        struct digest name;

        if (strlen(e->d_name) != DIGEST_TEXT_SIZE - 1 ||
            hex_parse(e->d_name, name.bytes, DIGEST_BYTES) != STATUS_OK)
            continue;
        status = file_join(file, sizeof file, folder, e->d_name, err);
        if (status == STATUS_OK)
            status = visit(state, &name, file, err);
    }
    closedir(d);
    return status;
}

enum status blob_each(const char *dir, blob_visit *visit, void *state,
                      struct error *err)
{
    DIR *d = opendir(dir);
    enum status status = STATUS_OK;

    if (d == NULL)
        return errno == ENOENT ? STATUS_OK
                               : error_set_errno(err, errno, "open %s", dir);
    for (struct dirent *e = readdir(d); e != NULL && status == STATUS_OK;
         e = readdir(d)) {
        char folder[LIMIT_PATH_BYTES];
        uint8_t first;

        if (strlen(e->d_name) != 2 ||
            hex_parse(e->d_name, &first, 1) != STATUS_OK)
            continue;
        status = file_join(folder, sizeof folder, dir, e->d_name, err);
        if (status == STATUS_OK)
            status = each_in(folder, visit, state, err);
    }
    closedir(d);
    return status;
}
