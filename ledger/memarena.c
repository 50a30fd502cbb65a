#include "ledger/memarena.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    FINE_STEP = 16,
    FINE_MAX = 1024, /* up to here a class per 16 bytes */
    FINE_CLASSES = FINE_MAX / FINE_STEP,
    CHUNK_FIRST = 64 << 10,
    CHUNK_LAST = 2 << 20,
    HUGE_BYTES = 2 << 20,
    KEPT_MAX = 64,
};

struct memarena_chunk {
    struct memarena_chunk *next;
    struct memarena_chunk *prev;
    size_t size;
    size_t unused; /* keeps what follows 16-aligned */
};

/* Above FINE_MAX four classes per doubling: at most a quarter is wasted. */
static size_t class_of(size_t size, size_t *room)
{
    if (size <= FINE_MAX) {
        size_t n = size == 0 ? 1 : (size + FINE_STEP - 1) / FINE_STEP;

        *room = n * FINE_STEP;
        return n - 1;
    }
    unsigned top = 63U - (unsigned)__builtin_clzl(size - 1);
    size_t step = (size_t)1 << (top - 2);
    size_t rounded = (size + step - 1) & ~(step - 1);

    *room = rounded;
    return FINE_CLASSES + (size_t)(top - 10) * 4 +
           ((rounded - ((size_t)1 << top)) / step) - 1;
}

size_t memarena_room(size_t size)
{
    size_t room;

    assert(size <= MEMARENA_BLOCK_MAX);
    (void)class_of(size, &room);
    return room;
}

/* Rows are looked up at random: with small pages nearly each look would be one
 * into the page tables, too. */
static void *map_huge(size_t size)
{
    size_t wide = size + HUGE_BYTES;
    uint8_t *p = mmap(NULL, wide, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return p;
    size_t before = (size_t) - (uintptr_t)p & (HUGE_BYTES - 1);

    if (before > 0)
        munmap(p, before);
    munmap(p + before + size, wide - before - size);
    madvise(p + before, size, MADV_HUGEPAGE);
    return p + before;
}

/* Populated at once: it will be used, and a fault per page is dearer. */
void *memarena_map(size_t size)
{
    void *p = size >= HUGE_BYTES
                  ? map_huge(size)
                  : mmap(NULL, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (p == MAP_FAILED) {
        fprintf(stderr, "ledger: out of memory for %zu bytes of changes\n",
                size);
        abort();
    }
    return p;
}

/* --- chunks of HUGE_BYTES that wait for the next arena --- */

static struct {
    pthread_mutex_t mutex;
    struct memarena_chunk *first;
    size_t count;
} kept = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static struct memarena_chunk *take_kept(void)
{
    pthread_mutex_lock(&kept.mutex);
    struct memarena_chunk *c = kept.first;

    if (c != NULL) {
        kept.first = c->next;
        kept.count--;
    }
    pthread_mutex_unlock(&kept.mutex);
    return c;
}

static bool keep(struct memarena_chunk *c)
{
    pthread_mutex_lock(&kept.mutex);
    bool room = kept.count < KEPT_MAX;

    if (room) {
        c->next = kept.first;
        kept.first = c;
        kept.count++;
    }
    pthread_mutex_unlock(&kept.mutex);
    return room;
}

void memarena_trim(size_t bytes)
{
    for (;;) {
        pthread_mutex_lock(&kept.mutex);
        bool enough = kept.count <= bytes / HUGE_BYTES;

        pthread_mutex_unlock(&kept.mutex);
        struct memarena_chunk *c = enough ? NULL : take_kept();

        if (c == NULL)
            return;
        munmap(c, HUGE_BYTES);
    }
}

/* --- chunks of an arena --- */

static void link_chunk(struct memarena *a, struct memarena_chunk *c,
                       size_t size)
{
    a->mapped += size;
    c->size = size;
    c->prev = NULL;
    c->next = a->chunks;
    if (a->chunks != NULL)
        a->chunks->prev = c;
    a->chunks = c;
}

void memarena_init(struct memarena *a)
{
    memset(a, 0, sizeof *a);
    a->chunk_size = CHUNK_FIRST;
}

void memarena_fini(struct memarena *a)
{
    struct memarena_chunk *c = a->chunks;

    while (c != NULL) {
        struct memarena_chunk *next = c->next;

        if (c->size != HUGE_BYTES || !keep(c))
            munmap(c, c->size);
        c = next;
    }
    memset(a, 0, sizeof *a);
}

static void refill(struct memarena *a, size_t room)
{
    size_t size = a->chunk_size;

    while (size < room + sizeof(struct memarena_chunk))
        size *= 2;
    struct memarena_chunk *c = size <= HUGE_BYTES ? take_kept() : NULL;

    if (c == NULL)
        c = memarena_map(size);
    else
        size = HUGE_BYTES;
    link_chunk(a, c, size);
    a->at = (uint8_t *)(c + 1);
    a->room = size - sizeof *c;
    if (a->chunk_size < CHUNK_LAST)
        a->chunk_size *= 2;
}

static void *take_alone(struct memarena *a, size_t size, size_t *room)
{
    size_t whole =
        (size + sizeof(struct memarena_chunk) + 4095) & ~(size_t)4095;
    struct memarena_chunk *c = memarena_map(whole);

    link_chunk(a, c, whole);
    *room = whole - sizeof *c;
    a->used += *room;
    return c + 1;
}

static void give_alone(struct memarena *a, void *block)
{
    struct memarena_chunk *c = (struct memarena_chunk *)block - 1;

    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        a->chunks = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    a->mapped -= c->size;
    munmap(c, c->size);
}

void *memarena_take(struct memarena *a, size_t size, size_t *room)
{
    if (size > MEMARENA_BLOCK_MAX)
        return take_alone(a, size, room);
    size_t class = class_of(size, room);

    assert(class < MEMARENA_CLASSES);
    a->used += *room;
    void *block = a->free_lists[class];

    if (block != NULL) {
        memcpy(&a->free_lists[class], block, sizeof(void *));
        return block;
    }
    if (a->room < *room)
        refill(a, *room);
    block = a->at;
    a->at += *room;
    a->room -= *room;
    return block;
}

void memarena_give(struct memarena *a, void *block, size_t room)
{
    if (block == NULL)
        return;
    assert(a->used >= room);
    a->used -= room;
    if (room > MEMARENA_BLOCK_MAX) {
        give_alone(a, block);
        return;
    }
    size_t same;
    size_t class = class_of(room, &same);

    assert(same == room);
    memcpy(block, &a->free_lists[class], sizeof(void *));
    a->free_lists[class] = block;
}
