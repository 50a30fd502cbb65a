/* customs_internal - the pieces that rows and decisions have in common. */
#ifndef LEDGER_CUSTOMS_INTERNAL_H
#define LEDGER_CUSTOMS_INTERNAL_H

#include <stddef.h>

#include "engine/engine.h"
#include "proto/pb.h"

/* Names are bounded: a longer one makes the whole unreadable. */
static inline void put_name(struct pb_out *o, uint32_t number,
                            const struct name *n)
{
    pb_text(o, number, n->data, n->size);
}

static inline void get_name(struct pb_in *in, const struct pb_field *f,
                            struct name *n)
{
    if (f->wire != PB_BYTES ||
        !name_set(n, (struct text){(const char *)f->bytes.data,
                                   (uint32_t)f->bytes.size}))
        in->bad = true;
}

void customs_put_instance(struct pb_out *o, const struct clock_instance *i,
                          struct text name);
/* All clocks of a case, as its row keeps them. */
void customs_put_clocks(struct pb_out *o, uint32_t number,
                        const struct case_record *c);
MUST_CHECK bool customs_get_clocks(struct slice bytes, struct case_record *c);

void customs_put_item(struct pb_out *o, const struct item *i, struct text list);
void customs_put_promise(struct pb_out *o, const struct promise *p);
void customs_put_fact(struct pb_out *o, const struct fact *f);
void customs_put_tally(struct pb_out *o, const struct tally *t);
void customs_put_interval(struct pb_out *o, const struct interval *i);
void customs_put_booking(struct pb_out *o, const struct booking *b);

/* Texts point into the bytes. */
void customs_put_intent(struct pb_out *o, const struct intent *i);
MUST_CHECK bool customs_get_intent(struct slice bytes, struct intent *i);

MUST_CHECK bool customs_get_instance(struct slice bytes,
                                     struct clock_instance *i);
MUST_CHECK bool customs_get_item(struct slice bytes, struct item *i);
MUST_CHECK bool customs_get_promise(struct slice bytes, struct promise *p);
MUST_CHECK bool customs_get_fact(struct slice bytes, struct fact *f);
MUST_CHECK bool customs_get_tally(struct slice bytes, struct tally *t);
MUST_CHECK bool customs_get_interval(struct slice bytes, struct interval *i);
MUST_CHECK bool customs_get_booking(struct slice bytes, struct booking *b);
void customs_put_rebase(struct pb_out *o, const struct rebase *m);
MUST_CHECK bool customs_get_rebase(struct slice bytes, struct rebase *m);
void customs_put_duty(struct pb_out *o, const struct duty_override *d);
void customs_put_mute(struct pb_out *o, const struct mute *m);

#endif
