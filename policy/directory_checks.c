/* directory_checks - what a pack wants of the attributes of its stations,
 * regions and persons; policy check says where it is not so. */
#include "base/i18n.h"
#include "policy/directory_file.h"

enum { CHECKS_MAX = 32 };

static void read_each(struct loader *l, yaml_node_t *node, void *into,
                      const struct shape_row *row)
{
    enum check_each *each = into;

    (void)row;
    if (!node_is_text(l, node, "station, region or person"))
        return;
    if (text_equal(node_text(node), TEXT("region")))
        *each = CHECK_REGION;
    else if (text_equal(node_text(node), TEXT("person")))
        *each = CHECK_PERSON;
    else if (!text_equal(node_text(node), TEXT("station")))
        report_error(l, node_place(node), UNSAID, "station, region or person",
                     "\"%.*s\" cannot be checked", TEXT_ARG(node_text(node)));
}

static void read_at_most(struct loader *l, yaml_node_t *node, void *into,
                         const struct shape_row *row)
{
    struct directory_check *c = into;
    struct value v;

    (void)row;
    if (!node_is_text(l, node, "a number or a length of time"))
        return;
    v = attribute_value(l, node);
    c->at_most_set = v.kind == VALUE_NUMBER;
    c->at_most = v.kind == VALUE_NUMBER ? v.thousandths : 0;
    if (!c->at_most_set)
        report_error(l, node_place(node), UNSAID, "24h, or 3",
                     "\"at_most\" is a number or a length of time");
}

static const struct shape_row rows[] = {
    {"each", read_each, INTO(struct directory_check, each), MUST, 0, 0, 0},
    {"attribute", read_text, INTO(struct directory_check, attribute), MUST, 0,
     0, 0},
    {"must", read_flag, INTO(struct directory_check, must), MAY, 0, 0, 0},
    {"at_most", read_at_most, 0, sizeof(struct directory_check), MAY, 0, 0, 0},
    {"unless", read_text, INTO(struct directory_check, unless), MAY, 0, 0, 0},
    {"where", read_attributes, INTO(struct directory_check, where), MAY, 0, 0,
     0},
    {"person", read_flag, INTO(struct directory_check, person), MAY, 0, 0, 0},
    {"say", read_text, INTO(struct directory_check, say), MUST, 0, 0, 0},
};
static const struct shape shape = SHAPE("a check", rows);

void read_checks(struct loader *l, yaml_node_t *node, void *into,
                 const struct shape_row *row)
{
    struct directory_draft *d = into;

    (void)row;
    if (!node_is_list(l, node, "a list of checks"))
        return;
    if (!d->checks)
        d->checks = loader_array(l, CHECKS_MAX, sizeof *d->checks);
    for (size_t i = 0; d->checks && i < node_count(node); i++) {
        if (d->check_count == CHECKS_MAX) {
            report_error(l, node_place(node), UNSAID, UNSAID,
                         "more than %d checks", CHECKS_MAX);
            return;
        }
        d->checks[d->check_count].draft = l->draft;
        shape_read(l, node_item(l, node, i), &shape,
                   &d->checks[d->check_count++]);
    }
}

/* --- where it is not so * ------------------------------------------------- */

static bool is_same(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == VALUE_TEXT)
        return text_equal(a->text, b->text);
    return a->kind == VALUE_FLAG
               ? a->flag == b->flag
               : a->kind == VALUE_NUMBER && a->thousandths == b->thousandths;
}

static bool is_meant(const struct directory_check *c,
                     const struct attributes *a)
{
    struct value unless = attributes_find(a, c->unless);

    if (c->unless.size && unless.kind != VALUE_NONE &&
        !(unless.kind == VALUE_FLAG && !unless.flag))
        return false;
    for (size_t i = 0; i < c->where.count; i++) {
        struct value v = attributes_find(a, c->where.list[i].name);

        if (!is_same(&v, &c->where.list[i].value))
            return false;
    }
    return true;
}

/* Somebody of the directory, and not the one who names him. */
static bool is_person(const struct directory_draft *d, const struct value *v,
                      struct text who)
{
    for (size_t i = 0; v->kind == VALUE_TEXT && i < d->person_count; i++)
        if (text_equal(d->persons[i].person.id, v->text))
            return !text_equal(v->text, who);
    return false;
}

static void ask(struct loader *l, const struct directory_check *c,
                const struct attributes *a, struct text id,
                const struct draft *draft, struct place at)
{
    struct value v = attributes_find(a, c->attribute);
    bool breaks = v.kind == VALUE_NONE
                      ? c->must
                      : (c->at_most_set && v.kind == VALUE_NUMBER &&
                         v.thousandths > c->at_most) ||
                            (c->person && !is_person(l->directory, &v, id));

    if (draft != c->draft || !breaks || !is_meant(c, a))
        return;
    l->source = (struct pack_file *)(uintptr_t)&draft->directory;
    l->topic = "check";
    report_warning(
        l, at, UNSAID,
        report_words(l, "attributes: {%.*s: ...}", TEXT_ARG(c->attribute)),
        "%.*s: %.*s", TEXT_ARG(id), TEXT_ARG(c->say));
}

void attributes_lint(struct loader *l)
{
    const struct directory_draft *d = l->directory;

    for (size_t n = 0; l->findings->contacts && n < d->check_count; n++) {
        const struct directory_check *c = &d->checks[n];

        for (size_t i = 0; c->each == CHECK_STATION && i < d->station_count;
             i++)
            ask(l, c, &d->stations[i].station.attributes,
                d->stations[i].station.id, d->stations[i].draft,
                d->stations[i].place);
        for (size_t i = 0; c->each == CHECK_REGION && i < d->region_count; i++)
            ask(l, c, &d->regions[i].region.attributes, d->regions[i].region.id,
                d->regions[i].draft, d->regions[i].place);
        for (size_t i = 0; c->each == CHECK_PERSON && i < d->person_count; i++)
            ask(l, c, &d->persons[i].person.attributes, d->persons[i].person.id,
                d->persons[i].draft, d->persons[i].place);
    }
    l->topic = NULL;
}
