/* message_json - any message as JSON, along its descriptor.
 *
 * For `--output json` and the gateway. Names are those of yinuo.proto, except:
 *   moments       lose `_ms` and become RFC 3339 text in the zone
 *   spans         lose `_ms` and become seconds (0.25 for 250 ms)
 *   enums         become their word: "S1"; unknown ones numbers
 *   roles         become their name: "station_head", see roles.h
 *   Event         is flat, see event_json.h
 *   Decision      has its kind as word
 *   lists of KeyValue and Attribute become one object
 *   bytes         become hexadecimal text
 * What is not set is left out, and so are empty lists.
 *
 * Memory   A new reference: json_decref. NULL: no memory.
 * Threads  Any.
 */
#ifndef PROTO_MESSAGE_JSON_H
#define PROTO_MESSAGE_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "proto/yinuo.pb-c.h"

/* zone: a name of the tz database, NULL for UTC. */
json_t *message_to_json(const ProtobufCMessage *message, const char *zone);

/* A decision line: always with seq, at, case_id, kind, severity, tier, person,
 * method, rule, clock, due, late_by (seconds), cause_seq, in this order, null
 * where they do not apply; then whatever else the decision has. `seq` is the
 * journal record that it stands in, `cause_seq` (0: none) the one that armed
 * or caused what it does. */
json_t *decision_to_json(const Yinuo__V1__Decision *decision, uint64_t seq,
                         uint64_t cause_seq, const char *zone);

#endif
