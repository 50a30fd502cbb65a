/* The slot that remembers what was being decided when the process died. A death
 * is a slot that is closed while something is inside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "workers/router/death_slot.h"

static char path[] = "/tmp/yinuo-slot-XXXXXX";

static int setup(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    if (fd < 0)
        return -1;
    close(fd);
    return unlink(path);
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    snprintf(path, sizeof path, "/tmp/yinuo-slot-XXXXXX");
    return 0;
}

static struct death_slot *start(void)
{
    struct death_slot *slot;

    assert_int_equal(death_slot_open(path, &slot, NULL), STATUS_OK);
    return slot;
}

static void dies_deciding(const struct death_mark *mark)
{
    struct death_slot *slot = start();

    assert_true(death_slot_enter(slot, mark));
    death_slot_close(&slot);
}

static void decides(struct death_slot *slot, const struct death_mark *mark)
{
    assert_true(death_slot_enter(slot, mark));
    death_slot_leave(slot);
}

static struct death_mark event(uint64_t n)
{
    return death_mark_of('e', slice_of_text("ST-1"), n);
}

static void two_deaths_on_one_record_set_it_aside(void **state)
{
    struct death_mark poison = event(7), other = event(8);

    (void)state;
    dies_deciding(&poison);
    dies_deciding(&poison);
    struct death_slot *slot = start();
    decides(slot, &other);
    assert_false(death_slot_enter(slot, &poison));
    decides(slot, &other);
    death_slot_close(&slot);
}

static void a_record_that_went_well_after_a_death_starts_afresh(void **state)
{
    struct death_mark once = event(7);
    struct death_slot *slot;

    (void)state;
    dies_deciding(&once); /* it was the power */
    slot = start();
    decides(slot, &once);
    death_slot_close(&slot);
    dies_deciding(&once);
    slot = start();
    decides(slot, &once);
    death_slot_close(&slot);
}

static void two_killers_that_take_turns_are_both_found(void **state)
{
    struct death_mark a = event(7),
                      b = death_mark_of('f', slice_of_text("C-1"), 99);

    (void)state;
    dies_deciding(&a);
    dies_deciding(&b);
    dies_deciding(&a);
    dies_deciding(&b);
    struct death_slot *slot = start();
    assert_false(death_slot_enter(slot, &a));
    assert_false(death_slot_enter(slot, &b));
    death_slot_close(&slot);
}

static void a_record_set_aside_stays_so_until_the_journal_has_it(void **state)
{
    struct death_mark a = event(7), b = event(8);

    (void)state;
    dies_deciding(&a);
    dies_deciding(&a);
    struct death_slot *slot = start();
    assert_false(death_slot_enter(slot, &a)); /* and in the same batch: */
    assert_true(death_slot_enter(slot, &b));
    death_slot_close(&slot);
    slot = start();
    assert_false(death_slot_enter(slot, &a));
    death_slot_forget(slot, &a);
    decides(slot, &a);
    death_slot_close(&slot);
}

static void a_death_outside_is_nobodys(void **state)
{
    struct death_mark a = event(7);

    (void)state;
    for (int i = 0; i < 5; i++) {
        struct death_slot *slot = start();
        uint32_t deaths;
        decides(slot, &a);
        assert_false(death_slot_last(slot, &deaths));
        death_slot_close(&slot);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_deaths_on_one_record_set_it_aside,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_record_that_went_well_after_a_death_starts_afresh, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            two_killers_that_take_turns_are_both_found, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_record_set_aside_stays_so_until_the_journal_has_it, setup,
            teardown),
        cmocka_unit_test_setup_teardown(a_death_outside_is_nobodys, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
