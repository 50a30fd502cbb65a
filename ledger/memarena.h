/* memarena - memory for one memtable: size classes over mapped chunks.
 *
 * Memory   memarena_fini() gives everything back at once. Blocks are
 *          16-aligned. Some large chunks are kept for the next arena: for the
 *          kernel to clear a fresh one costs more than all else that is done
 *          with it.
 * Errors   Out of memory ends the process with a message.
 * Threads  One owner; the chunks that are kept are everybody's.
 */
#ifndef LEDGER_MEMARENA_H
#define LEDGER_MEMARENA_H

#include <stddef.h>
#include <stdint.h>

enum { MEMARENA_CLASSES = 128, MEMARENA_BLOCK_MAX = 256 << 10 };

struct memarena_chunk;

struct memarena {
    struct memarena_chunk *chunks; /* all, newest first */
    uint8_t *at;                   /* rest of the newest chunk */
    size_t room;                   /* bytes left there */
    size_t chunk_size;             /* of the next chunk, growing to a cap */
    size_t used;                   /* bytes handed out and not given back */
    size_t mapped;                 /* bytes of all chunks */
    void *free_lists[MEMARENA_CLASSES];
};

void memarena_init(struct memarena *a);
void memarena_fini(struct memarena *a);

/* Of the chunks that are kept, as many stay as make up so many bytes. */
void memarena_trim(size_t bytes);

/* At least size bytes; *room says how many they really are. */
void *memarena_take(struct memarena *a, size_t size, size_t *room);

/* What take makes of a size that is no larger than MEMARENA_BLOCK_MAX. */
size_t memarena_room(size_t size);

/* Give back a block, with the room that take reported. */
void memarena_give(struct memarena *a, void *block, size_t room);

/* Zeroed memory of its own, a multiple of 4 KiB; munmap() gives it back. */
void *memarena_map(size_t size);

#endif
