/* pack - any message as bytes, in one pass.
 *
 * protobuf-c walks a message twice, once for the sizes: of messages with many
 * fields that are not set, as events are, most of the time goes there.
 *
 * Memory   Writes into the caller's buffer; what comes out is what protobuf-c
 *          writes, byte for byte (a test holds them together).
 * Errors   full, as all of proto/pb.h.
 * Threads  Any.
 */
#ifndef PROTO_PACK_H
#define PROTO_PACK_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"
#include "proto/pb.h"

void pack(struct pb_out *o, const ProtobufCMessage *message);

/* Behind what is in out, which grows by more than that: for buffers that are
 * used again and again. codec_encode() takes what it needs. */
enum status pack_append(const ProtobufCMessage *message, struct bytes *out);

#endif
