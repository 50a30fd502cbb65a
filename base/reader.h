/* reader - what base/writer.h wrote, from bytes that cannot be trusted.
 *
 * The first failure stays in .status; later reads return zero or the empty
 * slice: read all fields, then ask reader_end() once.
 *
 * Memory   Slices that are returned point into the input.
 * Errors   INVALID: too short, a varint of more than 64 bits or not in its
 *          shortest form, bytes left over.
 * Threads  One at a time.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include <string.h>

#include "base/error.h"
#include "base/slice.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "what is got is swapped from big-endian");

struct reader {
    struct slice rest;
    enum status status;
};

void reader_init(struct reader *r, struct slice input);

uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
uint64_t reader_varint(struct reader *r);
int64_t reader_zigzag(struct reader *r);
struct slice reader_raw(struct reader *r, size_t size);
struct slice reader_blob(struct reader *r);

/* A blob as zero-terminated text; INVALID when it does not fit. */
void reader_text(struct reader *r, char *out, size_t room);

/* OK when nothing failed and nothing is left. */
MUST_CHECK enum status reader_end(const struct reader *r);

/* Numbers at a place, without a reader: keys and headers. */
static inline uint16_t get_u16(const uint8_t *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof value);
    return __builtin_bswap16(value);
}

static inline uint32_t get_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return __builtin_bswap32(value);
}

static inline uint64_t get_u64(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof value);
    return __builtin_bswap64(value);
}

#endif
