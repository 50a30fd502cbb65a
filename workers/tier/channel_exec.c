/* channel_exec - runs a program per page: the page as JSON on its input, its
 * name and address in the environment.
 *
 *   exit 0               delivered; the first line it prints is its own name
 *                        of the message (a provider's id)
 *   exit 65, 67, 68      never: bad data, no such person, no such host
 *                        (sysexits.h); the next channel
 *   anything else        again later
 *   no end in time       TERM to its process group, KILL two seconds later
 *
 * The last line on its standard error is the reason in the receipt.
 *
 * The program leads a process group of its own and gets signals as they are
 * by default. Its input is a file in memory, so nobody waits for it to read.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/log.h"
#include "base/methods.h"
#include "workers/tier/channel.h"
#include "workers/tier/page_json.h"

enum {
    RUNNING_MAX = 8,
    KILL_WAIT_MS = 2000,
    SAID_SIZE = 200,
    INPUT_BYTES = 512 * 1024,
    VARIABLES = 8,
    VARIABLE_SIZE = 320
};

enum pipe_end { OUT, ERR, PIPES };

/* What is kept of an output: its first line, or its last. */
struct said {
    int fd; /* -1: closed */
    char line[SAID_SIZE];
    size_t size;
    bool full; /* first line: ended; last line: a newline has come */
};

struct run {
    pid_t pid; /* 0: free */
    uint64_t job;
    int64_t until_ms; /* TERM, or KILL once told */
    bool told;
    struct said said[PIPES];
};

struct exec_channel {
    struct channel_report report;
    const struct clock *clock;
    const char *program;
    int64_t timeout_ms;
    struct bytes input;
    struct run list[RUNNING_MAX];
};

/* ---- what it says ---- */

static void keep(struct said *s, enum pipe_end which, char c)
{
    if (which == OUT) {
        s->full |= c == '\n';
    } else if (c != '\n' && s->full) {
        s->full = false;
        s->size = 0;
    } else if (c == '\n') {
        s->full = true;
    }
    if (c != '\n' && !s->full && s->size + 1 < SAID_SIZE)
        s->line[s->size++] = c;
    s->line[s->size] = '\0';
}

static void listen_to(struct said *s, enum pipe_end which)
{
    char buffer[4096];
    ssize_t n = 0;
    /* so much at one time: a program may never stop talking */
    for (int i = 0; s->fd >= 0 && i < 16; i++) {
        n = read(s->fd, buffer, sizeof(buffer));
        if (n <= 0)
            break;
        for (ssize_t k = 0; k < n; k++)
            keep(s, which, buffer[k]);
    }
    if (s->fd >= 0 && (n == 0 || (n < 0 && errno != EAGAIN))) {
        close(s->fd);
        s->fd = -1;
    }
}

/* ---- its end ---- */

static void forget(struct run *r)
{
    for (int i = 0; i < PIPES; i++)
        if (r->said[i].fd >= 0)
            close(r->said[i].fd);
    r->pid = 0;
}

static bool is_final(int status)
{
    if (!WIFEXITED(status))
        return false;
    int code = WEXITSTATUS(status);
    return code == EX_DATAERR || code == EX_NOUSER || code == EX_NOHOST;
}

static void ended(struct exec_channel *c, struct run *r, int status)
{
    char how[64];
    uint64_t job = r->job;
    for (int i = 0; i < PIPES; i++)
        listen_to(&r->said[i], (enum pipe_end)i);
    bool told = r->told;
    char name[SAID_SIZE], why[SAID_SIZE];
    snprintf(name, sizeof(name), "%s", r->said[OUT].line);
    snprintf(why, sizeof(why), "%s", r->said[ERR].line);
    forget(r);
    child_exit_text(status, how, sizeof(how));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !told)
        channel_done(&c->report, job, name);
    else
        channel_failed(&c->report, job,
                       is_final(status) ? TIER_NEVER : TIER_AGAIN, "%s%s%s%s",
                       told ? "no end in time, " : "", how, *why ? ": " : "",
                       why);
}

static bool has_ended(struct run *r, int *status)
{
    pid_t pid = waitpid(r->pid, status, WNOHANG);
    if (pid == r->pid)
        return true;
    if (pid < 0 && errno == ECHILD) {
        *status = EX_OSERR << 8; /* somebody else has reaped it */
        return true;
    }
    return false;
}

static int64_t step(void *state, int64_t now_ms)
{
    struct exec_channel *c = state;
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < RUNNING_MAX; i++) {
        struct run *r = &c->list[i];
        int status;
        if (!r->pid)
            continue;
        for (int k = 0; k < PIPES; k++)
            listen_to(&r->said[k], (enum pipe_end)k);
        if (has_ended(r, &status)) {
            ended(c, r, status);
            continue;
        }
        if (now_ms >= r->until_ms) {
            (void)kill(-r->pid, r->told ? SIGKILL : SIGTERM);
            r->told = true;
            r->until_ms = now_ms + KILL_WAIT_MS;
        }
        next = r->until_ms < next ? r->until_ms : next;
    }
    return next;
}

static size_t watch(void *state, struct pollfd *items, size_t room)
{
    struct exec_channel *c = state;
    size_t n = 0;
    for (size_t i = 0; i < RUNNING_MAX; i++)
        for (int k = 0; k < PIPES; k++)
            if (c->list[i].pid && c->list[i].said[k].fd >= 0 && n < room)
                items[n++] = (struct pollfd){.fd = c->list[i].said[k].fd,
                                             .events = POLLIN};
    return n;
}

/* ---- its beginning ---- */

/* The page on a file in memory, from its start; -1 on failure. */
static int make_input(struct exec_channel *c, const struct tier_job *job)
{
    bytes_reset(&c->input);
    if (page_json(job->page, job->partition, &c->input) != STATUS_OK)
        return -1;
    int fd = memfd_create("yinuo-page", MFD_CLOEXEC);
    struct slice rest = bytes_slice(&c->input);
    while (fd >= 0 && rest.size > 0) {
        ssize_t n = write(fd, rest.data, rest.size);
        if (n <= 0) {
            close(fd);
            return -1;
        }
        rest = slice_from(rest, (size_t)n);
    }
    if (fd >= 0)
        (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

/* environ with the page's own variables in front, where they win. */
struct variables {
    char text[VARIABLES][VARIABLE_SIZE];
    size_t count;
    char **all;
};

static void set(struct variables *v, const char *name, const char *value)
{
    char *out = v->text[v->count];
    if (!value || v->count == VARIABLES)
        return;
    snprintf(out, VARIABLE_SIZE, "%s=%s", name, value);
    v->count++;
}

static bool make_variables(struct variables *v, const struct tier_job *job)
{
    const Yinuo__V1__Page *p = job->page;
    char severity[8], attempt[16];
    size_t others = 0;
    snprintf(severity, sizeof(severity), "S%d",
             p->has_severity ? (int)p->severity : 0);
    snprintf(attempt, sizeof(attempt), "%" PRIu32, job->attempt);
    v->count = 0;
    set(v, "YINUO_PAGE_ID", p->page_id);
    set(v, "YINUO_CASE_ID", p->case_id);
    set(v, "YINUO_SEVERITY", severity);
    set(v, "YINUO_PERSON", p->person);
    set(v, "YINUO_PHONE", channel_hint(p, "phone"));
    set(v, "YINUO_MAIL", channel_hint(p, "mail"));
    set(v, "YINUO_ATTEMPT", attempt);
    while (environ[others])
        others++;
    v->all = calloc(v->count + others + 1, sizeof(*v->all));
    if (!v->all)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < v->count; i++)
        v->all[n++] = v->text[i];
    for (size_t i = 0; i < others; i++)
        if (strncmp(environ[i], "YINUO_P", 7) != 0 &&
            strncmp(environ[i], "YINUO_MAIL", 10) != 0)
            v->all[n++] = environ[i];
    return true;
}

static int spawn(struct exec_channel *c, struct run *r, int in, int out,
                 int err, char **variables)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    char *argv[] = {(char *)(uintptr_t)c->program, NULL};
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawn_file_actions_adddup2(&files, err, 2);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP |
                                       POSIX_SPAWN_SETSIGMASK |
                                       POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    int number =
        posix_spawn(&r->pid, c->program, &files, &how, argv, variables);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    if (number != 0)
        r->pid = 0;
    return number;
}

static bool open_pipe(struct said *s, int *write_end)
{
    int both[2];
    *s = (struct said){.fd = -1};
    if (pipe2(both, O_CLOEXEC) != 0)
        return false;
    s->fd = both[0];
    *write_end = both[1];
    return fcntl(both[0], F_SETFL, O_NONBLOCK) == 0;
}

static int launch(struct exec_channel *c, struct run *r,
                  const struct tier_job *job)
{
    struct variables v = {.all = NULL};
    int out = -1, err = -1, number;
    int in = make_input(c, job);
    r->said[ERR].fd = -1;
    if (in < 0 || !open_pipe(&r->said[OUT], &out) ||
        !open_pipe(&r->said[ERR], &err) || !make_variables(&v, job))
        number = errno ? errno : ENOMEM;
    else
        number = spawn(c, r, in, out, err, v.all);
    free(v.all);
    const int ends[] = {in, out, err};
    for (size_t i = 0; i < 3; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    return number;
}

static void start(void *state, const struct tier_job *job)
{
    struct exec_channel *c = state;
    struct run *r = NULL;
    for (size_t i = 0; i < RUNNING_MAX && !r; i++)
        if (!c->list[i].pid)
            r = &c->list[i];
    if (!r) {
        channel_failed(&c->report, job->number, TIER_AGAIN,
                       "too many programs run");
        return;
    }
    memset(r, 0, sizeof(*r));
    r->said[OUT].fd = r->said[ERR].fd = -1;
    int number = launch(c, r, job);
    if (number != 0) {
        forget(r);
        channel_failed(&c->report, job->number, TIER_AGAIN, "%s: %s",
                       c->program, strerror(number));
        return;
    }
    r->job = job->number;
    r->until_ms = clock_monotonic_ms(c->clock) + c->timeout_ms;
}

/* ---- the channel ---- */

static enum status open_exec(void **state,
                             const struct channel_settings *settings,
                             struct error *err)
{
    struct exec_channel *c = calloc(1, sizeof(*c));
    if (!c)
        return error_set(err, STATUS_NO_MEMORY, "no memory");
    *state = c;
    c->report = settings->report;
    c->clock = settings->clock;
    c->program = settings->program;
    c->timeout_ms = settings->timeout_ms;
    bytes_init(&c->input, INPUT_BYTES);
    if (!c->program)
        return error_set(err, STATUS_INVALID, "--exec PROGRAM is missing");
    if (access(c->program, X_OK) != 0)
        return error_set_errno(err, errno, "%s", c->program);
    return STATUS_OK;
}

static void close_exec(void **state)
{
    struct exec_channel *c = *state;
    if (!c)
        return;
    for (size_t i = 0; i < RUNNING_MAX; i++) {
        struct run *r = &c->list[i];
        if (!r->pid)
            continue;
        (void)kill(-r->pid, SIGKILL);
        (void)waitpid(r->pid, NULL, 0);
        forget(r);
    }
    bytes_fini(&c->input);
    free(c);
    *state = NULL;
}

const struct channel_type channel_exec = {.name = "exec",
                                          .methods = METHODS_EXEC,
                                          .running_max = RUNNING_MAX,
                                          .open = open_exec,
                                          .start = start,
                                          .watch = watch,
                                          .step = step,
                                          .close = close_exec};
