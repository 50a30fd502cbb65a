/* rosters - who is called in which order, and the hours at which nobody is. */
#include <stdio.h>

#include "base/i18n.h"
#include "policy/directory_file.h"
#include "policy/hours.h"
#include "policy/names.h"

enum { DAY_MINUTES = 1440, WEEK_MINUTES = 7 * DAY_MINUTES, WANTED = 2 };

/* --- contacts * ----------------------------------------------------------- */

static void read_days(struct loader *l, yaml_node_t *node, void *into,
                      const struct shape_row *row)
{
    (void)row;
    for (size_t i = 0; i < node_count(node); i++) {
        yaml_node_t *item = node_item(l, node, i);
        uint8_t days;

        if (!node_is_text(l, item, "days such as mon-fri"))
            continue;
        days = days_of_text(node_text(item));
        if (!days)
            report_error(l, node_place(item), UNSAID, "mon, mon-fri or daily",
                         "\"%.*s\" are no days", TEXT_ARG(node_text(item)));
        *(uint8_t *)into |= days;
    }
}

static void read_minute(struct loader *l, yaml_node_t *node, void *into,
                        const struct shape_row *row)
{
    if (!node_is_text(l, node, "a time of day such as 09:00"))
        return;
    if (!minute_of_text(node_text(node), into))
        report_error(l, node_place(node), UNSAID, "write it like 09:00",
                     "\"%s\" is a time of day, not \"%.*s\"", row->key,
                     TEXT_ARG(node_text(node)));
}

/* A person's id; "head@" is the head of whatever station it is. */
static void read_person(struct loader *l, yaml_node_t *node, void *into,
                        const struct shape_row *row)
{
    struct contact *contact = into;
    struct text id;

    (void)row;
    if (!node_is_text(l, node, "the id of a person"))
        return;
    id = node_text(node);
    contact->per_station = id.size > 1 && id.data[id.size - 1] == '@';
    if (contact->per_station)
        id.size--;
    else
        person_is_known(l, id, node_place(node));
    contact->person = loader_text(l, id);
}

static const struct shape_row contact_rows[] = {
    {"person", read_person, 0, sizeof(struct contact), MAY, 0, 0, 0},
    {"rotation", read_rotation, INTO(struct contact, rotation), MAY, 0, 0, 0},
    {"zone", read_zone, INTO(struct contact, zone), MAY, 0, 0, 0},
    {"days", read_days, INTO(struct contact, days), MAY, 0, 0, 0},
    {"from", read_minute, INTO(struct contact, from_minute), MAY, 0, 0, 0},
    {"until", read_minute, INTO(struct contact, until_minute), MAY, 0, 0, 0},
};
static const struct shape contact_shape = SHAPE("a contact", contact_rows);

static void read_contact(struct loader *l, yaml_node_t *node,
                         struct contact *contact)
{
    bool person = node_child(l->source, node, "person");
    bool rotation = node_child(l->source, node, "rotation");

    shape_read(l, node, &contact_shape, contact);
    if (person && rotation)
        report_error(l, node_place(node), UNSAID, "write two contacts",
                     "a contact is one person or a rotation, not both");
    else if (!person && !rotation)
        report_error(l, node_place(node), UNSAID, "person: or rotation:",
                     "\"person\" is missing in a contact");
}

static struct roster read_roster(struct loader *l, yaml_node_t *node)
{
    size_t count = node_count(node);
    struct contact *contacts = loader_array(l, count, sizeof *contacts);

    if (!contacts)
        return (struct roster){NULL, 0};
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *item = node_item(l, node, i);

        if (item->type == YAML_MAPPING_NODE)
            read_contact(l, item, &contacts[i]);
        else
            read_person(l, item, &contacts[i], NULL);
    }
    return (struct roster){contacts, count};
}

void read_rosters(struct loader *l, yaml_node_t *node, void *into,
                  const struct shape_row *row)
{
    struct roster *roles = into;
    yaml_node_t *key, *value;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of tiers to contacts"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        uint8_t role;

        if (!node_pair(l, node, i, &key, &value))
            continue;
        role = role_find(l, node_text(key), node_place(key));
        if (role && (value->type == YAML_SCALAR_NODE ||
                     node_is_list(l, value, "a list of contacts")))
            roles[role] = read_roster(l, value);
    }
}

/* --- from the persons themselves * ---------------------------------------- */

/* The persons of that role who name this place, in the order of the file. */
static void fill(struct loader *l, struct roster *roster, uint8_t role,
                 struct text station, struct text region,
                 const struct draft *of_pack)
{
    const struct directory_draft *d = l->directory;
    struct contact *contacts = NULL;
    size_t count = 0;

    if (roster->count)
        return;
    for (int pass = 0; pass < 2; pass++) {
        count = 0;
        for (size_t i = 0; i < d->person_count; i++) {
            const struct person_draft *p = &d->persons[i];

            if (p->role != role || !text_equal(p->person.station, station) ||
                !text_equal(p->region, region) ||
                (of_pack && p->draft != of_pack))
                continue;
            if (contacts)
                contacts[count].person = p->person.id;
            count++;
        }
        if (count == 0)
            return;
        if (!contacts)
            contacts = loader_array(l, count, sizeof *contacts);
        if (!contacts)
            return;
    }
    *roster = (struct roster){contacts, count};
}

static const struct draft *default_draft(const struct loader *l)
{
    for (size_t i = 0; i < l->draft_count; i++)
        if (l->drafts[i].is_default)
            return &l->drafts[i];
    return NULL;
}

static void check_station(struct loader *l, const struct person_draft *p)
{
    const struct directory_draft *d = l->directory;

    if (!p->person.station.size)
        return;
    for (size_t i = 0; i < d->station_count; i++)
        if (text_equal(d->stations[i].station.id, p->person.station))
            return;
    l->source = (struct pack_file *)(uintptr_t)&p->draft->directory;
    report_error(l, p->place, UNSAID, UNSAID, "no station is called \"%.*s\"",
                 TEXT_ARG(p->person.station));
}

void rosters_from_persons(struct loader *l)
{
    struct directory_draft *d = l->directory;

    for (size_t i = 0; i < d->person_count; i++)
        check_station(l, &d->persons[i]);
    for (unsigned n = 1; n <= ROLES_MAX; n++) {
        uint8_t role = (uint8_t)n;

        for (size_t i = 0; i < d->station_count; i++)
            fill(l, &d->stations[i].station.roles[role], role,
                 d->stations[i].station.id, TEXT(""), NULL);
        for (size_t i = 0; i < d->region_count; i++)
            fill(l, &d->regions[i].region.roles[role], role, TEXT(""),
                 d->regions[i].region.id, NULL);
        fill(l, &d->out->roles[role], role, TEXT(""), TEXT(""),
             default_draft(l));
        /* those of another pack serve its regions */
        for (size_t i = 0; i < l->draft_count; i++) {
            for (size_t j = 0; j < d->region_count; j++)
                for (size_t k = 0;
                     k < l->drafts[i].region_count && !l->drafts[i].is_default;
                     k++)
                    if (text_equal(l->drafts[i].regions[k],
                                   d->regions[j].region.id))
                        fill(l, &d->regions[j].region.roles[role], role,
                             TEXT(""), TEXT(""), &l->drafts[i]);
        }
    }
}

/* --- lint * --------------------------------------------------------------- */

static unsigned covered(const struct roster *r, unsigned week_minute)
{
    unsigned count = 0;

    for (size_t i = 0; i < r->count; i++)
        count += contact_covers(&r->contacts[i], week_minute / DAY_MINUTES,
                                week_minute % DAY_MINUTES);
    return count;
}

/* The product lines that are open then, for the words of the warning. */
static void open_lines(const struct station *s, unsigned week_minute, char *out,
                       size_t room)
{
    size_t used = 0;

    *out = '\0';
    for (size_t i = 0; i < s->line_count && used < room; i++) {
        struct hours h = s->lines[i].calendar->week[week_minute / DAY_MINUTES];
        struct text name = s->lines[i].product_line;

        if (!hours_are_open(&h, week_minute % DAY_MINUTES))
            continue;
        if (!name.size)
            name = TEXT("default");
        used += (size_t)snprintf(out + used, room - used, "%s%.*s",
                                 used ? ", " : "", TEXT_ARG(name));
    }
    if (!*out)
        snprintf(out, room, "%s", _("closed"));
}

static void report_gap(struct loader *l, const struct station *s,
                       struct place at, struct text tier, unsigned from,
                       unsigned until)
{
    static const char *const days[] = {"Monday",   "Tuesday", "Wednesday",
                                       "Thursday", "Friday",  "Saturday",
                                       "Sunday"};
    char lines[160];

    open_lines(s, from, lines, sizeof lines);
    report_warning(
        l, at, "a page at that hour would find an empty slot",
        "another contact in roster:",
        "station %.*s (line %s): no %.*s on %s %02u:%02u to %s %02u:%02u",
        TEXT_ARG(s->id), lines, TEXT_ARG(tier), _(days[from / DAY_MINUTES]),
        from % DAY_MINUTES / 60, from % 60,
        _(days[(until - 1) % WEEK_MINUTES / DAY_MINUTES]),
        until % DAY_MINUTES ? until % DAY_MINUTES / 60 : 24, until % 60);
}

static void lint_hours(struct loader *l, const struct station *s,
                       struct place at, struct text tier,
                       const struct roster *r)
{
    unsigned from = 0;
    bool gap = false;

    for (size_t i = 0; i < r->count; i++)
        if (!r->contacts[i].days &&
            r->contacts[i].from_minute == r->contacts[i].until_minute)
            return; /* somebody always is */
    for (unsigned m = 0; m <= WEEK_MINUTES; m += 1) {
        bool empty = m < WEEK_MINUTES && covered(r, m) == 0;

        if (empty && !gap)
            from = m;
        if (!empty && gap)
            report_gap(l, s, at, tier, from, m);
        gap = empty;
    }
}

static const struct roster *roster_of(const struct directory_draft *d,
                                      const struct station *s, uint8_t role)
{
    if (s->roles[role].count)
        return &s->roles[role];
    for (size_t i = 0; i < d->region_count; i++)
        if (text_equal(d->regions[i].region.id, s->region) &&
            d->regions[i].region.roles[role].count)
            return &d->regions[i].region.roles[role];
    return &d->out->roles[role];
}

static void lint_station(struct loader *l, const struct station *s,
                         const struct draft *draft, struct place at)
{
    const struct policy *p = draft->policy;

    l->source = (struct pack_file *)(uintptr_t)&draft->directory;
    for (uint8_t tier = 2; tier <= p->tier_count; tier++) {
        struct text name = p->roles[tier].name;
        const struct roster *r = roster_of(l->directory, s, tier);

        if (r->count == 0)
            report_warning(l, at, "the ladder would find an empty slot",
                           "persons of that tier, or a roster",
                           "station %.*s has no %.*s", TEXT_ARG(s->id),
                           TEXT_ARG(name));
        else if (r->count < WANTED)
            report_warning(l, at, "nobody answers when that one is away",
                           "a second one of that tier, or in the roster",
                           "station %.*s has one %.*s only", TEXT_ARG(s->id),
                           TEXT_ARG(name));
        if (!l->findings->days) /* across.c looks at each hour itself */
            lint_hours(l, s, at, name, r);
    }
}

/* Everybody whom the rules page or inform. */
static targets targets_of(const struct policy *p)
{
    targets all = 0;

    for (size_t i = 0; i < p->kind_count; i++) {
        const struct kind_rule *k = &p->kinds[i];

        for (size_t j = 0; j < k->rule_count; j++)
            all |= (targets)(k->rules[j].page | k->rules[j].inform);
        for (size_t j = 0; j < k->gate_count; j++)
            all |= (targets)(k->gates[j].page | k->gates[j].inform);
    }
    for (size_t i = 0; i < p->route_count; i++)
        all |= (targets)(p->routes[i].page | p->routes[i].inform);
    for (size_t i = 0; i < p->clock_count; i++)
        for (unsigned s = 0; s < SEVERITIES; s++)
            for (size_t j = 0; j < p->clocks[i].by_severity[s].count; j++) {
                const struct clock_step *step =
                    &p->clocks[i].by_severity[s].steps[j];

                all |= (targets)(step->page | step->inform);
            }
    for (size_t i = 0; i < p->counter_count; i++)
        for (size_t j = 0; j < p->counters[i].level_count; j++)
            all |= (targets)(p->counters[i].levels[j].page |
                             p->counters[i].levels[j].inform);
    return all;
}

/* Side roles serve the whole network or single regions and stations. */
static bool somebody_serves(const struct directory_draft *d, uint8_t role)
{
    bool served = d->out->roles[role].count > 0;

    for (size_t i = 0; i < d->region_count; i++)
        served = served || d->regions[i].region.roles[role].count > 0;
    for (size_t i = 0; i < d->station_count; i++)
        served = served || d->stations[i].station.roles[role].count > 0;
    return served;
}

static void lint_side_roles(struct loader *l, const struct draft *draft)
{
    const struct policy *p = draft->policy;
    targets called = targets_of(p);

    l->source = (struct pack_file *)(uintptr_t)&draft->directory;
    for (uint8_t r = (uint8_t)(p->tier_count + 1); r <= p->role_count; r++)
        if (called & TARGET_ROLE(r) && !p->roles[r].person.count &&
            !somebody_serves(l->directory, r))
            report_warning(l, AT_TOP, "the rules page it or inform it",
                           "tier: ROLE at a person, or a roster",
                           "nobody serves as %.*s", TEXT_ARG(p->roles[r].name));
}

/* Without stations nobody would say it of a single one. */
static void lint_tiers(struct loader *l, const struct draft *draft)
{
    const struct directory_draft *d = l->directory;
    const struct policy *p = draft->policy;

    if (d->station_count || d->out->template.region.size)
        return;
    for (size_t i = 0; i < d->region_count; i++)
        if (d->regions[i].region.template)
            return;
    l->source = (struct pack_file *)(uintptr_t)&draft->directory;
    for (uint8_t tier = 2; tier <= p->tier_count; tier++)
        if (!somebody_serves(d, tier))
            report_warning(l, AT_TOP, "the ladder would find an empty slot",
                           "persons of that tier, or a roster",
                           "nobody serves as %.*s",
                           TEXT_ARG(p->roles[tier].name));
}

void rosters_lint(struct loader *l)
{
    const struct directory_draft *d = l->directory;

    l->topic = "roster";
    for (size_t i = 0; i < l->draft_count; i++)
        if (l->drafts[i].directory_there)
            lint_side_roles(l, &l->drafts[i]);
    for (size_t i = 0; i < l->draft_count; i++)
        if (l->drafts[i].directory_there)
            lint_tiers(l, &l->drafts[i]);
    for (size_t i = 0; i < d->station_count; i++)
        lint_station(l, &d->stations[i].station, d->stations[i].draft,
                     d->stations[i].place);
    for (size_t i = 0; i < d->region_count; i++) {
        struct station named;

        if (!d->regions[i].region.template)
            continue;
        named = *d->regions[i].region.template;
        named.id = TEXT("of the template");
        lint_station(l, &named, d->regions[i].draft, d->regions[i].place);
    }
    if (default_draft(l) && d->out->template.region.size) {
        struct station named = d->out->template;

        named.id = TEXT("of the template");
        lint_station(l, &named, default_draft(l), OF_FILE);
    }
    l->topic = NULL;
}
