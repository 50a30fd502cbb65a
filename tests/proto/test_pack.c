/* Written by hand, and byte for byte what protobuf-c writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "proto/codec.h"
#include "proto/field.h"
#include "proto/pack.h"
#include "proto/unpack.h"

enum { DEEPEST = 4, LIST = 3 };

struct filling {
    struct arena arena;
    uint64_t seed;
};

static uint64_t chance(struct filling *f)
{
    f->seed ^= f->seed << 13;
    f->seed ^= f->seed >> 7;
    f->seed ^= f->seed << 17;
    return f->seed >> (f->seed & 63); /* of all lengths */
}

static ProtobufCMessage *filled(struct filling *f,
                                const ProtobufCMessageDescriptor *type,
                                unsigned depth);

static void fill_value(struct filling *f, const ProtobufCFieldDescriptor *d,
                       void *at, unsigned depth)
{
    size_t size = chance(f) % 300;
    char *text = arena_alloc(&f->arena, size + 1);

    memset(text, 'x', size);
    switch (d->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(char **)at = text;
        break;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)at =
            (ProtobufCBinaryData){size, (uint8_t *)text};
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)at = filled(f, d->descriptor, depth + 1);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        *(double *)at = (double)chance(f) / 7;
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = chance(f) & 1;
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        *(uint64_t *)at = chance(f) & 1 ? chance(f) : 0 - chance(f);
        break;
    default:
        *(uint32_t *)at = (uint32_t)chance(f);
    }
}

static void fill_list(struct filling *f, ProtobufCMessage *m,
                      const ProtobufCFieldDescriptor *d, unsigned depth)
{
    size_t each = d->type == PROTOBUF_C_TYPE_BYTES ? sizeof(ProtobufCBinaryData)
                  : d->type == PROTOBUF_C_TYPE_ENUM ||
                          d->type == PROTOBUF_C_TYPE_INT32 ||
                          d->type == PROTOBUF_C_TYPE_UINT32
                      ? 4
                      : 8;
    char *list = arena_alloc(&f->arena, LIST * each);

    for (size_t i = 0; i < LIST; i++)
        fill_value(f, d, list + i * each, depth);
    *(void **)((char *)m + d->offset) = list;
    *(size_t *)((char *)m + d->quantifier_offset) = LIST;
}

static ProtobufCMessage *filled(struct filling *f,
                                const ProtobufCMessageDescriptor *type,
                                unsigned depth)
{
    ProtobufCMessage *m = field_new_message(type, &f->arena);

    assert_non_null(m);
    for (unsigned i = 0; i < type->n_fields && depth < DEEPEST; i++) {
        const ProtobufCFieldDescriptor *d = &type->fields[i];

        if (chance(f) % 4 == 0)
            continue;
        if (d->label == PROTOBUF_C_LABEL_REPEATED) {
            fill_list(f, m, d, depth);
            continue;
        }
        fill_value(f, d, (char *)m + d->offset, depth);
        if (d->type != PROTOBUF_C_TYPE_STRING &&
            d->type != PROTOBUF_C_TYPE_MESSAGE)
            *(protobuf_c_boolean *)((char *)m + d->quantifier_offset) = 1;
    }
    return m;
}

static void hold(const ProtobufCMessage *m)
{
    size_t size = protobuf_c_message_get_packed_size(m);
    uint8_t *theirs = malloc(size + 1);
    struct bytes ours = {0};
    struct arena arena;
    ProtobufCMessage *back;

    assert_int_equal(protobuf_c_message_pack(m, theirs), size);
    assert_int_equal(pack_append(m, &ours), STATUS_OK);
    assert_int_equal(ours.size, size);
    assert_memory_equal(ours.data, theirs, size);
    /* read by us, written by them */
    arena_init(&arena, (size_t)64 << 20);
    back = unpack(m->descriptor, slice_of(theirs, size), &arena);
    assert_non_null(back);
    assert_int_equal(protobuf_c_message_get_packed_size(back), size);
    memset(theirs, 0, size);
    assert_int_equal(protobuf_c_message_pack(back, theirs), size);
    assert_memory_equal(ours.data, theirs, size);
    arena_fini(&arena);
    bytes_fini(&ours);
    free(theirs);
}

#define TYPE(prefix) &yinuo__v1__##prefix##__descriptor,
static const ProtobufCMessageDescriptor *const types[] = {
#include "proto/types.def"
};
#undef TYPE

static void every_message_is_what_protobuf_writes(void **state)
{
    struct filling f = {.seed = 88172645463325252};

    (void)state;
    arena_init(&f.arena, (size_t)64 << 20);
    for (size_t round = 0; round < 5; round++)
        for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
            arena_reset(&f.arena);
            hold(filled(&f, types[i], 0));
        }
    arena_fini(&f.arena);
}

static void an_empty_message_is_no_bytes(void **state)
{
    Yinuo__V1__Event event = YINUO__V1__EVENT__INIT;

    (void)state;
    hold(&event.base);
}

static void what_is_not_in_the_schema_stays(void **state)
{
    /* field 500: a number; 501: text */
    static const uint8_t bytes[] = {0x0a, 1,    'e',  0xa0, 0x1f, 0xac,
                                    0x02, 0xaa, 0x1f, 2,    'h',  'i'};
    Yinuo__V1__Event *e = yinuo__v1__event__unpack(NULL, sizeof bytes, bytes);

    (void)state;
    assert_non_null(e);
    assert_int_equal(e->base.n_unknown_fields, 2);
    hold(&e->base);
    yinuo__v1__event__free_unpacked(e, NULL);
}

/* A list of numbers in one field, as other programs may send it. */
static void a_packed_list_is_read(void **state)
{
    /* Case.called, 42 */
    static const uint8_t bytes[] = {0xd2, 0x02, 5,    1,    2, 0x80,
                                    0x01, 4,    0xd0, 0x02, 9};
    static const uint32_t wanted[] = {1, 2, 128, 4, 9};
    struct arena arena;

    (void)state;
    arena_init(&arena, 1 << 16);
    Yinuo__V1__Case *c = unpack(&yinuo__v1__case__descriptor,
                                slice_of(bytes, sizeof bytes), &arena);

    assert_non_null(c);
    assert_int_equal(c->n_called, 5);
    assert_memory_equal(c->called, wanted, sizeof wanted);
    arena_fini(&arena);
}

/* No byte of it decides alone: whatever is read, is read within its bounds. */
static void cut_or_damaged_bytes_are_read_or_refused(void **state)
{
    struct filling f = {.seed = 2463534242};
    struct bytes packed = {0};
    struct arena arena;

    (void)state;
    arena_init(&f.arena, (size_t)64 << 20);
    arena_init(&arena, 1 << 20);
    assert_int_equal(
        pack_append(filled(&f, &yinuo__v1__event__descriptor, 2), &packed),
        STATUS_OK);
    for (size_t i = 0; i < packed.size; i++) {
        uint8_t *copy = malloc(i + 1);

        memcpy(copy, packed.data, i);
        (void)!unpack(&yinuo__v1__event__descriptor, slice_of(copy, i), &arena);
        free(copy);
        packed.data[i] ^= 0x55;
        arena_reset(&arena);
        (void)!unpack(&yinuo__v1__event__descriptor, bytes_slice(&packed),
                      &arena);
        packed.data[i] ^= 0x55;
    }
    bytes_fini(&packed);
    arena_fini(&arena);
    arena_fini(&f.arena);
}

static void a_number_of_each_length_comes_back(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit <= 64; bit++) {
        for (int off = -1; off <= 1; off++) {
            uint64_t v = (bit < 64 ? UINT64_C(1) << bit : 0) + (uint64_t)off;
            uint8_t room[32], plain[16];
            struct pb_out o = {room, room + sizeof room, false};
            size_t n = 0;

            for (uint64_t rest = v;; rest >>= 7) {
                plain[n++] = (uint8_t)(rest >= 0x80 ? rest | 0x80 : rest);
                if (rest < 0x80)
                    break;
            }
            pb_raw_varint(&o, v);
            assert_int_equal(o.at - room, n);
            assert_memory_equal(room, plain, n);
            /* with bytes behind it, and as the last of all */
            for (size_t behind = 0; behind <= 8; behind += 8) {
                struct pb_in in = pb_in_of(slice_of(room, n + behind));

                assert_true(pb_take_varint(&in) == v);
                assert_false(in.bad);
                assert_ptr_equal(in.at, room + n);
            }
        }
    }
}

static void a_number_that_is_cut_or_endless_is_bad(void **state)
{
    uint8_t room[16];

    (void)state;
    memset(room, 0x80, sizeof room);
    for (size_t size = 1; size <= sizeof room; size++) {
        struct pb_in in = pb_in_of(slice_of(room, size));

        (void)pb_take_varint(&in);
        assert_true(in.bad);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_what_protobuf_writes),
        cmocka_unit_test(an_empty_message_is_no_bytes),
        cmocka_unit_test(what_is_not_in_the_schema_stays),
        cmocka_unit_test(a_packed_list_is_read),
        cmocka_unit_test(cut_or_damaged_bytes_are_read_or_refused),
        cmocka_unit_test(a_number_of_each_length_comes_back),
        cmocka_unit_test(a_number_that_is_cut_or_endless_is_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
