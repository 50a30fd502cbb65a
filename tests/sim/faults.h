/* faults - what goes wrong, each with a counter that proves that it did.
 *
 * Source   field-notes 7.20: a fault that never fired has tested nothing.
 */
#ifndef TESTS_SIM_FAULTS_H
#define TESTS_SIM_FAULTS_H

/* clang-format off */
#define FAULTS(X)                                                              \
    X(LOST,           "a message is lost")                                     \
    X(DOUBLED,        "a message comes twice")                                 \
    X(OVERTAKEN,      "a message overtakes another")                           \
    X(LATE,           "a message is late")                                     \
    X(CUT,            "a party is cut off for a while")                        \
    X(BROKER_CRASH,   "the broker crashes")                                    \
    X(ROUTER_CRASH,   "the router crashes between two steps")                  \
    X(STATION_CRASH,  "a station crashes")                                     \
    X(TIER_CRASH,     "a tier worker crashes")                                 \
    X(DESK_CRASH,     "a desk crashes")                                        \
    X(READER_CRASH,   "the reader crashes")                                    \
    X(BEFORE_APPEND,  "the router crashes before the append")                  \
    X(PENDING_LOST,   "... behind the append, which is lost")                  \
    X(PENDING_KEPT,   "... behind the append, which is kept")                  \
    X(AFTER_COMMIT,   "... behind the commit, with nothing sent")              \
    X(WHILE_SENDING,  "... while it sends what is committed")                  \
    X(LEDGER_FULL,    "the append finds no room")                              \
    X(LEDGER_IO,      "the append fails")                                      \
    X(SPACE_LOW,      "the disk is nearly full")                               \
    X(SPACE_NONE,     "the disk is full")                                      \
    X(CLOCK_FORWARD,  "the router's wall clock is set forward")                \
    X(CLOCK_BACK,     "the router's wall clock is set back")                   \
    X(OUTBOX_ERROR,   "a station's outbox fails")                              \
    X(OUTBOX_LOST,    "a station's outbox is lost: a new one begins")          \
    X(PAGE_FAILED,    "a page cannot be delivered")
/* clang-format on */

#define X(name, text) FAULT_##name,
enum sim_fault { FAULTS(X) FAULT_COUNT };
#undef X

const char *fault_text(enum sim_fault f);

#endif
