#include "base/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

static int64_t now_ms(const struct child_group *g)
{
    return clock_monotonic_ms(g->clock);
}

static void our_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

enum status child_group_init(struct child_group *g, const struct clock *clock,
                             struct error *err)
{
    sigset_t set;

    *g = (struct child_group){.clock = clock, .signal_fd = -1};
    our_signals(&set);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return error_set_errno(err, errno, "block signals");
    g->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (g->signal_fd < 0)
        return error_set_errno(err, errno, "listen to signals");
    return STATUS_OK;
}

/* A child leads a process group: what it has started goes with it. */
static void kill_all_of(const struct child *c)
{
    kill(-c->pid, SIGKILL);
}

void child_group_fini(struct child_group *g)
{
    for (size_t i = 0; i < g->count; i++) {
        struct child *c = &g->list[i];

        if (c->pid > 0) {
            kill_all_of(c);
            (void)waitpid(c->pid, NULL, 0);
        }
    }
    if (g->signal_fd >= 0)
        close(g->signal_fd);
    *g = (struct child_group){.signal_fd = -1};
}

void child_exit_text(int exit_status, char *out, size_t room)
{
    if (WIFEXITED(exit_status))
        snprintf(out, room, "exit %d", WEXITSTATUS(exit_status));
    else if (WIFSIGNALED(exit_status))
        snprintf(out, room, "signal %d (%s)", WTERMSIG(exit_status),
                 strsignal(WTERMSIG(exit_status)));
    else
        snprintf(out, room, "status %d", exit_status);
}

int child_exit_code(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return 0;
    case STATUS_INVALID:
        return CHILD_EXIT_USAGE;
    case STATUS_CORRUPT:
    case STATUS_VERSION:
    case STATUS_NOT_FOUND:
    case STATUS_DENIED:
    case STATUS_UNSUPPORTED:
        return CHILD_EXIT_FINAL;
    default:
        return 1;
    }
}

static bool is_final(int exit_status)
{
    return WIFEXITED(exit_status) &&
           (WEXITSTATUS(exit_status) == CHILD_EXIT_USAGE ||
            WEXITSTATUS(exit_status) == CHILD_EXIT_FINAL);
}

/* Between fork and exec: only what may be called there. The errno of what goes
 * wrong is written to report, which exec closes. */
static void become(const struct child_spec *spec, pid_t parent, int report)
{
    sigset_t none;
    int fd, why;

    sigemptyset(&none);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 ||
        sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        goto fail;
    if (getppid() != parent)
        _exit(1);        /* it died before we asked to die with it */
    (void)setpgid(0, 0); /* Ctrl-C is for the supervisor, which stops us */
    fd = open("/dev/null", O_RDONLY);
    if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
        goto fail;
    if (fd > STDERR_FILENO)
        close(fd);
    if (spec->output) {
        fd = open(spec->output, O_WRONLY | O_CREAT | O_APPEND, 0640);
        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 ||
            dup2(fd, STDERR_FILENO) < 0)
            goto fail;
        if (fd > STDERR_FILENO)
            close(fd);
    }
    execv(spec->argv[0], (char *const *)spec->argv);
fail:
    why = errno;
    if (write(report, &why, sizeof why) < 0)
        _exit(126);
    _exit(127);
}

static enum status start(struct child_group *g, struct child *c,
                         struct error *err)
{
    int report[2], why = 0;
    pid_t parent = getpid(), pid;
    ssize_t n;

    if (pipe2(report, O_CLOEXEC) != 0)
        return error_set_errno(err, errno, "start %s", c->spec.name);
    pid = fork();
    if (pid < 0) {
        why = errno;
        close(report[0]);
        close(report[1]);
        return error_set_errno(err, why, "start %s", c->spec.name);
    }
    if (pid == 0)
        become(&c->spec, parent, report[1]);
    close(report[1]);
    do
        n = read(report[0], &why, sizeof why);
    while (n < 0 && errno == EINTR);
    close(report[0]);
    if (n != 0) {
        (void)waitpid(pid, NULL, 0);
        return error_set_errno(err, why, "start %s (%s)", c->spec.name,
                               c->spec.argv[0]);
    }
    c->pid = pid;
    c->state = CHILD_RUNNING;
    c->started_ms = now_ms(g);
    return STATUS_OK;
}

enum status child_group_add(struct child_group *g,
                            const struct child_spec *spec, size_t *index,
                            struct error *err)
{
    struct child *c;
    enum status st;

    if (g->count == LIMIT_CHILDREN)
        return error_set(err, STATUS_FULL, "more than %d programs to start",
                         LIMIT_CHILDREN);
    assert(spec->argv && spec->argv[0]);
    c = &g->list[g->count];
    *c = (struct child){.spec = *spec, .pause_ms = LIMIT_RESTART_MS};
    st = start(g, c, err);
    if (st)
        return st;
    if (index)
        *index = g->count;
    g->count++;
    log_info("CHILD-STARTED", "%s started as process %d", spec->name,
             (int)c->pid);
    return STATUS_OK;
}

static void wait_to_restart(struct child_group *g, struct child *c)
{
    c->state = CHILD_WAITING;
    c->next_ms = now_ms(g) + c->pause_ms;
    c->pause_ms *= 2;
    if (c->pause_ms > LIMIT_RESTART_MAX_MS)
        c->pause_ms = LIMIT_RESTART_MAX_MS;
}

static void on_end(struct child_group *g, struct child *c, int exit_status)
{
    char why[64];
    int64_t lived_ms = now_ms(g) - c->started_ms;
    bool restart = c->state == CHILD_RUNNING && !c->spec.once;

    child_exit_text(exit_status, why, sizeof why);
    c->pid = 0;
    c->exit_status = exit_status;
    if (restart && is_final(exit_status)) {
        c->state = CHILD_STOPPED;
        c->gave_up = true;
        log_error("CHILD-GAVE-UP",
                  "%s ended (%s) and would end so again -> not started again",
                  c->spec.name, why);
        return;
    }
    if (!restart) {
        c->state = CHILD_STOPPED;
        log_info("CHILD-ENDED", "%s ended (%s) -> not started again",
                 c->spec.name, why);
        return;
    }
    if (lived_ms > LIMIT_RESTART_MAX_MS)
        c->pause_ms = LIMIT_RESTART_MS;
    log_write(LOG_WARN, "CHILD-DIED",
              LOG_FIELDS(LOG_INT("lived_ms", lived_ms),
                         LOG_INT("restarts", c->restarts)),
              "%s ended by itself (%s) -> started again in %lld ms",
              c->spec.name, why, (long long)c->pause_ms);
    wait_to_restart(g, c);
}

static void reap(struct child_group *g)
{
    for (size_t i = 0; i < g->count; i++) {
        struct child *c = &g->list[i];
        int exit_status;

        if (c->pid > 0 && waitpid(c->pid, &exit_status, WNOHANG) == c->pid)
            on_end(g, c, exit_status);
    }
}

static void start_due(struct child_group *g)
{
    for (size_t i = 0; i < g->count && !g->got_signal; i++) {
        struct child *c = &g->list[i];
        struct error err;

        if (c->state != CHILD_WAITING || c->next_ms > now_ms(g))
            continue;
        if (start(g, c, &err) == STATUS_OK) {
            c->restarts++;
            log_info("CHILD-RESTARTED", "%s started again as process %d",
                     c->spec.name, (int)c->pid);
            continue;
        }
        log_error("CHILD-START-FAILED", "%s -> tried again in %lld ms",
                  err.text, (long long)c->pause_ms);
        wait_to_restart(g, c);
    }
}

static void read_signals(struct child_group *g)
{
    struct signalfd_siginfo info;

    while (read(g->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            g->got_signal = (int)info.ssi_signo;
        else if (info.ssi_signo == SIGHUP)
            g->got_hangup = true;
    }
}

/* Sleeps until a signal, the next restart, or the end of wait_ms. */
static void sleep_until_something(struct child_group *g, int64_t wait_ms)
{
    struct pollfd fd = {.fd = g->signal_fd, .events = POLLIN};

    for (size_t i = 0; i < g->count; i++) {
        int64_t left_ms = g->list[i].next_ms - now_ms(g);

        if (g->list[i].state == CHILD_WAITING && left_ms < wait_ms)
            wait_ms = left_ms > 0 ? left_ms : 0;
    }
    if (wait_ms > INT32_MAX)
        wait_ms = INT32_MAX;
    (void)poll(&fd, 1, (int)wait_ms);
}

bool child_group_step(struct child_group *g, int64_t wait_ms)
{
    sleep_until_something(g, wait_ms);
    read_signals(g);
    reap(g);
    start_due(g);
    return g->got_signal == 0;
}

void child_group_restart(struct child_group *g, size_t index)
{
    assert(index < g->count);
    if (g->list[index].pid > 0)
        kill(g->list[index].pid, SIGTERM);
}

/* One at a time, so that who was started last is gone before whom it needs. */
static bool stop_one(struct child_group *g, struct child *c, int64_t until_ms)
{
    c->state = CHILD_STOPPING;
    if (c->pid > 0)
        kill(c->pid, SIGTERM);
    while (c->pid > 0) {
        struct pollfd fd = {.fd = g->signal_fd, .events = POLLIN};
        int64_t left_ms = until_ms - now_ms(g);

        if (left_ms <= 0)
            break;
        (void)poll(&fd, 1, (int)left_ms);
        read_signals(g);
        reap(g);
    }
    if (c->pid == 0) {
        c->state = CHILD_STOPPED;
        return true;
    }
    log_warn("CHILD-KILLED", "%s did not end when asked -> killed",
             c->spec.name);
    kill_all_of(c);
    (void)waitpid(c->pid, &c->exit_status, 0);
    c->pid = 0;
    c->state = CHILD_STOPPED;
    return false;
}

enum status child_group_stop(struct child_group *g, int64_t wait_ms)
{
    int64_t until_ms = now_ms(g) + wait_ms;
    enum status st = STATUS_OK;

    assert(wait_ms <= INT32_MAX);
    for (size_t i = 0; i < g->count; i++) {
        if (g->list[i].state == CHILD_WAITING)
            g->list[i].state = CHILD_STOPPED;
        else if (g->list[i].state == CHILD_RUNNING)
            g->list[i].state = CHILD_STOPPING;
    }
    for (size_t i = g->count; i > 0; i--) {
        if (!stop_one(g, &g->list[i - 1], until_ms))
            st = STATUS_TIMEOUT;
    }
    return st;
}
