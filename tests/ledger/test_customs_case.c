/* A case arrives whole from its row, and is written as protobuf-c would write
 * it. */
#include "customs_support.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static void a_case_comes_back_from_its_row(void **state)
{
    struct case_record *c = full_case(), *back = calloc(1, sizeof *back);
    struct case_marks marks = {.closed = 1, .reopened = 2, .reassigned = 3};
    struct case_marks marks_back;
    struct bytes row = {0}, again = {0};

    (void)state;
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    assert_int_equal(
        customs_case_read(bytes_slice(&row), back, &marks_back, NULL),
        STATUS_OK);
    assert_memory_equal(&marks, &marks_back, sizeof marks);
    assert_int_equal(customs_case_row(back, &marks_back, &again), STATUS_OK);
    assert_same_bytes(bytes_slice(&row), bytes_slice(&again));
    assert_memory_equal(c, back, sizeof *c);
    bytes_fini(&row);
    bytes_fini(&again);
    free(c);
    free(back);
}

/* Packed again by protobuf-c these are the same bytes. */
static Yinuo__V1__Case *hold_case(struct slice bytes)
{
    Yinuo__V1__Case *message =
        yinuo__v1__case__unpack(NULL, bytes.size, bytes.data);
    struct bytes packed = {0};

    assert_non_null(message);
    assert_string_equal(message->case_id, "LN-4");
    assert_string_equal(message->state, "waiting");
    assert_int_equal(message->last_seq, UINT64_C(1) << 40);
    assert_int_equal(message->base.n_unknown_fields, 0);
    assert_int_equal(codec_encode(&message->base, &packed), STATUS_OK);
    assert_same_bytes(bytes, bytes_slice(&packed));
    bytes_fini(&packed);
    return message;
}

static void a_row_is_what_protobuf_writes(void **state)
{
    struct case_record *c = full_case();
    struct case_marks marks = {1, 1, 1};
    struct bytes row = {0};

    (void)state;
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    yinuo__v1__case__free_unpacked(hold_case(bytes_slice(&row)), NULL);
    bytes_fini(&row);
    free(c);
}

static void what_clients_read_has_the_clocks_one_by_one(void **state)
{
    struct case_record *c = full_case(), *back = calloc(1, sizeof *back);
    struct case_marks marks = {1, 1, 1}, marks_back;
    struct bytes told = {0};
    Yinuo__V1__Case *message;

    (void)state;
    assert_int_equal(customs_case_message(c, &marks, NULL, &told), STATUS_OK);
    message = hold_case(bytes_slice(&told));
    assert_int_equal(message->n_clocks, CASE_CLOCKS_MAX);
    assert_false(message->has_kept_clocks);
    assert_int_equal(message->clocks[1]->steps[0]->due_ms, 1339381000000);
    assert_int_equal(
        customs_case_read(bytes_slice(&told), back, &marks_back, NULL),
        STATUS_OK);
    assert_memory_equal(c, back, sizeof *c);
    yinuo__v1__case__free_unpacked(message, NULL);
    bytes_fini(&told);
    free(c);
    free(back);
}

#define LONGEST                                                                \
    "the-longest-name-that-anything-may-have-is-of-63-bytes-as-this!"

/* The longest names, and as many steps, pauses and digits as there can be. */
static struct case_record *largest_case(void)
{
    struct case_record *c = full_case();

    for (int i = 0; i < CASE_CLOCKS_MAX; i++) {
        struct clock_instance *k = &c->clocks[i];

        set_name(&k->key, LONGEST);
        k->step_count = CLOCK_STEPS_MAX;
        k->pause_count = CLOCK_PAUSES_MAX;
        k->generation = UINT32_MAX;
        k->paused_at_ms = k->paused_ms = 1339466400000;
        for (int s = 0; s < CLOCK_STEPS_MAX; s++)
            k->steps[s] = (struct pending_step){.due_ms = 1339466400000 + s,
                                                .from_ms = 1339466300000,
                                                .page = UINT16_MAX,
                                                .severity = 4,
                                                .step = 255,
                                                .tier = ROLES_MAX};
        for (int s = 0; s < CLOCK_PAUSES_MAX; s++)
            k->pauses[s] = (struct stretch){1339466400000, 1339466500000};
    }
    for (int i = 0; i < CASE_PROMISES_MAX; i++)
        set_name(&c->promises[i].id, LONGEST);
    for (int i = 0; i < CASE_PAGES_MAX; i++) {
        set_name(&c->pages[i].id, LONGEST);
        set_name(&c->pages[i].person, LONGEST);
    }
    for (int i = 0; i < CASE_ITEMS_MAX; i++) {
        set_name(&c->items[i].key, LONGEST);
        set_name(&c->items[i].owner, LONGEST);
        set_name(&c->items[i].by, LONGEST);
    }
    for (int i = 0; i < CASE_BOOKINGS_MAX; i++) {
        set_name(&c->bookings[i].set, LONGEST);
        set_name(&c->bookings[i].key, LONGEST);
    }
    for (int i = 0; i < COUNTERS_MAX; i++)
        c->counters[i] = INT32_MAX;
    c->locks = UINT16_MAX;
    return c;
}

static void the_largest_case_can_be_told_with_the_longest_names(void **state)
{
    static struct clock_rule clocks[CLOCKS_MAX];
    static struct counter counters[COUNTERS_MAX];
    static struct list_rule lists[3];
    static struct text locks[LOCKS_MAX];
    struct policy policy = {.name = TEXT(LONGEST),
                            .clocks = clocks,
                            .clock_count = CLOCKS_MAX,
                            .counters = counters,
                            .counter_count = COUNTERS_MAX,
                            .lists = lists,
                            .list_count = 3,
                            .locks = locks,
                            .lock_count = LOCKS_MAX};
    struct case_record *c = largest_case(), *back = calloc(1, sizeof *back);
    struct case_marks marks = {1, 1, 1};
    struct bytes row = {0}, told = {0};

    (void)state;
    for (size_t i = 0; i < CLOCKS_MAX; i++)
        clocks[i].name = TEXT(LONGEST);
    for (size_t i = 0; i < COUNTERS_MAX; i++)
        counters[i].name = TEXT(LONGEST);
    for (size_t i = 0; i < 3; i++)
        lists[i].name = TEXT(LONGEST);
    for (size_t i = 0; i < LOCKS_MAX; i++)
        locks[i] = TEXT(LONGEST);
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    assert_int_equal(customs_case_read(bytes_slice(&row), back, &marks, NULL),
                     STATUS_OK);
    assert_int_equal(customs_case_message(c, &marks, &policy, &told),
                     STATUS_OK);
    assert_true(told.size > LIMIT_CASE_BYTES); /* a row is smaller */
    bytes_fini(&row);
    bytes_fini(&told);
    free(c);
    free(back);
}

/* What an earlier version kept as the row of a case is what clients read now.
 */
static void an_earlier_row_renewed_is_todays(void **state)
{
    struct case_record *c = full_case();
    struct case_marks marks = {1, 2, 3};
    struct bytes row = {0}, older = {0}, renewed = {0};

    (void)state;
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    assert_int_equal(customs_case_message(c, &marks, NULL, &older), STATUS_OK);
    assert_int_equal(customs_renew_case(bytes_slice(&older), &renewed, NULL),
                     STATUS_OK);
    assert_same_bytes(bytes_slice(&row), bytes_slice(&renewed));
    assert_int_equal(customs_renew_case(slice_of(older.data, older.size / 2),
                                        &renewed, NULL),
                     STATUS_CORRUPT);
    bytes_fini(&row);
    bytes_fini(&older);
    bytes_fini(&renewed);
    free(c);
}

/* Also moments that lie before what they are counted from. */
static void clocks_of_any_moments_come_back(void **state)
{
    struct case_record *c = full_case(), *back = calloc(1, sizeof *back);
    struct case_marks marks = {0};
    struct bytes row = {0};

    (void)state;
    c->clock_count = 2;
    c->clocks[0].armed_at_ms = INT64_MIN;
    c->clocks[0].steps[0].from_ms = INT64_MAX;
    c->clocks[0].steps[0].due_ms = -1;
    c->clocks[0].steps[1].page = UINT16_MAX;
    c->clocks[1].step_count = 0;
    memset(c->clocks[1].steps, 0, sizeof c->clocks[1].steps);
    c->clocks[1].pause_count = 2;
    c->clocks[1].pauses[0] = (struct stretch){1339380000001, 1339380000002};
    c->clocks[1].pauses[1] = (struct stretch){-5, INT64_MAX};
    c->clocks[1].paused_ms = 77;
    memset(&c->clocks[2], 0, (CASE_CLOCKS_MAX - 2) * sizeof c->clocks[2]);
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    assert_int_equal(customs_case_read(bytes_slice(&row), back, NULL, NULL),
                     STATUS_OK);
    assert_memory_equal(c, back, sizeof *c);
    bytes_fini(&row);
    free(c);
    free(back);
}

static void a_cut_row_is_corrupt_and_no_worse(void **state)
{
    struct case_record *c = full_case(), *back = calloc(1, sizeof *back);
    struct case_marks marks = {0};
    struct bytes row = {0};

    (void)state;
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    for (size_t size = 0; size < row.size; size += 3)
        (void)!customs_case_read(slice_of(row.data, size), back, NULL, NULL);
    for (size_t i = 0; i < row.size; i += 5) {
        row.data[i] ^= 0x55;
        (void)!customs_case_read(bytes_slice(&row), back, NULL, NULL);
        row.data[i] ^= 0x55;
    }
    bytes_fini(&row);
    free(c);
    free(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_comes_back_from_its_row),
        cmocka_unit_test(a_row_is_what_protobuf_writes),
        cmocka_unit_test(what_clients_read_has_the_clocks_one_by_one),
        cmocka_unit_test(clocks_of_any_moments_come_back),
        cmocka_unit_test(the_largest_case_can_be_told_with_the_longest_names),
        cmocka_unit_test(an_earlier_row_renewed_is_todays),
        cmocka_unit_test(a_cut_row_is_corrupt_and_no_worse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
