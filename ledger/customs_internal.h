/* customs_internal - the pieces that rows and decisions have in common. */
#ifndef LEDGER_CUSTOMS_INTERNAL_H
#define LEDGER_CUSTOMS_INTERNAL_H

#include "engine/engine.h"
#include "ledger/pb.h"

void customs_put_instance(struct pb_out *o, const struct clock_instance *i,
                          struct text name);
void customs_put_item(struct pb_out *o, const struct item *i, struct text list);
void customs_put_promise(struct pb_out *o, const struct promise *p);

MUST_CHECK bool customs_get_instance(struct slice bytes,
                                     struct clock_instance *i);
MUST_CHECK bool customs_get_item(struct slice bytes, struct item *i);
MUST_CHECK bool customs_get_promise(struct slice bytes, struct promise *p);

#endif
