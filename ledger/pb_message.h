/* pb_message - any message as bytes, in one pass.
 *
 * protobuf-c walks a message twice, once for the sizes: of messages with many
 * fields that are not set, as events are, most of the time goes there.
 *
 * Memory   Writes into the caller's buffer; what comes out is what protobuf-c
 *          writes, byte for byte (a test holds them together).
 * Errors   full, as all of ledger/pb.h.
 * Threads  Any.
 */
#ifndef LEDGER_PB_MESSAGE_H
#define LEDGER_PB_MESSAGE_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"
#include "ledger/pb.h"

void pb_message(struct pb_out *o, const ProtobufCMessage *message);

/* Behind what is in out, which grows as needed. */
enum status pb_message_append(const ProtobufCMessage *message,
                              struct bytes *out);

#endif
