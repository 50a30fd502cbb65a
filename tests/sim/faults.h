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
    X(CLOCK_DAY,      "... by a day, and minutes later put right")             \
    X(OUTBOX_ERROR,   "a station's outbox fails")                              \
    X(OUTBOX_LOST,    "a station's outbox is lost: a new one begins")          \
    X(PAGE_FAILED,    "a page cannot be delivered")                            \
    X(POISON_EVENT,   "deciding an event ends the router")                     \
    X(POISON_FIRING,  "deciding a firing ends the router")

/* What must have been met over many seeds, or they were too tame. */
#define SIGHTS(X)                                                              \
    X(REFUSED,        "an event is refused")                                   \
    X(QUARANTINED,    "a record is quarantined")                               \
    X(GAP,            "the router asks for earlier events")                    \
    X(STALE,          "an event of an outbox that is gone is refused")         \
    X(NOT_TAKEN,      "a message comes back as busy")                          \
    X(ANSWERED_AGAIN, "a command is answered again")                           \
    X(LOST_RACE,      "a command loses a race")                                \
    X(FIRED,          "a timer fires")                                         \
    X(FIRED_LATE,     "a timer fires late")                                    \
    X(ENDED,          "a timer is ended before it fires")                      \
    X(MISSED,         "a promise is missed")                                   \
    X(CRISIS,         "a page of S1")                                          \
    X(CRISIS_AGAIN,   "a page of S1 that nobody answered follows another")     \
    X(PAGE_AGAIN,     "a page is sent again")                                  \
    X(PAGE_UNREAD,    "a page fails in every channel")                         \
    X(WITHDRAWN,      "a page is withdrawn")                                   \
    X(RECOVERED_SOME, "a start applies a tail behind a checkpoint")            \
    X(RECOVERED_ALL,  "a start applies the whole journal")                     \
    X(STREAM_GAP,     "the reader finds a gap")                                \
    X(TAIL_WHOLE,     "the reader follows the live tail")                      \
    X(FETCHED,        "a fetch repairs it")                                    \
    X(DERIVED,        "an effect on many cases reaches one")                   \
    X(DERIVED_AGAIN,  "... and goes on behind a start")
/* clang-format on */

#define X(name, text) FAULT_##name,
enum sim_fault { FAULTS(X) FAULT_COUNT };
#undef X
#define X(name, text) SIGHT_##name,
enum sim_sight { SIGHTS(X) SIGHT_COUNT };
#undef X

const char *fault_text(enum sim_fault f);
const char *sight_text(enum sim_sight s);

#endif
