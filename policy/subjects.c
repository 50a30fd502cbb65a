/* subjects - facts, counters and intervals beside the cases: whose they are. */
#include "policy/subjects.h"

#include "policy/condition.h"

/* --- per ------------------------------------------------------------------ */

static const char *const subject_words[] = {
#define X(name, word) word,
    EXPR_SUBJECTS(X)
#undef X
};

/* SUBJECT_COUNT: none, so a field of the event. */
static unsigned subject_find(struct text word)
{
    unsigned i = 0;

    if (text_equal(word, TEXT("asset_id")))
        return SUBJECT_ASSET;
    if (text_equal(word, TEXT("customer_id")))
        return SUBJECT_CUSTOMER;
    while (i < SUBJECT_COUNT && !text_equal(word, text_of(subject_words[i])))
        i++;
    return i;
}

static struct text kind_of(struct loader *l, struct text word)
{
    unsigned subject = subject_find(word);

    if (subject == SUBJECT_OWNER || subject == SUBJECT_REPORTER)
        subject = SUBJECT_PERSON;
    return subject == SUBJECT_COUNT ? loader_text(l, word)
                                    : text_of(subject_words[subject]);
}

static void add_source(struct loader *l, yaml_node_t *node,
                       struct subject_part *part)
{
    struct subject_source *source = &part->sources[part->source_count];

    if (!node_is_text(l, node, "a field that holds the id") ||
        !name_is_good(l, node_text(node), node_place(node), false))
        return;
    if (part->source_count == SUBJECT_SOURCES_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "more than %d places for one id", SUBJECT_SOURCES_MAX);
        return;
    }
    source->subject = (uint8_t)subject_find(node_text(node));
    source->field = loader_text(l, node_text(node));
    part->source_count++;
}

static void read_part(struct loader *l, yaml_node_t *kind, yaml_node_t *value,
                      struct subject_part *part)
{
    if (!node_is_text(l, kind, "a kind of subject") ||
        !name_is_good(l, node_text(kind), node_place(kind), false))
        return;
    part->kind = kind_of(l, node_text(kind));
    if (!value || node_is_null(value))
        value = kind;
    if (value->type == YAML_MAPPING_NODE &&
        !node_is_list(l, value, "fields that hold the id"))
        return;
    for (size_t i = 0; i < node_count(value); i++)
        add_source(l, node_item(l, value, i), part);
}

/* person+topic */
static void name_path(struct loader *l, struct place at,
                      struct subject_path *path)
{
    char word[SUBJECT_KIND_BYTES + 1];
    size_t size = 0;

    for (size_t i = 0; i < path->count; i++) {
        struct text kind = path->parts[i].kind;

        if (size + kind.size + 1 > SUBJECT_KIND_BYTES) {
            report_error(l, at, "the key of a row holds no more", UNSAID,
                         "the kinds together are longer than %d bytes",
                         SUBJECT_KIND_BYTES);
            return;
        }
        if (i)
            word[size++] = '+';
        if (kind.size)
            memcpy(word + size, kind.data, kind.size);
        size += kind.size;
    }
    path->kind = loader_text(l, (struct text){word, (uint32_t)size});
}

void read_path(struct loader *l, yaml_node_t *node, void *into,
               const struct shape_row *row)
{
    struct subject_path *path = into;
    struct subject_part *parts;
    size_t count = node_count(node);
    yaml_node_t *key, *value = NULL;

    (void)row;
    if (count == 0 || count > SUBJECT_PARTS_MAX) {
        report_error(l, node_place(node), UNSAID,
                     "per: asset, per: [person, topic]",
                     "\"per\" names 1 to %d kinds", SUBJECT_PARTS_MAX);
        return;
    }
    parts = loader_array(l, count, sizeof *parts);
    if (!parts)
        return;
    for (size_t i = 0; i < count; i++) {
        if (node->type != YAML_MAPPING_NODE)
            key = node_item(l, node, i);
        else if (!node_pair(l, node, i, &key, &value))
            return;
        read_part(l, key, value, &parts[i]);
    }
    path->parts = parts;
    path->count = count;
    name_path(l, node_place(node), path);
}

/* --- intervals ------------------------------------------------------------ */

void declare_intervals(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    struct draft *d = l->draft;
    size_t *count = &d->policy->interval_count;

    (void)into;
    (void)row;
    *count = names_declare(l, node, d->intervals,
                           NAMES_OF("intervals", d->intervals, *count),
                           INTERVAL_RULES_MAX);
}

static const struct shape_row interval_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"per", read_path, INTO(struct interval_rule, per), MUST, 0, 0, 0},
    {"from", read_text, INTO(struct interval_rule, from_field), MUST, 0, 0, 0},
    {"until", read_text, INTO(struct interval_rule, until_field), MUST, 0, 0,
     0},
    {"key", read_text, INTO(struct interval_rule, key_field), MAY, 0, 0, 0},
    {"apart", read_value, INTO(struct interval_rule, apart), MAY, 0, 0, 0},
};
static const struct shape interval_shape = SHAPE("intervals", interval_rows);

static void read_interval_rule(struct loader *l, yaml_node_t *node,
                               struct interval_rule *interval)
{
    shape_read(l, node, &interval_shape, interval);
    if (interval->from_field.size &&
        text_equal(interval->from_field, interval->until_field))
        report_error(l, node_place(node), "they would take no time",
                     "from: FIELD, until: ANOTHER",
                     "these intervals begin and end with one field");
}

void read_intervals(struct loader *l, yaml_node_t *node, void *into,
                    const struct shape_row *row)
{
    struct draft *d = l->draft;

    (void)into;
    (void)row;
    for (size_t i = 0; i < d->policy->interval_count; i++) {
        yaml_node_t *value =
            node_find(l->source, node, d->intervals[i].name, NULL);

        if (value)
            read_interval_rule(l, value, &d->intervals[i]);
    }
}

static bool interval_find(struct loader *l, struct text name, uint16_t *index,
                          struct text *best)
{
    const struct draft *d = l->draft;
    size_t count = d->policy->interval_count;

    *index = (uint16_t)names_index(NAMES_OF(UNSAID, d->intervals, count), name,
                                   best);
    return *index < count;
}

bool operand_overlaps(struct compiler *c, struct operand *o)
{
    static const char start[] = "overlaps.";
    struct text word = c->token.word, best = TEXT("");
    const uint32_t skip = sizeof start - 1;
    uint16_t index = 0;

    if (word.size <= skip || memcmp(word.data, start, skip) != 0)
        return false;
    *o = operand_of(A_FLAG, c->token.offset);
    word = (struct text){word.data + skip, word.size - skip};
    if (interval_find(c->l, word, &index, &best))
        compiler_push(c, (struct expr_row){.op = EXPR_OP_OVERLAPS,
                                           .index = index,
                                           .name = loader_text(c->l, word)});
    else
        compiler_fail(c, c->token.offset + skip, report_meant(c->l, best),
                      "no intervals are called \"%.*s\"", TEXT_ARG(word));
    return true;
}

/* --- effects -------------------------------------------------------------- */

static bool wants(struct loader *l, const struct phrase *p, size_t least,
                  size_t most, const char *hint)
{
    if (p->count >= least && p->count <= most)
        return true;
    report_error(l, phrase_place(l, p, 0), UNSAID, hint, "\"%.*s\" of what?",
                 TEXT_ARG(p->words[0]));
    return false;
}

/* asset.changed_by */
static bool memory_name(struct loader *l, const struct phrase *p,
                        struct memory *m)
{
    struct text word = p->words[1], name = {NULL, 0};
    struct subject_part *part = loader_array(l, 1, sizeof *part);
    unsigned subject;
    uint32_t dot = 0;

    while (dot < word.size && word.data[dot] != '.')
        dot++;
    if (dot + 1 < word.size)
        name = (struct text){word.data + dot + 1, word.size - dot - 1};
    subject = subject_find((struct text){word.data, dot});
    if (!part || subject == SUBJECT_COUNT || !name.size) {
        report_error(l, phrase_place(l, p, 1), UNSAID,
                     "asset.NAME, customer.NAME, person.NAME, owner.NAME, "
                     "station.NAME ...",
                     "nothing can be remembered as \"%.*s\"", TEXT_ARG(word));
        return false;
    }
    if (!name_is_good(l, name, phrase_place(l, p, 1), false))
        return false;
    *part = (struct subject_part){
        .kind = kind_of(l, text_of(subject_words[subject])),
        .sources[0].subject = (uint8_t)subject,
        .source_count = 1,
    };
    m->path = (struct subject_path){part->kind, part, 1};
    m->name = loader_text(l, name);
    return true;
}

static bool read_memory(struct loader *l, const struct phrase *p,
                        struct effect_row *out)
{
    bool forget = out->effect == EFFECT_FORGET;
    struct memory *m = loader_array(l, 1, sizeof *m);
    struct text words;

    if (!m ||
        !wants(l, p, forget ? 2 : 3, forget ? 2 : PHRASE_WORDS_MAX,
               forget ? N_("forget SUBJECT.NAME")
                      : N_("remember SUBJECT.NAME VALUE")) ||
        !memory_name(l, p, m))
        return false;
    out->memory = m;
    if (forget)
        return true;
    words =
        (struct text){p->words[2].data, (uint32_t)(p->words[p->count - 1].data +
                                                   p->words[p->count - 1].size -
                                                   p->words[2].data)};
    return value_compile(l, p->node, p->offsets[2], words, &m->value);
}

static bool read_interval(struct loader *l, const struct phrase *p,
                          struct effect_row *out)
{
    struct text best = TEXT("");

    if (!wants(l, p, 2, 2, N_("write: hold INTERVALS, free INTERVALS")))
        return false;
    if (interval_find(l, p->words[1], &out->lock, &best))
        return true;
    report_error(l, phrase_place(l, p, 1), UNSAID, report_meant(l, best),
                 "no intervals are called \"%.*s\"", TEXT_ARG(p->words[1]));
    return false;
}

bool subject_effect_read(struct loader *l, const struct phrase *p,
                         struct effect_row *out)
{
    if (out->effect == EFFECT_REMEMBER || out->effect == EFFECT_FORGET)
        return read_memory(l, p, out);
    return read_interval(l, p, out);
}

/* --- which kinds ---------------------------------------------------------- */

static bool moves_subjects(const struct policy *p, const struct kind_rule *k)
{
    for (size_t i = 0; i < k->effect_count; i++)
        if (k->effects[i].effect == EFFECT_REMEMBER ||
            k->effects[i].effect == EFFECT_FORGET)
            return true;
    for (size_t i = 0; i < k->count_count; i++)
        if (p->counters[k->counts[i].counter].per.count)
            return true;
    return false;
}

void subjects_mark(struct loader *l)
{
    const struct policy *p = l->draft->policy;

    for (size_t i = 0; i < p->kind_count; i++)
        l->draft->kinds[i].has_subjects =
            moves_subjects(p, &l->draft->kinds[i]);
}
