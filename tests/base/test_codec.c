#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/hex.h"
#include "base/random.h"
#include "base/reader.h"
#include "base/writer.h"

static void reads_as_hex(const struct bytes *b, const char *expected)
{
    char out[256];

    assert_true(b->size * 2 < sizeof out);
    hex_format(bytes_slice(b), out);
    assert_string_equal(out, expected);
}

static void the_bytes_are_those_of_the_header(void **state)
{
    struct bytes b = {0};
    struct writer w;

    (void)state;
    writer_init(&w, &b);
    writer_u16(&w, 0x1234);
    writer_varint(&w, 300);
    writer_zigzag(&w, -2);
    writer_text(&w, "abc");
    assert_int_equal(w.status, STATUS_OK);
    assert_int_equal(w.size, b.size);
    reads_as_hex(&b, "1234ac020303616263");
    bytes_fini(&b);
}

static void what_is_written_is_read(void **state)
{
    static const uint64_t edges[] = {0,   1,          127,       128, 300,
                                     ~0u, UINT64_MAX, INT64_MAX, 1};
    uint8_t room[256];
    struct writer w;
    struct reader r;
    char text[8];

    (void)state;
    writer_init_fixed(&w, room, sizeof room);
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        writer_varint(&w, edges[i]);
        writer_zigzag(&w, (int64_t)edges[i]);
        writer_u64(&w, edges[i]);
    }
    writer_u8(&w, 7);
    writer_u32(&w, 0xdeadbeef);
    writer_text(&w, "word");
    assert_int_equal(w.status, STATUS_OK);

    reader_init(&r, slice_of(room, w.size));
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        assert_int_equal(reader_varint(&r), edges[i]);
        assert_int_equal(reader_zigzag(&r), (int64_t)edges[i]);
        assert_int_equal(reader_u64(&r), edges[i]);
    }
    assert_int_equal(reader_u8(&r), 7);
    assert_int_equal(reader_u32(&r), 0xdeadbeef);
    reader_text(&r, text, sizeof text);
    assert_string_equal(text, "word");
    assert_int_equal(reader_end(&r), STATUS_OK);
}

static void a_full_buffer_stays_full(void **state)
{
    uint8_t room[3];
    struct writer w;

    (void)state;
    writer_init_fixed(&w, room, sizeof room);
    writer_u16(&w, 1);
    writer_u16(&w, 2);
    writer_u8(&w, 3);
    assert_int_equal(w.status, STATUS_TOO_LARGE);
    assert_int_equal(w.size, 2);
}

static enum status read_varint(const char *hex)
{
    uint8_t bytes[16];
    struct reader r;
    size_t size = strlen(hex) / 2;

    assert_int_equal(hex_parse(hex, bytes, size), STATUS_OK);
    reader_init(&r, slice_of(bytes, size));
    (void)reader_varint(&r);
    return reader_end(&r);
}

static void a_varint_has_one_form_and_64_bits(void **state)
{
    (void)state;
    assert_int_equal(read_varint("00"), STATUS_OK);
    assert_int_equal(read_varint("ffffffffffffffffff01"), STATUS_OK);
    assert_int_equal(read_varint("ffffffffffffffffff02"), STATUS_INVALID);
    assert_int_equal(read_varint("8000"), STATUS_INVALID);
    assert_int_equal(read_varint("80"), STATUS_INVALID);
    assert_int_equal(read_varint(""), STATUS_INVALID);
    assert_int_equal(read_varint("0100"), STATUS_INVALID);
}

static void a_length_that_lies_reads_nothing(void **state)
{
    struct reader r;

    (void)state;
    reader_init(&r, slice_of("\xff\xff\xff\xff\x0f"
                             "abc",
                             8));
    assert_int_equal(reader_blob(&r).size, 0);
    assert_int_equal(r.status, STATUS_INVALID);
    assert_int_equal(reader_u8(&r), 0);
    assert_int_equal(reader_end(&r), STATUS_INVALID);
}

static void random_bytes_never_lead_out_of_them(void **state)
{
    struct random_seeded source;

    (void)state;
    random_seeded_init(&source, 1);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[24];
        struct reader r;
        char text[8];
        size_t size = (size_t)random_below(&source.random, sizeof bytes + 1);

        random_fill(&source.random, bytes, sizeof bytes);
        reader_init(&r, slice_of(bytes, size));
        while (!r.status && r.rest.size > 0) {
            struct slice blob = reader_blob(&r);

            assert_true(blob.size == 0 ||
                        blob.data + blob.size <= bytes + size);
            (void)reader_zigzag(&r);
            reader_text(&r, text, sizeof text);
        }
        (void)!reader_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_those_of_the_header),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_full_buffer_stays_full),
        cmocka_unit_test(a_varint_has_one_form_and_64_bits),
        cmocka_unit_test(a_length_that_lies_reads_nothing),
        cmocka_unit_test(random_bytes_never_lead_out_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
