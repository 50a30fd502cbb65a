/* never - what a pack writes down and what can never happen: conditions that
 * do not hold, rules behind others, counters that nobody counts. */
#include "base/i18n.h"
#include "engine/subject.h"
#include "policy/lint.h"

/* --- conditions ----------------------------------------------------------- */

/* A condition and where it stands. */
struct asked {
    const struct expr *when;
    struct place at;
    const char *what; /* "this rule": as a sentence begins */
};

static void never(struct loader *l, struct holds *h, bool case_there,
                  const struct asked *a)
{
    if (holds_never(h, a->when, case_there))
        report_warning(l, a->at, "no event can make its condition true",
                       "look at its comparisons, one by one",
                       "%s never happens: %.*s", a->what,
                       TEXT_ARG(lint_words(a->when->source)));
}

/* Of a list in which the first that holds counts. */
struct choosing {
    struct loader *l;
    struct holds *h;
    bool case_there;
    const char *what, *why;
    const struct expr *when[256];
    struct place at[256];
    size_t count;
};

static void choose(struct choosing *c, const struct expr *when, struct place at)
{
    if (c->count == sizeof c->when / sizeof *c->when)
        return;
    c->when[c->count] = when;
    c->at[c->count++] = at;
}

static bool is_hidden(struct choosing *c, size_t index)
{
    holds_begin(c->h, c->case_there);
    holds_want(c->h, c->when[index], true);
    for (size_t i = 0; i < index; i++)
        holds_want(c->h, c->when[i], false);
    return !holds_possible(c->h);
}

static void chosen_lint(struct choosing *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (i && c->when[i - 1]->count == 0) {
            report_warning(c->l, c->at[i], c->why,
                           "put the one without \"when\" last",
                           "%s is never reached, %zu always holds", c->what, i);
            return;
        }
        if (holds_never(c->h, c->when[i], c->case_there))
            never(c->l, c->h, c->case_there,
                  &(struct asked){c->when[i], c->at[i], c->what});
        else if (i && is_hidden(c, i))
            report_warning(c->l, c->at[i], c->why,
                           "put the narrower condition first",
                           "%s is never reached: whenever it holds, one "
                           "above it does",
                           c->what);
    }
}

/* --- kinds of event ------------------------------------------------------- */

static void pages_nobody(struct loader *l, struct place at, targets page,
                         targets except)
{
    if (page && !(page & (targets)~except))
        report_warning(l, at, "whom it names, \"not\" takes out again",
                       "leave one of them out", "this pages nobody");
}

static void rules(struct loader *l, struct holds *h, const struct kind_rule *k,
                  yaml_node_t *node, struct place at)
{
    struct choosing *c = loader_array(l, 1, sizeof *c);
    yaml_node_t *list = lint_down(l, node, TEXT("rules"));
    size_t written = list ? node_count(list) : 0;

    if (!c)
        return;
    *c = (struct choosing){.l = l,
                           .h = h,
                           .case_there = k->needs_case || k->opens_case,
                           .what = _("this rule"),
                           .why = N_("the first rule that holds wins")};
    for (size_t i = 0; i < k->rule_count; i++) {
        struct place here =
            i < written ? lint_place(lint_item(l, list, i), at) : at;

        choose(c, &k->rules[i].when, here);
        pages_nobody(l, here, k->rules[i].page, k->rules[i].except);
    }
    chosen_lint(c);
}

static void gates(struct loader *l, struct holds *h, const struct kind_rule *k,
                  yaml_node_t *node, struct place at)
{
    yaml_node_t *list = lint_down(l, node, TEXT("gates"));

    for (size_t i = 0; i < k->gate_count; i++) {
        struct place here = lint_place(lint_item(l, list, i), at);
        const struct expr *when = &k->gates[i].when;
        bool there = k->needs_case || k->opens_case;

        never(l, h, there, &(struct asked){when, here, _("this refusal")});
        if (holds_always(h, when, there))
            report_warning(l, here, "neither rule nor effect is carried out",
                           "say in \"when\" what is refused",
                           "this gate refuses every %.*s", TEXT_ARG(k->name));
    }
}

static void kind(struct loader *l, struct holds *h, const struct kind_rule *k,
                 struct place at)
{
    yaml_node_t *node = lint_down(l, lint_section(l, "events"), k->name);
    bool there = k->needs_case || k->opens_case;
    yaml_node_t *list;

    if (!node)
        return;
    gates(l, h, k, node, at);
    rules(l, h, k, node, at);
    list = lint_down(l, node, TEXT("do"));
    for (size_t i = 0; i < k->effect_count; i++)
        never(l, h, there,
              &(struct asked){&k->effects[i].when,
                              lint_place(lint_item(l, list, i), at),
                              _("this effect")});
    list = lint_down(l, node, TEXT("counts"));
    for (size_t i = 0; i < k->count_count; i++)
        never(l, h, there,
              &(struct asked){&k->counts[i].when,
                              lint_place(lint_item(l, list, i), at),
                              _("this count")});
    list = lint_down(l, node, TEXT("hints"));
    for (size_t i = 0; i < k->hint_count; i++)
        never(l, h, there,
              &(struct asked){&k->hints[i].when,
                              lint_place(lint_item(l, list, i), at),
                              _("this hint")});
    list = lint_down(l, node, TEXT("for_each"));
    for (size_t i = 0; i < k->spread_count; i++)
        never(l, h, there,
              &(struct asked){&k->spreads[i].when,
                              lint_place(lint_item(l, list, i), at),
                              _("this entry of for_each")});
}

/* --- values and routes ---------------------------------------------------- */

static void choices(struct loader *l, struct holds *h, yaml_node_t *node,
                    const struct choice *rows, size_t count)
{
    struct choosing *c;

    if (!node || node->type != YAML_SEQUENCE_NODE)
        return;
    c = loader_array(l, 1, sizeof *c);
    if (!c)
        return;
    *c = (struct choosing){.l = l,
                           .h = h,
                           .what = _("this row"),
                           .why = N_("the first row that holds counts")};
    for (size_t i = 0; i < count; i++)
        choose(c, &rows[i].when, node_place(lint_item(l, node, i)));
    chosen_lint(c);
}

static void tariff(struct loader *l, struct holds *h, const struct tariff *t)
{
    yaml_node_t *versions = lint_down(
        l, lint_down(l, lint_section(l, "tariffs"), t->name), TEXT("versions"));

    for (size_t i = 0; i < t->count; i++) {
        const struct tariff_version *v = &t->versions[i];
        yaml_node_t *lines =
            lint_down(l, lint_down(l, versions, v->name), TEXT("lines"));

        for (size_t j = 0; j < v->count; j++)
            choices(l, h, lint_down(l, lines, v->lines[j].item),
                    v->lines[j].rows, v->lines[j].count);
    }
}

static void values(struct loader *l, struct holds *h)
{
    const struct policy *p = l->draft->policy;
    yaml_node_t *tables = lint_section(l, "tables");

    for (size_t i = 0; i < p->table_count; i++)
        choices(l, h, lint_down(l, tables, p->tables[i].name),
                p->tables[i].rows, p->tables[i].count);
    for (size_t i = 0; i < p->tariff_count; i++)
        tariff(l, h, &p->tariffs[i]);
}

static void routes(struct loader *l, struct holds *h)
{
    const struct policy *p = l->draft->policy;
    yaml_node_t *list = lint_section(l, "routes");
    struct choosing *c = loader_array(l, 1, sizeof *c);

    if (!c)
        return;
    *c = (struct choosing){.l = l,
                           .h = h,
                           .what = _("this route"),
                           .why = N_("the first that holds wins")};
    for (size_t i = 0; i < p->route_count; i++)
        choose(c, &p->routes[i].when,
               lint_place(lint_item(l, list, i), AT_TOP));
    chosen_lint(c);
}

/* --- counters, locks, lists ----------------------------------------------- */

static void counters(struct loader *l, const struct facts *f)
{
    const struct policy *p = l->draft->policy;
    yaml_node_t *node = lint_section(l, "counters");

    for (size_t i = 0; i < p->counter_count; i++)
        if (f->counted[i] == COUNTED_NEVER)
            report_warning(
                l, lint_place(lint_key(l, node, p->counters[i].name), AT_TOP),
                "it stays at 0, and its levels are never reached",
                "counts: [NAME] at a kind of event", "nothing counts %.*s",
                TEXT_ARG(p->counters[i].name));
}

static void locks(struct loader *l, const struct facts *f)
{
    const struct policy *p = l->draft->policy;
    yaml_node_t *node = lint_section(l, "locks");

    for (size_t i = 0; i < p->lock_count; i++) {
        struct place at = lint_place(lint_item(l, node, i), AT_TOP);

        if (!(f->locked & 1u << i))
            report_warning(l, at, "what asks for it is never true",
                           "do: [lock NAME] at a kind of event",
                           "nothing sets the lock %.*s", TEXT_ARG(p->locks[i]));
        else if (!(f->unlocked & 1u << i))
            report_warning(l, at, "it lasts as long as the case",
                           "do: [unlock NAME] at a kind of event",
                           "nothing releases the lock %.*s",
                           TEXT_ARG(p->locks[i]));
    }
}

static void lists(struct loader *l, struct holds *h)
{
    const struct policy *p = l->draft->policy;
    yaml_node_t *node = lint_section(l, "lists");

    for (size_t i = 0; i < p->list_count; i++) {
        const struct list_rule *list = &p->lists[i];
        yaml_node_t *value = lint_down(l, node, list->name);
        struct place at = lint_place(lint_key(l, node, list->name), AT_TOP);

        value = lint_down(l, value, TEXT("chosen"));
        for (size_t j = 0; j < list->choice_count; j++)
            never(l, h, true,
                  &(struct asked){&list->choices[j].when,
                                  lint_place(lint_item(l, value, j), at),
                                  _("this choice of items")});
        if (!holds_facts(h)->filled[i])
            report_warning(l, at, "it stays empty",
                           "do: [begin NAME], [add NAME] or [ask NAME] at a "
                           "kind of event",
                           "nothing puts items into the list %.*s",
                           TEXT_ARG(list->name));
    }
}

/* --- facts ---------------------------------------------------------------- */

/* Is it remembered by an effect before this one, of this kind or another? */
static bool known_before(const struct policy *p, size_t kind, size_t effect)
{
    const struct memory *m = p->kinds[kind].effects[effect].memory;

    for (size_t k = 0; k <= kind; k++)
        for (size_t i = 0; i < (k < kind ? p->kinds[k].effect_count : effect);
             i++) {
            const struct effect_row *e = &p->kinds[k].effects[i];

            if (e->effect == EFFECT_REMEMBER &&
                text_equal(e->memory->path.kind, m->path.kind) &&
                text_equal(e->memory->name, m->name))
                return true;
        }
    return false;
}

/* More names than a subject keeps: the oldest ones are pushed out. */
static void facts_of(struct loader *l, struct text subject)
{
    const struct policy *p = l->draft->policy;
    size_t names = 0;

    for (size_t k = 0; k < p->kind_count; k++)
        for (size_t i = 0; i < p->kinds[k].effect_count; i++) {
            const struct effect_row *e = &p->kinds[k].effects[i];

            if (e->effect != EFFECT_REMEMBER ||
                !text_equal(e->memory->path.kind, subject) ||
                known_before(p, k, i) || ++names != SUBJECT_FACTS_MAX + 1)
                continue;
            report_warning(l, l->draft->kind_places[k],
                           "the oldest is forgotten for the newest",
                           "remember fewer, or of another subject",
                           "more than %d facts are remembered of one %.*s",
                           SUBJECT_FACTS_MAX, TEXT_ARG(subject));
        }
}

static void memories(struct loader *l)
{
    static const char *const subjects[] = {
#define X(name, word) word,
        EXPR_SUBJECTS(X)
#undef X
    };

    for (size_t i = 0; i < SUBJECT_COUNT; i++)
        if (i != SUBJECT_OWNER && i != SUBJECT_REPORTER) /* persons */
            facts_of(l, text_of(subjects[i]));
}

/* --- all of it ------------------------------------------------------------ */

static void kinds(struct loader *l, struct holds *h)
{
    const struct draft *d = l->draft;
    yaml_node_t *own = lint_section(l, "own_kinds");
    yaml_node_t *events = lint_section(l, "events");

    for (size_t i = 0; i < d->policy->kind_count; i++)
        kind(l, h, &d->kinds[i], d->kind_places[i]);
    for (size_t i = 0; own && i < node_count(own); i++) {
        struct text name = node_text(lint_item(l, own, i));

        if (!lint_key(l, events, name))
            report_warning(l, node_place(lint_item(l, own, i)),
                           "an event of it would be noted, and no more",
                           "say under events what it means",
                           "the rules say nothing of %.*s", TEXT_ARG(name));
    }
}

void never_lint(struct loader *l, struct holds *h)
{
    const struct draft *d = l->draft;
    yaml_node_t *conditions = lint_section(l, "conditions");

    l->topic = "never";
    for (size_t i = 0; i < d->condition_count; i++)
        never(l, h, true,
              &(struct asked){
                  &d->conditions[i].expr,
                  lint_place(lint_key(l, conditions, d->conditions[i].name),
                             AT_TOP),
                  _("this condition")});
    values(l, h);
    kinds(l, h);
    counters(l, holds_facts(h));
    locks(l, holds_facts(h));
    lists(l, h);
    memories(l);
    routes(l, h);
    l->topic = NULL;
}
