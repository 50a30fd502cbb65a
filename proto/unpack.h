/* unpack - any message from bytes, along its descriptor.
 *
 * For bytes that codec_check() has passed: what it has found out (types,
 * counts, texts) is not looked at again, and protobuf-c's own way, which
 * gathers all fields first, takes twice as long. What comes out is what
 * protobuf-c makes of the same bytes (a test holds them together).
 *
 * Memory   All of it in the arena; nothing points into the bytes.
 * Errors   NULL: no memory left there, or the bytes make no sense.
 * Threads  Any, with an arena of one's own.
 */
#ifndef PROTO_UNPACK_H
#define PROTO_UNPACK_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"

void *unpack(const ProtobufCMessageDescriptor *type, struct slice bytes,
             struct arena *arena);

#endif
