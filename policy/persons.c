/* persons - who there is, and when they are away. */
#include <stdio.h>

#include "base/i18n.h"
#include "base/time_text.h"
#include "policy/directory_file.h"
#include "policy/names.h"
#include "policy/words.h"

/* --- ids * ---------------------------------------------------------------- */

bool id_is_good(struct loader *l, yaml_node_t *node)
{
    struct text id = node_text(node);

    if (id.size <= NAME_BYTES_MAX && !memchr(id.data, '@', id.size))
        return true;
    report_error(l, node_place(node), UNSAID, UNSAID,
                 "an id has at most %d bytes and no @", NAME_BYTES_MAX);
    return false;
}

bool person_is_known(struct loader *l, struct text id, struct place at)
{
    const struct directory_draft *d = l->directory;
    struct nearest near;

    nearest_begin(&near, id);
    for (size_t i = 0; i < d->person_count; i++) {
        if (text_equal(d->persons[i].person.id, id))
            return true;
        nearest_try(&near, d->persons[i].person.id);
    }
    report_error(l, at, UNSAID, report_meant(l, near.best),
                 "no person is called \"%.*s\"", TEXT_ARG(id));
    return false;
}

/* --- absences * ----------------------------------------------------------- */

static void read_moment(struct loader *l, yaml_node_t *node, void *into,
                        const struct shape_row *row)
{
    char zone[NAME_BYTES_MAX + 1];
    struct text name = l->directory->default_zone;
    struct error err;

    (void)row;
    if (!node_is_text(l, node, "a day or a moment"))
        return;
    snprintf(zone, sizeof zone, "%.*s", TEXT_ARG(name));
    if (time_text_parse((const char *)node->data.scalar.value, zone, into,
                        &err))
        report_error(l, node_place(node), err.text, "2016-02-05 09:00",
                     "this is no moment");
}

static const struct shape_row absence_rows[] = {
    {"from", read_moment, INTO(struct absence, from_ms), MUST, 0, 0, 0},
    {"until", read_moment, INTO(struct absence, until_ms), MUST, 0, 0, 0},
    {"delegate", read_text, INTO(struct absence, delegate), MAY, 0, 0, 0},
    {"reason", read_nothing, 0, 0, MAY, 0, 0, 0},
};
static const struct shape absence_shape = SHAPE("an absence", absence_rows);

static void read_absences(struct loader *l, yaml_node_t *node, void *into,
                          const struct shape_row *row)
{
    struct person *person = into;
    size_t count = node_count(node);
    struct absence *absences;

    (void)row;
    if (!node_is_list(l, node, "a list of absences"))
        return;
    absences = loader_array(l, count, sizeof *absences);
    if (!absences)
        return;
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *item = node_item(l, node, i);

        shape_read(l, item, &absence_shape, &absences[i]);
        if (absences[i].until_ms <= absences[i].from_ms)
            report_error(l, node_place(item), UNSAID, UNSAID,
                         "the absence ends before it begins");
        if (!absences[i].delegate.size)
            report_warning(l, node_place(item),
                           "pages go to the next contact of the roster",
                           "delegate: PERSON", "an absence without a delegate");
    }
    person->absences = absences;
    person->absence_count = count;
}

/* --- persons * ------------------------------------------------------------ */

static void read_language(struct loader *l, yaml_node_t *node, void *into,
                          const struct shape_row *row)
{
    read_text(l, node, into, row);
    if (node->type == YAML_SCALAR_NODE &&
        !text_equal(node_text(node), TEXT("zh")) &&
        !text_equal(node_text(node), TEXT("en")))
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "\"language\" is zh or en, not \"%.*s\"",
                     TEXT_ARG(node_text(node)));
}

static const struct shape_row person_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"name", read_text, INTO(struct person_draft, person.name), MUST, 0, 0, 0},
    {"tier", read_tier, INTO(struct person_draft, role), MAY, 0, 0, 0},
    {"station", read_text, INTO(struct person_draft, person.station), MAY, 0, 0,
     0},
    {"region", read_text, INTO(struct person_draft, region), MAY, 0, 0, 0},
    {"phone", read_text, INTO(struct person_draft, person.phone), MAY, 0, 0, 0},
    {"email", read_text, INTO(struct person_draft, person.email), MAY, 0, 0, 0},
    {"language", read_language, INTO(struct person_draft, person.language), MAY,
     0, 0, 0},
    {"method", read_text, INTO(struct person_draft, person.method), MAY, 0, 0,
     0},
    {"attributes", read_attributes,
     INTO(struct person_draft, person.attributes), MAY, 0, 0, 0},
    {"absences", read_absences, INTO(struct person_draft, person), MAY, 0, 0,
     0},
};
static const struct shape person_shape = SHAPE("a person", person_rows);

void read_persons(struct loader *l, yaml_node_t *node, void *into,
                  const struct shape_row *row)
{
    struct directory_draft *d = into;
    yaml_node_t *key, *value;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of persons"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        struct person_draft *p = &d->persons[d->person_count];

        if (!node_pair(l, node, i, &key, &value) || !id_is_good(l, key))
            continue;
        shape_read(l, value, &person_shape, p);
        p->person.id = loader_text(l, node_text(key));
        if (!p->person.language.size)
            p->person.language = TEXT("zh");
        if (p->role && p->role <= l->draft->policy->tier_count)
            p->person.tier = p->role;
        p->draft = l->draft;
        p->place = node_place(key);
        d->person_count++;
    }
}

void delegates_check(struct loader *l)
{
    struct directory_draft *d = l->directory;

    for (size_t i = 0; i < d->person_count; i++) {
        struct person_draft *p = &d->persons[i];

        l->source = (struct pack_file *)(uintptr_t)&p->draft->directory;
        for (size_t j = 0; j < p->person.absence_count; j++)
            if (p->person.absences[j].delegate.size)
                person_is_known(l, p->person.absences[j].delegate, p->place);
    }
}
