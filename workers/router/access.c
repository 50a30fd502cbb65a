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

enum refusal access_command(const struct router *r, const struct asker *from,
                            const Yinuo__V1__Command *c)
{
    if (!c->person || !*c->person)
        return from->role == WIRE_ROLE_ADMIN || from->role == WIRE_ROLE_STATION
                   ? REFUSAL_NONE
                   : REFUSAL_UNKNOWN_PERSON;
    if (!person_known(r, text_of(c->person)))
        return REFUSAL_UNKNOWN_PERSON;
    /* A proven identity speaks for itself alone. */
    if (from->proven && from->role == WIRE_ROLE_SUPERVISOR &&
        strcmp(from->identity, c->person) != 0)
        return REFUSAL_NOT_ALLOWED;
    return REFUSAL_NONE;
}
