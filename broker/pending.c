#include "broker/pending.h"

#include <assert.h>
#include <stdlib.h>

enum { NEIGHBOURS = 64 };

_Static_assert((PENDING_MAX & (PENDING_MAX - 1)) == 0, "a power of two");

bool pending_init(struct pending *p)
{
    p->list = calloc(PENDING_MAX, sizeof(*p->list));
    p->buckets = calloc(PENDING_MAX, sizeof(*p->buckets));
    p->count = 0;
    p->spare = 0;
    if (!p->list || !p->buckets) {
        pending_fini(p);
        return false;
    }
    for (uint32_t i = PENDING_MAX; i-- > 0;) {
        p->list[i].next = p->spare;
        p->spare = i + 1;
    }
    return true;
}

void pending_fini(struct pending *p)
{
    free(p->list);
    free(p->buckets);
    *p = (struct pending){0};
}

/* Clients count their requests: ids that follow each other lie side by side,
 * wherever their NEIGHBOURS lie. */
static uint32_t *bucket(const struct pending *p, uint64_t session,
                        uint64_t request_id)
{
    uint64_t hash =
        session ^ (request_id / NEIGHBOURS + 1) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
    hash *= 0xff51afd7ed558ccdu;
    return &p->buckets[(hash >> 40) * NEIGHBOURS % PENDING_MAX +
                       request_id % NEIGHBOURS];
}

struct pending_entry *pending_find(struct pending *p, uint64_t session,
                                   uint64_t request_id)
{
    uint32_t at = *bucket(p, session, request_id);
    while (at) {
        struct pending_entry *entry = &p->list[at - 1];
        if (entry->session == session && entry->request_id == request_id)
            return entry;
        at = entry->next;
    }
    return NULL;
}

struct pending_entry *pending_add(struct pending *p, uint64_t session,
                                  uint64_t request_id)
{
    if (!p->spare)
        return NULL;
    uint32_t at = p->spare;
    struct pending_entry *entry = &p->list[at - 1];
    p->spare = entry->next;
    uint32_t *head = bucket(p, session, request_id);
    *entry = (struct pending_entry){
        .session = session, .request_id = request_id, .next = *head};
    *head = at;
    p->count++;
    return entry;
}

void pending_remove(struct pending *p, struct pending_entry *entry)
{
    uint32_t self = (uint32_t)(entry - p->list) + 1;
    uint32_t *link = bucket(p, entry->session, entry->request_id);
    while (*link != self) {
        assert(*link);
        link = &p->list[*link - 1].next;
    }
    *link = entry->next;
    *entry = (struct pending_entry){.next = p->spare};
    p->spare = self;
    p->count--;
}

void pending_each(struct pending *p,
                  void (*each)(void *state, struct pending_entry *entry),
                  void *state)
{
    for (size_t i = 0; i < PENDING_MAX && p->count > 0; i++)
        if (p->list[i].kind)
            each(state, &p->list[i]);
}
