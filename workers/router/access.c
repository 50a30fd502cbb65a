#include <string.h>

#include "workers/router/internal.h"

/* "head@Group 46": somebody whom the template of unlisted stations names. */
static bool of_template(const struct directory *d, struct text person)
{
    const char *at = memchr(person.data, '@', person.size);

    if (!at)
        return false;
    struct text word = {person.data, (uint32_t)(at - person.data)};
    for (size_t role = 0; role <= ROLES_MAX; role++)
        for (size_t i = 0; i < d->template.roles[role].count; i++) {
            const struct contact *c = &d->template.roles[role].contacts[i];
            if (c->per_station && text_equal(c->person, word))
                return true;
        }
    return false;
}

bool person_known(const struct router *r, struct text person)
{
    const struct directory *d = world_policies(r->world)->directory;

    return person.size &&
           (directory_person(d, person) || of_template(d, person));
}

/* Persons of another system's log are in no roster: who owns a case or was
 * paged for it is known there. */
static bool of_case(const struct router *r, const char *case_id,
                    struct text person)
{
    static _Thread_local struct case_record c;

    if (!case_id || !world_find_case(r->world, text_of(case_id), &c))
        return false;
    for (size_t i = 0; i < c.page_count; i++)
        if (name_is(&c.pages[i].person, person))
            return true;
    return name_is(&c.owner, person);
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
        "notify.unack", "severity.changed",  "page.snoozed",    "case.closed",
        "case.merged",  "transfer.declined", "request.declined"};

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

enum refusal access_event(const Yinuo__V1__Event *event)
{
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
