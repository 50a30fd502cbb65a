#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char dir[64];

static int start(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/yinuo-file-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int stop(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

static void in_dir(const char *name, char *out, size_t room)
{
    assert_int_equal(file_join(out, room, dir, name, NULL), STATUS_OK);
}

static void a_file_is_replaced_whole(void **state)
{
    char path[128];
    struct bytes got = {0};
    struct stat info;
    int entries = 0;
    DIR *list;

    (void)state;
    in_dir("policy.yaml", path, sizeof path);
    assert_int_equal(
        file_write_atomic(path, slice_of_text("old and long"), 0600, NULL),
        STATUS_OK);
    assert_int_equal(file_write_atomic(path, slice_of_text("new"), 0640, NULL),
                     STATUS_OK);
    assert_int_equal(file_read(path, 100, &got, NULL), STATUS_OK);
    assert_string_equal(bytes_text(&got), "new");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    list = opendir(dir);
    while (readdir(list))
        entries++;
    closedir(list);
    assert_int_equal(entries, 3); /* nothing is left beside it */
    bytes_fini(&got);
}

static void a_file_past_the_limit_is_not_read(void **state)
{
    char path[128];
    struct bytes got = {0};
    struct error err;

    (void)state;
    in_dir("large", path, sizeof path);
    assert_int_equal(
        file_write_atomic(path, slice_of_text("12345"), 0600, NULL), STATUS_OK);
    assert_int_equal(bytes_append_text(&got, "before"), STATUS_OK);
    assert_int_equal(file_read(path, 4, &got, &err), STATUS_TOO_LARGE);
    assert_non_null(strstr(err.text, path));
    assert_string_equal(bytes_text(&got), "before");
    assert_int_equal(file_read(path, 5, &got, &err), STATUS_OK);
    assert_string_equal(bytes_text(&got), "before12345");
    bytes_fini(&got);
}

static void a_missing_file_is_not_found(void **state)
{
    struct bytes got = {0};
    struct error err;

    (void)state;
    assert_int_equal(file_read("/nowhere/at/all", 10, &got, &err),
                     STATUS_NOT_FOUND);
    assert_string_equal(err.text,
                        "open /nowhere/at/all: No such file or directory");
    assert_int_equal(
        file_write_atomic("/nowhere/at/all", SLICE_EMPTY, 0600, &err),
        STATUS_NOT_FOUND);
}

static void directories_are_made_with_their_parents(void **state)
{
    char path[128], file[128];
    struct stat info;

    (void)state;
    in_dir("run/a/b", path, sizeof path);
    assert_int_equal(file_make_dirs(path, 0700, NULL), STATUS_OK);
    assert_int_equal(file_make_dirs(path, 0700, NULL), STATUS_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    in_dir("plain", file, sizeof file);
    assert_int_equal(file_write_atomic(file, SLICE_EMPTY, 0600, NULL),
                     STATUS_OK);
    assert_true(file_exists(file));
    assert_int_equal(file_make_dirs(file, 0700, NULL), STATUS_EXISTS);
}

static void space_and_the_program_can_be_asked_for(void **state)
{
    uint64_t free_bytes = 0;
    char path[512];
    char small[4];

    (void)state;
    assert_int_equal(file_free_space(dir, &free_bytes, NULL), STATUS_OK);
    assert_true(free_bytes > 0);
    assert_int_equal(file_program_dir(path, sizeof path, NULL), STATUS_OK);
    assert_true(file_exists(path));
    assert_int_equal(file_program_dir(small, sizeof small, NULL),
                     STATUS_TOO_LARGE);
    assert_int_equal(file_join(small, sizeof small, "ab", "c", NULL),
                     STATUS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
        T(a_file_is_replaced_whole),
        T(a_file_past_the_limit_is_not_read),
        T(a_missing_file_is_not_found),
        T(directories_are_made_with_their_parents),
        T(space_and_the_program_can_be_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
