/* calendars - calendars.yaml: opening hours with names.
 *
 * A plan is written once and used by stations in any zone; each pair of plan
 * and zone becomes one calendar of the engine.
 *
 * Source   docs/policy.md "Calendars".
 */
#ifndef POLICY_CALENDARS_H
#define POLICY_CALENDARS_H

#include "policy/document.h"
#include "policy/zones.h"

enum { PLANS_MAX = 128, CALENDARS_MAX = 512, EXCEPTIONS_MAX = 4096 };

struct plan {
    const struct draft *draft; /* its own pack's plans are looked at first */
    struct calendar calendar;  /* zone not yet set */
    struct text zone;          /* empty: the station's */
};

struct calendars {
    struct plan plans[PLANS_MAX];
    size_t plan_count;
    const struct calendar *list[CALENDARS_MAX];
    const struct plan *plan_of[CALENDARS_MAX];
    size_t count;
};

/* Reads l->draft->calendars. */
void calendars_read(struct loader *l, struct calendars *c);

/* NULL with a finding when no pack has a plan of that name. */
const struct calendar *calendars_get(struct loader *l, struct calendars *c,
                                     struct zones *zones, struct text name,
                                     const struct zone *zone, struct place at);

/* Open always, in UTC: for a directory that says nothing. */
const struct calendar *calendars_always(struct loader *l,
                                        const struct zone *utc);

/* "2016-02-05" to days since 1970-01-01; false without a finding. */
bool day_of_text(struct text word, int32_t *day);
/* "09:30" to minutes, up to 24:00; false without a finding. */
bool minute_of_text(struct text word, uint16_t *minute);
/* "mon", "mon-sat", "daily" to a bit per day, Monday first; 0 if none. */
uint8_t days_of_text(struct text word);

#endif
