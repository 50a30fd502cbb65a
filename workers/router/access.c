#include <string.h>

#include "workers/router/internal.h"

enum { ON_CALL_MAX = 32 };

bool person_known(const struct router *r, struct text person)
{
    return directory_knows(world_directory(r->world), person);
}

/* Persons of another system's log are in no roster: who owns a case or was
 * paged for it is known there. */
static bool of_case(const struct router *r, const char *case_id,
                    struct text person)
{
    static struct case_record c;

    if (!case_id || !world_find_case(r->world, text_of(case_id), &c))
        return false;
    for (size_t i = 0; i < c.page_count; i++)
        if (name_is(&c.pages[i].person, person))
            return true;
    return name_is(&c.owner, person);
}

/* Who is handed a case is somebody, too: an offer to a name that was mistyped
 * would wait for ever. */
static bool receiver_known(const struct router *r, const struct case_record *c,
                           const Yinuo__V1__Event *e)
{
    const struct policy *p = world_policy_of(r->world, c);
    uint16_t kind = p ? policy_kind(p, text_of(e->kind)) : KIND_NONE;
    struct event_value to;
    bool hands = false;

    if (kind == KIND_NONE)
        return true;
    for (size_t i = 0; i < p->kinds[kind].effect_count; i++)
        hands |= p->kinds[kind].effects[i].effect == EFFECT_OFFER ||
                 p->kinds[kind].effects[i].effect == EFFECT_ASSIGN;
    if (!hands || !event_get(e, "to", &to) || to.type != EVENT_TEXT)
        return true;
    return person_known(r, text_of(to.text)) ||
           name_is(&c->owner, text_of(to.text));
}

/* The tier in which somebody serves for a case; a role beside the ladder
 * counts as its rank. */
static uint8_t tier_for(const struct router *r, const struct case_record *c,
                        struct text person)
{
    const struct policy *p = world_policy_of(r->world, c);
    const struct directory *d = world_directory(r->world);
    struct name who[ON_CALL_MAX];
    uint8_t tier =
        p ? directory_tier_at(d, name_text(&c->station), name_text(&c->region),
                              person, p->tier_count, r->now_ms)
          : 0;

    for (size_t role = p ? p->tier_count + 1u : 1; p && role <= p->role_count;
         role++) {
        size_t count =
            directory_on_call(d, name_text(&c->station), name_text(&c->region),
                              (uint8_t)role, r->now_ms, who, ON_CALL_MAX);
        for (size_t i = 0; i < count; i++)
            if (name_is(&who[i], person) && p->roles[role].rank > tier)
                tier = p->roles[role].rank;
    }
    return tier;
}

/* What only the owner or a higher tier, or only a higher tier does. The pack's
 * gates say the rest. */
static bool may_move(const struct router *r, const struct case_record *c,
                     const Yinuo__V1__Command *command)
{
    static const struct {
        const char *verb;
        bool owner;
    } rows[] = {{"transfer", true},
                {"wait", true},
                {"resume", true},
                {"resolve", true},
                {"merge", false}};
    struct text person = text_of_words(command->person);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (command->verb && person.size &&
            strcmp(command->verb, rows[i].verb) == 0)
            return (rows[i].owner && name_is(&c->owner, person)) ||
                   tier_for(r, c, person) >= 2;
    return true;
}

/* What is ordered about all the work of a person: of one kind for all cases
 * that he has in hand. */
static bool is_of_work(const struct policy *p, const Yinuo__V1__Event *e)
{
    uint16_t kind = p ? policy_kind(p, text_of(e->kind)) : KIND_NONE;

    for (size_t i = 0; kind != KIND_NONE && i < p->kinds[kind].spread_count;
         i++)
        if (p->kinds[kind].spreads[i].query == QUERY_CASES_OF)
            return true;
    return false;
}

static struct text named_in(const Yinuo__V1__Event *e, const char *field)
{
    struct event_value value;

    return event_get(e, field, &value) && value.type == EVENT_TEXT
               ? text_of_words(value.text)
               : TEXT("");
}

enum refusal access_work(const struct router *r,
                         const Yinuo__V1__Command *command,
                         const Yinuo__V1__Event *event, const char **field)
{
    static struct case_record there; /* where he works */
    const struct policyset *set = world_policies(r->world);
    const struct policy *rules =
        policyset_for(set, text_of_words(event->region));
    struct text by = text_of_words(command->person);
    struct text person = named_in(event, "person");
    struct text next = named_in(event, "successor");
    const struct person *p =
        directory_person(world_directory(r->world), person);

    if (!person.size || !by.size || !is_of_work(rules, event))
        return REFUSAL_NONE;
    *field = "person";
    if (!person_known(r, person))
        return REFUSAL_UNKNOWN_PERSON;
    memset(&there, 0, sizeof there);
    name_set(&there.rules, rules->version);
    if (p)
        name_set(&there.station, p->station);
    if (p && !text_equal(by, person) && tier_for(r, &there, by) < 2)
        return REFUSAL_NOT_ALLOWED;
    *field = "successor";
    return !next.size || text_equal(next, TEXT("none")) || person_known(r, next)
               ? REFUSAL_NONE
               : REFUSAL_UNKNOWN_PERSON;
}

enum refusal access_case(const struct router *r, const struct case_record *c,
                         const Yinuo__V1__Command *command,
                         const Yinuo__V1__Event *event, const char **field)
{
    *field = "person";
    if (!may_move(r, c, command))
        return REFUSAL_NOT_ALLOWED;
    *field = "to";
    return receiver_known(r, c, event) ? REFUSAL_NONE : REFUSAL_UNKNOWN_PERSON;
}

/* A station reports and calls for help; moving cases is for people. */
static bool station_may(const char *verb)
{
    return verb && (!strcmp(verb, "escalate") || !strcmp(verb, "record"));
}

/* Who takes something back, or puts something away, says why: whatever he
 * calls his order, by the kind of event that it is. */
static bool needs_reason(const char *kind)
{
    static const char *const kinds[] = {
        "notify.unack",     "severity.changed", "page.snoozed",
        "case.closed",      "case.merged",      "transfer.declined",
        "request.declined", "request.approved", "request.rejected"};

    for (size_t i = 0; kind && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

static bool has_reason(const Yinuo__V1__Event *e)
{
    struct event_value value;

    return (e->note && *e->note) ||
           (event_get(e, "reason", &value) && value.type == EVENT_TEXT &&
            value.text && *value.text);
}

/* What only an operator orders, by a command of its own. */
bool access_kind(const char *kind)
{
    return !kind || strcmp(kind, apply_names()->rebase) != 0;
}

enum refusal access_event(const Yinuo__V1__Event *event)
{
    if (!access_kind(event->kind))
        return REFUSAL_NOT_ALLOWED;
    return needs_reason(event->kind) && !has_reason(event)
               ? REFUSAL_REASON_NEEDED
               : REFUSAL_NONE;
}

enum refusal access_command(const struct router *r, const struct asker *from,
                            const Yinuo__V1__Command *c)
{
    if (from->role == WIRE_ROLE_STATION && !station_may(c->verb))
        return REFUSAL_NOT_ALLOWED;
    if (!c->person || !*c->person)
        return from->role == WIRE_ROLE_SUPERVISOR ? REFUSAL_UNKNOWN_PERSON
                                                  : REFUSAL_NONE;
    if (!person_known(r, text_of(c->person)) &&
        !of_case(r, c->case_id, text_of(c->person)))
        return REFUSAL_UNKNOWN_PERSON;
    /* A proven identity speaks for itself alone. */
    if (from->proven && from->role == WIRE_ROLE_SUPERVISOR &&
        strcmp(from->identity, c->person) != 0)
        return REFUSAL_NOT_ALLOWED;
    return REFUSAL_NONE;
}
