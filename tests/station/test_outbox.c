/* The outbox: what publishing promised is there, whatever happened. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "station/outbox.h"

static char dir[64];
static struct clock_manual clock_now;
static struct random_seeded chance;
static struct outbox o;

static struct outbox_settings settings(void)
{
    return (struct outbox_settings){.dir = dir,
                                    .identity = "st-1",
                                    .clock = &clock_now.clock,
                                    .random = &chance.random};
}

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/yinuo-outbox-XXXXXX");
    assert_non_null(mkdtemp(dir));
    clock_manual_init(&clock_now, 1700000000000);
    random_seeded_init(&chance, 1);
    return 0;
}

static int drop_dir(void **state)
{
    char path[128];
    (void)state;
    outbox_close(&o);
    const char *names[] = {"data.mdb", "lock.mdb", "delivery.lock"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        unlink(path);
    }
    return rmdir(dir);
}

static void open_it(void)
{
    struct outbox_settings set = settings();
    struct error err;
    assert_int_equal(outbox_open(&o, &set, &err), STATUS_OK);
}

static uint64_t add(const char *text)
{
    uint64_t first = 0;
    struct error err;
    struct slice event = slice_of_text(text);
    assert_int_equal(outbox_add(&o, 0, &event, 1, NULL, &first, &err),
                     STATUS_OK);
    return first;
}

static size_t read_all(uint64_t first, uint64_t last, char *out)
{
    struct arena arena;
    ProtobufCBinaryData list[64];
    arena_init(&arena, LIMIT_DECODE_BYTES);
    size_t count = outbox_read(&o, 0, first, last, 1000, &arena, list);
    for (size_t i = 0; i < count; i++) {
        memcpy(out, list[i].data, list[i].len);
        out += list[i].len;
    }
    *out = '\0';
    arena_fini(&arena);
    return count;
}

static void events_are_numbered_from_one_and_kept_in_order(void **state)
{
    char text[64];
    struct outbox_ends ends;
    (void)state;
    open_it();
    uint64_t epoch = outbox_epoch(&o);
    assert_int_equal(add("a"), 1);
    assert_int_equal(add("b"), 2);
    outbox_close(&o);
    open_it();
    assert_int_equal(outbox_epoch(&o), epoch);
    assert_int_equal(add("c"), 3);
    assert_int_equal(read_all(1, 9, text), 3);
    assert_string_equal(text, "abc");
    assert_int_equal(outbox_settle(&o, 0, 2), STATUS_OK);
    assert_int_equal(outbox_ends(&o, 0, &ends), STATUS_OK);
    assert_int_equal(ends.last, 3);
    assert_int_equal(ends.settled, 2);
    assert_int_equal(read_all(3, 9, text), 1);
    assert_string_equal(text, "c");
    assert_int_equal(outbox_oldest_ms(&o, 0), 1700000000000);
}

static void partitions_are_numbered_apart(void **state)
{
    uint64_t first;
    struct slice event = slice_of_text("x");
    (void)state;
    open_it();
    assert_int_equal(add("a"), 1);
    assert_int_equal(outbox_add(&o, 7, &event, 1, NULL, &first, NULL),
                     STATUS_OK);
    assert_int_equal(first, 1);
}

static void a_full_outbox_takes_nothing_and_loses_nothing(void **state)
{
    uint64_t first;
    struct error err;
    struct outbox_settings set = settings();
    struct slice two[] = {slice_of_text("y"), slice_of_text("z")};
    (void)state;
    set.events_max = 3;
    assert_int_equal(outbox_open(&o, &set, &err), STATUS_OK);
    add("a");
    add("b");
    assert_int_equal(outbox_add(&o, 0, two, 2, NULL, &first, &err),
                     STATUS_FULL);
    assert_int_equal(add("c"), 3);
    assert_int_equal(outbox_add(&o, 0, two, 1, NULL, &first, &err),
                     STATUS_FULL);
    assert_int_equal(outbox_settle(&o, 0, 1), STATUS_OK);
    assert_int_equal(add("d"), 4);
}

static void bytes_are_bounded_too(void **state)
{
    static char big[16384];
    uint64_t first;
    struct error err;
    struct outbox_settings set = settings();
    struct slice event = slice_of(big, sizeof(big));
    enum status status = STATUS_OK;
    int n = 0;
    (void)state;
    set.bytes_max = 1024 * 1024;
    assert_int_equal(outbox_open(&o, &set, &err), STATUS_OK);
    while (status == STATUS_OK && n++ < 100)
        status = outbox_add(&o, 0, &event, 1, NULL, &first, &err);
    assert_int_equal(status, STATUS_FULL);
    assert_int_equal(n, 64);
    for (int again = 0; again < 50; again++) { /* space comes back */
        assert_int_equal(outbox_settle(&o, 0, first), STATUS_OK);
        for (int i = 0; i < 60; i++)
            assert_int_equal(outbox_add(&o, 0, &event, 1, NULL, &first, &err),
                             STATUS_OK);
    }
}

static bool count_letter(void *state, const struct outbox_letter *l)
{
    char *out = state;
    sprintf(out + strlen(out), "%d:%s:%s:%.*s ", (int)l->code, l->text,
            l->field, (int)l->event.size, (const char *)l->event.data);
    return true;
}

static void refused_events_are_kept_with_their_reason(void **state)
{
    char text[256] = "";
    struct outbox_ends ends;
    (void)state;
    open_it();
    add("one");
    add("two");
    add("three");
    assert_int_equal(outbox_refuse(&o, 0, 2, 7, "no such case", "case_id"),
                     STATUS_OK);
    assert_int_equal(outbox_refuse(&o, 0, 2, 8, "other", ""), STATUS_OK);
    assert_int_equal(outbox_bury(&o, 0, 3, 1, "unreadable"), STATUS_OK);
    assert_int_equal(read_all(1, 3, text), 3);
    assert_string_equal(text, "onetwo"); /* the third is empty now */
    assert_int_equal(outbox_settle(&o, 0, 3), STATUS_OK);
    outbox_close(&o);
    open_it();
    text[0] = '\0';
    assert_int_equal(outbox_letters(&o, count_letter, text), STATUS_OK);
    assert_string_equal(text,
                        "7:no such case:case_id:two 1:unreadable::three ");
    assert_int_equal(outbox_drop_letter(&o, 0, 2), STATUS_OK);
    assert_int_equal(outbox_drop_letter(&o, 0, 2), STATUS_NOT_FOUND);
    assert_int_equal(outbox_ends(&o, 0, &ends), STATUS_OK);
    assert_int_equal(ends.dead, 1);
    assert_int_equal(ends.bytes, 0);
}

static void it_belongs_to_one_identity_and_is_opened_once(void **state)
{
    struct outbox other;
    struct error err;
    struct outbox_settings set = settings();
    (void)state;
    open_it();
    assert_int_equal(outbox_open(&other, &set, &err), STATUS_EXISTS);
    outbox_close(&o);
    set.identity = "st-2";
    assert_int_equal(outbox_open(&o, &set, &err), STATUS_CONFLICT);
}

static void a_mark_is_kept_with_the_events_it_stands_for(void **state)
{
    uint64_t first, value;
    struct slice event = slice_of_text("x");
    struct outbox_mark mark = {"spool/1/a.jsonl", 12};
    (void)state;
    open_it();
    assert_int_equal(outbox_add(&o, 0, &event, 1, &mark, &first, NULL),
                     STATUS_OK);
    outbox_close(&o);
    open_it();
    assert_int_equal(outbox_mark_get(&o, mark.name, &value), STATUS_OK);
    assert_int_equal(value, 12);
    mark.value = 0;
    assert_int_equal(outbox_add(&o, 0, NULL, 0, &mark, &first, NULL),
                     STATUS_OK);
    assert_int_equal(outbox_mark_get(&o, mark.name, &value), STATUS_OK);
    assert_int_equal(value, 0);
}

/* Stores until it is killed, and tells each number once it was told it. */
static void publish_for_ever(int out)
{
    uint64_t first;
    struct error err;
    for (;;) {
        char text[32];
        struct outbox_ends ends;
        if (outbox_ends(&o, 0, &ends) != STATUS_OK)
            _exit(1);
        snprintf(text, sizeof(text), "event %d", (int)ends.last + 1);
        struct slice event = slice_of_text(text);
        if (outbox_add(&o, 0, &event, 1, NULL, &first, &err) != STATUS_OK ||
            write(out, &first, sizeof(first)) != sizeof(first))
            _exit(1);
        if (first % 7 == 0 && outbox_settle(&o, 0, first - 5) != STATUS_OK)
            _exit(1);
    }
}

static uint64_t killed_once(uint64_t events)
{
    int pipes[2];
    uint64_t told = 0, next;
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct outbox_settings set = settings();
        struct error err;
        close(pipes[0]);
        if (outbox_open(&o, &set, &err) != STATUS_OK)
            _exit(1);
        publish_for_ever(pipes[1]);
    }
    close(pipes[1]);
    for (uint64_t n = 0; n < events; n++)
        assert_int_equal(read(pipes[0], &told, sizeof(told)), sizeof(told));
    kill(pid, SIGKILL);
    while (read(pipes[0], &next, sizeof(next)) == sizeof(next))
        told = next;
    close(pipes[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return told;
}

static void what_was_told_as_stored_survives_kill_9(void **state)
{
    char want[32], got[64];
    (void)state;
    for (uint64_t round = 1; round <= 25; round++) {
        uint64_t told = killed_once(1 + round * 3 % 40);
        struct outbox_ends ends;
        open_it();
        assert_int_equal(outbox_ends(&o, 0, &ends), STATUS_OK);
        assert_true(ends.last >= told && ends.last <= told + 1);
        assert_true(ends.settled < told);
        for (uint64_t seq = ends.settled + 1; seq <= ends.last; seq++) {
            snprintf(want, sizeof(want), "event %d", (int)seq);
            assert_int_equal(read_all(seq, seq, got), 1);
            assert_string_equal(got, want);
        }
        outbox_close(&o);
    }
}

static void one_process_delivers_and_another_takes_over(void **state)
{
    int pipes[2];
    char go;
    struct error err;
    (void)state;
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        open_it();
        if (outbox_lead(&o, &err) != STATUS_OK || write(pipes[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(pipes[0], &go, 1), 1);
    open_it();
    assert_int_equal(outbox_lead(&o, &err), STATUS_BUSY);
    assert_int_equal(add("from the other one"), 1);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(outbox_lead(&o, &err), STATUS_OK);
    close(pipes[0]);
    close(pipes[1]);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, make_dir, drop_dir)

static void a_new_epoch_counts_from_what_is_settled(void **state)
{
    struct arena arena;
    ProtobufCBinaryData list[4];
    uint64_t epoch;
    (void)state;
    open_it();
    uint64_t before = outbox_epoch(&o);
    for (int i = 0; i < 5; i++)
        add("event");
    assert_int_equal(outbox_base(&o, 0), 0);
    assert_int_equal(outbox_settle(&o, 0, 3), STATUS_OK);
    clock_now.wall_ms -= 86400000; /* the clock may have been set back */
    assert_int_equal(outbox_renew(&o, &epoch), STATUS_OK);
    assert_true(epoch > before);
    outbox_close(&o);
    open_it();
    assert_int_equal(outbox_epoch(&o), epoch);
    assert_int_equal(outbox_base(&o, 0), 3);
    assert_int_equal(outbox_base(&o, 7), 0);
    arena_init(&arena, 4096);
    assert_int_equal(outbox_read(&o, 0, 4, 5, 4096, &arena, list), 2);
    arena_fini(&arena);
}

static void what_was_never_taken_is_stored_once_more(void **state)
{
    struct arena arena;
    ProtobufCBinaryData list[4];
    struct outbox_ends ends;
    (void)state;
    open_it();
    add("one");
    add("two");
    for (int time = 0; time < 2; time++)
        assert_int_equal(outbox_again(&o, 0, 1), STATUS_OK);
    assert_int_equal(outbox_ends(&o, 0, &ends), STATUS_OK);
    assert_int_equal(ends.last, 3);
    assert_int_equal(ends.dead, 0);
    arena_init(&arena, 4096);
    assert_int_equal(outbox_read(&o, 0, 1, 3, 4096, &arena, list), 3);
    assert_int_equal(list[0].len, 0);
    assert_memory_equal(list[2].data, "one", 3);
    arena_fini(&arena);
    assert_int_equal(outbox_settle(&o, 0, 3), STATUS_OK);
    assert_int_equal(outbox_ends(&o, 0, &ends), STATUS_OK);
    assert_int_equal(ends.bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(events_are_numbered_from_one_and_kept_in_order),
        STORY(partitions_are_numbered_apart),
        STORY(a_full_outbox_takes_nothing_and_loses_nothing),
        STORY(bytes_are_bounded_too),
        STORY(refused_events_are_kept_with_their_reason),
        STORY(it_belongs_to_one_identity_and_is_opened_once),
        STORY(a_mark_is_kept_with_the_events_it_stands_for),
        STORY(what_was_told_as_stored_survives_kill_9),
        STORY(one_process_delivers_and_another_takes_over),
        STORY(a_new_epoch_counts_from_what_is_settled),
        STORY(what_was_never_taken_is_stored_once_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
