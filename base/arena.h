/* arena - memory for the handling of one message, given back all at once.
 *
 * Never gives out more than its cap, which is what bounds the cost of decoding
 * a hostile message (field-notes 7, rule 10).
 *
 * Memory   arena_init takes nothing; blocks come with the first use. reset
 * keeps one block for the next message, fini frees all. What was given out is
 * valid until then. Errors   NULL when the cap is reached or there is no
 * memory; .full says that it happened. Threads  One at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t cap;
    size_t used; /* given out, with padding */
    bool full;
    ProtobufCAllocator allocator;
};

void arena_init(struct arena *a, size_t cap);
void arena_fini(struct arena *a);
void arena_reset(struct arena *a);

/* Zeroed and aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
/* Not zeroed, for who writes all of it. */
void *arena_room(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_text(struct arena *a, const char *text);
char *arena_text_of(struct arena *a, struct slice bytes);
struct slice arena_copy(struct arena *a, struct slice bytes);
char *arena_format(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For protobuf-c's unpack: freeing does nothing, arena_reset does it. The
 * pointer is valid as long as the arena stays where it is. */
ProtobufCAllocator *arena_allocator(struct arena *a);

#endif
