#include "support.h"

#include "proto/codec.h"
#include "proto/wire.h"

static void a_header_has_these_sixteen_bytes(void **state)
{
    static const uint8_t golden[WIRE_HEADER_SIZE] = {
        0x59, 0x6e, 0x01, 0x07, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0x01, 0x2a};
    struct wire_header header = {WIRE_VERSION, WIRE_EVENTS, 2, 0x12a};
    uint8_t bytes[WIRE_HEADER_SIZE];
    wire_header_encode(&header, bytes);
    assert_memory_equal(bytes, golden, sizeof golden);

    struct wire_header read;
    assert_int_equal(wire_header_decode(golden, sizeof golden, &read),
                     REFUSAL_NONE);
    assert_int_equal(read.kind, WIRE_EVENTS);
    assert_int_equal(read.partition, 2);
    assert_int_equal(read.request_id, 0x12a);
    (void)state;
}

static void what_is_not_a_header_is_refused(void **state)
{
    uint8_t bytes[WIRE_HEADER_SIZE + 1];
    struct wire_header header = {WIRE_VERSION, WIRE_PING, 0, 9};
    wire_header_encode(&header, bytes);
    for (size_t size = 0; size <= WIRE_HEADER_SIZE + 1; size++)
        if (size != WIRE_HEADER_SIZE)
            assert_int_equal(wire_header_decode(bytes, size, &header),
                             REFUSAL_MALFORMED);
    bytes[2] = 2;
    assert_int_equal(wire_header_decode(bytes, WIRE_HEADER_SIZE, &header),
                     REFUSAL_WRONG_VERSION);
    assert_int_equal(header.request_id, 9); /* so that it can be answered */
    bytes[0] = 'y';
    assert_int_equal(wire_header_decode(bytes, WIRE_HEADER_SIZE, &header),
                     REFUSAL_MALFORMED);
    (void)state;
}

static void a_peer_envelope_comes_back_as_it_was(void **state)
{
    struct wire_peer peer = {.session = 0x0102030405060708,
                             .role = WIRE_ROLE_SUPERVISOR,
                             .identity = "head-1",
                             .identity_size = 6,
                             .proven = true};
    uint8_t bytes[WIRE_PEER_MAX];
    size_t size = wire_peer_encode(&peer, bytes);
    static const uint8_t golden[] = {1,    2,   3,   4,   5,   6,   7,  8,
                                     0x84, 'h', 'e', 'a', 'd', '-', '1'};
    assert_int_equal(size, sizeof golden);
    assert_memory_equal(bytes, golden, sizeof golden);

    struct wire_peer read;
    assert_int_equal(wire_peer_decode(bytes, size, &read), REFUSAL_NONE);
    assert_true(read.session == peer.session && read.proven);
    assert_int_equal(read.role, WIRE_ROLE_SUPERVISOR);
    assert_int_equal(read.identity_size, 6);
    assert_int_equal(wire_peer_decode(bytes, 8, &read), REFUSAL_MALFORMED);
    assert_int_equal(wire_peer_decode(bytes, WIRE_PEER_MAX + 1, &read),
                     REFUSAL_MALFORMED);
    bytes[8] = WIRE_ROLES_END;
    assert_int_equal(wire_peer_decode(bytes, size, &read), REFUSAL_MALFORMED);
    (void)state;
}

static void each_kind_of_message_has_a_body_that_exists(void **state)
{
    for (unsigned kind = 0; kind < 256; kind++) {
        const struct wire_kind_row *row = wire_kind_row((uint8_t)kind);
        if (!row)
            continue;
        assert_int_equal(row->code, kind);
        assert_non_null(codec_type(row->body));
        assert_true(row->answer == WIRE_NOTHING || wire_kind_row(row->answer));
    }
    assert_null(wire_kind_row(0));
    assert_null(wire_kind_row(WIRE_KINDS_END));
    assert_null(codec_type("Nothing"));
    (void)state;
}

static void roles_may_send_what_the_table_says(void **state)
{
    assert_true(wire_may_send(WIRE_ROLE_STATION, WIRE_EVENTS));
    assert_false(wire_may_send(WIRE_ROLE_VIEWER, WIRE_EVENTS));
    assert_false(wire_may_send(WIRE_ROLE_VIEWER, WIRE_COMMAND));
    assert_true(wire_may_send(WIRE_ROLE_VIEWER, WIRE_FETCH));
    assert_true(wire_may_send(WIRE_ROLE_WORKER, WIRE_RECEIPT));
    assert_false(wire_may_send(WIRE_ROLE_WORKER, WIRE_QUERY));
    assert_false(wire_may_send(WIRE_ROLE_ADMIN, WIRE_PAGE));
    assert_false(wire_may_send(WIRE_ROLES_END, WIRE_PING));
    assert_false(wire_may_send(WIRE_ROLE_STATION, 255));
    assert_int_equal(wire_role_by_name("supervisor"), WIRE_ROLE_SUPERVISOR);
    assert_int_equal(wire_role_by_name("king"), WIRE_ROLES_END);
    (void)state;
}

static void each_refusal_has_a_word_of_its_own_and_a_sentence(void **state)
{
    for (unsigned code = 0; code < REFUSALS_END; code++) {
        assert_int_equal(refusal_by_name(refusal_name(code)), code);
        assert_true(strlen(refusal_sentence(code)) > 3);
        assert_in_range(refusal_exit(code), 0, 7);
    }
    assert_string_equal(refusal_name(9999), "internal");
    assert_int_equal(refusal_by_name("no such"), REFUSALS_END);
    assert_true(refusal_again(REFUSAL_BUSY));
    assert_false(refusal_again(REFUSAL_BAD_FIELD));
    assert_int_equal(refusal_exit(REFUSAL_LOST_RACE), 4);
    assert_int_equal(REFUSAL_BAD_CURSOR, 38); /* append only */
    (void)state;
}

static void a_bundle_gives_back_its_messages_in_their_order(void **state)
{
    struct bytes bundle = {0};
    struct wire_bundled one;
    char body[300];
    memset(body, 'b', sizeof(body));
    for (uint64_t id = 1; id <= 3; id++) {
        struct wire_peer peer = {.session = 70 + id,
                                 .role = WIRE_ROLE_STATION,
                                 .identity = "st-12",
                                 .identity_size = 2 + id};
        struct wire_header header = {WIRE_VERSION, WIRE_EVENTS, 4, id};
        wire_bundle_add(&bundle, &peer, &header,
                        slice_of(body, id == 2 ? 0 : 100 * id));
    }
    struct slice rest = bytes_slice(&bundle);
    for (uint64_t id = 1; id <= 3; id++) {
        assert_int_equal(wire_bundle_next(&rest, &one), REFUSAL_NONE);
        assert_int_equal(one.peer.session, 70 + id);
        assert_int_equal(one.peer.identity_size, 2 + id);
        assert_int_equal(one.header.request_id, id);
        assert_int_equal(one.body.size, id == 2 ? 0 : 100 * id);
        assert_true(one.body.size == 0 || one.body.data[0] == 'b');
    }
    assert_int_equal(rest.size, 0);
    bytes_fini(&bundle);
    (void)state;
}

static void a_bundle_that_was_cut_anywhere_is_refused(void **state)
{
    struct bytes bundle = {0};
    struct wire_bundled one;
    struct wire_peer peer = {.session = 1, .role = WIRE_ROLE_ADMIN};
    struct wire_header header = {WIRE_VERSION, WIRE_EVENTS, 4, 1};
    wire_bundle_add(&bundle, &peer, &header, slice_of_text("body"));
    for (size_t size = 1; size < bundle.size; size++) {
        struct slice rest = slice_of(bundle.data, size);
        assert_int_not_equal(wire_bundle_next(&rest, &one), REFUSAL_NONE);
        assert_int_equal(rest.size, 0);
    }
    for (size_t size = 1; size < 30; size++) { /* lengths that lie inside */
        bundle.data[1] = (uint8_t)size;
        struct slice rest = slice_of(bundle.data, 2 + size);
        assert_true(size >= 26 ||
                    wire_bundle_next(&rest, &one) != REFUSAL_NONE);
    }
    memset(bundle.data + 1, 0xff, bundle.size - 1);
    struct slice rest = bytes_slice(&bundle);
    assert_int_equal(wire_bundle_next(&rest, &one), REFUSAL_MALFORMED);
    bytes_fini(&bundle);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_has_these_sixteen_bytes),
        cmocka_unit_test(what_is_not_a_header_is_refused),
        cmocka_unit_test(a_peer_envelope_comes_back_as_it_was),
        cmocka_unit_test(a_bundle_gives_back_its_messages_in_their_order),
        cmocka_unit_test(a_bundle_that_was_cut_anywhere_is_refused),
        cmocka_unit_test(each_kind_of_message_has_a_body_that_exists),
        cmocka_unit_test(roles_may_send_what_the_table_says),
        cmocka_unit_test(each_refusal_has_a_word_of_its_own_and_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
