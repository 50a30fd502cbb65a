#include "base/writer.h"

#include <string.h>

void writer_init(struct writer *w, struct bytes *grow)
{
    *w = (struct writer){.grow = grow, .status = grow->status};
}

void writer_init_fixed(struct writer *w, void *data, size_t room)
{
    *w = (struct writer){.data = data, .room = room};
}

void writer_raw(struct writer *w, struct slice bytes)
{
    if (w->status)
        return;
    if (w->grow) {
        w->status = bytes_append(w->grow, bytes);
    } else if (bytes.size > w->room - w->size) {
        w->status = STATUS_TOO_LARGE;
    } else if (bytes.size > 0) {
        memcpy(w->data + w->size, bytes.data, bytes.size);
    }
    if (!w->status)
        w->size += bytes.size;
}

void writer_u8(struct writer *w, uint8_t value)
{
    writer_raw(w, slice_of(&value, 1));
}

void writer_u16(struct writer *w, uint16_t value)
{
    uint8_t be[2];

    put_u16(be, value);
    writer_raw(w, slice_of(be, sizeof be));
}

void writer_u32(struct writer *w, uint32_t value)
{
    uint8_t be[4];

    put_u32(be, value);
    writer_raw(w, slice_of(be, sizeof be));
}

void writer_u64(struct writer *w, uint64_t value)
{
    uint8_t be[8];

    put_u64(be, value);
    writer_raw(w, slice_of(be, sizeof be));
}

void writer_varint(struct writer *w, uint64_t value)
{
    uint8_t out[WRITER_VARINT_MAX];
    size_t n = 0;

    while (value >= 0x80) {
        out[n++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    out[n++] = (uint8_t)value;
    writer_raw(w, slice_of(out, n));
}

void writer_zigzag(struct writer *w, int64_t value)
{
    uint64_t sign = value < 0 ? UINT64_MAX : 0;

    writer_varint(w, ((uint64_t)value << 1) ^ sign);
}

void writer_blob(struct writer *w, struct slice bytes)
{
    writer_varint(w, bytes.size);
    writer_raw(w, bytes);
}

void writer_text(struct writer *w, const char *text)
{
    writer_blob(w, slice_of_text(text));
}
