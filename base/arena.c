#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALIGN = alignof(max_align_t),
    BLOCK_BYTES = 16 * 1024,
    BLOCK_BYTES_MAX = 1024 * 1024,
};

struct arena_block {
    struct arena_block *older;
    size_t size; /* of the memory behind this head */
    size_t used;
    alignas(max_align_t) uint8_t memory[];
};

/* protobuf-c writes all of what it asks for, as with malloc. */
static void *allocate(void *data, size_t size)
{
    return arena_room(data, size);
}

/* arena_reset gives it back. */
static void leave(void *data, void *memory)
{
    (void)data;
    (void)memory;
}

void arena_init(struct arena *a, size_t cap)
{
    *a = (struct arena){.cap = cap};
}

static void free_blocks(struct arena_block *block)
{
    while (block) {
        struct arena_block *older = block->older;

        free(block);
        block = older;
    }
}

void arena_fini(struct arena *a)
{
    free_blocks(a->blocks);
    *a = (struct arena){.cap = a->cap};
}

void arena_reset(struct arena *a)
{
    if (a->blocks) {
        free_blocks(a->blocks->older);
        a->blocks->older = NULL;
        a->blocks->used = 0;
    }
    a->used = 0;
    a->full = false;
}

/* Each twice as large as the one before, so that the last one, which is kept,
 * soon holds what is needed between two resets. */
static struct arena_block *add_block(struct arena *a, size_t size)
{
    size_t room = a->blocks ? 2 * a->blocks->size : BLOCK_BYTES;

    if (room > BLOCK_BYTES_MAX)
        room = BLOCK_BYTES_MAX;
    if (room < size)
        room = size;
    struct arena_block *block = malloc(sizeof *block + room);

    if (!block)
        return NULL;
    *block = (struct arena_block){.older = a->blocks, .size = room};
    a->blocks = block;
    return block;
}

void *arena_room(struct arena *a, size_t size)
{
    struct arena_block *block = a->blocks;
    size_t padded;
    void *memory;

    if (size > SIZE_MAX - ALIGN || size > a->cap - a->used)
        goto full;
    padded = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (padded == 0)
        padded = ALIGN;
    if (padded > a->cap - a->used)
        goto full;
    if (!block || padded > block->size - block->used) {
        block = add_block(a, padded);
        if (!block)
            goto full;
    }
    memory = block->memory + block->used;
    block->used += padded;
    a->used += padded;
    return memory;
full:
    a->full = true;
    return NULL;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *memory = arena_room(a, size);

    return memory ? memset(memory, 0, size) : NULL;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t all;

    if (__builtin_mul_overflow(count, size, &all)) {
        a->full = true;
        return NULL;
    }
    return arena_alloc(a, all);
}

char *arena_text_of(struct arena *a, struct slice bytes)
{
    char *text;

    if (bytes.size == SIZE_MAX)
        return NULL;
    text = arena_room(a, bytes.size + 1);
    if (!text)
        return NULL;
    if (bytes.size > 0)
        memcpy(text, bytes.data, bytes.size);
    text[bytes.size] = 0;
    return text;
}

char *arena_text(struct arena *a, const char *text)
{
    return arena_text_of(a, slice_of_text(text));
}

struct slice arena_copy(struct arena *a, struct slice bytes)
{
    char *copy = arena_text_of(a, bytes);

    return copy ? slice_of(copy, bytes.size) : SLICE_EMPTY;
}

char *arena_format(struct arena *a, const char *format, ...)
{
    va_list args;
    int size;
    char *text;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    text = arena_room(a, (size_t)size + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return text;
}

ProtobufCAllocator *arena_allocator(struct arena *a)
{
    a->allocator = (ProtobufCAllocator){
        .alloc = allocate, .free = leave, .allocator_data = a};
    return &a->allocator;
}
