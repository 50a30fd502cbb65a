/* child - programs that are kept running by this one.
 *
 *   STOPPED --start--> RUNNING --ends--> WAITING --back-off--> RUNNING
 *                         |                 |
 *                         +------stop-------+--> STOPPING --ended--> STOPPED
 *
 * A program that ends because something has to be put right by a person says
 * so by its exit code (child_exit_code): it is not started again.
 *
 * A group owns the signals CHLD, TERM, INT and HUP of its process through a
 * signalfd. Children get a default signal mask, an end by SIGTERM when the
 * starting thread dies (so start them from the main thread), stdin from
 * /dev/null, and output to a file where one is named. Each leads a process
 * group of its own: Ctrl-C does not reach it, and what must be killed is killed
 * with all that it has started.
 *
 * Time     Spans by the monotonic clock handed in. The back-off doubles from
 *          LIMIT_RESTART_MS to LIMIT_RESTART_MAX_MS and begins anew after a
 *          child has lived longer than the latter.
 * Memory   The specs' strings are borrowed for the life of the group.
 * Errors   FULL: more than LIMIT_CHILDREN. A program that cannot be started is
 *          told by child_group_add's caller through err, and is not retried.
 * Threads  The main thread only, and before any other is made.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

enum child_state {
    CHILD_STOPPED,
    CHILD_RUNNING,
    CHILD_WAITING, /* ended by itself, to be started again */
    CHILD_STOPPING
};

struct child_spec {
    const char *name;        /* for the log */
    const char *const *argv; /* argv[0] is the path; ends with NULL */
    const char *output;      /* stdout and stderr are appended; NULL: ours */
    bool once;               /* not started again when it ends */
};

struct child {
    struct child_spec spec;
    enum child_state state;
    pid_t pid; /* 0 unless RUNNING or STOPPING */
    int64_t started_ms;
    int64_t next_ms;  /* WAITING: start then. STOPPING: kill then */
    int64_t pause_ms; /* of the next back-off */
    unsigned restarts;
    bool gave_up;    /* STOPPED: another start would end the same way */
    int exit_status; /* as of waitpid; of the last end */
};

/* What a program tells whoever supervises it: 0 for OK; USAGE: its options are
 * wrong; FINAL: damage, a version that it does not know, something
 * missing or not allowed, which the next start will find again; 1 for all that
 * may pass by itself. */
enum { CHILD_EXIT_USAGE = 2, CHILD_EXIT_FINAL = 3 };
int child_exit_code(enum status status);

struct child_group {
    const struct clock *clock;
    size_t count;
    struct child list[LIMIT_CHILDREN];
    int signal_fd;
    int got_signal;  /* TERM or INT received: the caller should stop; or 0 */
    bool got_hangup; /* HUP received; the caller clears it */
};

MUST_CHECK enum status child_group_init(struct child_group *g,
                                        const struct clock *clock,
                                        struct error *err);
/* Kills what still runs. */
void child_group_fini(struct child_group *g);

/* Adds and starts; *index says which when not NULL. */
MUST_CHECK enum status child_group_add(struct child_group *g,
                                       const struct child_spec *spec,
                                       size_t *index, struct error *err);

/* Handles signals, ends and restarts, waiting at most so long for something to
 * happen. False once TERM or INT has come. */
bool child_group_step(struct child_group *g, int64_t wait_ms);

/* Asks all to end, in the reverse order of adding, and waits; what is left
 * after wait_ms is killed. OK when none had to be. */
enum status child_group_stop(struct child_group *g, int64_t wait_ms);

/* SIGTERM to one; it is started again after its back-off unless once. */
void child_group_restart(struct child_group *g, size_t index);

/* "exit 3", "signal 9 (Killed)". */
void child_exit_text(int exit_status, char *out, size_t room);

#endif
