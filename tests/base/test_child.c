#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"

static struct child_group group;

static void ignore(void *state, const char *line)
{
    (void)state;
    (void)line;
}

static int start(void **state)
{
    (void)state;
    log_capture(ignore, NULL);
    return child_group_init(&group, clock_system(), NULL) == STATUS_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    child_group_fini(&group);
    log_capture(NULL, NULL);
    return 0;
}

static size_t add(const char *script, bool once)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct child_spec spec = {.name = "shell", .argv = argv, .once = once};
    size_t index = 99;

    /* argv need not live on: nothing here is started twice by a later step */
    assert_int_equal(child_group_add(&group, &spec, &index, NULL), STATUS_OK);
    return index;
}

static void a_child_that_ends_once_stays_ended(void **state)
{
    size_t i = add("exit 3", true);
    char why[64];

    (void)state;
    while (group.list[i].state != CHILD_STOPPED)
        assert_true(child_group_step(&group, 5000));
    child_exit_text(group.list[i].exit_status, why, sizeof why);
    assert_string_equal(why, "exit 3");
}

static void a_child_that_dies_is_started_again_after_a_pause(void **state)
{
    static const char *const argv[] = {"/bin/sh", "-c", "kill -9 $$", NULL};
    struct child_spec spec = {.name = "dying", .argv = argv};
    struct child *c = &group.list[0];

    (void)state;
    assert_int_equal(child_group_add(&group, &spec, NULL, NULL), STATUS_OK);
    while (c->state != CHILD_WAITING)
        assert_true(child_group_step(&group, 5000));
    assert_int_equal(c->pause_ms, 2 * LIMIT_RESTART_MS);
    assert_true(WIFSIGNALED(c->exit_status));
    while (c->restarts == 0)
        assert_true(child_group_step(&group, 5000));
    while (c->state != CHILD_WAITING)
        assert_true(child_group_step(&group, 5000));
    assert_int_equal(c->pause_ms, 4 * LIMIT_RESTART_MS);
    assert_int_equal(child_group_stop(&group, 1000), STATUS_OK);
    assert_int_equal(c->state, CHILD_STOPPED);
}

static void an_end_that_says_that_it_is_final_is_one(void **state)
{
    static const char *const argv[] = {"/bin/sh", "-c", "exit 3", NULL};
    static const char *const wrong[] = {"/bin/sh", "-c", "exit 2", NULL};
    struct child_spec spec = {.name = "damaged", .argv = argv};
    struct child *c = &group.list[0];

    (void)state;
    assert_int_equal(child_exit_code(STATUS_OK), 0);
    assert_int_equal(child_exit_code(STATUS_BUSY), 1);
    assert_int_equal(child_exit_code(STATUS_FULL), 1);
    assert_int_equal(child_exit_code(STATUS_CORRUPT), 3);
    assert_int_equal(child_exit_code(STATUS_VERSION), 3);
    assert_int_equal(child_exit_code(STATUS_INVALID), 2);
    assert_int_equal(child_group_add(&group, &spec, NULL, NULL), STATUS_OK);
    while (c->pid)
        assert_true(child_group_step(&group, 5000));
    assert_int_equal(c->state, CHILD_STOPPED);
    assert_true(c->gave_up);
    spec.argv = wrong;
    assert_int_equal(child_group_add(&group, &spec, NULL, NULL), STATUS_OK);
    while (group.list[1].pid)
        assert_true(child_group_step(&group, 5000));
    assert_true(group.list[1].gave_up);
}

static void a_program_that_is_not_there_is_told_at_once(void **state)
{
    static const char *const argv[] = {"/nowhere/yinuo-broker", NULL};
    struct child_spec spec = {.name = "broker", .argv = argv};
    struct error err;

    (void)state;
    assert_int_equal(child_group_add(&group, &spec, NULL, &err),
                     STATUS_NOT_FOUND);
    assert_string_equal(err.text, "start broker (/nowhere/yinuo-broker): "
                                  "No such file or directory");
    assert_int_equal(group.count, 0);
}

static void stopping_asks_then_kills(void **state)
{
    size_t polite = add("exec sleep 1000", false);
    static const char *const argv[] = {
        "/bin/sh", "-c",
        "trap '' TERM; kill -HUP $PPID; while :; do "
        "sleep 1000; done",
        NULL};
    struct child_spec spec = {.name = "deaf", .argv = argv};
    size_t deaf;

    (void)state;
    assert_int_equal(child_group_add(&group, &spec, &deaf, NULL), STATUS_OK);
    while (!group.got_hangup) /* it is deaf from here on */
        assert_true(child_group_step(&group, 5000));
    assert_int_equal(child_group_stop(&group, 50), STATUS_TIMEOUT);
    assert_int_equal(group.list[polite].state, CHILD_STOPPED);
    assert_int_equal(group.list[deaf].state, CHILD_STOPPED);
    assert_int_equal(WTERMSIG(group.list[deaf].exit_status), SIGKILL);
}

static void a_signal_to_us_ends_the_stepping(void **state)
{
    (void)state;
    assert_int_equal(raise(SIGTERM), 0);
    assert_false(child_group_step(&group, 5000));
    assert_int_equal(group.got_signal, SIGTERM);
}

static void output_goes_to_the_file(void **state)
{
    char path[] = "/tmp/yinuo-child-XXXXXX", text[32] = "";
    static const char *const argv[] = {"/bin/sh", "-c",
                                       "echo out; echo err >&2", NULL};
    struct child_spec spec = {
        .name = "talker", .argv = argv, .output = path, .once = true};
    int fd = mkstemp(path);

    (void)state;
    assert_int_equal(child_group_add(&group, &spec, NULL, NULL), STATUS_OK);
    while (group.list[0].state != CHILD_STOPPED)
        assert_true(child_group_step(&group, 5000));
    assert_int_equal(pread(fd, text, sizeof text - 1, 0), 8);
    assert_string_equal(text, "out\nerr\n");
    close(fd);
    unlink(path);
}

/* A supervisor is killed; we are the subreaper, so its child becomes ours. */
static void children_die_with_their_supervisor(void **state)
{
    int to_us[2], how;
    pid_t supervisor, child;

    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(pipe(to_us), 0);
    supervisor = fork();
    if (supervisor == 0) {
        size_t i = add("exec sleep 1000", true);

        if (write(to_us[1], &group.list[i].pid, sizeof(pid_t)) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(to_us[0], &child, sizeof child), sizeof child);
    kill(supervisor, SIGKILL);
    assert_int_equal(waitpid(supervisor, &how, 0), supervisor);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    assert_int_equal(WTERMSIG(how), SIGTERM);
    close(to_us[0]);
    close(to_us[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
        T(a_child_that_ends_once_stays_ended),
        T(a_child_that_dies_is_started_again_after_a_pause),
        T(an_end_that_says_that_it_is_final_is_one),
        T(a_program_that_is_not_there_is_told_at_once),
        T(stopping_asks_then_kills),
        T(a_signal_to_us_ends_the_stepping),
        T(output_goes_to_the_file),
        T(children_die_with_their_supervisor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
