/* codec - protobuf messages from bytes and to bytes, with bounds.
 *
 * Decoding first walks the bytes along the descriptors without allocating
 * anything, and refuses what is malformed or beyond a limit; only then are they
 * unpacked into the arena. protobuf-c alone would take 57 bytes of memory for
 * one byte of a hostile message, and would accept texts with a NUL inside.
 * What the walk refuses:
 *
 *   truncated fields, groups, wire types that do not fit the schema, a field
 *   that may be there once and comes twice            -> malformed
 *   more than CODEC_UNKNOWN_MAX fields that are not in the schema, lists longer
 *   than their limit                                  -> too_many
 *   texts and byte strings longer than their limit    -> too_large, id_too_long
 *   texts that are not UTF-8 or hold a NUL            -> not_utf8
 *
 * Numbers of enums that are not known here pass: readers must expect them.
 * Unknown fields are kept, and packed again by codec_encode().
 *
 * Units    Sizes in bytes.
 * Memory   Decoded messages live in the arena, whose cap bounds them. Nothing
 *          points into the input.
 * Errors   Refusal codes of proto/wire.h, with the path of the field and a
 *          sentence for people in the fault.
 * Threads  Any, with an arena of one's own.
 * Source   Field notes 3 and 7 (rules 9 to 11).
 */
#ifndef PROTO_CODEC_H
#define PROTO_CODEC_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/slice.h"
#include "proto/wire.h"
#include "proto/yinuo.pb-c.h"

enum {
    CODEC_FIELDS_MAX = 64,  /* of one message type in the schema */
    CODEC_DEPTH_MAX = 8,    /* of messages in messages in the schema */
    CODEC_UNKNOWN_MAX = 32, /* unknown fields in one decoded message */
};

/* Why something was refused. */
struct fault {
    enum refusal code;
    char field[128]; /* "attributes[3].name"; "" where it is the whole */
    char text[256];  /* one sentence for people, field included */
};

/* Fills in *fault (may be NULL) and returns the code. */
enum refusal fault_set(struct fault *fault, enum refusal code,
                       const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The message, to be used as what type describes, or NULL with *fault set.
 *   Yinuo__V1__Event *event =
 *       codec_decode(&yinuo__v1__event__descriptor, in, &arena, &fault); */
void *codec_decode(const ProtobufCMessageDescriptor *type, struct slice in,
                   struct arena *arena, struct fault *fault);

/* The walk alone: would codec_decode refuse it? */
enum refusal codec_check(const ProtobufCMessageDescriptor *type,
                         struct slice in, struct fault *fault);

/* The longest value that decoding lets pass, for those who prepare messages:
 * bytes of a string or bytes field, items of a repeated one. */
size_t codec_size_limit(const ProtobufCFieldDescriptor *field);
size_t codec_items_limit(const ProtobufCMessageDescriptor *type,
                         const ProtobufCFieldDescriptor *field);

/* Appends the packed message. The status is that of the buffer. Fields are
 * written in the order of their numbers, so equal messages give equal bytes. */
enum status codec_encode(const ProtobufCMessage *message, struct bytes *out);

/* "Event" -> its descriptor; NULL where there is no such message. */
const ProtobufCMessageDescriptor *codec_type(const char *name);

#endif
