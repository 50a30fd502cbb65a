/* pending - requests that wait for their answer, by session and request id.
 *
 * Memory   One block for LIMIT entries, made at once.
 * Errors   pending_add: NULL when it is full.
 * Threads  One.
 */
#ifndef BROKER_PENDING_H
#define BROKER_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PENDING_MAX = 65536 };

struct pending_entry {
    uint64_t session;
    uint64_t request_id;
    int64_t since_ms;
    uint32_t partition;
    uint32_t size; /* bytes of the body */
    uint8_t kind;  /* enum wire_kind; WIRE_NOTHING: not in use */
    bool sent;     /* to the router, and counted in its window */
    uint32_t next; /* in the bucket or the free list; index + 1 */
};

struct pending {
    struct pending_entry *list;
    uint32_t *buckets; /* index + 1 */
    uint32_t spare;
    size_t count;
};

bool pending_init(struct pending *p);
void pending_fini(struct pending *p);

struct pending_entry *pending_find(struct pending *p, uint64_t session,
                                   uint64_t request_id);

/* There must be none for it yet. */
struct pending_entry *pending_add(struct pending *p, uint64_t session,
                                  uint64_t request_id);
void pending_remove(struct pending *p, struct pending_entry *entry);

/* Calls each for all in use; each may remove the one it is given. */
void pending_each(struct pending *p,
                  void (*each)(void *state, struct pending_entry *entry),
                  void *state);

#endif
