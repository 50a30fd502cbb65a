/* The order of a memtable against a bitmap, with rows coming and going. */
#include "ledger_support.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/writer.h"
#include "ledger/memtable.h"

enum { KEYS = 40000, STEPS = 400000, TABLE = 3 };

static bool there[KEYS];

static struct slice key_of(uint32_t n, uint8_t *out)
{
    memset(out, 0, 8);
    put_u32(out + 4, n);
    return slice_of(out, 8);
}

/* All share their first eight bytes. */
static struct slice long_key_of(uint32_t n, uint8_t *out)
{
    memset(out, 7, 16);
    put_u32(out + 12, n);
    return slice_of(out, 16);
}

typedef struct slice make_key(uint32_t n, uint8_t *out);

static uint32_t number_in(const struct mem_row *row)
{
    const uint8_t *end = row->key + row->key_size;

    return (uint32_t)end[-4] << 24 | (uint32_t)end[-3] << 16 |
           (uint32_t)end[-2] << 8 | end[-1];
}

static void assert_seek(struct memtable *m, make_key *make, uint32_t from)
{
    uint8_t key[16];
    const struct mem_row *row = memtable_seek(m, TABLE, make(from, key));

    while (from < KEYS && !there[from])
        from++;
    assert_int_equal(row != NULL, from < KEYS);
    if (row != NULL)
        assert_int_equal(number_in(row), from);
}

static void assert_order(struct memtable *m)
{
    const struct mem_row *row = memtable_seek(m, TABLE, SLICE_EMPTY);
    size_t n = 0;

    for (uint32_t i = 0; i < KEYS; i++) {
        if (!there[i])
            continue;
        assert_non_null(row);
        assert_int_equal(number_in(row), i);
        row = memtable_after(row);
        n++;
    }
    assert_null(row);
    assert_int_equal(memtable_count(m), n);
}

/* Phases of growing and of shrinking, down to nothing. */
static void run(make_key *make, bool eager, uint64_t seed)
{
    struct memtable *m = memtable_new(0);
    struct random_seeded seeded;
    uint8_t key[16];

    random_seeded_init(&seeded, seed);
    memset(there, 0, sizeof there);
    if (eager)
        memtable_order_eagerly(m, TABLE);
    for (uint32_t step = 0; step < STEPS; step++) {
        bool growing = step / 50000 % 2 == 0;
        uint32_t n = (uint32_t)random_below(&seeded.random, KEYS);
        bool put = random_below(&seeded.random, 10) < (growing ? 9 : 1);

        if (put)
            memtable_put(m, TABLE, make(n, key), slice_of(key, 3));
        else
            memtable_delete(m, TABLE, make(n, key), false);
        there[n] = put;
        if (step % 7 == 0)
            assert_seek(m, make, (uint32_t)random_below(&seeded.random, KEYS));
        if (step % 50000 == 49999)
            assert_order(m);
    }
    for (uint32_t n = 0; n < KEYS; n++) {
        memtable_delete(m, TABLE, make(n, key), false);
        there[n] = false;
    }
    assert_order(m);
    assert_int_equal(memtable_bytes(m), 0);
    memtable_free(m);
}

static void rows_stay_in_order_while_they_come_and_go(void **state)
{
    (void)state;
    run(key_of, true, 1);
    run(key_of, false, 2);
    run(long_key_of, true, 3);
}

static void rows_that_come_in_order_stay_in_order(void **state)
{
    struct memtable *m = memtable_new(KEYS);
    uint8_t key[16];

    (void)state;
    memset(there, 0, sizeof there);
    for (uint32_t n = 0; n < KEYS; n++) {
        memtable_put(m, TABLE, key_of(n, key), SLICE_EMPTY);
        there[n] = true;
        assert_seek(m, key_of, n);
    }
    assert_order(m);
    /* From the front, as timers fire. */
    for (uint32_t n = 0; n < KEYS; n++) {
        memtable_delete(m, TABLE, key_of(n, key), false);
        there[n] = false;
        assert_seek(m, key_of, 0);
        n += n % 977 == 0;
    }
    assert_order(m);
    memtable_free(m);
}

static void a_value_grows_shrinks_and_may_be_its_own_source(void **state)
{
    struct memtable *m = memtable_new(0);
    static uint8_t big[300000];
    struct slice key = slice_of_text("k");

    (void)state;
    memset(big, 'x', sizeof big);
    for (size_t size = 0; size <= sizeof big; size = size * 3 + 1) {
        memtable_put(m, TABLE, key, slice_of(big, size));
        struct slice now = mem_row_value(memtable_find(m, TABLE, key));

        assert_int_equal(now.size, size);
        memtable_put(m, TABLE, key, slice_from(now, size / 2));
        now = mem_row_value(memtable_find(m, TABLE, key));
        assert_int_equal(now.size, size - size / 2);
        assert_true(now.size == 0 || now.data[now.size - 1] == 'x');
    }
    memtable_delete(m, TABLE, key, true);
    assert_true(memtable_find(m, TABLE, key)->deleted);
    memtable_delete(m, TABLE, key, false);
    assert_null(memtable_find(m, TABLE, key));
    assert_int_equal(memtable_bytes(m), 0);
    memtable_free(m);
}

/* Keys that have much in common, end in zeros, or are the beginning of another.
 */
static struct slice alike_key(const struct random *r, uint8_t key[40])
{
    size_t size = 1 + random_below(r, 40);

    memset(key, 0, 40);
    for (size_t i = 0; i < size; i++)
        if (random_one_in(r, 6))
            key[i] = (uint8_t)random_below(r, 3);
    return slice_of(key, size);
}

static void all_rows_come_by_table_and_key(void **state)
{
    static const uint32_t sizes[] = {0, 1, 100, 255, 256, 300, 5000};
    struct random_seeded seeded;
    uint8_t key[40];

    (void)state;
    random_seeded_init(&seeded, 4);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct memtable *m = memtable_new(0);

        for (uint32_t i = 0; i < sizes[k]; i++)
            memtable_put(m, (uint8_t)(1 + random_below(&seeded.random, 3)),
                         alike_key(&seeded.random, key), SLICE_EMPTY);
        struct mem_row **rows = memtable_rows(m);

        for (size_t i = 1; i < memtable_count(m); i++)
            assert_true(rows[i - 1]->table < rows[i]->table ||
                        (rows[i - 1]->table == rows[i]->table &&
                         memtable_compare(mem_row_key(rows[i - 1]),
                                          mem_row_key(rows[i])) < 0));
        free(rows);
        memtable_free(m);
    }
}

static void a_table_that_was_emptied_is_as_new(void **state)
{
    struct memtable *m = memtable_new(0);
    uint8_t key[16];

    (void)state;
    memtable_order_eagerly(m, TABLE);
    for (int round = 0; round < 3; round++) {
        memset(there, 0, sizeof there);
        for (uint32_t n = (uint32_t)round; n < KEYS; n += 3) {
            assert_null(memtable_find(m, TABLE, key_of(n, key)));
            memtable_put(m, TABLE, key_of(n, key), slice_of(key, 3));
            there[n] = true;
        }
        assert_order(m);
        assert_false(memtable_is_roomy(m));
        memtable_reset(m);
        assert_int_equal(memtable_count(m), 0);
        assert_int_equal(memtable_bytes(m), 0);
        assert_null(memtable_seek(m, TABLE, SLICE_EMPTY));
        assert_true(memtable_is_roomy(m));
    }
    memtable_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_stay_in_order_while_they_come_and_go),
        cmocka_unit_test(rows_that_come_in_order_stay_in_order),
        cmocka_unit_test(a_value_grows_shrinks_and_may_be_its_own_source),
        cmocka_unit_test(all_rows_come_by_table_and_key),
        cmocka_unit_test(a_table_that_was_emptied_is_as_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
