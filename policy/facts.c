/* facts - what can be known of a pack's leaves without running it. */
#include "policy/facts.h"

/* --- what is ever done ---------------------------------------------------- */

static void derive(struct facts *f, const struct emission *e)
{
    if (e && e->kind < KINDS_MAX)
        f->derived[e->kind] = true;
}

static void gather_effect(const struct draft *d, struct facts *f,
                          const struct effect_row *e)
{
    bool fills = e->effect == EFFECT_ITEM_BEGIN ||
                 e->effect == EFFECT_ITEM_ADD || e->effect == EFFECT_ITEM_ASK ||
                 e->effect == EFFECT_ITEM_DONE || e->effect == EFFECT_ITEM_TAKE;

    f->done[e->effect] = true;
    if (e->effect == EFFECT_LOCK)
        f->locked |= 1u << e->lock;
    if (e->effect == EFFECT_UNLOCK)
        f->unlocked |= 1u << e->lock;
    if (!fills)
        return;
    for (size_t i = 0; i < d->policy->list_count; i++)
        if (e->list == i ||
            (e->list == LIST_ANY &&
             (e->effect == EFFECT_ITEM_BEGIN || e->effect == EFFECT_ITEM_ADD ||
              e->effect == EFFECT_ITEM_ASK)))
            f->filled[i] = true;
}

static void gather_kind(const struct draft *d, struct facts *f,
                        const struct kind_rule *k)
{
    for (size_t i = 0; i < k->effect_count; i++)
        gather_effect(d, f, &k->effects[i]);
    for (size_t i = 0; i < k->count_count; i++) {
        const struct count_row *row = &k->counts[i];
        enum counting *c = &f->counted[row->counter];

        if (row->by_field.size || row->to.count)
            *c = COUNTED_ANYHOW;
        else if (*c == COUNTED_NEVER)
            *c = COUNTED_UP;
    }
    for (size_t i = 0; i < k->rule_count; i++)
        derive(f, k->rules[i].emit);
    for (size_t i = 0; i < k->gate_count; i++)
        derive(f, k->gates[i].emit);
    for (size_t i = 0; i < k->spread_count; i++)
        if (k->spreads[i].kind < KINDS_MAX)
            f->derived[k->spreads[i].kind] = true;
}

void facts_gather(const struct draft *d, struct facts *f)
{
    const struct policy *p = d->policy;

    memset(f, 0, sizeof *f);
    for (size_t i = 0; i < p->kind_count; i++)
        gather_kind(d, f, &p->kinds[i]);
    for (size_t i = 0; i < p->clock_count; i++)
        for (unsigned s = 0; s < SEVERITIES; s++)
            for (size_t j = 0; j < p->clocks[i].by_severity[s].count; j++)
                derive(f, p->clocks[i].by_severity[s].steps[j].emit);
    for (size_t i = 0; i < p->counter_count; i++)
        for (size_t j = 0; j < p->counters[i].level_count; j++) {
            derive(f, p->counters[i].levels[j].emit);
            derive(f, p->counters[i].levels[j].open);
        }
}

/* --- between which values ------------------------------------------------- */

#define WHOLE INT64_C(1000)

static struct domain anything(void)
{
    return (struct domain){.numbers = true,
                           .texts = true,
                           .missing = true,
                           .flags = FLAGS_SOME,
                           .low = INT64_MIN,
                           .high = INT64_MAX,
                           .step = 1};
}

static struct domain whole(int64_t low, int64_t high, bool missing)
{
    return (struct domain){.numbers = true,
                           .missing = missing,
                           .low = low * WHOLE,
                           .high = high * WHOLE,
                           .step = WHOLE};
}

static struct domain flag(bool missing)
{
    return (struct domain){.flags = FLAGS_ONLY, .missing = missing};
}

static struct domain word(const char *const *words, bool missing)
{
    return (struct domain){.words = words, .missing = missing};
}

static struct domain of_name(const struct draft *d, enum expr_name name,
                             bool case_there)
{
    static const char *const statuses[] = {"open", "waiting", "resolved",
                                           "closed", NULL};
    static const char *const unknowns[] = {"kind", "station", "case", NULL};
    static const char *const sources[] = {
#define X(id, code, name) name,
        SOURCES(X)
#undef X
            NULL};

    switch (name) {
    case EXPR_NAME_CASE_SEVERITY:
        return whole(1, SEVERITIES, !case_there);
    case EXPR_NAME_EVENT_SEVERITY:
        return whole(1, SEVERITIES, true);
    case EXPR_NAME_REPORTER_TIER:
    case EXPR_NAME_REPORTER_ROSTER_TIER:
        return whole(1, d->policy->tier_count, true);
    case EXPR_NAME_TIME_HOUR:
        return whole(0, 23, true);
    case EXPR_NAME_TIME_WEEKDAY:
        return whole(1, 7, true);
    case EXPR_NAME_CASE_OPEN_PROMISES:
    case EXPR_NAME_CASE_DATED_PROMISES:
    case EXPR_NAME_CASE_DUE_PROMISES:
    case EXPR_NAME_CASE_OVERDUE_PROMISES:
    case EXPR_NAME_LOAD_OWNER_CASES:
    case EXPR_NAME_LOAD_OWNER_URGENT:
    case EXPR_NAME_LOAD_OWNER_REGIONS:
    case EXPR_NAME_LOAD_OWNER_PROMISES:
    case EXPR_NAME_LOAD_PERSON_CASES:
    case EXPR_NAME_LOAD_PERSON_URGENT:
    case EXPR_NAME_LOAD_PERSON_REGIONS:
    case EXPR_NAME_LOAD_PERSON_PROMISES:
        return whole(0, INT32_MAX, true);
    case EXPR_NAME_CASE_STATUS:
        return word(statuses, !case_there);
    case EXPR_NAME_EVENT_SOURCE:
        return word(sources, true);
    case EXPR_NAME_UNKNOWN:
        return word(unknowns, true);
    case EXPR_NAME_CASE_LINE_OPEN:
    case EXPR_NAME_REPORTER_IS_OWNER:
    case EXPR_NAME_REPORTER_KEPT_AWAY:
    case EXPR_NAME_CASE_NEW:
    case EXPR_NAME_CASE_HAS_CHILDREN:
        return flag(true);
    default:
        return anything();
    }
}

static struct domain of_counter(const struct draft *d, const struct facts *f,
                                uint16_t index, bool case_there)
{
    bool missing = !case_there || d->counters[index].per.count > 0;

    switch (f->counted[index]) {
    case COUNTED_NEVER:
        return whole(0, 0, missing);
    case COUNTED_UP:
        return whole(0, INT32_MAX, missing);
    default:
        return whole(INT32_MIN, INT32_MAX, missing);
    }
}

static struct domain of_list(const struct draft *d, const struct facts *f,
                             const struct expr_row *row)
{
    bool filled = f->filled[row->index];
    struct domain domain = flag(true);

    if (row->name.size || row->which == EXPR_LIST_SKIPS) {
        domain.never_set = !filled;
        return domain;
    }
    if (row->which == EXPR_LIST_STATE || row->which == EXPR_LIST_APPROVED)
        return anything();
    if (filled || row->which == EXPR_LIST_MISSING)
        return whole(0, INT32_MAX, true);
    (void)d;
    return whole(0, 0, true);
}

struct domain domain_of(const struct draft *d, const struct facts *f,
                        const struct expr_row *rows, size_t count,
                        bool case_there)
{
    struct domain domain = flag(true);

    if (count > 1) /* compared: a flag; calculated: anything */
        return rows[count - 1].op >= EXPR_OP_EQ &&
                       rows[count - 1].op <= EXPR_OP_IN
                   ? flag(false)
                   : anything();
    switch (rows->op) {
    case EXPR_OP_NAME:
        return of_name(d, (enum expr_name)rows->index, case_there);
    case EXPR_OP_COUNTER:
        return of_counter(d, f, rows->index, case_there);
    case EXPR_OP_LIST:
        return of_list(d, f, rows);
    case EXPR_OP_LOCK:
        domain.never_set = !(f->locked & 1u << rows->index);
        return domain;
    case EXPR_OP_OVERLAPS:
    case EXPR_OP_MATCHES:
        return domain;
    case EXPR_OP_SIZE:
        return whole(0, INT32_MAX, false);
    default:
        return anything();
    }
}
