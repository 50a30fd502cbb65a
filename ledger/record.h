/* record - one journal record, byte by byte.
 *
 * A record is a frame of 16 bytes, a header of 192 bytes and up to three parts.
 * All integers are big-endian, so that a hex dump can be read.
 *
 *   frame   0  4  magic "YnR1"
 *           4  1  present: bit i says that part i is stored
 *           5  3  zero
 *           8  4  CRC32C over bytes 12 to the end
 *          12  4  zero
 *   header 16  2  format version, 1
 *          18  2  kind, of the caller's own table
 *          20  4  flags, of the caller's own table
 *          24  8  seq, from 1, without a gap
 *          32  8  journal time, ms since the epoch
 *          40  8  wall time, ms since the epoch
 *          48  8  epoch of the owner that wrote it
 *          56  8  producer: a hash of its identity, 0 for the ledger's own
 *          64  4  size of the input part
 *          68  4  size of the personal part
 *          72  4  size of the decisions part
 *          76  4  zero
 *          80 32  BLAKE2b-256 of the input part, zero if its size is 0
 *         112 32  BLAKE2b-256 of the personal part, as sealed, likewise
 *         144 32  BLAKE2b-256 of the decisions part, likewise
 *         176 32  chain digest of the record before
 *   parts 208  …  the parts that are present, in this order
 *
 * The chain digest of a record is BLAKE2b-256 over its 192 header bytes. It
 * covers the digests of the parts and not the parts, and it does not cover the
 * frame: a part may be erased (its bit cleared, its bytes dropped, the CRC
 * made new) and the chain still verifies. Size and digest of what was there
 * stay as evidence.
 *
 * Units    *_ms are milliseconds since 1970 UTC.
 * Memory   Decoding copies nothing: the parts point into the bytes given.
 * Errors   STATUS_CORRUPT names a byte string that is not a whole, undamaged
 *          record; no byte string does worse. Encoding cannot fail: that the
 *          parts fit RECORD_PART_MAX is the caller's to check first.
 * Threads  None; all of it is reentrant.
 */
#ifndef LEDGER_RECORD_H
#define LEDGER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/slice.h"

enum {
    RECORD_FRAME_BYTES = 16,
    RECORD_HEADER_BYTES = 192,
    RECORD_FIXED_BYTES = RECORD_FRAME_BYTES + RECORD_HEADER_BYTES,
    RECORD_FORMAT = 1,
    RECORD_PART_MAX = LIMIT_RECORD_BYTES - RECORD_FIXED_BYTES,
};

/* Bits of the frame and order of the bytes: append only, never renumber. */
/* clang-format off */
#define RECORD_PARTS_TABLE(X)                                                  \
    /* name      code  text         */                                         \
    X(INPUT,     0, "input")     /* as received, without personal fields */    \
    X(PERSONAL,  1, "personal")  /* sealed with the customer's key       */    \
    X(DECISIONS, 2, "decisions") /* what the engine decided              */
/* clang-format on */

#define X(name, code, text) RECORD_##name = code,
enum record_part { RECORD_PARTS_TABLE(X) RECORD_PARTS };
#undef X

struct record {
    uint64_t seq;
    int64_t journal_ms;
    int64_t wall_ms;
    uint64_t epoch;    /* of the owner; the journal's append sets it */
    uint64_t producer; /* record_producer_hash() or 0 */
    uint32_t flags;
    uint16_t kind;
    struct slice parts[RECORD_PARTS]; /* empty where there is none */

    /* Set by decoding, not looked at by encoding. */
    uint8_t present;                     /* bit i: part i is stored */
    uint32_t sizes[RECORD_PARTS];        /* as they were when written */
    struct digest digests[RECORD_PARTS]; /* likewise */
    struct digest before;                /* chain digest of seq - 1 */
};

/* How many bytes encoding will write. */
size_t record_size(const struct record *r);

/* Writes record_size() bytes at out; *chain is that of the record before and
 * becomes this one's. */
void record_encode(const struct record *r, struct digest *chain, uint8_t *out);

/* Checks magic, sizes, format version and CRC. The parts' digests are only
 * checked by record_verify(). An erased part is empty and not present. */
MUST_CHECK enum status record_decode(struct slice bytes, struct record *r,
                                     struct error *err);

/* The digests of the parts that are present, of a decoded record. */
MUST_CHECK enum status record_verify(const struct record *r, struct error *err);

/* The chain digest of an encoded record that decodes. */
struct digest record_chain(struct slice bytes);

/* True when the part was there once and has been erased since. */
bool record_erased(const struct record *r, enum record_part part);

/* Writes the encoded record without one of its parts; returns the new size,
 * which is the old one when the part was not there. out has bytes.size room
 * and may be the record itself. */
size_t record_erase(struct slice bytes, enum record_part part, uint8_t *out);

uint64_t record_producer_hash(struct slice identity);

const char *record_part_name(enum record_part part);

#endif
