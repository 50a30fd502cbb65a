/* The log channel on a real disk: shown once, whole, whatever happens. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/i18n.h"
#include "workers/tier/channel.h"

static struct desk {
    char dir[64], path[128];
    const struct channel_type *type;
    void *channel;
    struct tier_result last;
    uint64_t jobs;
} desk;

static void done(void *context, const struct tier_result *result)
{
    struct desk *d = context;
    d->last = *result;
}

static void open_again(struct desk *d)
{
    struct channel_settings s = {.clock = clock_system(),
                                 .report = {done, d},
                                 .tier = "engineer",
                                 .log_dir = d->dir};
    struct error err;
    if (d->channel)
        d->type->close(&d->channel);
    if (d->type->open(&d->channel, &s, &err) != STATUS_OK)
        fail_msg("%s", err.text);
}

static int begin(void **state)
{
    struct desk *d = *state = &desk;
    memset(d, 0, sizeof *d);
    snprintf(d->dir, sizeof d->dir, "/tmp/channel-log-XXXXXX");
    if (!mkdtemp(d->dir))
        return -1;
    snprintf(d->path, sizeof d->path, "%.63s/engineer.log", d->dir);
    d->type = channel_find("log");
    open_again(d);
    return 0;
}

static int end(void **state)
{
    struct desk *d = *state;
    char command[160];
    d->type->close(&d->channel);
    snprintf(command, sizeof command, "rm -rf %.63s", d->dir);
    return system(command);
}

static enum tier_try show_words(struct desk *d, const char *id,
                                const char *words)
{
    Yinuo__V1__Page p = YINUO__V1__PAGE__INIT;
    p.page_id = (char *)(uintptr_t)id;
    p.customer_words = (char *)(uintptr_t)words;
    p.has_created_ms = 1;
    p.created_ms = 1000;
    struct tier_job job = {.number = ++d->jobs, .page = &p};
    d->last = (struct tier_result){.job = 0};
    d->type->start(d->channel, &job);
    assert_int_equal(d->last.job, d->jobs); /* it does not wait */
    return d->last.outcome;
}

static enum tier_try show(struct desk *d, const char *id)
{
    return show_words(d, id, "three days!");
}

/* How often a text stands in the file. */
static int count(struct desk *d, const char *text)
{
    struct bytes all;
    int n = 0;
    bytes_init(&all, 0);
    assert_int_equal(file_read(d->path, 1 << 20, &all, NULL), STATUS_OK);
    for (const char *at = bytes_text(&all); (at = strstr(at, text)); at++)
        n++;
    bytes_fini(&all);
    return n;
}

static void append(struct desk *d, const char *text)
{
    FILE *f = fopen(d->path, "a");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void a_page_is_shown_once_in_all_lives_of_the_worker(void **state)
{
    struct desk *d = *state;
    for (int life = 0; life < 3; life++) {
        assert_int_equal(show(d, "p1.0"), TIER_DELIVERED);
        assert_string_equal(d->last.provider_id,
                            "p1.0 partition 0 created 1000");
        open_again(d);
    }
    assert_int_equal(count(d, "--- end p1.0 "), 1);
    assert_int_equal(count(d, "three days!"), 1);
}

static void a_block_that_was_torn_by_a_kill_is_shown_again(void **state)
{
    struct desk *d = *state;
    append(d, "--- page p1.0 partition 0 created 1000 to wang\n  [S1 cri");
    open_again(d);
    assert_int_equal(show(d, "p1.0"), TIER_DELIVERED);
    assert_int_equal(count(d, "\n--- page p1.0 "), 1);
    assert_int_equal(count(d, "--- end p1.0 "), 1);
    open_again(d);
    assert_int_equal(show(d, "p1.0"), TIER_DELIVERED);
    assert_int_equal(count(d, "--- end p1.0 "), 1);
}

static void even_if_only_its_last_letter_is_missing(void **state)
{
    struct desk *d = *state;
    append(d, "--- page p1.0\n  x\n--- end p1.0 partition 0 created 1000");
    open_again(d);
    assert_int_equal(show(d, "p1.0"), TIER_DELIVERED);
    assert_int_equal(count(d, "three days!"), 1);
}

static void what_a_customer_says_cannot_hide_a_page(void **state)
{
    struct desk *d = *state;
    assert_int_equal(
        show_words(d, "p1.0", "ha\n--- end p2.0 partition 0 created 1000\nha"),
        TIER_DELIVERED);
    open_again(d);
    assert_int_equal(show(d, "p2.0"), TIER_DELIVERED);
    assert_int_equal(count(d, "three days!"), 1);
}

static void a_name_that_would_break_a_mark_is_not_shown(void **state)
{
    struct desk *d = *state;
    assert_int_equal(show(d, "p1\n.0"), TIER_NEVER);
    assert_int_equal(count(d, "p1"), 0);
}

static void a_file_that_was_moved_away_is_made_anew(void **state)
{
    struct desk *d = *state;
    char old[160];
    snprintf(old, sizeof old, "%.127s.1", d->path);
    assert_int_equal(show(d, "p1.0"), TIER_DELIVERED);
    assert_int_equal(rename(d->path, old), 0);
    assert_int_equal(show(d, "p2.0"), TIER_DELIVERED);
    assert_int_equal(show(d, "p1.0"), TIER_DELIVERED); /* known all the same */
    assert_int_equal(count(d, "--- end p2.0 "), 1);
    assert_int_equal(count(d, "--- end p1.0 "), 0);
}

static void a_full_disk_leaves_no_half_page(void **state)
{
    struct desk *d = *state;
    struct rlimit before, tight;
    struct stat st;
    assert_int_equal(show(d, "p1.0"), TIER_DELIVERED);
    assert_int_equal(stat(d->path, &st), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = (rlim_t)st.st_size + 40;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    enum tier_try outcome = show(d, "p2.0");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(outcome, TIER_AGAIN);
    assert_non_null(strstr(d->last.error, d->path));
    assert_int_equal(count(d, "p2.0"), 0);
    assert_int_equal(show(d, "p2.0"), TIER_DELIVERED);
    assert_int_equal(count(d, "--- end p2.0 "), 1);
}

static void two_processes_cannot_have_one_file(void **state)
{
    struct desk *d = *state;
    struct channel_settings s = {.clock = clock_system(),
                                 .report = {done, d},
                                 .tier = "engineer",
                                 .log_dir = d->dir};
    void *second = NULL;
    struct error err;
    assert_int_equal(d->type->open(&second, &s, &err), STATUS_BUSY);
    assert_non_null(strstr(err.text, "held by process"));
    d->type->close(&second);
    assert_int_equal(show(d, "p1.0"), TIER_DELIVERED);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_page_is_shown_once_in_all_lives_of_the_worker),
        STORY(a_block_that_was_torn_by_a_kill_is_shown_again),
        STORY(even_if_only_its_last_letter_is_missing),
        STORY(what_a_customer_says_cannot_hide_a_page),
        STORY(a_name_that_would_break_a_mark_is_not_shown),
        STORY(a_file_that_was_moved_away_is_made_anew),
        STORY(a_full_disk_leaves_no_half_page),
        STORY(two_processes_cannot_have_one_file),
    };
    i18n_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
