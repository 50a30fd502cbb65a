/* state - what the parts of the core share. Included by them and nobody else.
 *
 * Source   core.h says what it is for.
 */
#ifndef TIER_STATE_H
#define TIER_STATE_H

#include "workers/tier/core.h"

enum { PAGE_ID_SIZE = LIMIT_ID_BYTES + 1 };

enum link_state {
    LINK_DOWN,     /* HELLO is due at next_ms */
    LINK_GREETING, /* sent; again at next_ms */
    LINK_UP
};

struct link {
    enum link_state state;
    int64_t next_ms;     /* DOWN, GREETING: HELLO. UP: PING */
    int64_t wait_ms;     /* between HELLOs, doubles */
    int64_t knock_ms;    /* until the next try to send one at all */
    int64_t heard_ms;    /* when the broker last said anything */
    int64_t beat_ms;     /* of WELCOME */
    int64_t dead_ms;     /* of WELCOME */
    uint32_t unanswered; /* HELLOs */
    uint32_t told;       /* credit that the broker should know of */
    bool tell;           /* CREDIT is due whatever it knows */
    int64_t again_ms;    /* and at this moment, because one may be lost */
    uint64_t request;
};

/* Of a page, in hand or gone by: which one, and how it ended. */
struct receipt {
    uint32_t partition;
    uint64_t request_id;
    char page_id[PAGE_ID_SIZE];
    char case_id[PAGE_ID_SIZE];
    int64_t created_ms; /* tells a page from one of another ledger */
    uint64_t hash;      /* of partition and page_id; 0: the place is free */
    Yinuo__V1__Outcome outcome; /* UNSPECIFIED: it has not ended */
    const char *channel;        /* NULL: none */
    int64_t at_ms;              /* wall */
    uint32_t attempts;
    char provider_id[TIER_PROVIDER_SIZE];
    char error[TIER_ERROR_SIZE];
};

enum hand_state { HAND_FREE, HAND_WAITING, HAND_TRYING, HAND_RECEIPT };

/* A page in hand. */
struct hand {
    enum hand_state state;
    bool withdrawn; /* TRYING: no further try */
    struct receipt receipt;
    struct arena arena; /* the page lives in it */
    Yinuo__V1__Page *page;
    uint64_t arrived;                 /* order */
    uint64_t job;                     /* TRYING */
    uint8_t order[TIER_CHANNELS_MAX]; /* channels, best first */
    uint8_t turn;                     /* index in order */
    uint32_t tries;                   /* of this channel */
    int64_t next_ms;                  /* WAITING: try. RECEIPT: send again */
    int64_t wait_ms;                  /* RECEIPT: next pause */
    uint32_t sent;                    /* RECEIPT: how often */
};

struct desk {
    struct hand list[TIER_PAGES_MAX];
    size_t in_hand;
    size_t running[TIER_CHANNELS_MAX];
    uint64_t arrivals, jobs;
    int64_t hold_ms; /* no receipts before: the router is not there */
    struct receipt recent[TIER_RECENT_MAX];
    size_t recent_next;
};

struct tier_core {
    struct tier_settings set;
    uint32_t tier; /* its number in the policy in force; 0: not told yet */
    struct link link;
    struct desk desk;
    struct tier_counters count;
    struct arena arena; /* of one message */
    struct bytes body;  /* of one message going out */
    int64_t now_ms;
    bool stopping;
};

/* False when the socket does not take it now. */
bool core_send(struct tier_core *core, uint8_t kind, uint32_t partition,
               uint64_t request_id, const ProtobufCMessage *body);

/* ---- link: the connection ---- */
void link_init(struct link *l, int64_t now_ms);
void link_heard(struct tier_core *core, const struct wire_header *header,
                struct slice body);
int64_t link_tick(struct tier_core *core); /* when again */

/* ---- desk: the pages ---- */
void desk_page(struct tier_core *core, const struct wire_header *header,
               struct slice body);
void desk_withdraw(struct tier_core *core, const struct wire_header *header,
                   struct slice body);
void desk_acknowledged(struct tier_core *core, const struct wire_header *header,
                       struct slice body);
void desk_busy(struct tier_core *core, int64_t wait_ms);
void desk_done(struct tier_core *core, const struct tier_result *result);
int64_t desk_tick(struct tier_core *core); /* when again */
void desk_stop(struct tier_core *core);
bool desk_idle(const struct desk *d);
void desk_fini(struct desk *d);
/* How many more pages there is room for. */
uint32_t desk_room(const struct tier_core *core);
/* A new connection: every receipt without answer goes out again. */
void desk_welcome(struct tier_core *core);

void desk_release(struct desk *d, struct hand *h);

/* ---- receipt: what became of pages ---- */
uint64_t receipt_hash(uint32_t partition, const char *page_id);
bool receipt_is(const struct receipt *r, uint64_t hash, uint32_t partition,
                const char *page_id);
bool receipt_send(struct tier_core *core, const struct receipt *r);
void receipts_send(struct tier_core *core); /* those that are due */
struct receipt *recent_find(struct desk *d, uint32_t partition,
                            const char *page_id);
/* The newest word about a page takes the place of an older one. */
void recent_remember(struct desk *d, const struct receipt *r);

/* ---- order: which channels, in which order ---- */
void order_make(const struct tier_settings *set, const char *method,
                uint8_t order[TIER_CHANNELS_MAX]);

#endif
