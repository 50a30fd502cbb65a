#include "ledger/space.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"

struct space {
    char dir[LIMIT_PATH_BYTES];
    char reserve_path[LIMIT_PATH_BYTES];
    struct space_options options;
    _Atomic enum space_level level;
    pthread_mutex_t mutex; /* guards all below */
    uint64_t free_bytes;
    bool has_reserve;
};

#define X(name, code, text) [SPACE_##name] = (text),
static const char *const level_names[] = {SPACE_LEVELS(X)};
#undef X

const char *space_level_name(enum space_level level)
{
    return (unsigned)level <= SPACE_NONE ? level_names[level] : "unknown";
}

static enum status allocate_fd(int fd, const char *path, uint64_t bytes,
                               struct error *err)
{
    int number = posix_fallocate(fd, 0, (off_t)bytes);

    if (number != 0)
        return error_set_errno(err, number, "allocate %s", path);
    if (fsync(fd) != 0)
        return error_set_errno(err, errno, "sync %s", path);
    return STATUS_OK;
}

enum status space_allocate(const char *path, uint64_t bytes, struct error *err)
{
    struct stat st;

    /* Really there already: do not open it, which would drop the locks that
     * this process may hold on it. */
    if (stat(path, &st) == 0 && (uint64_t)st.st_size >= bytes &&
        (uint64_t)st.st_blocks * 512 >= bytes)
        return STATUS_OK;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return error_set_errno(err, errno, "create %s", path);
    enum status status = allocate_fd(fd, path, bytes, err);

    close(fd);
    return status;
}

static uint64_t look(const struct space *s)
{
    struct statvfs v;

    /* Unknown is treated as plenty: the commit itself has the last word. */
    if (statvfs(s->dir, &v) != 0)
        return UINT64_MAX;
    return (uint64_t)v.f_bavail * v.f_frsize;
}

static bool reserve_is_there(const struct space *s)
{
    struct stat st;

    return stat(s->reserve_path, &st) == 0 &&
           (uint64_t)st.st_size >= s->options.reserve_bytes &&
           (uint64_t)st.st_blocks * 512 >= s->options.reserve_bytes;
}

static void make_reserve(struct space *s)
{
    struct error err;

    if (space_allocate(s->reserve_path, s->options.reserve_bytes, &err) !=
        STATUS_OK) {
        unlink(s->reserve_path);
        s->has_reserve = false;
        return;
    }
    s->has_reserve = true;
    s->free_bytes = look(s);
    log_info("SPACE-RESERVED", "%llu MiB put by -> a full disk can be survived",
             (unsigned long long)(s->options.reserve_bytes >> 20));
}

static void release_reserve(struct space *s)
{
    if (unlink(s->reserve_path) != 0 && errno != ENOENT)
        return;
    s->has_reserve = false;
    s->free_bytes = look(s);
    log_error("SPACE-RESERVE-USED",
              "the disk is full -> the reserve was let go, %llu MiB free",
              (unsigned long long)(s->free_bytes >> 20));
}

/* The mutex is held. */
static enum space_level check(struct space *s)
{
    const struct space_options *o = &s->options;

    s->free_bytes = look(s);
    if (s->free_bytes < o->stop_bytes && s->has_reserve)
        release_reserve(s);
    else if (!s->has_reserve && s->free_bytes >= o->reserve_bytes &&
             s->free_bytes - o->reserve_bytes >= o->refuse_bytes)
        make_reserve(s);
    s->level = s->free_bytes < o->stop_bytes                        ? SPACE_NONE
               : s->free_bytes < o->refuse_bytes || !s->has_reserve ? SPACE_LOW
                                                                    : SPACE_OK;
    return s->level;
}

enum space_level space_check(struct space *s)
{
    pthread_mutex_lock(&s->mutex);
    enum space_level level = check(s);

    pthread_mutex_unlock(&s->mutex);
    return level;
}

enum space_level space_level(const struct space *s)
{
    return s->level;
}

enum status space_may_write(struct space *s, uint64_t bytes, struct error *err)
{
    pthread_mutex_lock(&s->mutex);
    enum space_level level = check(s);
    uint64_t free_bytes = s->free_bytes;

    pthread_mutex_unlock(&s->mutex);
    /* LMDB copies pages: a batch needs a multiple of its bytes. */
    if (level != SPACE_NONE && free_bytes / 4 >= bytes)
        return STATUS_OK;
    return error_set(err, STATUS_FULL,
                     "%llu KiB free on the ledger's disk, %llu KiB are needed",
                     (unsigned long long)(free_bytes >> 10),
                     (unsigned long long)(s->options.stop_bytes >> 10));
}

uint64_t space_free_bytes(struct space *s)
{
    pthread_mutex_lock(&s->mutex);
    uint64_t bytes = s->free_bytes;

    pthread_mutex_unlock(&s->mutex);
    return bytes;
}

bool space_has_reserve(struct space *s)
{
    pthread_mutex_lock(&s->mutex);
    bool has = s->has_reserve;

    pthread_mutex_unlock(&s->mutex);
    return has;
}

static void set_options(struct space *s, const struct space_options *options)
{
    if (options != NULL)
        s->options = *options;
    if (s->options.refuse_bytes == 0)
        s->options.refuse_bytes = LIMIT_DISK_RESERVE_BYTES;
    if (s->options.stop_bytes == 0)
        s->options.stop_bytes = LIMIT_DISK_STOP_BYTES;
    if (s->options.reserve_bytes == 0)
        s->options.reserve_bytes = 2 * s->options.stop_bytes;
}

enum status space_open(const char *dir, const struct space_options *options,
                       struct space **out, struct error *err)
{
    struct space *s = calloc(1, sizeof *s);
    enum status status;

    *out = NULL;
    if (s == NULL)
        return error_set(err, STATUS_NO_MEMORY, "open %s", dir);
    status = file_join(s->dir, sizeof s->dir, dir, "", err);
    if (status == STATUS_OK)
        status = file_join(s->reserve_path, sizeof s->reserve_path, dir,
                           "reserve", err);
    if (status != STATUS_OK) {
        free(s);
        return status;
    }
    pthread_mutex_init(&s->mutex, NULL);
    set_options(s, options);
    s->has_reserve = reserve_is_there(s);
    space_check(s);
    *out = s;
    return STATUS_OK;
}

void space_close(struct space **s)
{
    if (*s != NULL)
        pthread_mutex_destroy(&(*s)->mutex);
    free(*s);
    *s = NULL;
}
