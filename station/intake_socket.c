/* intake_socket - a unix socket for programs on the same machine.
 *
 * Everything that has come from all of them in one round goes to the disk in
 * one commit; then each is answered.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "station/intake.h"

enum { CLIENTS = 64, ROUND_MS = 500 };

struct caller {
    int fd;
    char *text;
    size_t size;
};

struct door {
    struct intake *in;
    int fd;
    size_t count;
    struct caller list[CLIENTS];
    /* of one round */
    size_t lines;
    const char *line[INTAKE_LINES];
    struct caller *from[INTAKE_LINES];
};

static enum status open_door(struct door *d, const char *path,
                             struct error *err)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct stat st;
    if (strlen(path) >= sizeof(at.sun_path))
        return error_set(err, STATUS_TOO_LARGE, "%s: the path is too long",
                         path);
    memcpy(at.sun_path, path, strlen(path) + 1);
    if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
        return error_set(err, STATUS_EXISTS, "%s is no socket", path);
    (void)unlink(path);
    d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t before = umask(0177);
    int rc = d->fd < 0 ? -1 : bind(d->fd, (struct sockaddr *)&at, sizeof(at));
    umask(before);
    if (rc != 0 || listen(d->fd, 16) != 0)
        return error_set_errno(err, errno, "listen on %s", path);
    return STATUS_OK;
}

static void let_in(struct door *d)
{
    int fd = accept4(d->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    char *text = d->count < CLIENTS ? malloc(INTAKE_LINE_BYTES) : NULL;
    if (!text) {
        close(fd);
        return;
    }
    d->list[d->count++] = (struct caller){.fd = fd, .text = text};
}

static void let_out(struct caller *c)
{
    close(c->fd);
    free(c->text);
    *c = (struct caller){.fd = -1};
}

static void sweep(struct door *d)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].fd >= 0)
            d->list[kept++] = d->list[i];
    d->count = kept;
}

/* Answers are short; who does not read them is let go. */
static void answer(struct caller *c, const struct intake_outcome *out)
{
    char text[512];
    int size;
    if (c->fd < 0)
        return;
    if (out->result == YINUO_OK)
        size = snprintf(text, sizeof(text), "ok %s %llu\n", out->receipt.id,
                        (unsigned long long)out->receipt.sequence);
    else if (out->result == YINUO_INVALID)
        size = snprintf(text, sizeof(text), "error %s %s %s\n", out->error.code,
                        out->error.field[0] ? out->error.field : "-",
                        out->error.text);
    else
        size = snprintf(text, sizeof(text), "error %s - try again later\n",
                        yinuo_result_name(out->result));
    if (send(c->fd, text, (size_t)size, MSG_NOSIGNAL) != size)
        let_out(c);
}

/* Reads what is there; complete lines join the round. */
static void listen_to(struct caller *c)
{
    ssize_t n =
        recv(c->fd, c->text + c->size, INTAKE_LINE_BYTES - c->size - 1, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        let_out(c);
        return;
    }
    c->size += (size_t)n;
}

static size_t cut_lines(struct door *d, struct caller *c)
{
    size_t at = 0;
    while (d->lines < INTAKE_LINES && at < c->size) {
        char *line = c->text + at;
        char *end = memchr(line, '\n', c->size - at);
        if (!end)
            break;
        *end = '\0';
        at += (size_t)(end - line) + 1;
        if (line[strspn(line, " \t\r")] == '\0')
            continue;
        d->from[d->lines] = c;
        d->line[d->lines++] = line;
    }
    return at;
}

static void round_of_lines(struct door *d)
{
    static struct intake_outcome out[INTAKE_LINES];
    size_t used[CLIENTS] = {0};
    d->lines = 0;
    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].fd >= 0)
            used[i] = cut_lines(d, &d->list[i]);
    if (d->lines > 0)
        intake_batch(d->in, d->line, d->lines, NULL, out);
    for (size_t i = 0; i < d->lines; i++)
        answer(d->from[i], &out[i]);
    for (size_t i = 0; i < d->count; i++) {
        struct caller *c = &d->list[i];
        if (c->fd < 0)
            continue;
        c->size -= used[i];
        memmove(c->text, c->text + used[i], c->size);
        if (c->size + 1 >= INTAKE_LINE_BYTES)
            let_out(c); /* a line longer than any event */
    }
}

static bool more_lines(const struct door *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (memchr(d->list[i].text, '\n', d->list[i].size))
            return true;
    return false;
}

static void serve(struct door *d)
{
    struct pollfd fds[CLIENTS + 1];
    nfds_t n = 0;
    fds[n++] = (struct pollfd){.fd = d->fd, .events = POLLIN};
    for (size_t i = 0; i < d->count; i++)
        fds[n++] = (struct pollfd){.fd = d->list[i].fd, .events = POLLIN};
    if (poll(fds, n, more_lines(d) ? 0 : ROUND_MS) < 0)
        return;
    for (nfds_t i = 1; i < n; i++)
        if (fds[i].revents)
            listen_to(&d->list[i - 1]);
    round_of_lines(d);
    sweep(d);
    if (fds[0].revents)
        let_in(d);
}

enum status intake_socket(struct intake *in, const char *path,
                          struct error *err)
{
    struct door *d = calloc(1, sizeof(*d));
    if (!d)
        return error_set(err, STATUS_NO_MEMORY, "no memory");
    d->in = in;
    d->fd = -1;
    enum status status = open_door(d, path, err);
    while (status == STATUS_OK && !*in->stop && !in->broken)
        serve(d);
    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].fd >= 0)
            let_out(&d->list[i]);
    if (d->fd >= 0)
        close(d->fd);
    if (status == STATUS_OK)
        (void)unlink(path);
    free(d);
    return status;
}
