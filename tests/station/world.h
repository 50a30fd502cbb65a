/* world - a delivery between a store in memory and a broker with a router, both
 * modelled, with a line between them that loses, doubles and reorders.
 *
 * Events are one byte of text: "g" is good, "b" is refused for good (unknown
 * case), "x" cannot be read by anybody (the whole message is malformed).
 *
 * Time     Virtual; nothing sleeps.
 */
#ifndef TESTS_STATION_WORLD_H
#define TESTS_STATION_WORLD_H

#include "station/delivery.h"

enum { WORLD_EVENTS = 4000, WORLD_LINE = 512 };

struct world_message {
    struct frames frames;
    int64_t due_ms;
    uint64_t connection;
};

struct world {
    struct delivery delivery;
    struct clock_manual clock;
    struct random_seeded chance;
    int64_t now_ms;
    uint64_t epoch;

    /* the store */
    uint64_t last, settled;
    char event[WORLD_EVENTS + 1];   /* by sequence; 0: settled or buried */
    uint8_t dead[WORLD_EVENTS + 1]; /* refusal code of the dead letter */
    bool store_fails;

    /* the line: one in n; 0: never */
    unsigned lose, double_, reorder;
    size_t up_count, down_count;
    struct world_message up[WORLD_LINE], down[WORLD_LINE];
    bool cut;            /* nothing can be sent */
    uint64_t connection; /* of the station, now */
    uint64_t asking;     /* whose message the broker looks at */

    /* the broker and its router */
    bool known;    /* has said hello */
    unsigned busy; /* one in n EVENTS is answered BUSY */
    bool no_router;
    uint64_t router_last;
    char taken[WORLD_EVENTS + 1]; /* what the router journaled, in order */
    uint64_t messages, hellos, reconnects;
    uint64_t most_at_once; /* events of one message */
};

void world_init(struct world *w, uint64_t seed);
void world_fini(struct world *w);

/* Stores these events. */
void world_publish(struct world *w, const char *events);

/* Lets time pass, 10 ms at a time. */
void world_pass(struct world *w, int64_t span_ms);

/* The station ends between two instructions and starts again. */
void world_crash_station(struct world *w);

/* The broker forgets everybody. */
void world_restart_broker(struct world *w);

#endif
