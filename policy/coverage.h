/* coverage - who is on duty from when until when, and the hours at which nobody
 * is.
 *
 * Only the moments are looked at at which something can change: hours of a
 * contact begin or end, a rotation hands over, an override, an absence or an
 * offset begins or ends. Between two of them the same persons are there, which
 * a test holds against walking minute by minute.
 *
 * Memory   None is kept.
 * Threads  Any.
 */
#ifndef POLICY_COVERAGE_H
#define POLICY_COVERAGE_H

#include "base/error.h"
#include "engine/directory.h"

enum { COVERAGE_PERSONS_MAX = 16 };

/* From from_ms until before until_ms these are called, in this order. */
typedef void coverage_visit(void *context, int64_t from_ms, int64_t until_ms,
                            const struct name *who, size_t count);

/* Neighbours with the same persons are one stretch. NO_MEMORY. */
MUST_CHECK enum status coverage_walk(const struct directory *d,
                                     struct text station, struct text region,
                                     uint8_t role, int64_t from_ms,
                                     int64_t until_ms, coverage_visit *visit,
                                     void *context);

#endif
