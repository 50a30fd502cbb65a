/* What the tests of proto share. */
#ifndef TESTS_PROTO_SUPPORT_H
#define TESTS_PROTO_SUPPORT_H

/* cmocka wants these first, in this order. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/limits.h"

/* One arena per test, for everything that the test makes. */
static struct arena arena;

static inline int arena_open(void **state)
{
    (void)state;
    arena_init(&arena, LIMIT_DECODE_BYTES);
    return 0;
}

static inline int arena_close(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, arena_open, arena_close)

#endif
