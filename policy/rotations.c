/* rotations - contacts who are on duty one after the other. */
#include <stdio.h>

#include "base/time_text.h"
#include "policy/directory_file.h"
#include "policy/names.h"

#define HOUR_MS INT64_C(3600000)
#define YEAR_MS (INT64_C(366) * 24 * HOUR_MS)

enum { ROTATION_MAX = 64 };

static void read_of(struct loader *l, yaml_node_t *node, void *into,
                    const struct shape_row *row)
{
    struct rotation *r = into;
    size_t count = node_count(node);
    struct text *of;

    (void)row;
    if (!node_is_list(l, node, "a list of persons, in their turn"))
        return;
    if (count == 0 || count > ROTATION_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "a rotation is of 1 to %d", ROTATION_MAX);
        return;
    }
    of = loader_array(l, count, sizeof *of);
    if (!of)
        return;
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *item = node_item(l, node, i);

        if (!node_is_text(l, item, "the id of a person"))
            return;
        person_is_known(l, node_text(item), node_place(item));
        of[i] = loader_text(l, node_text(item));
    }
    r->of = of;
    r->count = count;
}

/* By the wall clock of wherever it is used. */
static void read_wall_clock(struct loader *l, yaml_node_t *node, void *into,
                            const struct shape_row *row)
{
    struct error err;

    (void)row;
    if (!node_is_text(l, node, "a day and an hour such as 2026-01-05 09:00"))
        return;
    if (time_text_parse((const char *)node->data.scalar.value, "UTC", into,
                        &err))
        report_error(l, node_place(node), UNSAID, "2026-01-05 09:00",
                     "\"%.*s\" is no day and hour", TEXT_ARG(node_text(node)));
}

static const struct shape_row rows[] = {
    {"of", read_of, 0, sizeof(struct rotation), MUST, 0, 0, 0},
    {"every", read_span, INTO(struct rotation, every_ms), MUST, HOUR_MS,
     YEAR_MS, 0},
    {"from", read_wall_clock, INTO(struct rotation, from_ms), MUST, 0, 0, 0},
    {"until", read_wall_clock, INTO(struct rotation, until_ms), MAY, 0, 0, 0},
};
static const struct shape shape = SHAPE("a rotation", rows);

void read_rotation(struct loader *l, yaml_node_t *node, void *into,
                   const struct shape_row *row)
{
    struct rotation *r = loader_array(l, 1, sizeof *r);

    (void)row;
    if (!r)
        return;
    shape_read(l, node, &shape, r);
    if (r->until_ms && r->until_ms <= r->from_ms)
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "the rotation ends before it begins");
    if (r->every_ms < HOUR_MS)
        r->every_ms = HOUR_MS; /* was reported */
    *(const struct rotation **)into = r;
}
