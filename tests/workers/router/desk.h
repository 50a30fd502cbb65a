/* desk - a router alone with a ledger in a scratch directory, a clock that the
 * test moves, and everything that the router says. */
#ifndef TESTS_WORKERS_ROUTER_DESK_H
#define TESTS_WORKERS_ROUTER_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above before it */
#include <cmocka.h>

#include "proto/codec.h"
#include "workers/router/router.h"

struct desk {
    char dir[128];
    struct clock clock;
    int64_t now_us;     /* since the start */
    int64_t reading_us; /* each look at the clock takes so long */
    struct ledger *ledger;
    struct router *router;
    struct arena arena;
    uint64_t sequence, request;
    /* heard of firings of the clock `promise` */
    size_t fired;
    int64_t latest_ms; /* the most that one was late by */
    int64_t heard_ms;  /* of the last one */
    char heard_case[64];
    size_t refusals, pages;
    size_t sent;   /* pages that went to the broker, again ones too */
    uint32_t code; /* of the last answer to a command */
    bool repeated;
};

/* 2026-03-02 09:00 UTC, a Monday. */
#define DESK_BEGIN_MS 1772442000000

int desk_setup(void **state);
int desk_teardown(void **state);

int64_t desk_now_ms(const struct desk *d);

/* The clean end and a start after so long. */
void desk_restart(struct desk *d, int64_t away_ms);

/* Events of one station, sent as one message; made with desk_event. */
struct desk_event {
    const char *kind, *case_id;
    int64_t at_ms;  /* 0: now */
    int64_t due_ms; /* promise.made */
};
void desk_events(struct desk *d, const char *station,
                 const struct desk_event *events, size_t count,
                 uint32_t backlog);
void desk_event(struct desk *d, const char *station, struct desk_event event);

/* A command with a note for a case; the answer is in code when it returns. */
void desk_note(struct desk *d, const char *request_id, const char *case_id,
               const char *note);

/* Turns until the time, waiting as long as the router says. */
void desk_run(struct desk *d, int64_t until_ms);

#endif
