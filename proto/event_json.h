/* event_json - an Event as one flat JSON object, and back.
 *
 *   {"id":"e-17","kind":"promise.made","at":"2012-06-04T10:05:00+08:00",
 *    "station":"ST-LN-03","case_id":"C-9","promise_id":"P1",
 *    "what":"test","due":"2012-06-05T18:00:00+08:00","tone":"friendly"}
 *
 * Keys are the names of the requirements: common fields, the kind's own, and
 * whatever else is there, which is kept as attributes. Any object that has a
 * text `kind` comes back with the same keys and values; moments come back as
 * the same instant, in the zone that is asked for.
 *
 * A value that does not fit the type of a known field of the kind is kept as
 * it is; event_check() refuses it. One that does not fit a common field is
 * refused here.
 *
 * Time     Moments are RFC 3339 text; on reading, one without an offset is
 *          taken in `zone`, a name of the tz database (NULL: UTC).
 * Memory   Events live in the arena. JSON is a new reference: json_decref.
 * Errors   Refusal codes with the fault; NULL from event_to_json: no memory.
 * Threads  Any.
 * Source   Design section 6.
 */
#ifndef PROTO_EVENT_JSON_H
#define PROTO_EVENT_JSON_H

#include <jansson.h>

#include "proto/event.h"

Yinuo__V1__Event *event_from_json(const json_t *object, const char *zone,
                                  struct arena *arena, struct fault *fault);

json_t *event_to_json(const Yinuo__V1__Event *event, const char *zone);

/* One value as JSON; a new reference. */
json_t *event_value_to_json(const struct event_value *value, const char *zone);

/* A moment as RFC 3339 text in the zone, in UTC where there is no such zone. */
json_t *moment_to_json(int64_t at_ms, const char *zone);

/* A whole number stays one: 5.0 is 5. */
json_t *real_to_json(double value);

#endif
