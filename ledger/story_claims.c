/* What is asserted: the rows of "must", "must_not" and "state". */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/json.h"
#include "engine/decision.h"
#include "ledger/story_internal.h"

enum { ROOM = 64, DECISION_CODES_MAX = 256 };

static const char *const shorts[] = {"page", "inform"};

static struct story_claim *claim_new(struct telling *t, struct story_tale *tale)
{
    if (tale->claim_count == tale->claim_room) {
        size_t room = tale->claim_room ? 2 * tale->claim_room : ROOM;
        struct story_claim *more =
            arena_array(&t->arena, room, sizeof *tale->claims);

        if (!more)
            abort();
        if (tale->claim_count)
            memcpy(more, tale->claims, tale->claim_count * sizeof *more);
        tale->claims = more;
        tale->claim_room = room;
    }
    return &tale->claims[tale->claim_count++];
}

static void read_times(struct telling *t, const json_t *row,
                       struct story_claim *c)
{
    bool at = *telling_text(t, row, "at"), from = *telling_text(t, row, "from"),
         until = *telling_text(t, row, "until");

    c->from_ms = INT64_MIN;
    c->until_ms = INT64_MAX;
    if (at && (from || until))
        telling_fail(t, row, "at",
                     "\"at\" is one instant; a stretch is from and until");
    if (at) {
        c->from_ms = telling_moment(t, row, "at");
        c->until_ms = c->from_ms + 1;
    } else if (c->must && !until) {
        telling_fail(t, row, "at",
                     "\"at\" is missing: the instant, or from and until");
    }
    if (from)
        c->from_ms = telling_moment(t, row, "from");
    if (until)
        c->until_ms = telling_moment(t, row, "until");
}

static void check_kind(struct telling *t, const json_t *row, const char *kind)
{
    if (!*kind)
        return;
    for (unsigned code = 1; code < DECISION_CODES_MAX; code++)
        if (strcmp(decision_kind_name((enum decision_kind)code), kind) == 0)
            return;
    telling_fail(t, row, "kind",
                 "\"%s\" is no decision; page, inform, refuse, fire, emit, "
                 "severity, assign, lock, resolve, close, reopen are some",
                 kind);
}

static void check_severity(struct telling *t, const json_t *row,
                           const char *severity)
{
    if (*severity && (severity[0] != 'S' || severity[1] < '1' ||
                      severity[1] > '4' || severity[2]))
        telling_fail(t, row, "severity", "a severity is S1 to S4, not \"%s\"",
                     severity);
}

/* "FALL" and "FALL: she owns it" name a rule, "TM-PLAN-S2" the clock of
 * one severity; other words do not. */
static const char *rule_of_why(struct telling *t, const char *why)
{
    size_t capitals = strspn(why, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    size_t size = capitals;

    if (capitals < 2 || why[capitals] != '-')
        return "";
    size += 1 + strspn(why + capitals + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789-");
    if (size == capitals + 1 || (why[size] && why[size] != ':'))
        return "";
    if (why[size - 3] == '-' && why[size - 2] == 'S')
        size -= 3;
    return arena_format(&t->arena, "%.*s", (int)size, why);
}

static void read_persons(struct telling *t, const json_t *row, const char *kind,
                         const struct story_claim *base,
                         struct story_tale *tale)
{
    size_t count;
    const char *const *persons = telling_list(t, row, kind, &count);

    if (!persons)
        return;
    if (count == 0)
        telling_fail(t, row, kind, "\"%s\" is a list of persons, and empty",
                     kind);
    for (size_t i = 0; i < count; i++) {
        struct story_claim *c = claim_new(t, tale);

        *c = *base;
        c->kind = kind;
        c->person = telling_alias(t, persons[i]);
    }
}

/* A row names persons under page or inform, or a decision by its kind. */
static void read_claim(struct telling *t, const json_t *row, bool must,
                       size_t number, struct story_tale *tale)
{
    static const char *const keys[] = {
        "at",     "from",     "until", "page",  "inform", "kind",  "only",
        "person", "tier",     "rule",  "clock", "key",    "value", "case",
        "event",  "severity", "why",   "waits", NULL};
    struct story_claim base = {.must = must, .row = number};
    size_t before = tale->claim_count;

    telling_keys(t, row, must ? N_("a row of must") : N_("a row of must_not"),
                 keys);
    read_times(t, row, &base);
    base.line = telling_line(t, row);
    base.tier = telling_text(t, row, "tier");
    base.rule = telling_text(t, row, "rule");
    base.clock = telling_text(t, row, "clock");
    base.key = telling_text(t, row, "key");
    base.value = telling_text(t, row, "value");
    base.case_id = telling_text(t, row, "case");
    base.event = telling_text(t, row, "event");
    base.severity = telling_text(t, row, "severity");
    base.why = telling_text(t, row, "why");
    base.waits = telling_text(t, row, "waits");
    base.person = telling_alias(t, telling_text(t, row, "person"));
    base.kind = telling_text(t, row, "kind");
    base.only = json_is_true(json_object_get(row, "only"));
    check_kind(t, row, base.kind);
    check_severity(t, row, base.severity);
    if (must && !*base.rule)
        base.rule = rule_of_why(t, base.why);
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++)
        read_persons(t, row, shorts[i], &base, tale);
    if (*base.kind)
        *claim_new(t, tale) = base;
    else if (tale->claim_count == before)
        telling_fail(t, row, NULL,
                     "who or what? page: [L2], inform: [L2] or kind: close");
}

static void read_claims(struct telling *t, const json_t *from, bool must,
                        struct story_tale *tale)
{
    const json_t *list = telling_rows(t, from, must ? "must" : "must_not");
    size_t i;
    json_t *row;

    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        read_claim(t, row, must, i + 1, tale);
    }
}

/* --- states
 * ---------------------------------------------------------------------- */

static const json_t *read_part(struct telling *t, const json_t *row,
                               const char *key)
{
    const json_t *part = json_object_get(row, key);

    if (part && !json_is_object(part))
        telling_fail(t, row, key,
                     "\"%s\" is a part of the case: {locks: [media]}", key);
    return part;
}

static void read_state(struct telling *t, const json_t *row, size_t number,
                       struct story_state *s)
{
    static const char *const keys[] = {"at",       "case",    "owner", "status",
                                       "severity", "counter", "count", "is",
                                       "is_not",   "why",     "waits", NULL};
    const json_t *count = json_object_get(row, "count");

    telling_keys(t, row, "a row of state", keys);
    (void)telling_need(t, row, "at", "the instant at whose end it is so");
    s->at_ms = telling_moment(t, row, "at");
    s->case_id = telling_text(t, row, "case");
    if (!*s->case_id)
        s->case_id = t->story->case_id;
    s->owner = telling_alias(t, telling_text(t, row, "owner"));
    s->status = telling_text(t, row, "status");
    s->severity = telling_text(t, row, "severity");
    s->counter = telling_text(t, row, "counter");
    s->count = json_integer_value(count);
    s->is = read_part(t, row, "is");
    s->is_not = read_part(t, row, "is_not");
    s->why = telling_text(t, row, "why");
    s->waits = telling_text(t, row, "waits");
    s->row = number;
    s->line = telling_line(t, row);
    check_severity(t, row, s->severity);
    if (*s->counter && !json_is_integer(count))
        telling_fail(t, row, "count", "\"count\" is the counter's number");
    if (!*s->case_id)
        telling_fail(t, row, "case", "of which case? case: ID");
}

static int by_time(const void *a, const void *b)
{
    const struct story_state *x = a, *y = b;

    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void read_states(struct telling *t, const json_t *from,
                        struct story_tale *tale)
{
    const json_t *list = telling_rows(t, from, "state");
    size_t i;
    json_t *row;

    tale->states =
        arena_array(&t->arena, json_array_size(list) + 1, sizeof *tale->states);
    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        read_state(t, row, i + 1, &tale->states[tale->state_count++]);
    }
    qsort(tale->states, tale->state_count, sizeof *tale->states, by_time);
}

void story_claims_read(struct telling *t, const json_t *from,
                       struct story_tale *tale)
{
    read_claims(t, from, true, tale);
    read_claims(t, from, false, tale);
    read_states(t, from, tale);
}
