/* customs_support - what the tests of the customs house share: a case that
 * holds everything, and bytes that must be the same. */
#ifndef TESTS_LEDGER_CUSTOMS_SUPPORT_H
#define TESTS_LEDGER_CUSTOMS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above before it */
#include <cmocka.h>

#include "ledger/customs.h"

void set_name(struct name *n, const char *text);

/* Armed, with two steps. */
struct clock_instance sample_clock(uint16_t clock, const char *key);

/* Everything that a case can hold, filled to its bounds where it is a list; to
 * be freed. */
struct case_record *full_case(void);

void assert_same_bytes(struct slice a, struct slice b);

#endif
