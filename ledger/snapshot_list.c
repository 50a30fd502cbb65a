/* The directory of snapshots: names, the list, and what goes. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/snapshot.h"

enum status snapshot_path(const char *dir, uint64_t seq, const char *suffix,
                          char out[LIMIT_PATH_BYTES], struct error *err)
{
    char name[64];

    snprintf(name, sizeof name, "%020llu.snap%s", (unsigned long long)seq,
             suffix);
    return file_join(out, LIMIT_PATH_BYTES, dir, name, err);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static bool parse_name(const char *name, uint64_t *seq)
{
    unsigned long long n;
    int end = 0;

    if (strlen(name) != 25 || sscanf(name, "%20llu.snap%n", &n, &end) != 1 ||
        end != 25)
        return false;
    *seq = n;
    return true;
}

static void remove_unfinished(const char *dir, const char *name)
{
    char path[LIMIT_PATH_BYTES];
    size_t n = strlen(name);

    if (n > 10 && strcmp(name + n - 10, ".snap.part") == 0 &&
        file_join(path, sizeof path, dir, name, NULL) == STATUS_OK)
        unlink(path);
}

static enum status collect(DIR *d, const char *dir, uint64_t **out, size_t *n,
                           struct error *err)
{
    *out = NULL;
    *n = 0;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        uint64_t seq;

        if (!parse_name(e->d_name, &seq)) {
            remove_unfinished(dir, e->d_name);
            continue;
        }
        uint64_t *more = realloc(*out, (*n + 1) * sizeof **out);

        if (more == NULL) {
            free(*out);
            *out = NULL;
            return error_set(err, STATUS_NO_MEMORY, "list %s", dir);
        }
        *out = more;
        more[(*n)++] = seq;
    }
    if (*n > 0)
        qsort(*out, *n, sizeof **out, by_value);
    return STATUS_OK;
}

static enum status list_all(const char *dir, uint64_t **out, size_t *n,
                            struct error *err)
{
    DIR *d = opendir(dir);

    *out = NULL;
    *n = 0;
    if (d == NULL)
        return errno == ENOENT ? STATUS_OK
                               : error_set_errno(err, errno, "open %s", dir);
    enum status status = collect(d, dir, out, n, err);

    closedir(d);
    return status;
}

enum status snapshot_list(const char *dir, uint64_t *out, size_t room,
                          size_t *count, struct error *err)
{
    uint64_t *all;
    enum status status = list_all(dir, &all, count, err);

    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < *count && i < room; i++)
        out[i] = all[i];
    free(all);
    return STATUS_OK;
}

enum status snapshot_prune(const char *dir, size_t keep, struct error *err)
{
    uint64_t *all;
    size_t n;
    char path[LIMIT_PATH_BYTES];
    enum status status = list_all(dir, &all, &n, err);

    for (size_t i = 0; status == STATUS_OK && i + keep < n; i++) {
        status = snapshot_path(dir, all[i], "", path, err);
        if (status == STATUS_OK && unlink(path) != 0)
            status = error_set_errno(err, errno, "remove %s", path);
    }
    free(all);
    return status == STATUS_OK && n > keep ? file_sync_dir(dir, err) : status;
}
