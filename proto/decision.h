/* decision - which one a recorded decision is.
 *
 * Threads  Any.
 */
#ifndef PROTO_DECISION_H
#define PROTO_DECISION_H

#include "proto/yinuo.pb-c.h"

/* DECISION_IS(d, OPEN) */
#define DECISION_IS(d, name)                                                   \
    ((d)->kind == YINUO__V1__DECISION_KIND__DECISION_KIND_##name)

#endif
