#include "proto/wire.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"

enum {
    PROVEN = 0x80,     /* in the role's byte */
    BUNDLE_TAG = 0x0a, /* Bundle.messages */
    VARINT_MAX = 6,    /* tag included: lengths below 2^35 */
};

static void put_be(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = size; i-- > 0; value >>= 8)
        out[i] = (uint8_t)(value & 0xff);
}

static uint64_t get_be(const uint8_t *in, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | in[i];
    return value;
}

void wire_header_encode(const struct wire_header *header,
                        uint8_t out[WIRE_HEADER_SIZE])
{
    out[0] = 'Y';
    out[1] = 'n';
    out[2] = header->version;
    out[3] = header->kind;
    put_be(out + 4, header->partition, 4);
    put_be(out + 8, header->request_id, 8);
}

enum refusal wire_header_decode(const void *frame, size_t size,
                                struct wire_header *header)
{
    const uint8_t *in = frame;
    if (size != WIRE_HEADER_SIZE || in[0] != 'Y' || in[1] != 'n')
        return REFUSAL_MALFORMED;
    *header = (struct wire_header){
        .version = in[2],
        .kind = in[3],
        .partition = (uint32_t)get_be(in + 4, 4),
        .request_id = get_be(in + 8, 8),
    };
    return header->version == WIRE_VERSION ? REFUSAL_NONE
                                           : REFUSAL_WRONG_VERSION;
}

size_t wire_peer_encode(const struct wire_peer *peer,
                        uint8_t out[WIRE_PEER_MAX])
{
    assert(peer->identity_size <= WIRE_IDENTITY_MAX);
    put_be(out, peer->session, 8);
    out[8] = (uint8_t)(peer->role | (peer->proven ? PROVEN : 0));
    if (peer->identity_size > 0)
        memcpy(out + WIRE_PEER_MIN, peer->identity, peer->identity_size);
    return WIRE_PEER_MIN + peer->identity_size;
}

enum refusal wire_peer_decode(const void *frame, size_t size,
                              struct wire_peer *peer)
{
    const uint8_t *in = frame;
    if (size < WIRE_PEER_MIN || size > WIRE_PEER_MAX ||
        (in[8] & ~PROVEN) >= WIRE_ROLES_END)
        return REFUSAL_MALFORMED;
    *peer = (struct wire_peer){
        .session = get_be(in, 8),
        .role = (uint8_t)(in[8] & ~PROVEN),
        .proven = (in[8] & PROVEN) != 0,
        .identity = (const char *)in + WIRE_PEER_MIN,
        .identity_size = size - WIRE_PEER_MIN,
    };
    return REFUSAL_NONE;
}

void wire_span_encode(const struct wire_span *span, uint8_t out[WIRE_SPAN_SIZE])
{
    put_be(out, span->first, 8);
    put_be(out + 8, span->last, 8);
}

enum refusal wire_span_decode(const void *frame, size_t size,
                              struct wire_span *span)
{
    const uint8_t *in = frame;
    if (size != WIRE_SPAN_SIZE)
        return REFUSAL_MALFORMED;
    struct wire_span read = {.first = get_be(in, 8), .last = get_be(in + 8, 8)};
    if (read.last + 1 < read.first || read.last == UINT64_MAX)
        return REFUSAL_MALFORMED;
    *span = read;
    return REFUSAL_NONE;
}

void wire_bundle_add(struct bytes *bundle, const struct wire_peer *peer,
                     const struct wire_header *header, struct slice body)
{
    uint8_t head[1 + WIRE_PEER_MAX + WIRE_HEADER_SIZE];
    uint8_t before[VARINT_MAX];
    size_t size = wire_peer_encode(peer, head + 1), n = 0;

    head[0] = (uint8_t)size;
    size += 1;
    wire_header_encode(header, head + size);
    size += WIRE_HEADER_SIZE;
    before[n++] = BUNDLE_TAG;
    for (size_t left = size + body.size; n == 1 || left > 0; left >>= 7)
        before[n++] = (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    uint8_t *room = bytes_reserve(bundle, n + size + body.size);

    if (!room)
        return;
    memcpy(room, before, n);
    memcpy(room + n, head, size);
    if (body.size > 0)
        memcpy(room + n + size, body.data, body.size);
    bundle->size += n + size + body.size;
}

/* Tag and length, as of a repeated field of bytes. */
static bool cut_message(struct slice *rest, struct slice *message)
{
    uint64_t size = 0;
    size_t n = 1;

    if (rest->size < 2 || rest->data[0] != BUNDLE_TAG)
        return false;
    do {
        if (n == rest->size || n == VARINT_MAX)
            return false;
        size |= (uint64_t)(rest->data[n] & 0x7f) << (7 * (n - 1));
    } while (rest->data[n++] & 0x80);
    if (size > rest->size - n)
        return false;
    *message = slice_of(rest->data + n, (size_t)size);
    *rest = slice_from(*rest, n + (size_t)size);
    return true;
}

enum refusal wire_bundle_next(struct slice *rest, struct wire_bundled *out)
{
    struct slice message;
    enum refusal code = REFUSAL_MALFORMED;

    if (cut_message(rest, &message) && message.size > 0) {
        size_t peer = message.data[0], head = 1 + peer + WIRE_HEADER_SIZE;

        if (head <= message.size)
            code = wire_peer_decode(message.data + 1, peer, &out->peer);
        if (head <= message.size && code == REFUSAL_NONE)
            code = wire_header_decode(message.data + 1 + peer, WIRE_HEADER_SIZE,
                                      &out->header);
        if (code == REFUSAL_NONE)
            out->body = slice_from(message, head);
    }
    if (code != REFUSAL_NONE)
        *rest = SLICE_EMPTY;
    return code;
}

size_t wire_topic(uint32_t partition, char out[WIRE_TOPIC_SIZE])
{
    return (size_t)snprintf(out, WIRE_TOPIC_SIZE, "p%" PRIu32 "-", partition);
}

#define X(name, code, by, to, answer, body)                                    \
    [code] = {code, #name, by, WIRE_TO_##to, WIRE_##answer, #body},
static const struct wire_kind_row kinds[WIRE_KINDS_END] = {WIRE_KINDS(X)};
#undef X

const struct wire_kind_row *wire_kind_row(uint8_t kind)
{
    return kind < WIRE_KINDS_END && kinds[kind].name ? &kinds[kind] : NULL;
}

bool wire_may_send(enum wire_role role, uint8_t kind)
{
    const struct wire_kind_row *row = wire_kind_row(kind);
    return row && (unsigned)role < WIRE_ROLES_END &&
           (row->sent_by & 1u << role) != 0;
}

#define X(name, code, text) [code] = text,
static const char *const roles[WIRE_ROLES_END] = {WIRE_ROLES(X)};
#undef X

const char *wire_role_name(unsigned role)
{
    return role < WIRE_ROLES_END ? roles[role] : NULL;
}

enum wire_role wire_role_by_name(const char *name)
{
    unsigned role = 0;
    while (role < WIRE_ROLES_END && strcmp(roles[role], name) != 0)
        role++;
    return (enum wire_role)role;
}

struct refusal_row {
    const char *name;
    const char *sentence;
    int exit;
    bool again;
};

#define X(name, code, text, again, exit, sentence)                             \
    [code] = {text, sentence, exit, again},
static const struct refusal_row refusals[REFUSALS_END] = {WIRE_REFUSALS(X)};
#undef X

static const struct refusal_row *refusal_row(unsigned code)
{
    return &refusals[code < REFUSALS_END ? code : REFUSAL_INTERNAL];
}

const char *refusal_name(unsigned code)
{
    return refusal_row(code)->name;
}

const char *refusal_sentence(unsigned code)
{
    return refusal_row(code)->sentence;
}

int refusal_exit(unsigned code)
{
    return refusal_row(code)->exit;
}

bool refusal_again(unsigned code)
{
    return refusal_row(code)->again;
}

enum refusal refusal_by_name(const char *name)
{
    unsigned code = 0;
    while (code < REFUSALS_END && strcmp(refusals[code].name, name) != 0)
        code++;
    return (enum refusal)code;
}
