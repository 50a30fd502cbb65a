#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lockfile.h"

static void the_second_is_told_who_has_it(void **state)
{
    char path[] = "/tmp/yinuo-lock-XXXXXX", expected[128];
    int fd = mkstemp(path);
    struct lockfile a, b;
    struct error err;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(lockfile_holder(path), 0);
    assert_int_equal(lockfile_take(&a, path, NULL), STATUS_OK);
    assert_int_equal(lockfile_holder(path), getpid());
    assert_int_equal(lockfile_take(&b, path, &err), STATUS_BUSY);
    snprintf(expected, sizeof expected, "%s is held by process %d (", path,
             (int)getpid());
    assert_non_null(strstr(err.text, expected));
    lockfile_release(&b);
    assert_int_equal(lockfile_holder(path), getpid());
    lockfile_release(&a);
    assert_int_equal(lockfile_holder(path), 0);
    assert_int_equal(lockfile_take(&b, path, &err), STATUS_OK);
    lockfile_release(&b);
    lockfile_release(&b);
    unlink(path);
}

static void a_dead_owner_locks_nobody_out(void **state)
{
    char path[] = "/tmp/yinuo-lock-XXXXXX";
    int fd = mkstemp(path), how;
    struct lockfile lock;
    pid_t pid;

    (void)state;
    close(fd);
    pid = fork();
    if (pid == 0)
        _exit(lockfile_take(&lock, path, NULL) == STATUS_OK ? 0 : 1);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_int_equal(how, 0);
    assert_int_equal(lockfile_holder(path), 0);
    assert_int_equal(lockfile_take(&lock, path, NULL), STATUS_OK);
    lockfile_release(&lock);
    unlink(path);
}

static void a_place_that_cannot_be_written_says_so(void **state)
{
    struct lockfile lock;
    struct error err;

    (void)state;
    assert_int_equal(lockfile_take(&lock, "/nowhere/lock", &err),
                     STATUS_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nowhere/lock"));
    lockfile_release(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_is_told_who_has_it),
        cmocka_unit_test(a_dead_owner_locks_nobody_out),
        cmocka_unit_test(a_place_that_cannot_be_written_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
