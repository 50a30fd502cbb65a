/* bytes - a buffer that grows up to a limit.
 *
 * The first failure stays in .status and later appends do nothing, so that ten
 * appends read as ten lines and one check.
 *
 * Memory   init borrows nothing; fini frees. A zeroed struct is a valid empty
 *          buffer with the limit SIZE_MAX. bytes_take hands the memory (malloc)
 *          over and leaves the buffer empty.
 * Errors   TOO_LARGE past the limit, NO_MEMORY; contents stay as they were.
 * Threads  One at a time.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

struct bytes {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t limit; /* 0 means none */
    enum status status;
};

void bytes_init(struct bytes *b, size_t limit);
void bytes_fini(struct bytes *b);

/* Empty again, status OK; the memory is kept. */
void bytes_reset(struct bytes *b);

/* Room for so many more; a pointer to it, or NULL with b->status set. */
uint8_t *bytes_reserve(struct bytes *b, size_t more);

enum status bytes_append(struct bytes *b, struct slice more);
enum status bytes_append_u8(struct bytes *b, uint8_t value);
enum status bytes_append_text(struct bytes *b, const char *text);
enum status bytes_append_format(struct bytes *b, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* The contents as text: a zero stands behind them without counting. "" when
 * empty; NULL only after a failure to get memory for it. */
const char *bytes_text(struct bytes *b);

static inline struct slice bytes_slice(const struct bytes *b)
{
    return slice_of(b->data, b->size);
}

/* The memory, to be freed with free(); its size in *size when not NULL. */
uint8_t *bytes_take(struct bytes *b, size_t *size);

#endif
