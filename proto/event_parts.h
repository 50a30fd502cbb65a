/* event_parts - where the fields of an event are; shared by event*.c.
 *
 * Memory   Everything points into the event or is constant.
 * Threads  Any.
 */
#ifndef PROTO_EVENT_PARTS_H
#define PROTO_EVENT_PARTS_H

#include "proto/event.h"

/* The built-in kind that the event's name stands for, or NULL. */
const struct kind *event_kind(const Yinuo__V1__Event *event);

/* The field of Event for the kind's carrier; NULL where it has none. */
const ProtobufCFieldDescriptor *
event_carrier_field(const Yinuo__V1__Event *event);

/* The carrier itself; NULL where the kind has none, or it is not set. */
ProtobufCMessage *event_carrier(const Yinuo__V1__Event *event);

/* Common fields of Event: all before the carriers, but the code. */
const ProtobufCFieldDescriptor *event_common_field(const char *name);

Yinuo__V1__Attribute *event_find_attribute(const Yinuo__V1__Event *event,
                                           const char *name);

#endif
