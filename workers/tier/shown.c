#include "workers/tier/shown.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = SHOWN_MAX };

struct entry {
    uint32_t next; /* in its bucket, index + 1; 0 ends */
    uint32_t bucket;
    uint8_t size; /* 0: free */
    uint8_t key[SHOWN_KEY_MAX];
};

/* A ring of entries in the order of adding, chained by hash. */
struct shown {
    uint32_t bucket[BUCKETS]; /* index + 1 */
    struct entry list[SHOWN_MAX];
    size_t next, count;
};

struct shown *shown_new(void)
{
    return calloc(1, sizeof(struct shown));
}

void shown_free(struct shown **s)
{
    free(*s);
    *s = NULL;
}

static uint32_t bucket_of(struct slice key)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ key.data[i]) * 1099511628211u;
    return (uint32_t)((hash ^ hash >> 32) % BUCKETS);
}

static void drop(struct shown *s, uint32_t at)
{
    struct entry *e = &s->list[at];
    uint32_t *link = &s->bucket[e->bucket];
    while (*link != at + 1)
        link = &s->list[*link - 1].next;
    *link = e->next;
    e->size = 0;
    s->count--;
}

void shown_add(struct shown *s, struct slice key)
{
    if (key.size == 0 || key.size > SHOWN_KEY_MAX || shown_has(s, key))
        return;
    uint32_t at = (uint32_t)s->next;
    struct entry *e = &s->list[at];
    if (e->size)
        drop(s, at);
    e->size = (uint8_t)key.size;
    memcpy(e->key, key.data, key.size);
    e->bucket = bucket_of(key);
    e->next = s->bucket[e->bucket];
    s->bucket[e->bucket] = at + 1;
    s->next = (s->next + 1) % SHOWN_MAX;
    s->count++;
}

bool shown_has(const struct shown *s, struct slice key)
{
    if (key.size == 0 || key.size > SHOWN_KEY_MAX)
        return false;
    for (uint32_t at = s->bucket[bucket_of(key)]; at; at = s->list[at - 1].next)
        if (slice_equal(slice_of(s->list[at - 1].key, s->list[at - 1].size),
                        key))
            return true;
    return false;
}

size_t shown_count(const struct shown *s)
{
    return s->count;
}
