#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/frames.h"

static void frames_keep_their_order(void **state)
{
    struct frames f, g;
    struct bytes b = {0};
    char large[1000];

    (void)state;
    memset(large, 'L', sizeof large);
    frames_init(&f);
    frames_init(&g);
    assert_int_equal(frames_add(&f, slice_of_text("who")), STATUS_OK);
    assert_int_equal(frames_add(&f, SLICE_EMPTY), STATUS_OK);
    assert_int_equal(bytes_append(&b, slice_of(large, sizeof large)),
                     STATUS_OK);
    assert_int_equal(frames_add_bytes(&f, &b), STATUS_OK);
    assert_null(b.data);
    assert_int_equal(frames_add_frame(&g, &f, 2), STATUS_OK);
    assert_int_equal(frames_size(&f), 1003);
    frames_drop_front(&f, 2);
    assert_int_equal(f.count, 1);
    assert_true(slice_equal(frames_slice(&f, 0), frames_slice(&g, 0)));
    assert_int_equal(frames_slice(&f, 1).size, 0);
    frames_fini(&g);
    frames_move(&g, &f);
    assert_int_equal(f.count, 0);
    assert_int_equal(frames_slice(&g, 0).size, sizeof large);
    frames_fini(&f);
    frames_fini(&g);
}

static void too_many_or_too_large_are_refused(void **state)
{
    struct frames f;
    struct bytes b = {0};

    (void)state;
    frames_init(&f);
    assert_non_null(bytes_reserve(&b, LIMIT_FRAME_BYTES + 1));
    memset(b.data, 0, LIMIT_FRAME_BYTES + 1);
    b.size = LIMIT_FRAME_BYTES + 1;
    assert_int_equal(frames_add_bytes(&f, &b), STATUS_TOO_LARGE);
    assert_non_null(b.data);
    assert_null(frames_add_room(&f, LIMIT_FRAME_BYTES + 1));
    for (int i = 0; i < LIMIT_FRAMES; i++)
        assert_int_equal(frames_add(&f, slice_of_text("x")), STATUS_OK);
    assert_int_equal(frames_add(&f, slice_of_text("x")), STATUS_TOO_LARGE);
    assert_int_equal(f.count, LIMIT_FRAMES);
    frames_fini(&f);
    bytes_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_keep_their_order),
        cmocka_unit_test(too_many_or_too_large_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
