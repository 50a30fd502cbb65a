/* client - the front door, from the side of one who asks.
 *
 *   client_open  connects and says HELLO
 *   client_call  sends a request and waits for its answer; sends it again, with
 *                the same request id, when there is none or the system is busy,
 *                after a new HELLO where the connection was lost. The router
 *                keeps the answers to commands, so a command happens once.
 *
 * Time     until_ms is monotonic: the moment at which waiting ends.
 * Memory   Replies live in the arena that is handed in. client_free nulls the
 *          pointer and takes NULL.
 * Errors   UNREACHABLE: nobody answered. BUSY: nobody had time until then.
 *          CANCELLED: interrupted. REFUSED: the message as a whole was refused;
 *          client_refusal() is the code. DENIED, VERSION: as HELLO was
 * answered. Threads  One.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "proto/codec.h"

struct client;

struct client_options {
    const char *endpoint; /* of the front door */
    const char *identity; /* who says hello; also the person, if one acts */
    const char *person;   /* "" if nobody acts */
    enum wire_role role;
    const struct clock *clock;
    const struct random *random;
    int64_t until_ms;
};

enum { CLIENT_PARTITIONS_MAX = 64 };

MUST_CHECK enum status client_open(const struct client_options *options,
                                   struct client **out, struct error *err);
void client_free(struct client **out);

/* The partitions that the broker knows; at least one. */
const uint32_t *client_partitions(const struct client *c, size_t *count);

/* The answer to a kind as wire.h pairs them, of that kind's body type, or NULL
 * with *err set. */
void *client_call(struct client *c, enum wire_kind kind, uint32_t partition,
                  const ProtobufCMessage *body, int64_t until_ms,
                  struct arena *arena, struct error *err);

/* How long to wait for an answer before sending again; for what takes its time.
 */
void client_patience(struct client *c, int64_t try_ms);

/* Why the last call was REFUSED: a code of proto/wire.h. */
unsigned client_refusal(const struct client *c);

/* One PING, when idle for so long that the broker might think us gone. */
void client_keep_alive(struct client *c);

#endif
