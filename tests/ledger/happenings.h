/* happenings - any event with any fields: of six cases, of the builtin kinds
 * and those of packs/service-network, often such as change something.
 *
 * The same number begins the same events.
 *
 * Memory   An event lives until the next one.
 */
#ifndef TESTS_LEDGER_HAPPENINGS_H
#define TESTS_LEDGER_HAPPENINGS_H

#include "base/arena.h"
#include "proto/event.h"

enum { HAPPENINGS_CASES = 6 };

struct happenings {
    uint64_t random;
    struct arena arena;
};

/* A number below that one. */
uint32_t happenings_roll(struct happenings *h, uint32_t below);

/* The number makes its id; it arrives at at_ms, and may have been earlier. */
Yinuo__V1__Event *happenings_next(struct happenings *h, size_t number,
                                  int64_t at_ms);

#endif
