/* stage - a broker's logic with actors around it, in virtual time.
 *
 * Actors are named by one letter, which is their route; A to Q are clients, R
 * to Z routers. Whatever the broker sends is one line of the story:
 *
 *   A< WELCOME            to client A
 *   R< EVENTS#7 st-1      to router R, from whom
 *   R< [EVENTS#7 st-1, EVENTS#8 st-1]   the same in one bundle
 *   * STREAM p1- 3..5     on the live tail
 */
#ifndef TESTS_BROKER_STAGE_H
#define TESTS_BROKER_STAGE_H

#include "broker/core.h"
#include "proto/codec.h"

struct stage {
    struct broker *broker;
    struct clock_manual clock;
    struct access access;
    int64_t now_ms;
    struct bytes story;
    bool full[128];        /* by letter: the socket says BUSY */
    bool gone[128];        /* UNREACHABLE */
    bool quiet;            /* do not write the story down */
    bool bundles;          /* routers that register read them */
    uint64_t session[128]; /* of clients, from WELCOME */
    uint64_t ping[128];    /* last PING that asked for a PONG */
    uint64_t got[128];     /* messages */
    uint64_t tried[128];   /* and those that were not taken */
    uint64_t got_bytes[128];
    struct bytes last_body; /* of the last message sent */
};

/* settings may be NULL; port, clock and access are filled in. */
void stage_open(struct stage *s, const struct broker_settings *settings);
void stage_close(struct stage *s);

void stage_pass(struct stage *s, int64_t span_ms); /* with ticks on the way */

/* From a client: kind, partition 1, request id, and a body or NULL. */
void stage_front(struct stage *s, char who, uint8_t kind, uint64_t id,
                 const ProtobufCMessage *body);
void stage_front_to(struct stage *s, char who, uint8_t kind, uint32_t partition,
                    uint64_t id, const void *body, size_t size);
void stage_hello(struct stage *s, char who, const char *identity,
                 enum wire_role role);

/* From a router: answer to a client's request, and its own messages. */
void stage_answer(struct stage *s, char router, uint8_t kind, char client,
                  uint64_t id);
/* The answers from .. to in one bundle. */
void stage_answers(struct stage *s, char router, uint8_t kind, char client,
                   uint64_t from, uint64_t to);
void stage_back(struct stage *s, char router, uint8_t kind, uint64_t id,
                const ProtobufCMessage *body);
void stage_register(struct stage *s, char router, uint64_t epoch,
                    uint64_t last_seq);
void stage_stream(struct stage *s, char router, uint64_t first, uint64_t last);

/* The story since the last call is this text. */
void stage_expect(struct stage *s, const char *file, int line,
                  const char *text);
#define EXPECT(s, text) stage_expect(s, __FILE__, __LINE__, text)

/* Raw frames, anything. */
void stage_raw(struct stage *s, enum broker_side side, size_t count,
               const struct slice *frames);

#endif
