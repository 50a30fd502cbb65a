#include "bench/mechanisms.h"

#include <inttypes.h>

typedef uint64_t mask;

_Static_assert(MECHANISM_COUNT <= 64, "a bit each");

static mask bit(enum mechanism m)
{
    return UINT64_C(1) << m;
}

/* --- what a rule of the pack makes use of --- */

static bool asks_load(const struct expr_row *row)
{
    return row->op == EXPR_OP_NAME &&
           row->index >= EXPR_NAME_LOAD_OWNER_CASES &&
           row->index <= EXPR_NAME_LOAD_PERSON_SUBSTITUTES;
}

static mask of_expr(const struct policy *p, const struct expr *e, int depth)
{
    mask all = 0;

    for (uint16_t i = 0; i < e->count; i++) {
        const struct expr_row *row = &e->rows[i];

        all |= row->op == EXPR_OP_TARIFF ? bit(MECHANISM_TARIFFS) : 0;
        all |= row->op == EXPR_OP_MATCHES ? bit(MECHANISM_WORDS) : 0;
        all |= row->op == EXPR_OP_OVERLAPS ? bit(MECHANISM_OVERLAPS) : 0;
        all |= row->op == EXPR_OP_SUBJECT ? bit(MECHANISM_SUBJECTS) : 0;
        all |= asks_load(row) ? bit(MECHANISM_LOADS) : 0;
        if (row->op != EXPR_OP_TABLE)
            continue;
        all |= bit(MECHANISM_TABLES);
        for (size_t k = 0; depth && k < p->tables[row->index].count; k++) {
            const struct choice *c = &p->tables[row->index].rows[k];

            all |= of_expr(p, &c->when, depth - 1) |
                   of_expr(p, &c->value, depth - 1);
        }
    }
    return all;
}

/* No rule: all of the pack's are meant. */
static bool is(struct text id, struct text rule)
{
    return !rule.size || text_equal(id, rule);
}

static mask of_hints(const struct policy *p, const struct hint *hints,
                     size_t count, struct text rule)
{
    mask all = 0;

    for (size_t i = 0; i < count; i++)
        if (is(hints[i].id, rule))
            all |= of_expr(p, &hints[i].when, 3) |
                   of_expr(p, &hints[i].due, 3) |
                   of_expr(p, &hints[i].number, 3);
    return all;
}

static mask of_kind(const struct policy *p, const struct kind_rule *k,
                    struct text rule)
{
    mask all = of_hints(p, k->hints, k->hint_count, rule);

    for (size_t i = 0; i < k->rule_count; i++)
        if (is(k->rules[i].id, rule))
            all |= of_expr(p, &k->rules[i].when, 3) |
                   (k->rules[i].except ? bit(MECHANISM_EXCEPTS) : 0);
    for (size_t i = 0; i < k->gate_count; i++)
        if (is(k->gates[i].id, rule))
            all |= of_expr(p, &k->gates[i].when, 3);
    return all;
}

static mask of_step(const struct clock_step *s)
{
    mask all = 0;

    all |= s->basis == STEP_SHARE ? bit(MECHANISM_PERCENT) : 0;
    all |= s->repeat_ms ? bit(MECHANISM_REPEATS) : 0;
    all |= s->basis == STEP_BEFORE_DUE ? bit(MECHANISM_BEFORE_DUE) : 0;
    all |= s->basis == STEP_AFTER_OPEN ? bit(MECHANISM_OPEN_TIME) : 0;
    all |= s->except ? bit(MECHANISM_EXCEPTS) : 0;
    return all;
}

/* Steps of the clock that say the same rule. */
static mask of_clock(const struct clock_rule *c, struct text rule)
{
    mask all = 0;

    for (size_t s = 0; s < SEVERITIES; s++)
        for (size_t i = 0; i < c->by_severity[s].count; i++)
            if (text_equal(c->by_severity[s].steps[i].id, rule))
                all |= of_step(&c->by_severity[s].steps[i]);
    return all;
}

static mask of_rule(const struct policy *p, struct text rule)
{
    mask all = of_hints(p, p->any_hints, p->any_hint_count, rule);

    for (size_t i = 0; i < p->kind_count; i++)
        all |= of_kind(p, &p->kinds[i], rule);
    return all;
}

/* Of what conditions and steps can have, what the pack has. */
static mask of_pack(const struct policy *p)
{
    mask all = of_rule(p, (struct text){NULL, 0});

    for (size_t k = 0; k < p->clock_count; k++)
        for (size_t s = 0; s < SEVERITIES; s++)
            for (size_t i = 0; i < p->clocks[k].by_severity[s].count; i++)
                all |= of_step(&p->clocks[k].by_severity[s].steps[i]);
    return all;
}

/* --- what a decision is --- */

static mask of_page(const struct policy *p, const struct decision *d)
{
    uint8_t role = d->role.size ? policy_role(p, d->role) : 0;

    return role && p->roles[role].person.count ? bit(MECHANISM_AUDIENCES) : 0;
}

static mask of_decision(const struct policy *p, const struct decision *d)
{
    switch (d->kind) {
    case DECISION_PROMISE:
        return bit(MECHANISM_PROMISES);
    case DECISION_COUNT:
        return bit(MECHANISM_COUNTERS);
    case DECISION_ITEM:
        return bit(d->tier ? MECHANISM_REQUESTS : MECHANISM_ITEMS);
    case DECISION_LOCK:
        return bit(MECHANISM_LOCKS);
    case DECISION_REFUSE:
        return text_equal(d->value, TEXT("gate")) ? bit(MECHANISM_GATES) : 0;
    case DECISION_HINT:
        return bit(MECHANISM_HINTS);
    case DECISION_EMIT:
        return bit(MECHANISM_DERIVED);
    case DECISION_TALLY:
        return bit(MECHANISM_TALLIES);
    case DECISION_FACT:
        return bit(MECHANISM_FACTS);
    case DECISION_INTERVAL:
        return bit(MECHANISM_INTERVALS);
    case DECISION_INTENT:
        return bit(MECHANISM_INTENTS);
    case DECISION_GROUP:
        return bit(MECHANISM_GROUPS);
    case DECISION_LINK:
        return bit(MECHANISM_LINKS);
    case DECISION_MUTE:
        return bit(MECHANISM_MUTES);
    case DECISION_HELD:
        return bit(MECHANISM_HELD);
    case DECISION_ROUTE:
        return bit(MECHANISM_ROUTES);
    case DECISION_WAIT:
        return bit(MECHANISM_WAITS);
    case DECISION_ESCALATE:
        return bit(MECHANISM_ESCALATED);
    case DECISION_PAGE:
    case DECISION_INFORM:
        return of_page(p, d);
    default:
        return 0;
    }
}

static bool says_rule(const struct decision *d)
{
    return d->kind == DECISION_HINT || d->kind == DECISION_REFUSE ||
           d->kind == DECISION_PAGE || d->kind == DECISION_INFORM ||
           d->kind == DECISION_SEVERITY;
}

void mechanisms_count(struct mechanisms *m, const struct policy *p,
                      const struct decision *d)
{
    mask all = of_decision(p, d);

    if (d->kind == DECISION_FIRE)
        all |= of_clock(&p->clocks[d->index], d->rule);
    else if (says_rule(d) && d->rule.size)
        all |= of_rule(p, d->rule);
    for (int i = 0; i < MECHANISM_COUNT; i++)
        m->used[i] += all >> i & 1;
}

void mechanisms_print(const struct mechanisms *m, const struct policy *p,
                      FILE *out)
{
    mask had = of_pack(p);

    static const char *const words[] = {
#define X(name, word) word,
        MECHANISMS(X)
#undef X
    };

    for (int i = 0; i < MECHANISM_COUNT; i++) {
        bool none = i >= MECHANISM_TARIFFS && !(had >> i & 1);

        fprintf(out, "%-24s %10" PRIu64 "%s\n", words[i], m->used[i],
                m->used[i] ? ""
                : none     ? "  the pack has none"
                           : "  not in use");
    }
}
