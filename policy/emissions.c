/* emissions - events that a pack derives, with fields of their own; and hints
 * to the author of an event. */
#include "base/i18n.h"
#include "policy/condition.h"
#include "policy/lint.h"
#include "policy/messages.h"
#include "policy/names.h"
#include "policy/values.h"
#include "policy/words.h"

enum { HINTS_MAX = 64 };

/* --- emit ----------------------------------------------------------------- */

static void read_with(struct loader *l, yaml_node_t *node, void *into,
                      const struct shape_row *row)
{
    struct emission *emission = into;
    yaml_node_t *key, *value;
    struct computed *with;
    size_t count = 0;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of fields to values"))
        return;
    if (node_count(node) > WITH_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "an event is given at most %d fields", WITH_MAX);
        return;
    }
    with = loader_array(l, node_count(node), sizeof *with);
    for (size_t i = 0; with && i < node_count(node); i++) {
        if (!node_pair(l, node, i, &key, &value) ||
            !name_is_good(l, node_text(key), node_place(key), false))
            continue;
        with[count].name = loader_text(l, node_text(key));
        read_value(l, value, &with[count].value, row);
        count++;
    }
    emission->with = with;
    emission->with_count = count;
}

static const struct shape_row emission_rows[] = {
    {"kind", read_kind, INTO(struct emission, kind), MUST, 0, 0, 0},
    {"with", read_with, 0, sizeof(struct emission), MAY, 0, 0, 0},
};
static const struct shape emission_shape =
    SHAPE("an event to emit", emission_rows);

/* emit: KIND, or emit: {kind: KIND, with: {FIELD: VALUE}} */
void read_emission(struct loader *l, yaml_node_t *node, void *into,
                   const struct shape_row *row)
{
    struct emission *emission = loader_array(l, 1, sizeof *emission);

    if (!emission)
        return;
    emission->kind = KIND_NONE;
    if (node->type == YAML_SCALAR_NODE)
        read_kind(l, node, &emission->kind, row);
    else
        shape_read(l, node, &emission_shape, emission);
    *(const struct emission **)into = emission;
}

/* --- hints ---------------------------------------------------------------- */

static const struct shape_row hint_rows[] = {
    {"when", read_condition, INTO(struct hint, when), MAY, 0, 0, 0},
    {"say", read_text, INTO(struct hint, say), MUST, 0, 0, 0},
    {"rule", read_text, INTO(struct hint, id), MAY, 0, 0, 0},
    {"due", read_value, INTO(struct hint, due), MAY, 0, 0, 0},
    {"number", read_value, INTO(struct hint, number), MAY, 0, 0, 0},
};
static const struct shape hint_shape = SHAPE("a hint", hint_rows);

void read_hints(struct loader *l, yaml_node_t *node, void *into,
                const struct shape_row *row)
{
    struct hint_list *out = into;
    size_t count = node_count(node);
    struct hint *hints;

    (void)row;
    if (!node_is_list(l, node, "a list of hints"))
        return;
    if (count > HINTS_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID, "more than %d hints",
                     HINTS_MAX);
        return;
    }
    hints = loader_array(l, count, sizeof *hints);
    if (!hints)
        return;
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *item = node_item(l, node, i);

        shape_read(l, item, &hint_shape, &hints[i]);
        if (hints[i].say.size)
            name_is_good(l, hints[i].say, node_place(item), true);
    }
    out->list = hints;
    out->count = count;
}

/* --- their words ---------------------------------------------------------- */

static void no_words(struct loader *l, yaml_node_t *node,
                     const struct messages *m, struct text say)
{
    struct text pack = l->draft->policy->name;
    struct nearest near;

    nearest_begin(&near, say);
    for (size_t i = 0; i < m->count; i++)
        for (size_t j = 0; j < m->books[i].count; j++)
            if (m->books[i].list[j].group == MESSAGE_HINTS &&
                text_equal(m->books[i].pack, pack))
                nearest_try(&near, m->books[i].list[j].name);
    report_error(l, lint_place(node, AT_TOP), "the author would be told a key",
                 near.best.size ? report_meant(l, near.best)
                                : N_("hints: in messages/en.yaml"),
                 "the messages have no words for the hint \"%.*s\"",
                 TEXT_ARG(say));
}

/* A pack without messages shows the keys alone, of everything. */
static void check_words(struct loader *l, yaml_node_t *node,
                        const struct messages *m, struct text say)
{
    struct text pack = l->draft->policy->name;
    size_t books = 0, found = 0;

    for (size_t i = 0; i < m->count; i++) {
        bool own = text_equal(m->books[i].pack, pack);

        books += own;
        found += own && messages_in(m, pack, m->books[i].language,
                                    MESSAGE_HINTS, say) != NULL;
    }
    if (books && !found)
        no_words(l, node, m, say);
    for (size_t i = 0; found && found < books && i < m->count; i++)
        if (text_equal(m->books[i].pack, pack) &&
            !messages_in(m, pack, m->books[i].language, MESSAGE_HINTS, say))
            report_warning(l, lint_place(node, AT_TOP),
                           "it is told in another language",
                           report_words(l, "hints: in messages/%.*s.yaml",
                                        TEXT_ARG(m->books[i].language)),
                           "the hint \"%.*s\" has no words in %.*s",
                           TEXT_ARG(say), TEXT_ARG(m->books[i].language));
}

static void check_hints(struct loader *l, yaml_node_t *list,
                        const struct messages *m, const struct hint *hints,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_words(l, lint_down(l, lint_item(l, list, i), TEXT("say")), m,
                    hints[i].say);
}

void hints_check(struct loader *l, const struct messages *m)
{
    for (size_t i = 0; m && i < l->draft_count; i++) {
        const struct policy *p = l->drafts[i].policy;
        yaml_node_t *events;

        l->draft = &l->drafts[i];
        l->source = &l->draft->rules;
        events = lint_section(l, "events");
        check_hints(l, lint_section(l, "hints"), m, p->any_hints,
                    p->any_hint_count);
        for (size_t k = 0; k < p->kind_count; k++)
            check_hints(l,
                        lint_down(l, lint_down(l, events, p->kinds[k].name),
                                  TEXT("hints")),
                        m, p->kinds[k].hints, p->kinds[k].hint_count);
    }
}
