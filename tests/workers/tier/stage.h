/* stage - a tier worker's core among actors: a broker and channels that do
 * what the test says, on a clock that goes when it is told to. Everything that
 * the core does becomes a line of the story:
 *
 *   [0] HELLO
 *   [0] CREDIT 8
 *   [10] log tries p1.0
 *   [10] RECEIPT p1.0 delivered log 1
 */
#ifndef TESTS_TIER_STAGE_H
#define TESTS_TIER_STAGE_H

#include "workers/tier/core.h"

enum { STAGE_CHANNELS = 3, STAGE_STORY = 16384 };

/* What a channel does with a try. */
enum stage_act {
    ACT_DELIVER,
    ACT_FAIL,
    ACT_NEVER,
    ACT_HOLD, /* until stage_end */
};

struct stage;
struct stage_channel {
    struct stage *stage;
    const char *name;
    enum stage_act act;
    uint64_t held; /* job */
};

struct stage {
    struct clock_manual clock;
    struct tier_core *core;
    struct tier_settings settings;
    struct tier_channel table[STAGE_CHANNELS];
    struct stage_channel channel[STAGE_CHANNELS];
    int64_t begun_ms, next_ms;
    bool deaf;  /* the socket takes nothing */
    bool quiet; /* PING, PONG and what repeats the credit are not told */
    uint32_t credit;
    int64_t credit_ms; /* when it was said */
    char story[STAGE_STORY];
    size_t told;
};

/* With the channels log, exec and smtp, which deliver. */
void stage_init(struct stage *s);
void stage_fini(struct stage *s);

/* The core is made and said WELCOME to; the story is empty. */
void stage_connected(struct stage *s);
void stage_start(struct stage *s);

/* Time goes on to so many ms after the beginning, waking the core when it
 * wants to be. */
void stage_until(struct stage *s, int64_t ms);

/* The broker says. */
void stage_welcome(struct stage *s);
void stage_page(struct stage *s, const char *id);
void stage_page_of(struct stage *s, const char *id, const char *method,
                   int severity, int64_t created_ms);
void stage_withdraw(struct stage *s, const char *id);
void stage_ack(struct stage *s, const char *id, uint32_t code);
void stage_error(struct stage *s, uint32_t code);
void stage_busy(struct stage *s, uint32_t wait_ms);
void stage_raw(struct stage *s, uint8_t kind, const void *body, size_t size);

/* A held try ends. */
void stage_end(struct stage *s, size_t channel, enum stage_act act);

/* Compares and forgets what was told. */
void stage_told(struct stage *s, const char *story);

#endif
