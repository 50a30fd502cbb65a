/* writer - numbers and strings into bytes, big-endian and by varint.
 *
 * Writes into a fixed buffer or behind the contents of a struct bytes. The
 * first failure stays in .status, later writes do nothing: check once, at the
 * end.
 *
 *   u16 0x1234            12 34
 *   varint 300            ac 02            (LEB128, as in protobuf)
 *   zigzag -2             03
 *   blob "abc"            03 61 62 63      (varint length, then the bytes)
 *
 * Memory   The buffer is the caller's and must outlive the writer.
 * Errors   TOO_LARGE when the buffer or its limit is reached, NO_MEMORY.
 * Threads  One at a time.
 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include <string.h>

#include "base/bytes.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "what is put is swapped to big-endian");

#define WRITER_VARINT_MAX 10 /* bytes of the longest varint */

struct writer {
    uint8_t *data; /* fixed buffer, or NULL when grow is used */
    size_t size;   /* bytes written by this writer */
    size_t room;   /* of the fixed buffer */
    struct bytes *grow;
    enum status status;
};

void writer_init(struct writer *w, struct bytes *grow);
void writer_init_fixed(struct writer *w, void *data, size_t room);

void writer_u8(struct writer *w, uint8_t value);
void writer_u16(struct writer *w, uint16_t value);
void writer_u32(struct writer *w, uint32_t value);
void writer_u64(struct writer *w, uint64_t value);
void writer_varint(struct writer *w, uint64_t value);
void writer_zigzag(struct writer *w, int64_t value);
void writer_raw(struct writer *w, struct slice bytes);  /* no length */
void writer_blob(struct writer *w, struct slice bytes); /* with its length */
void writer_text(struct writer *w, const char *text);   /* as a blob */

/* Numbers at a place, without a writer: keys and headers. */
static inline void put_u16(uint8_t *at, uint16_t value)
{
    value = __builtin_bswap16(value);
    memcpy(at, &value, sizeof value);
}

static inline void put_u32(uint8_t *at, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(at, &value, sizeof value);
}

static inline void put_u64(uint8_t *at, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(at, &value, sizeof value);
}

#endif
