/* model - cases, timers and pages as the journal's decisions tell of them.
 *
 * Simple on purpose and made without the engine's own functions: it keeps what
 * the invariants speak of, and says what is wrong with the next decision.
 *
 * Memory   model_fini frees.
 * Errors   A sentence in `why` and false.
 */
#ifndef TESTS_SIM_MODEL_H
#define TESTS_SIM_MODEL_H

#include "engine/decision.h"
#include "tests/sim/names.h"

struct model_timer {
    uint16_t clock;
    bool is_ladder;
    struct name key;
    uint32_t generation;
    int64_t due_ms;   /* 0: armed without one */
    int64_t armed_ms; /* journal time */
    bool alive;       /* an instance is there */
    bool fired;       /* this generation has */
    int64_t fired_due_ms;
};

struct model_case {
    struct name id, owner;
    uint8_t severity;
    enum case_status status;
    bool paged;       /* by somebody, since the last answer */
    bool answered;    /* a person acknowledged, since it opened */
    int64_t aside_ms; /* when a firing of it was quarantined; 0: none was */
    uint32_t aside_generation; /* the newest then */
    uint32_t generation_max;
    size_t timer_count, timer_room;
    struct model_timer *timers;
};

struct model_page {
    int owner_case;
    bool waiting; /* no receipt, not withdrawn */
    bool delivered, failed, withdrawn;
    uint8_t tier;
    char person[NAME_BYTES_MAX + 1];
};

struct model_intent {
    bool alive;
    uint32_t done;
    struct name cursor;
};

struct model {
    uint16_t ack_clock;
    struct names case_names, page_names, intent_names;
    struct model_intent *intents;
    size_t intent_room;
    uint64_t derived; /* steps of intents */
    struct model_case *cases;
    struct model_page *pages;
    size_t case_room, page_room;
    int64_t free_ms; /* journal time until which firing was held up */
    uint64_t fired, armed, paged;
    char why[256];
};

void model_fini(struct model *m);

/* The decision of a record written at journal_ms. */
bool model_take(struct model *m, const struct decision *d, int64_t journal_ms);

struct model_case *model_case_find(struct model *m, const char *id);
/* Is something of it still to be done? The name of one; NULL: of none. */
const char *model_intent_left(const struct model *m);
/* Armed and with a due. */
bool model_timer_runs(const struct model_timer *t);

#endif
