#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/mapped.h"

enum { BYTES = 64 * 1024, OWN_CODE = 41 };

struct fixture {
    int fd;
    volatile char *map;
};

static void end_with_own_code(const char *path)
{
    (void)path;
    _exit(OWN_CODE);
}

static void end_with_a_sentence(const char *path)
{
    mapped_give_up(path, "it is put right", false);
}

/* A file that is cut short after it was mapped. */
static struct fixture cut_short(mapped_end *end)
{
    char path[] = "/tmp/yinuo-mapped-XXXXXX";
    struct fixture f = {.fd = mkstemp(path)};

    assert_true(f.fd >= 0);
    unlink(path);
    assert_int_equal(ftruncate(f.fd, BYTES), 0);
    void *map = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, f.fd, 0);

    assert_ptr_not_equal(map, MAP_FAILED);
    f.map = map;
    mapped_watch(map, f.fd, "the file", end);
    assert_int_equal(ftruncate(f.fd, 4096), 0);
    return f;
}

static void fini(struct fixture *f)
{
    munmap((void *)(uintptr_t)f->map, BYTES);
    close(f->fd);
}

/* How a process ends that does it. */
static int end_of(void (*deed)(void))
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(20);
        deed();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void who_has_set_a_guard_goes_on(void **state)
{
    struct fixture f = cut_short(end_with_own_code);
    struct mapped_guard outer, inner;
    volatile int back = 0;

    (void)state;
    if (MAPPED_GUARD(&outer)) {
        if (MAPPED_GUARD(&inner)) {
            back += f.map[BYTES - 1];
            fail_msg("that cannot be read");
        } else {
            back += 1;
        }
        back += f.map[8192];
        fail_msg("nor that");
    } else {
        back += 10;
    }
    assert_int_equal(back, 11);
    assert_int_equal(f.map[100], 0);
    mapped_forget((const void *)(uintptr_t)f.map);
    fini(&f);
}

static void read_alone(void)
{
    struct fixture f = cut_short(end_with_own_code);

    _exit(f.map[8192]);
}

static void read_with_words(void)
{
    struct fixture f = cut_short(end_with_a_sentence);

    mapped_speak_as("test", 7);
    _exit(f.map[8192]);
}

static void go_astray_reading(void)
{
    struct fixture f = cut_short(end_with_own_code);
    volatile int *volatile nowhere = (volatile int *)4096;

    mapped_reading((const void *)(uintptr_t)f.map);
    _exit(*nowhere);
}

static void without_one_its_end_is_called(void **state)
{
    (void)state;
    assert_int_equal(WEXITSTATUS(end_of(read_alone)), OWN_CODE);
    assert_int_equal(WEXITSTATUS(end_of(read_with_words)), 7);
    assert_int_equal(WEXITSTATUS(end_of(go_astray_reading)), OWN_CODE);
}

static void make_a_mistake(void)
{
    struct fixture f = cut_short(end_with_own_code);
    volatile int *volatile nowhere = (volatile int *)4096;

    mapped_reading((const void *)(uintptr_t)f.map);
    mapped_reading(NULL);
    _exit(*nowhere);
}

static void write_into_the_map(void)
{
    struct fixture f = cut_short(end_with_own_code);

    f.map[0] = 1;
}

static void read_what_is_forgotten(void)
{
    struct fixture f = cut_short(end_with_own_code);

    mapped_forget((const void *)(uintptr_t)f.map);
    _exit(f.map[8192]);
}

static void be_sent_a_signal(void)
{
    struct fixture f = cut_short(end_with_own_code);

    mapped_reading((const void *)(uintptr_t)f.map);
    kill(getpid(), SIGSEGV);
}

static void a_mistake_of_ours_stays_one(void **state)
{
    (void)state;
    assert_int_not_equal(end_of(make_a_mistake), 0);
    assert_int_not_equal(WEXITSTATUS(end_of(make_a_mistake)), OWN_CODE);
    assert_int_not_equal(WEXITSTATUS(end_of(write_into_the_map)), OWN_CODE);
    assert_int_not_equal(WEXITSTATUS(end_of(read_what_is_forgotten)), OWN_CODE);
    int status = end_of(be_sent_a_signal);

    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_set_a_guard_goes_on),
        cmocka_unit_test(without_one_its_end_is_called),
        cmocka_unit_test(a_mistake_of_ours_stays_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
