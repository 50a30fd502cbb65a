#include "policy/directory_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/names.h"
#include "policy/words.h"

static int text_order(struct text a, struct text b)
{
    return slice_compare(slice_of(a.data, a.size), slice_of(b.data, b.size));
}

/* --- regions and stations * ----------------------------------------------- */

void read_zone(struct loader *l, yaml_node_t *node, void *into,
               const struct shape_row *row)
{
    (void)row;
    if (node_is_text(l, node, "a time zone"))
        *(const struct zone **)into = zones_get(
            l, &l->directory->zones, node_text(node), node_place(node));
}

static bool region_is_known(struct loader *l, struct text id, struct place at)
{
    const struct directory_draft *d = l->directory;
    struct nearest near;

    nearest_begin(&near, id);
    for (size_t i = 0; i < d->region_count; i++) {
        if (text_equal(d->regions[i].region.id, id))
            return true;
        nearest_try(&near, d->regions[i].region.id);
    }
    report_error(l, at, UNSAID, report_meant(l, near.best),
                 "no region is called \"%.*s\"", TEXT_ARG(id));
    return false;
}

static void read_region_id(struct loader *l, yaml_node_t *node, void *into,
                           const struct shape_row *row)
{
    read_text(l, node, into, row);
    if (node->type == YAML_SCALAR_NODE)
        region_is_known(l, node_text(node), node_place(node));
}

/* "calendar" fills the first line, "lines" the others; the zone is read before
 * them, as the table has it. */
static void read_calendar(struct loader *l, yaml_node_t *node, void *into,
                          const struct shape_row *row)
{
    struct station *s = into;
    struct line *line;

    (void)row;
    if (!node_is_text(l, node, "the name of a calendar") || !s->zone)
        return;
    line = loader_array(l, 1, sizeof *line);
    if (!line)
        return;
    line->calendar =
        calendars_get(l, &l->directory->calendars, &l->directory->zones,
                      node_text(node), s->zone, node_place(node));
    s->lines = line;
    s->line_count = line->calendar != NULL;
}

static void read_lines(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    struct station *s = into;
    yaml_node_t *key, *value;
    struct line *lines;
    size_t count = 1;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of product lines to calendars") ||
        !s->line_count)
        return;
    lines = loader_array(l, node_count(node) + 1, sizeof *lines);
    if (!lines)
        return;
    lines[0] = s->lines[0];
    for (size_t i = 0; i < node_count(node); i++) {
        if (!node_pair(l, node, i, &key, &value) ||
            !node_is_text(l, value, "the name of a calendar"))
            continue;
        lines[count].product_line = loader_text(l, node_text(key));
        lines[count].calendar =
            calendars_get(l, &l->directory->calendars, &l->directory->zones,
                          node_text(value), s->zone, node_place(value));
        count += lines[count].calendar != NULL;
    }
    s->lines = lines;
    s->line_count = count;
}

static const struct shape_row station_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"name", read_text, INTO(struct station, name), MAY, 0, 0, 0},
    {"region", read_region_id, INTO(struct station, region), MUST, 0, 0, 0},
    {"zone", read_zone, INTO(struct station, zone), MUST, 0, 0, 0},
    {"calendar", read_calendar, 0, sizeof(struct station), MUST, 0, 0, 0},
    {"lines", read_lines, 0, sizeof(struct station), MAY, 0, 0, 0},
    {"attributes", read_attributes, INTO(struct station, attributes), MAY, 0, 0,
     0},
    {"roster", read_rosters, INTO(struct station, roles), MAY, 0, 0, 0},
    {"ivr_text", read_text, INTO(struct station_draft, ivr_text), MAY, 0, 0, 0},
};
_Static_assert(offsetof(struct station_draft, station) == 0,
               "the rows above are of both");
static const struct shape station_shape = SHAPE("a station", station_rows);

static void read_stations(struct loader *l, yaml_node_t *node, void *into,
                          const struct shape_row *row)
{
    struct directory_draft *d = into;
    yaml_node_t *key, *value;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of stations"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        struct station_draft *s = &d->stations[d->station_count];

        if (!node_pair(l, node, i, &key, &value) || !id_is_good(l, key))
            continue;
        shape_read(l, value, &station_shape, s);
        s->station.id = loader_text(l, node_text(key));
        s->draft = l->draft;
        s->place = node_place(key);
        d->station_count++;
    }
}

/* A template's region may be left out where it follows from its place. */
static const struct shape_row template_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"region", read_region_id, INTO(struct station, region), MAY, 0, 0, 0},
    {"zone", read_zone, INTO(struct station, zone), MUST, 0, 0, 0},
    {"calendar", read_calendar, 0, sizeof(struct station), MUST, 0, 0, 0},
    {"lines", read_lines, 0, sizeof(struct station), MAY, 0, 0, 0},
    {"roster", read_rosters, INTO(struct station, roles), MAY, 0, 0, 0},
};
static const struct shape template_shape = SHAPE("a template", template_rows);

static void read_region_template(struct loader *l, yaml_node_t *node,
                                 void *into, const struct shape_row *row)
{
    struct region *r = into;
    struct station *t = loader_array(l, 1, sizeof *t);

    (void)row;
    if (!t)
        return;
    t->region = r->id;
    shape_read(l, node, &template_shape, t);
    r->template = t;
}

/* The hours of those who serve all of it are of its zone, where it has one. */
static void read_region_zone(struct loader *l, yaml_node_t *node, void *into,
                             const struct shape_row *row)
{
    (void)into;
    read_zone(l, node, &l->directory->region_zone, row);
}

static void read_region_rosters(struct loader *l, yaml_node_t *node, void *into,
                                const struct shape_row *row)
{
    struct region *r = into;
    const struct zone *zone = l->directory->region_zone;

    read_rosters(l, node, r->roles, row);
    for (size_t role = 1; zone && role <= ROLES_MAX; role++) {
        struct contact *contacts =
            (struct contact *)(uintptr_t)r->roles[role].contacts;

        for (size_t i = 0; i < r->roles[role].count; i++)
            if (!contacts[i].zone)
                contacts[i].zone = zone;
    }
}

static const struct shape_row region_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"name", read_text, INTO(struct region, name), MAY, 0, 0, 0},
    {"zone", read_region_zone, 0, sizeof(struct region), MAY, 0, 0, 0},
    {"template", read_region_template, 0, sizeof(struct region), MAY, 0, 0, 0},
    {"attributes", read_attributes, INTO(struct region, attributes), MAY, 0, 0,
     0},
    {"roster", read_region_rosters, 0, sizeof(struct region), MAY, 0, 0, 0},
};
static const struct shape region_shape = SHAPE("a region", region_rows);

static void add_region(struct loader *l, struct text id, struct place at)
{
    struct directory_draft *d = l->directory;
    struct region_draft *r = &d->regions[d->region_count++];

    r->region.id = loader_text(l, id);
    r->draft = l->draft;
    r->place = at;
}

/* Names first: stations and templates refer to them. */
static void declare_regions(struct loader *l, yaml_node_t *node, void *into,
                            const struct shape_row *row)
{
    yaml_node_t *key, *value;

    (void)into;
    (void)row;
    if (!node_is_mapping(l, node, "a mapping of regions"))
        return;
    for (size_t i = 0; i < node_count(node); i++)
        if (node_pair(l, node, i, &key, &value) && id_is_good(l, key))
            add_region(l, node_text(key), node_place(key));
}

static void read_regions(struct loader *l, yaml_node_t *node, void *into,
                         const struct shape_row *row)
{
    struct directory_draft *d = into;

    (void)row;
    for (size_t i = 0; i < d->region_count; i++) {
        char id[NAME_BYTES_MAX + 1];
        yaml_node_t *value;

        if (d->regions[i].draft != l->draft)
            continue;
        snprintf(id, sizeof id, "%.*s", TEXT_ARG(d->regions[i].region.id));
        value = node_child(l->source, node, id);
        d->region_zone = NULL;
        if (value)
            shape_read(l, value, &region_shape, &d->regions[i].region);
    }
}

/* --- the template and rosters of a whole pack * --------------------------- */

struct pack_parts {
    struct station template;
    struct roster roles[ROLES_MAX + 1];
    bool has_template;
};

static void read_pack_template(struct loader *l, yaml_node_t *node, void *into,
                               const struct shape_row *row)
{
    struct pack_parts *parts = into;

    (void)row;
    if (l->draft->region_count)
        parts->template.region = l->draft->regions[0];
    shape_read(l, node, &template_shape, &parts->template);
    parts->has_template = parts->template.line_count > 0;
}

static void read_default_zone(struct loader *l, yaml_node_t *node, void *into,
                              const struct shape_row *row)
{
    (void)into;
    read_text(l, node, &l->directory->default_zone, row);
    zones_get(l, &l->directory->zones, l->directory->default_zone,
              node_place(node));
}

/* Where a row is read_nothing, another walk over the same file reads it. */
static const struct shape_row names_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"zone", read_default_zone, 0, 0, MAY, 0, 0, 0},
    {"persons", read_persons, 0, 0, MAY, 0, 0, 0},
    {"regions", declare_regions, 0, 0, MAY, 0, 0, 0},
    {"stations", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"roster", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"template", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"checks", read_checks, 0, 0, MAY, 0, 0, 0},
};
static const struct shape names_shape = SHAPE("directory.yaml", names_rows);

static void read_names(struct loader *l)
{
    struct directory_draft *d = l->directory;

    l->source = &l->draft->directory;
    d->default_zone = TEXT("UTC");
    if (l->source->root)
        shape_read(l, l->source->root, &names_shape, d);
    /* a region that only policy.yaml names is one all the same */
    for (size_t i = 0; i < l->draft->region_count; i++) {
        size_t j = 0;

        while (j < d->region_count &&
               !text_equal(d->regions[j].region.id, l->draft->regions[i]))
            j++;
        if (j == d->region_count)
            add_region(l, l->draft->regions[i], OF_FILE);
    }
}

static void set_region_from_pack(struct loader *l, struct region *r,
                                 const struct pack_parts *parts)
{
    struct station *t;

    for (size_t role = 1; role <= ROLES_MAX; role++)
        if (!r->roles[role].count)
            r->roles[role] = parts->roles[role];
    if (r->template || !parts->has_template)
        return;
    t = loader_array(l, 1, sizeof *t);
    if (!t)
        return;
    *t = parts->template;
    t->region = r->id;
    r->template = t;
}

static void set_pack_parts(struct loader *l, const struct pack_parts *parts)
{
    struct directory_draft *d = l->directory;

    if (l->draft->is_default) {
        memcpy(d->out->roles, parts->roles, sizeof parts->roles);
        if (parts->has_template)
            d->out->template = parts->template;
        return;
    }
    for (size_t i = 0; i < d->region_count; i++)
        for (size_t j = 0; j < l->draft->region_count; j++)
            if (text_equal(d->regions[i].region.id, l->draft->regions[j]))
                set_region_from_pack(l, &d->regions[i].region, parts);
}

static void read_places(struct loader *l)
{
    struct directory_draft *d = l->directory;
    struct pack_parts *parts = loader_array(l, 1, sizeof *parts);
    struct pack_file *s = &l->draft->directory;
    static const struct shape_row none = {"", read_nothing, 0, 0, MAY, 0, 0, 0};
    yaml_node_t *node;

    l->source = s;
    if (!s->root || !parts)
        return;
    if ((node = node_child(s, s->root, "regions")))
        read_regions(l, node, d, &none);
    if ((node = node_child(s, s->root, "stations")))
        read_stations(l, node, d, &none);
    if ((node = node_child(s, s->root, "roster")))
        read_rosters(l, node, parts->roles, &none);
    if ((node = node_child(s, s->root, "template")))
        read_pack_template(l, node, parts, &none);
    set_pack_parts(l, parts);
}

/* --- the directory * ------------------------------------------------------ */

static int person_order(const void *a, const void *b)
{
    const struct person_draft *x = a, *y = b;

    return text_order(x->person.id, y->person.id);
}

static int station_order(const void *a, const void *b)
{
    const struct station_draft *x = a, *y = b;

    return text_order(x->station.id, y->station.id);
}

static int region_order(const void *a, const void *b)
{
    const struct region_draft *x = a, *y = b;

    return text_order(x->region.id, y->region.id);
}

static void report_twice(struct loader *l, const struct draft *draft,
                         struct place at, const char *what, struct text id)
{
    l->source = (struct pack_file *)(uintptr_t)&draft->directory;
    report_error(l, at, "another pack of the set has it too", UNSAID,
                 "the %s \"%.*s\" is given twice", report_said(what),
                 TEXT_ARG(id));
}

/* Sorted drafts to the engine's tables. */
#define BUILD(l, d, thing, what, order)                                        \
    do {                                                                       \
        struct thing *list =                                                   \
            loader_array(l, (d)->thing##_count, sizeof *list);                 \
        if (!list)                                                             \
            return;                                                            \
        qsort((d)->thing##s, (d)->thing##_count, sizeof *(d)->thing##s,        \
              order);                                                          \
        for (size_t i = 0; i < (d)->thing##_count; i++) {                      \
            list[i] = (d)->thing##s[i].thing;                                  \
            if (i && text_equal(list[i - 1].id, list[i].id))                   \
                report_twice(l, (d)->thing##s[i].draft,                        \
                             (d)->thing##s[i].place, what, list[i].id);        \
        }                                                                      \
        (d)->out->thing##s = list;                                             \
        (d)->out->thing##_count = (d)->thing##_count;                          \
    } while (0)

static void build(struct loader *l)
{
    struct directory_draft *d = l->directory;

    BUILD(l, d, person, N_("person"), person_order);
    BUILD(l, d, station, N_("station"), station_order);
    BUILD(l, d, region, N_("region"), region_order);
}

/* A directory that says nothing: somebody's head and deputy, at all hours. */
static void set_bare_template(struct loader *l)
{
    struct directory_draft *d = l->directory;
    struct station *t = &d->out->template;
    struct line *line;

    if (t->line_count)
        return;
    line = loader_array(l, 1, sizeof *line);
    t->zone = zones_get(l, &d->zones, TEXT("UTC"), OF_FILE);
    if (!line)
        return;
    line->calendar = calendars_always(l, t->zone);
    t->lines = line;
    t->line_count = 1;
}

/* Room for all that the files have. */
static bool directory_room(struct loader *l)
{
    struct directory_draft *d = l->directory;
    size_t persons = 0, stations = 0, regions = 0;

    for (size_t i = 0; i < l->draft_count; i++) {
        struct pack_file *s = &l->drafts[i].directory;
        yaml_node_t *p = node_child(s, s->root, "persons");
        yaml_node_t *t = node_child(s, s->root, "stations");
        yaml_node_t *r = node_child(s, s->root, "regions");

        persons += p ? node_count(p) : 0;
        stations += t ? node_count(t) : 0;
        regions += (r ? node_count(r) : 0) + l->drafts[i].region_count;
    }
    d->persons = loader_array(l, persons + 1, sizeof *d->persons);
    d->stations = loader_array(l, stations + 1, sizeof *d->stations);
    d->regions = loader_array(l, regions + 1, sizeof *d->regions);
    return d->persons && d->stations && d->regions;
}

const struct directory *directory_read(struct loader *l)
{
    struct directory_draft *d = loader_array(l, 1, sizeof *d);

    if (!d)
        return NULL;
    l->directory = d;
    d->out = loader_array(l, 1, sizeof *d->out);
    if (!d->out || !directory_room(l))
        return NULL;
    for (size_t i = 0; i < l->draft_count; i++) {
        l->draft = &l->drafts[i];
        calendars_read(l, &d->calendars);
        read_names(l);
    }
    for (size_t i = 0; i < l->draft_count; i++) {
        l->draft = &l->drafts[i];
        read_places(l);
    }
    set_bare_template(l);
    delegates_check(l);
    rosters_from_persons(l);
    build(l);
    return d->out;
}
