/* routes - where an event goes that nobody can place: an ordered list, whose
 * last row takes whatever comes. */
#include "policy/routes.h"

#include "policy/condition.h"
#include "policy/directory_file.h"
#include "policy/lint.h"
#include "policy/names.h"
#include "policy/words.h"

enum { ROUTES_MAX = 64 };

static const struct shape_row route_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"when", read_condition, INTO(struct route, when), MAY, 0, 0, 0},
    {"region", read_text, INTO(struct route, region), MAY, 0, 0, 0},
    {"severity", read_severity, INTO(struct route, severity), MAY, 0, 0, 0},
    {"page", read_targets, INTO(struct route, page), MAY, 0, 0, 0},
    {"inform", read_targets, INTO(struct route, inform), MAY, 0, 0, 0},
    {"rule", read_text, INTO(struct route, id), MUST, 0, 0, 0},
};
static const struct shape route_shape = SHAPE("a route", route_rows);

static void check_route(struct loader *l, yaml_node_t *node,
                        const struct route *route, bool is_last)
{
    if (!route->page)
        report_error(l, node_place(node), "what nobody can place is somebody's",
                     "page: [crisis_center]", "a route pages nobody");
    if (is_last && route->when.count)
        report_error(l, node_place(node), "an event that none takes is lost",
                     "a last route without \"when\"",
                     "the last route has a condition");
    if (!is_last && !route->when.count)
        report_error(l, node_place(node), "the first that holds wins",
                     "put the one without \"when\" last",
                     "the routes below are never reached");
}

void read_routes(struct loader *l, yaml_node_t *node, void *into,
                 const struct shape_row *row)
{
    struct policy *p = l->draft->policy;
    struct route *routes;
    size_t count = node_count(node);

    (void)into;
    (void)row;
    if (!node_is_list(l, node, "a list of routes"))
        return;
    if (!count || count > ROUTES_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID, "1 to %d routes",
                     ROUTES_MAX);
        return;
    }
    routes = loader_array(l, count, sizeof *routes);
    if (!routes)
        return;
    for (size_t i = 0; i < count; i++) {
        routes[i].severity = 3;
        shape_read(l, node_item(l, node, i), &route_shape, &routes[i]);
        check_route(l, node_item(l, node, i), &routes[i], i + 1 == count);
    }
    p->routes = routes;
    p->route_count = count;
}

/* --- their regions -------------------------------------------------------- */

static void check_region(struct loader *l, yaml_node_t *node,
                         struct text region)
{
    const struct directory_draft *d = l->directory;
    struct nearest near;

    nearest_begin(&near, region);
    for (size_t i = 0; i < d->region_count; i++) {
        if (text_equal(d->regions[i].region.id, region))
            return;
        nearest_try(&near, d->regions[i].region.id);
    }
    report_error(l, lint_place(node, AT_TOP), "there is no roster to ask",
                 near.best.size ? report_meant(l, near.best)
                                : N_("name it under regions of the directory"),
                 "no region is called \"%.*s\"", TEXT_ARG(region));
}

void routes_check(struct loader *l)
{
    for (size_t i = 0; i < l->draft_count; i++) {
        const struct policy *p = l->drafts[i].policy;
        yaml_node_t *list;

        l->source = &l->drafts[i].rules;
        list = lint_section(l, "routes");
        for (size_t j = 0; j < p->route_count; j++)
            if (p->routes[j].region.size)
                check_region(
                    l, lint_down(l, lint_item(l, list, j), TEXT("region")),
                    p->routes[j].region);
    }
}
