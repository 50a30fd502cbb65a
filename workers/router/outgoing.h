/* outgoing - what may leave once the journal has it.
 *
 * Answers, pages and stream records are written here while a batch is decided,
 * and released in order after its commit: write, then speak.
 *
 * Memory   The queue owns its messages; a body given is taken over.
 * Errors   Running out of memory ends the process: recovery is the start path.
 * Threads  The router's.
 */
#ifndef ROUTER_OUTGOING_H
#define ROUTER_OUTGOING_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "proto/wire.h"

/* To whom an answer goes: the peer's session and what he asked. */
struct asker {
    uint64_t session;
    enum wire_role role;
    bool proven;
    char identity[WIRE_IDENTITY_MAX + 1];
    uint64_t request_id;
    uint32_t partition;
};

struct outgoing {
    uint64_t session; /* 0: to the broker itself */
    struct wire_header header;
    bool has_span; /* STREAM, TICK */
    struct wire_span span;
    struct bytes body;
};

struct outbox {
    struct outgoing *list;
    size_t count, capacity;
};

void outbox_init(struct outbox *o);
void outbox_fini(struct outbox *o);

/* A message to fill the body of; valid until the next one. */
struct outgoing *outbox_add(struct outbox *o, enum wire_kind kind,
                            uint32_t partition);

void outbox_answer(struct outbox *o, const struct asker *to,
                   enum wire_kind kind, const ProtobufCMessage *body);
void outbox_refuse(struct outbox *o, const struct asker *to, enum refusal code,
                   const char *text, const char *field);
void outbox_busy(struct outbox *o, const struct asker *to, enum refusal code);

/* Hands each to send, oldest first, and forgets it. */
typedef void outbox_send(void *context, struct outgoing *message);
void outbox_release(struct outbox *o, outbox_send *send, void *context);

#endif
