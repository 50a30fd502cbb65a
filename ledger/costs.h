/* costs - what a case has cost: hours of each tier, goods and refunds, by the
 * rates that the pack's people.yaml names. An estimate: an event of a kind
 * takes its reporter so long, whatever he did meanwhile.
 *
 * A person's tier is that in which he was called; who was never called counts
 * as the first. What there was when the customer first showed that he is not
 * content is what it would have cost to settle it then.
 *
 * Units    The money of the rates; hours.
 * Memory   None beside the struct.
 * Errors   None; with no rates all is 0.
 * Source   requirements.md section 5.14, what a case costs.
 */
#ifndef LEDGER_COSTS_H
#define LEDGER_COSTS_H

#include "ledger/report.h"

enum { COSTS_PERSONS_MAX = 64 };

struct costs {
    double hours[REPORT_TIERS], money[REPORT_TIERS]; /* by tier, from 1 */
    double goods;
    double at_signal; /* of the whole, then */
    bool signalled;
    size_t person_count;
    struct costs_person {
        char name[NAME_BYTES_MAX + 1];
        uint32_t tier;
    } persons[COSTS_PERSONS_MAX];
};

/* Each record of the case in order; zeroed at first. p may be NULL. */
void costs_add(struct costs *c, const struct people *p,
               const Yinuo__V1__StreamRecord *r);
double costs_total(const struct costs *c);

#endif
