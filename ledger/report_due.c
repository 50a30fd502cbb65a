/* report_due - clocks and promises: kept or missed. */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "engine/case.h"
#include "ledger/report_internal.h"
#include "proto/roles.h"

enum { KEY_SIZE = 4 * (NAME_BYTES_MAX + 1) };

/* A clock of a case, as it runs. */
struct instance {
    char *key; /* case 0x1f clock 0x1f key */
    int64_t due_ms, armed_ms;
    int severity; /* by which it is timed */
    bool missed;
};

struct owed {
    char *key; /* case 0x1f promise */
    const char *person;
};

/* --- clocks --------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct instance *)a)->key,
                  ((const struct instance *)b)->key);
}

static void free_instance(void *node)
{
    free(((struct instance *)node)->key);
    free(node);
}

static void clock_ended(struct report_gathering *g, struct report_case *c,
                        const decision *d, bool missed)
{
    bool call = d->key && role_of(d->key) != 0;

    gathering_share(g, call ? REPORT_CALL_FACT : REPORT_CLOCK_FACT, c, d->at_ms,
                    call ? d->key : d->clock, !missed);
    if (missed && c)
        c->missed++;
}

/* The pack may time until the end of a clock; once in a case. */
static void clock_timed(struct report_gathering *g, const struct people *p,
                        struct report_case *c, const decision *d)
{
    for (size_t i = 0;
         c && p && i < p->map_counts[PEOPLE_TIMES] && i < REPORT_TIMES_MAX;
         i++) {
        const struct people_names *n = &p->maps[PEOPLE_TIMES][i];

        if (c->end_ms[i] || !d->clock || !people_has(n, text_of(d->clock)))
            continue;
        c->end_ms[i] = d->at_ms;
        gathering_span(g, REPORT_TIME_FACT, c, d->at_ms,
                       d->at_ms - c->opened_ms, gathering_word_of(g, n->name));
    }
}

void report_due_clock(struct report_gathering *g, const struct people *p,
                      struct report_case *c, const decision *d, bool over)
{
    char key[KEY_SIZE];
    struct instance wanted = {.key = key}, **found, *i;

    snprintf(key, sizeof key, "%s\x1f%s\x1f%s", d->case_id ? d->case_id : "",
             d->clock ? d->clock : "", d->key ? d->key : "");
    found = tfind(&wanted, &g->instances, by_key);
    i = found ? *found : NULL;
    if (DECISION_IS(d, ARM) && d->instance) {
        if (!i) {
            i = must(calloc(1, sizeof *i));
            i->key = must(strdup(key));
            must(tsearch(i, &g->instances, by_key));
            i->armed_ms = d->instance->armed_at_ms;
        } else if (d->instance->armed_at_ms > i->armed_ms) {
            /* Another severity times it anew: nobody has kept it. */
            if (!i->missed && (int)d->instance->severity == i->severity)
                clock_ended(g, c, d, false);
            i->armed_ms = d->instance->armed_at_ms;
            i->missed = false;
        }
        i->due_ms = d->instance->due_ms;
        i->severity = (int)d->instance->severity;
    } else if (i && DECISION_IS(d, CANCEL)) {
        if (!i->missed)
            clock_ended(g, c, d, false);
        if (!over)
            clock_timed(g, p, c, d);
        tdelete(i, &g->instances, by_key);
        free_instance(i);
    } else if (i && DECISION_IS(d, FIRE) && !i->missed &&
               d->due_ms >= i->due_ms) {
        i->missed = true;
        clock_ended(g, c, d, true);
    }
}

/* --- promises ------------------------------------------------------------- */

static int by_owed(const void *a, const void *b)
{
    return strcmp(((const struct owed *)a)->key, ((const struct owed *)b)->key);
}

void report_due_promise(struct report_gathering *g, struct report_case *c,
                        const decision *d, const char *by)
{
    const char *state =
        d->promise && d->promise->state ? d->promise->state : "";
    char key[KEY_SIZE];
    struct owed wanted = {.key = key}, **found;
    const char *person = by && *by ? by : c ? c->owner : "";
    struct report_fact *f;

    snprintf(key, sizeof key, "%s\x1f%s", d->case_id ? d->case_id : "",
             d->key ? d->key : "");
    found = tfind(&wanted, &g->promises, by_owed);
    if (strcmp(state, promise_state_name(PROMISE_OPEN)) == 0) {
        struct owed *made;

        if (found)
            return;
        made = must(arena_alloc(&g->report->arena, sizeof *made));
        made->key = must(arena_text(&g->report->arena, key));
        made->person = gathering_word(g, person);
        must(tsearch(made, &g->promises, by_owed));
        if (c)
            c->promises_open++;
        return;
    }
    if (!found)
        return;
    person = (*found)->person;
    tdelete(*found, &g->promises, by_owed);
    if (c && c->promises_open)
        c->promises_open--;
    if (strcmp(state, promise_state_name(PROMISE_KEPT)) != 0 &&
        strcmp(state, promise_state_name(PROMISE_MISSED)) != 0)
        return;
    f = gathering_fact(g, REPORT_PROMISE_FACT, c, d->at_ms, d->key);
    f->good = strcmp(state, promise_state_name(PROMISE_KEPT)) == 0;
    f->person = gathering_word(g, person);
    if (c && !f->good)
        c->broken++;
}

static void leave(void *nothing)
{
    (void)nothing;
}

void report_due_forget(struct report_gathering *g)
{
    tdestroy(g->instances, free_instance);
    tdestroy(g->promises, leave);
    g->instances = g->promises = NULL;
}
