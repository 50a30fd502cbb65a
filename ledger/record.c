#include "ledger/record.h"

#include <assert.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/reader.h"
#include "base/writer.h"

static const char magic[4] = {'Y', 'n', 'R', '1'};

/* Where things lie, from the start of the record; see record.h. */
enum {
    AT_PRESENT = 4,
    AT_CRC = 8,
    AT_CHECKED = 12, /* the CRC is over all from here */
    AT_HEADER = RECORD_FRAME_BYTES,
    AT_FORMAT = 16,
    AT_KIND = 18,
    AT_FLAGS = 20,
    AT_SEQ = 24,
    AT_JOURNAL_MS = 32,
    AT_WALL_MS = 40,
    AT_EPOCH = 48,
    AT_PRODUCER = 56,
    AT_SIZES = 64,
    AT_ZERO = 76,
    AT_DIGESTS = 80,
    AT_BEFORE = 176,
    AT_PARTS = RECORD_FIXED_BYTES,
};

_Static_assert(AT_DIGESTS + RECORD_PARTS * DIGEST_BYTES == AT_BEFORE,
               "the digests fill their place");
_Static_assert(AT_BEFORE + DIGEST_BYTES == AT_PARTS,
               "the header ends where the parts begin");

#define X(name, code, text) [RECORD_##name] = (text),
static const char *const part_names[] = {RECORD_PARTS_TABLE(X)};
#undef X

const char *record_part_name(enum record_part part)
{
    return (unsigned)part < RECORD_PARTS ? part_names[part] : "unknown part";
}

size_t record_size(const struct record *r)
{
    size_t size = RECORD_FIXED_BYTES;

    for (size_t i = 0; i < RECORD_PARTS; i++)
        size += r->parts[i].size;
    return size;
}

static struct digest chain_of_header(const uint8_t *record)
{
    return digest_of(slice_of(record + AT_HEADER, RECORD_HEADER_BYTES));
}

static void write_crc(uint8_t *record, size_t size)
{
    put_u32(record + AT_CRC,
            crc32c_of(slice_of(record + AT_CHECKED, size - AT_CHECKED)));
}

/* The part's size and digest into the header, its bytes behind it. */
static void encode_part(const struct record *r, size_t i, uint8_t *out,
                        size_t at)
{
    struct slice part = r->parts[i];
    uint8_t *digest_at = out + AT_DIGESTS + i * DIGEST_BYTES;

    assert(part.size <= RECORD_PART_MAX);
    put_u32(out + AT_SIZES + 4 * i, (uint32_t)part.size);
    if (part.size == 0) {
        memset(digest_at, 0, DIGEST_BYTES);
        return;
    }
    struct digest d = digest_of(part);

    memcpy(digest_at, d.bytes, DIGEST_BYTES);
    memcpy(out + at, part.data, part.size);
    out[AT_PRESENT] = (uint8_t)(out[AT_PRESENT] | 1U << i);
}

void record_encode(const struct record *r, struct digest *chain, uint8_t *out)
{
    size_t at = AT_PARTS;

    memset(out, 0, AT_FORMAT);
    memcpy(out, magic, sizeof magic);
    put_u16(out + AT_FORMAT, RECORD_FORMAT);
    put_u16(out + AT_KIND, r->kind);
    put_u32(out + AT_FLAGS, r->flags);
    put_u64(out + AT_SEQ, r->seq);
    put_u64(out + AT_JOURNAL_MS, (uint64_t)r->journal_ms);
    put_u64(out + AT_WALL_MS, (uint64_t)r->wall_ms);
    put_u64(out + AT_EPOCH, r->epoch);
    put_u64(out + AT_PRODUCER, r->producer);
    put_u32(out + AT_ZERO, 0);
    memcpy(out + AT_BEFORE, chain->bytes, DIGEST_BYTES);
    for (size_t i = 0; i < RECORD_PARTS; i++) {
        encode_part(r, i, out, at);
        at += r->parts[i].size;
    }
    *chain = chain_of_header(out);
    write_crc(out, at);
}

static enum status bad(struct error *err, const char *why)
{
    return error_set(err, STATUS_CORRUPT, "record: %s", error_said(why));
}

static void read_header(const uint8_t *p, struct record *r)
{
    r->present = p[AT_PRESENT];
    r->kind = get_u16(p + AT_KIND);
    r->flags = get_u32(p + AT_FLAGS);
    r->seq = get_u64(p + AT_SEQ);
    r->journal_ms = (int64_t)get_u64(p + AT_JOURNAL_MS);
    r->wall_ms = (int64_t)get_u64(p + AT_WALL_MS);
    r->epoch = get_u64(p + AT_EPOCH);
    r->producer = get_u64(p + AT_PRODUCER);
    memcpy(r->before.bytes, p + AT_BEFORE, DIGEST_BYTES);
    for (size_t i = 0; i < RECORD_PARTS; i++) {
        r->sizes[i] = get_u32(p + AT_SIZES + 4 * i);
        memcpy(r->digests[i].bytes, p + AT_DIGESTS + i * DIGEST_BYTES,
               DIGEST_BYTES);
        r->parts[i] = SLICE_EMPTY;
    }
}

/* Lays the parts that are present over the rest of the bytes. */
static enum status read_parts(struct slice bytes, struct record *r,
                              struct error *err)
{
    size_t at = AT_PARTS;

    if (r->present >> RECORD_PARTS != 0)
        return bad(err, "unknown parts are marked present");
    for (size_t i = 0; i < RECORD_PARTS; i++) {
        if (r->sizes[i] > RECORD_PART_MAX)
            return bad(err, "a part's size is over the limit");
        if (!(r->present >> i & 1))
            continue;
        if (r->sizes[i] == 0 || r->sizes[i] > bytes.size - at)
            return bad(err, "a part's size does not fit");
        r->parts[i] = slice_of(bytes.data + at, r->sizes[i]);
        at += r->sizes[i];
    }
    return at == bytes.size ? STATUS_OK : bad(err, "bytes are left over");
}

enum status record_decode(struct slice bytes, struct record *r,
                          struct error *err)
{
    const uint8_t *p = bytes.data;
    struct record local;

    if (bytes.size < RECORD_FIXED_BYTES)
        return bad(err, "shorter than a header");
    if (bytes.size > LIMIT_RECORD_BYTES)
        return bad(err, "longer than the limit");
    if (memcmp(p, magic, sizeof magic) != 0 || p[5] != 0 || get_u16(p + 6) != 0)
        return bad(err, "no record begins here");
    if (crc32c_of(slice_from(bytes, AT_CHECKED)) != get_u32(p + AT_CRC))
        return bad(err, "checksum does not match");
    if (get_u16(p + AT_FORMAT) != RECORD_FORMAT)
        return error_set(err, STATUS_CORRUPT,
                         "record: format version %u, this program reads %d",
                         get_u16(p + AT_FORMAT), RECORD_FORMAT);
    read_header(p, &local);
    enum status status = read_parts(bytes, &local, err);

    if (status == STATUS_OK)
        *r = local;
    return status;
}

enum status record_verify(const struct record *r, struct error *err)
{
    for (size_t i = 0; i < RECORD_PARTS; i++) {
        if (!(r->present >> i & 1))
            continue;
        struct digest d = digest_of(r->parts[i]);

        if (!digest_equal(&d, &r->digests[i]))
            return error_set(err, STATUS_CORRUPT,
                             "record %llu: the %s part does not have the "
                             "digest of its header",
                             (unsigned long long)r->seq,
                             error_said(part_names[i]));
    }
    return STATUS_OK;
}

struct digest record_chain(struct slice bytes)
{
    assert(bytes.size >= RECORD_FIXED_BYTES);
    return chain_of_header(bytes.data);
}

bool record_erased(const struct record *r, enum record_part part)
{
    return r->sizes[part] > 0 && !(r->present >> part & 1);
}

size_t record_erase(struct slice bytes, enum record_part part, uint8_t *out)
{
    unsigned present = bytes.data[AT_PRESENT];
    size_t at = AT_PARTS;

    memmove(out, bytes.data, bytes.size);
    if (!(present >> part & 1))
        return bytes.size;
    for (unsigned i = 0; i < (unsigned)part; i++)
        at += present >> i & 1 ? get_u32(out + AT_SIZES + 4 * i) : 0;
    size_t gone = get_u32(out + AT_SIZES + 4 * (size_t)part);

    memmove(out + at, out + at + gone, bytes.size - at - gone);
    out[AT_PRESENT] = (uint8_t)(present & ~(1U << part));
    write_crc(out, bytes.size - gone);
    return bytes.size - gone;
}

uint64_t record_producer_hash(struct slice identity)
{
    struct digest d = digest_of(identity);

    return get_u64(d.bytes);
}
