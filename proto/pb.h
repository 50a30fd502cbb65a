/* pb - protobuf's wire format by hand, for the few messages that are hot.
 *
 * Rows and decisions are written for every event; going through protobuf-c's
 * structs would cost several times the engine. What is written here is what
 * protobuf-c writes for the same message (a test holds them together): fields
 * in the order of their numbers, nothing for zero, false and "".
 *
 * Memory   Writes into the caller's buffer. Read slices point into the input.
 * Errors   Sticky: `full` or `bad`; later calls do nothing.
 * Threads  Any.
 */
#ifndef PROTO_PB_H
#define PROTO_PB_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_out {
    uint8_t *at, *end;
    bool full;
};

struct pb_in {
    const uint8_t *at, *end;
    bool bad;
};

/* One field as it lies there. */
struct pb_field {
    uint32_t number;
    enum pb_wire wire;
    uint64_t value;     /* PB_VARINT, PB_FIXED* */
    struct slice bytes; /* PB_BYTES */
    const uint8_t *at;  /* behind its tag */
};

/* Groups of seven bits, from the lowest, to a byte each, and back. */
static inline uint64_t pb_spread(uint64_t v)
{
    v = (v & 0x00fffffff0000000U) << 4 | (v & 0x000000000fffffffU);
    v = (v & 0x0fffc0000fffc000U) << 2 | (v & 0x00003fff00003fffU);
    return (v & 0x3f803f803f803f80U) << 1 | (v & 0x007f007f007f007fU);
}

static inline uint64_t pb_gather(uint64_t v)
{
    v = (v & 0x7f007f007f007f00U) >> 1 | (v & 0x007f007f007f007fU);
    v = (v & 0x3fff00003fff0000U) >> 2 | (v & 0x00003fff00003fffU);
    return (v & 0x0fffffff00000000U) >> 4 | (v & 0x000000000fffffffU);
}

enum { PB_VARINT_MAX = 10 };

static inline void pb_raw_varint(struct pb_out *o, uint64_t v)
{
    if (o->end - o->at < PB_VARINT_MAX) {
        o->full = true;
        return;
    }
    if (v >= 0x80 && v >> 56 == 0) { /* moments above all: at one go */
        unsigned more = (63 - (unsigned)__builtin_clzll(v)) / 7;
        uint64_t bytes = pb_spread(v) | (0x8080808080808080U &
                                         ((UINT64_C(1) << 8 * more) - 1));

        bytes = htole64(bytes);
        memcpy(o->at, &bytes, sizeof bytes);
        o->at += more + 1;
        return;
    }
    while (v >= 0x80) {
        *o->at++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *o->at++ = (uint8_t)v;
}

/* Numbers are constants, and the byte or two of theirs with them. */
static inline __attribute__((always_inline)) void
pb_tag(struct pb_out *o, uint32_t number, enum pb_wire wire)
{
    uint32_t tag = number << 3 | wire;

    if (tag >= 0x4000) {
        pb_raw_varint(o, tag);
    } else if (o->end - o->at < PB_VARINT_MAX) {
        o->full = true;
    } else if (tag >= 0x80) {
        *o->at++ = (uint8_t)(tag | 0x80);
        *o->at++ = (uint8_t)(tag >> 7);
    } else {
        *o->at++ = (uint8_t)tag;
    }
}

/* Also int64, bool and enums; negative ones take ten bytes, as everywhere. */
static inline void pb_number(struct pb_out *o, uint32_t number, int64_t v)
{
    if (v == 0)
        return;
    pb_tag(o, number, PB_VARINT);
    pb_raw_varint(o, (uint64_t)v);
}

/* A number that is there, zero too. */
static inline void pb_given(struct pb_out *o, uint32_t number, int64_t v)
{
    pb_tag(o, number, PB_VARINT);
    pb_raw_varint(o, (uint64_t)v);
}

static inline void pb_raw_fixed64(struct pb_out *o, uint64_t bits)
{
    if (o->end - o->at < 8) {
        o->full = true;
        return;
    }
    bits = htole64(bits);
    memcpy(o->at, &bits, sizeof bits);
    o->at += sizeof bits;
}

static inline void pb_real(struct pb_out *o, uint32_t number, double v)
{
    uint64_t bits;

    pb_tag(o, number, PB_FIXED64);
    memcpy(&bits, &v, sizeof bits);
    pb_raw_fixed64(o, bits);
}

static inline void pb_raw(struct pb_out *o, const void *data, size_t size)
{
    if (o->full || (size_t)(o->end - o->at) < size) {
        o->full = true;
        return;
    }
    if (size)
        memcpy(o->at, data, size);
    o->at += size;
}

/* Their size, and they. */
static inline void pb_raw_bytes(struct pb_out *o, const void *data, size_t size)
{
    pb_raw_varint(o, size);
    pb_raw(o, data, size);
}

static inline void pb_bytes(struct pb_out *o, uint32_t number, const void *data,
                            size_t size)
{
    pb_tag(o, number, PB_BYTES);
    pb_raw_bytes(o, data, size);
}

static inline void pb_text(struct pb_out *o, uint32_t number, const void *data,
                           size_t size)
{
    if (size)
        pb_bytes(o, number, data, size);
}

/* A message inside, behind its tag: everything until pb_close(mark). One byte
 * is kept for its size; a longer one moves the bytes up. */
static inline uint8_t *pb_begin(struct pb_out *o)
{
    pb_raw_varint(o, 0);
    return o->at;
}

static inline uint8_t *pb_open(struct pb_out *o, uint32_t number)
{
    pb_tag(o, number, PB_BYTES);
    return pb_begin(o);
}

static inline void pb_close(struct pb_out *o, uint8_t *mark)
{
    size_t size = (size_t)(o->at - mark);
    size_t more = 0;

    if (o->full)
        return;
    for (size_t rest = size >> 7; rest; rest >>= 7)
        more++;
    if ((size_t)(o->end - o->at) < more) {
        o->full = true;
        return;
    }
    if (more)
        memmove(mark + more, mark, size);
    o->at = mark - 1;
    for (size_t rest = size;; rest >>= 7) {
        *o->at++ = (uint8_t)(rest >= 0x80 ? rest | 0x80 : rest);
        if (rest < 0x80)
            break;
    }
    o->at += size;
}

static inline struct pb_in pb_in_of(struct slice s)
{
    return (struct pb_in){s.data, s.data + s.size, false};
}

/* One of two bytes and more. */
static inline uint64_t pb_take_long(struct pb_in *in)
{
    uint64_t v = 0;

    if (in->end - in->at >= 8) {
        memcpy(&v, in->at, sizeof v);
        v = le64toh(v);
        uint64_t last = ~v & 0x8080808080808080U;

        if (last) {
            in->at += ((unsigned)__builtin_ctzll(last) >> 3) + 1;
            return pb_gather(v & (last ^ (last - 1)) & 0x7f7f7f7f7f7f7f7fU);
        }
        v = 0;
    }
    for (unsigned shift = 0; in->at < in->end && shift < 70; shift += 7) {
        uint8_t byte = *in->at++;

        v |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        if (byte < 0x80)
            return v;
    }
    in->bad = true;
    return 0;
}

static inline uint64_t pb_take_varint(struct pb_in *in)
{
    if (in->at < in->end && *in->at < 0x80)
        return *in->at++;
    return pb_take_long(in);
}

static inline struct slice pb_take_bytes(struct pb_in *in)
{
    uint64_t size = pb_take_varint(in);
    const uint8_t *at = in->at;

    if (in->bad || size > (uint64_t)(in->end - at)) {
        in->bad = true;
        return SLICE_EMPTY;
    }
    in->at += size;
    return slice_of(at, (size_t)size);
}

/* size: 4 or 8. */
static inline uint64_t pb_take_fixed(struct pb_in *in, size_t size)
{
    uint64_t v = 0;

    if ((size_t)(in->end - in->at) < size) {
        in->bad = true;
        return 0;
    }
    memcpy(&v, in->at, size);
    in->at += size;
    return le64toh(v);
}

/* False at the end, and when the bytes make no sense. */
static inline bool pb_next(struct pb_in *in, struct pb_field *f)
{
    uint64_t tag;

    if (in->bad || in->at == in->end)
        return false;
    tag = pb_take_varint(in);
    f->number = (uint32_t)(tag >> 3);
    f->wire = (enum pb_wire)(tag & 7);
    f->at = in->at;
    f->bytes = SLICE_EMPTY;
    switch (f->wire) {
    case PB_VARINT:
        f->value = pb_take_varint(in);
        break;
    case PB_BYTES:
        f->bytes = pb_take_bytes(in);
        f->value = f->bytes.size;
        break;
    case PB_FIXED64:
        f->value = pb_take_fixed(in, 8);
        break;
    case PB_FIXED32:
        f->value = pb_take_fixed(in, 4);
        break;
    default:
        in->bad = true;
    }
    return !in->bad;
}

#endif
