/* directory_checks - what a pack wants of the attributes of its stations and
 * regions; policy check says where it is not so. */
#include "policy/directory_file.h"

enum { CHECKS_MAX = 32 };

static void read_each(struct loader *l, yaml_node_t *node, void *into,
                      const struct shape_row *row)
{
    enum check_each *each = into;

    (void)row;
    if (!node_is_text(l, node, "station or region"))
        return;
    if (text_equal(node_text(node), TEXT("region")))
        *each = CHECK_REGION;
    else if (!text_equal(node_text(node), TEXT("station")))
        report_error(l, node_place(node), "", "station or region",
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
        report_error(l, node_place(node), "", "24h, or 3",
                     "\"at_most\" is a number or a length of time");
}

static const struct shape_row rows[] = {
    {"each", read_each, INTO(struct directory_check, each), MUST, 0, 0, 0},
    {"attribute", read_text, INTO(struct directory_check, attribute), MUST, 0,
     0, 0},
    {"must", read_flag, INTO(struct directory_check, must), MAY, 0, 0, 0},
    {"at_most", read_at_most, 0, sizeof(struct directory_check), MAY, 0, 0, 0},
    {"unless", read_text, INTO(struct directory_check, unless), MAY, 0, 0, 0},
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
            report_error(l, node_place(node), "", "", "more than %d checks",
                         CHECKS_MAX);
            return;
        }
        d->checks[d->check_count].draft = l->draft;
        shape_read(l, node_item(l, node, i), &shape,
                   &d->checks[d->check_count++]);
    }
}
