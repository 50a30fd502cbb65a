#include "base/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pid_t pid_in(int fd)
{
    char text[32];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    long pid;

    if (n <= 0)
        return 0;
    text[n] = '\0';
    pid = strtol(text, NULL, 10);
    return pid > 0 && pid < INT32_MAX ? (pid_t)pid : 0;
}

static void program_of(pid_t pid, char *out, size_t room)
{
    char path[64];
    FILE *file;

    snprintf(out, room, "?");
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return;
    if (fgets(out, (int)room, file))
        out[strcspn(out, "\n")] = '\0';
    fclose(file);
}

static enum status held(int fd, const char *path, struct error *err)
{
    pid_t pid = pid_in(fd);
    char program[64];

    if (pid == 0)
        return error_set(err, STATUS_BUSY, "%s is held by another process",
                         path);
    program_of(pid, program, sizeof program);
    return error_set(err, STATUS_BUSY, "%s is held by process %d (%s)", path,
                     (int)pid, program);
}

/* Over the old text and not after cutting it off: on a full disk the block
 * that is there can be written, a new one cannot be had. */
static void write_pid(int fd)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%d\n", (int)getpid());

    if (pwrite(fd, text, (size_t)n, 0) != n || ftruncate(fd, n) != 0) {
        /* The lock is held even when nobody can read by whom. */
    }
}

enum status lockfile_take(struct lockfile *lock, const char *path,
                          struct error *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    enum status st;
    int fd;

    *lock = (struct lockfile){0};
    if (strlen(path) >= sizeof lock->path)
        return error_set(err, STATUS_TOO_LARGE, "the path of a lock is long");
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(err, errno, "open the lock %s", path);
    if (fcntl(fd, F_OFD_SETLK, &whole) != 0) {
        if (errno == EAGAIN || errno == EACCES)
            st = held(fd, path, err);
        else
            st = error_set_errno(err, errno, "lock %s", path);
        close(fd);
        return st;
    }
    write_pid(fd);
    lock->fd_plus_one = fd + 1;
    strcpy(lock->path, path);
    return STATUS_OK;
}

void lockfile_release(struct lockfile *lock)
{
    if (lock->fd_plus_one == 0)
        return;
    if (ftruncate(lock->fd_plus_one - 1, 0) != 0) {
        /* The name of a past owner stays; without the lock it means nothing. */
    }
    close(lock->fd_plus_one - 1);
    lock->fd_plus_one = 0;
}

pid_t lockfile_holder(const char *path)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    pid_t pid = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    if (fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK)
        pid = pid_in(fd);
    close(fd);
    return pid;
}
