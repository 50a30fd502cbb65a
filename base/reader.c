#include "base/reader.h"

#include <string.h>

void reader_init(struct reader *r, struct slice input)
{
    *r = (struct reader){.rest = input};
}

static void fail(struct reader *r)
{
    r->status = STATUS_INVALID;
    r->rest = SLICE_EMPTY;
}

struct slice reader_raw(struct reader *r, size_t size)
{
    struct slice taken;

    if (r->status || size > r->rest.size) {
        fail(r);
        return SLICE_EMPTY;
    }
    taken = slice_of(r->rest.data, size);
    r->rest = slice_from(r->rest, size);
    return taken;
}

uint8_t reader_u8(struct reader *r)
{
    struct slice s = reader_raw(r, 1);

    return s.size > 0 ? s.data[0] : 0;
}

uint16_t reader_u16(struct reader *r)
{
    struct slice s = reader_raw(r, 2);

    return s.size > 0 ? get_u16(s.data) : 0;
}

uint32_t reader_u32(struct reader *r)
{
    struct slice s = reader_raw(r, 4);

    return s.size > 0 ? get_u32(s.data) : 0;
}

uint64_t reader_u64(struct reader *r)
{
    struct slice s = reader_raw(r, 8);

    return s.size > 0 ? get_u64(s.data) : 0;
}

uint64_t reader_varint(struct reader *r)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = reader_u8(r);

        if (r->status)
            return 0;
        if (shift == 63 && byte > 1)
            break; /* more than 64 bits */
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            if (byte == 0 && shift > 0)
                break; /* there is a shorter form */
            return value;
        }
    }
    fail(r);
    return 0;
}

int64_t reader_zigzag(struct reader *r)
{
    uint64_t value = reader_varint(r);
    uint64_t sign = value & 1 ? UINT64_MAX : 0;

    return (int64_t)((value >> 1) ^ sign);
}

struct slice reader_blob(struct reader *r)
{
    uint64_t size = reader_varint(r);

    if (r->status || size > r->rest.size) {
        fail(r);
        return SLICE_EMPTY;
    }
    return reader_raw(r, (size_t)size);
}

void reader_text(struct reader *r, char *out, size_t room)
{
    if (!slice_to_text(reader_blob(r), out, room))
        fail(r);
}

enum status reader_end(const struct reader *r)
{
    if (r->status)
        return r->status;
    return r->rest.size == 0 ? STATUS_OK : STATUS_INVALID;
}
