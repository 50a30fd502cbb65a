/* personal - which data of an event is a customer's, and taking it apart.
 *
 * Fields are personal that yinuo.proto marks [personal]; the build makes the
 * table from those marks. Attributes, which have no mark, are personal by
 * their names: those below, every name that starts with "customer_" and holds
 * words, and those of marked fields but `by` and `to`.
 *
 * Memory   What is split off and joined shares texts with the event it came
 *          from; new messages live in the arena.
 * Errors   false or NULL: the arena is full; the event is as before.
 * Threads  Any.
 * Source   Design section 5: personal fields live in a part of their own.
 */
#ifndef PROTO_PERSONAL_H
#define PROTO_PERSONAL_H

#include <stdbool.h>

#include "base/arena.h"
#include "proto/codec.h"

/* Is this field of this message type marked? */
bool personal_field(const ProtobufCMessageDescriptor *type,
                    const ProtobufCFieldDescriptor *field);

bool personal_attribute(const Yinuo__V1__Attribute *attribute);

/* Moves all personal fields of the event to a new one that holds nothing else:
 * *personal is NULL if there is none. */
bool personal_split(Yinuo__V1__Event *event, struct arena *arena,
                    Yinuo__V1__Event **personal);

/* Puts back what personal_split took out. Fields of the event that are there
 * already stay. */
bool personal_join(Yinuo__V1__Event *event, const Yinuo__V1__Event *personal,
                   struct arena *arena);

/* Clears every personal field of any message and of those in it, events and
 * attributes included: what a reader without the right may see. */
void personal_mask(ProtobufCMessage *message);

#endif
