/* tariffs - what work costs: versions with their validity, lines with ordered
 * rows. A line asks fields and the case, no table and no tariff. */
#include <stdio.h>

#include "policy/calendars.h"
#include "policy/condition.h"
#include "policy/names.h"
#include "policy/values.h"

enum { TARIFFS_MAX = 32, VERSIONS_MAX = 64, LINES_MAX = 1024 };

static bool asks_values(const struct expr *e)
{
    for (uint16_t i = 0; i < e->count; i++)
        if (e->rows[i].op == EXPR_OP_TABLE || e->rows[i].op == EXPR_OP_TARIFF)
            return true;
    return false;
}

static bool line_asks_values(const struct tariff_line *line)
{
    for (size_t i = 0; i < line->count; i++)
        if (asks_values(&line->rows[i].when) ||
            asks_values(&line->rows[i].value))
            return true;
    return false;
}

static void read_lines(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    struct tariff_version *version = into;
    yaml_node_t *key, *value;
    struct tariff_line *lines;
    size_t count = 0;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of items to amounts"))
        return;
    if (node_count(node) > LINES_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID, "more than %d lines",
                     LINES_MAX);
        return;
    }
    lines = loader_array(l, node_count(node), sizeof *lines);
    for (size_t i = 0; lines && i < node_count(node); i++) {
        struct tariff_line *line = &lines[count];
        uint32_t cost;

        if (!node_pair(l, node, i, &key, &value) ||
            !choices_read(l, value, "amount", &line->rows, &line->count))
            continue;
        line->item = loader_text(l, node_text(key));
        if (line_asks_values(line))
            report_error(l, node_place(key), "it could ask itself",
                         "ask fields of the event and the case",
                         "a line of a tariff asks a table or a tariff");
        cost =
            TARIFF_ITEMS_MAX * choices_cost(l->draft, line->rows, line->count);
        if (cost > l->draft->tariff_cost)
            l->draft->tariff_cost = cost;
        count++;
    }
    version->lines = lines;
    version->count = count;
}

static void read_day(struct loader *l, yaml_node_t *node, void *into,
                     const struct shape_row *row)
{
    (void)row;
    if (node_is_text(l, node, "a day such as 2016-02-07") &&
        !day_of_text(node_text(node), into))
        report_error(l, node_place(node), UNSAID, "2016-02-07",
                     "\"%.*s\" is no day", TEXT_ARG(node_text(node)));
}

static const struct shape_row version_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"valid_from", read_day, INTO(struct tariff_version, from_day), MUST, 0, 0,
     0},
    {"valid_until", read_day, INTO(struct tariff_version, until_day), MAY, 0, 0,
     INT32_MAX},
    {"lines", read_lines, 0, sizeof(struct tariff_version), MUST, 0, 0, 0},
};
static const struct shape version_shape =
    SHAPE("a version of a tariff", version_rows);

/* Two versions in force on one day: which would count? */
static void check_validity(struct loader *l, yaml_node_t *key,
                           const struct tariff_version *versions, size_t count)
{
    const struct tariff_version *v = &versions[count];

    if (v->until_day <= v->from_day)
        report_error(l, node_place(key), UNSAID, UNSAID,
                     "the version %.*s ends before it begins",
                     TEXT_ARG(v->name));
    for (size_t i = 0; i < count; i++)
        if (versions[i].from_day < v->until_day &&
            v->from_day < versions[i].until_day)
            report_error(l, node_place(key),
                         "it would not be clear which counts",
                         "valid_until is the first day without it",
                         "the versions %.*s and %.*s are in force on one day",
                         TEXT_ARG(versions[i].name), TEXT_ARG(v->name));
}

static void read_versions(struct loader *l, yaml_node_t *node, void *into,
                          const struct shape_row *row)
{
    struct tariff *tariff = into;
    yaml_node_t *key, *value;
    struct tariff_version *versions;
    size_t count = 0;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of versions"))
        return;
    if (!node_count(node) || node_count(node) > VERSIONS_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "a tariff has 1 to %d versions", VERSIONS_MAX);
        return;
    }
    versions = loader_array(l, node_count(node), sizeof *versions);
    for (size_t i = 0; versions && i < node_count(node); i++) {
        if (!node_pair(l, node, i, &key, &value))
            continue;
        shape_read(l, value, &version_shape, &versions[count]);
        versions[count].name = loader_text(l, node_text(key));
        check_validity(l, key, versions, count);
        count++;
    }
    tariff->versions = versions;
    tariff->count = count;
}

static const struct shape_row tariff_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"when", read_condition, INTO(struct tariff, when), MAY, 0, 0, 0},
    {"versions", read_versions, 0, sizeof(struct tariff), MUST, 0, 0, 0},
};
static const struct shape tariff_shape = SHAPE("a tariff", tariff_rows);

void read_tariffs(struct loader *l, yaml_node_t *node, void *into,
                  const struct shape_row *row)
{
    struct policy *p = l->draft->policy;
    yaml_node_t *key, *value;
    struct tariff *tariffs;

    (void)into;
    (void)row;
    if (!node_is_mapping(l, node, "a mapping of tariffs"))
        return;
    if (node_count(node) > TARIFFS_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "more than %d tariffs", TARIFFS_MAX);
        return;
    }
    tariffs = loader_array(l, node_count(node), sizeof *tariffs);
    p->tariffs = tariffs;
    for (size_t i = 0; tariffs && i < node_count(node); i++) {
        struct tariff *t = &tariffs[p->tariff_count];

        if (!node_pair(l, node, i, &key, &value) ||
            !name_is_good(l, node_text(key), node_place(key), false))
            continue;
        t->name = loader_text(l, node_text(key));
        shape_read(l, value, &tariff_shape, t);
        if (asks_values(&t->when))
            report_error(l, node_place(key), "it could ask itself", UNSAID,
                         "the condition of a tariff asks a table or a tariff");
        l->draft->tariff_cost += t->when.count;
        p->tariff_count++;
    }
}
