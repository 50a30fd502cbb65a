/* rebase - a case is moved to other rules: what stands elsewhere there.
 *
 * A case refers to its rules by numbers: of clocks, counters, locks, lists and
 * roles. What bears the same name is the same thing; the moves say where it
 * stands in the new rules, so that apply copies and looks nothing up. What is
 * not named keeps its number.
 *
 * Memory   A plain struct, the caller's.
 * Source   design section 4: "a case is re-based to new rules on purpose".
 */
#ifndef ENGINE_REBASE_H
#define ENGINE_REBASE_H

#include <stdint.h>

/* On disk: append only. */
/* clang-format off */
#define REBASE_WHATS(X)                                                         \
    X(CLOCK,   1, "clock")                                                      \
    X(COUNTER, 2, "counter")                                                    \
    X(LOCK,    3, "lock")                                                       \
    X(LIST,    4, "list")                                                       \
    X(ROLE,    5, "role")
/* clang-format on */

#define X(name, code, word) REBASE_##name = code,
enum rebase_what { REBASE_WHATS(X) };
#undef X

enum {
    REBASE_GONE = 0xffff, /* the new rules have no such thing */
    REBASE_MOVES_MAX = 240,
};

struct rebase_move {
    uint8_t what;
    uint16_t from, to;
};

struct rebase {
    uint16_t count;
    struct rebase_move moves[REBASE_MOVES_MAX];
};

#endif
