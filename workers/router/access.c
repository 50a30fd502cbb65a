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

enum refusal access_command(const struct router *r, const struct asker *from,
                            const Yinuo__V1__Command *c)
{
    if (!c->person || !*c->person)
        return from->role == WIRE_ROLE_ADMIN || from->role == WIRE_ROLE_STATION
                   ? REFUSAL_NONE
                   : REFUSAL_UNKNOWN_PERSON;
    if (!person_known(r, text_of(c->person)) &&
        !of_case(r, c->case_id, text_of(c->person)))
        return REFUSAL_UNKNOWN_PERSON;
    /* A proven identity speaks for itself alone. */
    if (from->proven && from->role == WIRE_ROLE_SUPERVISOR &&
        strcmp(from->identity, c->person) != 0)
        return REFUSAL_NOT_ALLOWED;
    return REFUSAL_NONE;
}
