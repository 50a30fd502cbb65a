#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

static void memory_is_zeroed_and_aligned(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 100000);
    for (size_t i = 1; i < 300; i++) {
        uint8_t *p = arena_alloc(&a, i);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < i; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xff, i);
    }
    arena_fini(&a);
}

static void the_cap_is_never_passed(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 1024);
    assert_non_null(arena_alloc(&a, 1000));
    assert_null(arena_alloc(&a, 100));
    assert_true(a.full);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_array(&a, SIZE_MAX / 2, 4));
    arena_reset(&a);
    assert_false(a.full);
    assert_non_null(arena_alloc(&a, 1024));
    assert_null(arena_alloc(&a, 0));
    arena_fini(&a);
}

static void texts_and_copies_outlive_their_source(void **state)
{
    struct arena a;
    char source[] = "一诺千金";
    char *text;
    struct slice copy;

    (void)state;
    arena_init(&a, 4096);
    text = arena_text(&a, source);
    copy = arena_copy(&a, slice_of_text(source));
    memset(source, 'x', sizeof source - 1);
    assert_string_equal(text, "一诺千金");
    assert_true(slice_equal(copy, slice_of_text("一诺千金")));
    assert_string_equal(arena_format(&a, "%d-%s", 7, "a"), "7-a");
    arena_fini(&a);
}

static void large_and_small_pieces_mix(void **state)
{
    struct arena a;
    uint8_t *large, *small;

    (void)state;
    arena_init(&a, 1 << 20);
    for (int round = 0; round < 3; round++) {
        small = arena_alloc(&a, 10);
        large = arena_alloc(&a, 200000);
        assert_non_null(small);
        assert_non_null(large);
        memset(large, 1, 200000);
        assert_int_equal(small[0], 0);
        arena_reset(&a);
    }
    arena_fini(&a);
}

static void protobuf_c_gets_its_memory_here(void **state)
{
    struct arena a;
    ProtobufCAllocator *allocator;
    void *memory;

    (void)state;
    arena_init(&a, 64);
    allocator = arena_allocator(&a);
    memory = allocator->alloc(allocator->allocator_data, 64);
    assert_non_null(memory);
    allocator->free(allocator->allocator_data, memory);
    assert_null(allocator->alloc(allocator->allocator_data, 1));
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(the_cap_is_never_passed),
        cmocka_unit_test(texts_and_copies_outlive_their_source),
        cmocka_unit_test(large_and_small_pieces_mix),
        cmocka_unit_test(protobuf_c_gets_its_memory_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
