/* counters - what the broker counts, as one table.
 *
 * Read them with the query broker.status; each is a StatusRow of section
 * "broker" under the name in lower case.
 *
 * Units    Counts since the start.
 */
#ifndef BROKER_COUNTERS_H
#define BROKER_COUNTERS_H

#include <stdint.h>

/* clang-format off */
/*    name              alarm  what                                           */
#define BROKER_COUNTERS(X)                                                     \
    X(front_in,         false) /* messages from clients                     */ \
    X(front_out,        false) /* messages to clients                       */ \
    X(back_in,          false) /* messages from routers                     */ \
    X(back_out,         false) /* messages to routers                       */ \
    X(hellos,           false) /* sessions opened                           */ \
    X(byes,             false) /* sessions closed by the client             */ \
    X(expired,          false) /* sessions ended by silence                 */ \
    X(unreachable,      false) /* sessions whose connection had gone        */ \
    X(demoted,          true)  /* sessions dropped for not reading          */ \
    X(dropped_out,      true)  /* answers and pages dropped with a session  */ \
    X(dropped_in,       true)  /* requests dropped with a session           */ \
    X(orphans,          false) /* answers for a session that had gone       */ \
    X(busy_peer,        false) /* over one client's limit                   */ \
    X(busy_all,         false) /* over the limit of all                     */ \
    X(busy_no_router,   false) /* no router for the partition               */ \
    X(busy_router_gone, false) /* outstanding when its router went          */ \
    X(busy_late,        true)  /* outstanding longer than request_wait      */ \
    X(refused,          false) /* ERROR answers, all codes                  */ \
    X(malformed,        false)                                                 \
    X(wrong_version,    false)                                                 \
    X(wrong_partition,  false)                                                 \
    X(unknown_kind,     false)                                                 \
    X(not_allowed,      false)                                                 \
    X(not_ready,        false) /* spoke before HELLO or REGISTER            */ \
    X(duplicates,       false) /* requests that were under way already      */ \
    X(registers,        false)                                                 \
    X(routers_gone,     true)                                                  \
    X(stale_routers,    true)  /* REGISTER with an epoch that was overtaken */ \
    X(pages_in,         false)                                                 \
    X(pages_out,        false)                                                 \
    X(pages_returned,   false) /* sent back: no worker, or the lane is full */ \
    X(pages_withdrawn,  false) /* taken out of a lane                       */ \
    X(stream_in,        false) /* STREAM messages                           */ \
    X(stream_records,   false)                                                 \
    X(stream_gaps,      true)  /* routers left records out                  */ \
    X(stream_repeats,   false) /* records that were here already            */ \
    X(stream_busy,      true)  /* the live tail could not take a message    */ \
    X(fetch_ring,       false) /* fetches served from the ring              */ \
    X(fetch_router,     false) /* handed on to the router                   */ \
    X(fetch_waiting,    false) /* held until there was something            */ \
    X(subscriptions,    false)                                                 \
    X(subscriptions_denied, false)
/* clang-format on */

#define X(name, alarm) uint64_t name;
struct broker_counters {
    BROKER_COUNTERS(X)
};
#undef X

#endif
