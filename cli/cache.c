#include "cli/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/crc32c.h"
#include "base/file.h"

/* "duty.json" -> "~/.cache/yinuo/duty-0badcafe.json" */
static bool path_of(const struct cli *cli, const char *name,
                    char dir[LIMIT_PATH_BYTES], char out[LIMIT_PATH_BYTES])
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const char *place = cli->connect ? cli->connect : cli->home_path;
    size_t stem = strcspn(name, ".");
    int size;

    if (xdg && *xdg == '/')
        size = snprintf(dir, LIMIT_PATH_BYTES, "%s/yinuo", xdg);
    else if (home && *home)
        size = snprintf(dir, LIMIT_PATH_BYTES, "%s/.cache/yinuo", home);
    else
        return false;
    if (size >= LIMIT_PATH_BYTES)
        return false;
    size = snprintf(out, LIMIT_PATH_BYTES, "%s/%.*s-%08x%s", dir, (int)stem,
                    name, crc32c_of(slice_of_text(place)), name + stem);
    return size < LIMIT_PATH_BYTES;
}

bool cache_fresh(const struct cli *cli, const char *name, int64_t span_ms)
{
    char dir[LIMIT_PATH_BYTES], path[LIMIT_PATH_BYTES];
    struct stat st;

    if (!path_of(cli, name, dir, path) || stat(path, &st) != 0)
        return false;
    return cli_now_ms(cli) - (int64_t)st.st_mtime * 1000 < span_ms;
}

bool cache_read(const struct cli *cli, const char *name, size_t max,
                struct bytes *out)
{
    char dir[LIMIT_PATH_BYTES], path[LIMIT_PATH_BYTES];

    return path_of(cli, name, dir, path) && file_exists(path) &&
           file_read(path, max, out, NULL) == STATUS_OK;
}

void cache_write(const struct cli *cli, const char *name, struct slice bytes)
{
    char dir[LIMIT_PATH_BYTES], path[LIMIT_PATH_BYTES];

    if (path_of(cli, name, dir, path) &&
        file_make_dirs(dir, 0700, NULL) == STATUS_OK)
        (void)!file_write_atomic(path, bytes, 0600, NULL);
}
