#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/limits.h"

enum { READ_BYTES = 16 * 1024 };

static enum status read_all(int fd, const char *path, size_t limit,
                            struct bytes *out, struct error *err)
{
    size_t before = out->size;

    for (;;) {
        uint8_t *room = bytes_reserve(out, READ_BYTES);
        ssize_t n;

        if (!room)
            return error_set(err, out->status, "%s: %s", path,
                             status_text(out->status));
        n = read(fd, room, READ_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(err, errno, "read %s", path);
        if (n == 0)
            return STATUS_OK;
        out->size += (size_t)n;
        if (out->size - before > limit)
            return error_set(err, STATUS_TOO_LARGE,
                             "%s is larger than %zu bytes", path, limit);
    }
}

enum status file_read(const char *path, size_t limit, struct bytes *out,
                      struct error *err)
{
    size_t before = out->size;
    enum status st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return error_set_errno(err, errno, "open %s", path);
    st = read_all(fd, path, limit, out, err);
    if (st)
        out->size = before;
    close(fd);
    return st;
}

static bool write_all(int fd, struct slice bytes)
{
    while (bytes.size > 0) {
        ssize_t n = write(fd, bytes.data, bytes.size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes = slice_from(bytes, (size_t)n);
    }
    return true;
}

static enum status sync_parent(const char *path, struct error *err)
{
    char dir[LIMIT_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 0;

    if (!slash)
        return file_sync_dir(".", err);
    if (size == 0)
        return file_sync_dir("/", err);
    memcpy(dir, path, size);
    dir[size] = '\0';
    return file_sync_dir(dir, err);
}

enum status file_write_atomic(const char *path, struct slice bytes, mode_t mode,
                              struct error *err)
{
    char beside[LIMIT_PATH_BYTES];
    int size = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    enum status st = STATUS_OK;
    int fd;

    if (size < 0 || (size_t)size >= sizeof beside)
        return error_set(err, STATUS_TOO_LARGE, "the path %.60s... is long",
                         path);
    fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, errno, "make a file beside %s", path);
    if (!write_all(fd, bytes) || fchmod(fd, mode) != 0 || fsync(fd) != 0)
        st = error_set_errno(err, errno, "write %s", path);
    if (close(fd) != 0 && !st)
        st = error_set_errno(err, errno, "close %s", path);
    if (!st && rename(beside, path) != 0)
        st = error_set_errno(err, errno, "put %s in place", path);
    if (st) {
        (void)unlink(beside);
        return st;
    }
    return sync_parent(path, err);
}

static enum status make_dir(const char *path, mode_t mode, struct error *err)
{
    struct stat info;

    if (mkdir(path, mode) == 0)
        return STATUS_OK;
    if (errno != EEXIST)
        return error_set_errno(err, errno, "make the directory %s", path);
    if (stat(path, &info) != 0)
        return error_set_errno(err, errno, "look at %s", path);
    if (!S_ISDIR(info.st_mode))
        return error_set(err, STATUS_EXISTS, "%s is not a directory", path);
    return STATUS_OK;
}

enum status file_make_dirs(const char *path, mode_t mode, struct error *err)
{
    char part[LIMIT_PATH_BYTES];

    if (*path == '\0' || strlen(path) >= sizeof part)
        return error_set(err, STATUS_INVALID, "not a path: \"%.60s\"", path);
    strcpy(part, path);
    for (char *at = part + 1; *at; at++) {
        enum status st;

        if (*at != '/')
            continue;
        *at = '\0';
        st = make_dir(part, mode, err);
        *at = '/';
        if (st)
            return st;
    }
    return make_dir(part, mode, err);
}

enum status file_sync_dir(const char *path, struct error *err)
{
    enum status st = STATUS_OK;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return error_set_errno(err, errno, "open the directory %s", path);
    if (fsync(fd) != 0)
        st = error_set_errno(err, errno, "sync the directory %s", path);
    close(fd);
    return st;
}

enum status file_free_space(const char *path, uint64_t *free_bytes,
                            struct error *err)
{
    struct statvfs info;

    if (statvfs(path, &info) != 0)
        return error_set_errno(err, errno, "ask for the free space of %s",
                               path);
    *free_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    return STATUS_OK;
}

enum status file_join(char *out, size_t room, const char *dir, const char *name,
                      struct error *err)
{
    size_t size = strlen(dir);
    const char *slash = size > 0 && dir[size - 1] == '/' ? "" : "/";
    int n = snprintf(out, room, "%s%s%s", dir, slash, name);

    if (n >= 0 && (size_t)n < room)
        return STATUS_OK;
    return error_set(err, STATUS_TOO_LARGE, "the path %.60s.../%.60s is long",
                     dir, name);
}

bool file_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

bool file_is_denied(const char *path)
{
    struct stat info;

    return stat(path, &info) != 0 && errno == EACCES;
}

enum status file_program_dir(char *out, size_t room, struct error *err)
{
    ssize_t n = readlink("/proc/self/exe", out, room);
    char *slash;

    if (n < 0)
        return error_set_errno(err, errno, "find the running program");
    if ((size_t)n >= room)
        return error_set(err, STATUS_TOO_LARGE, "the program's path is long");
    out[n] = '\0';
    slash = strrchr(out, '/');
    if (slash && slash != out)
        *slash = '\0';
    return STATUS_OK;
}
