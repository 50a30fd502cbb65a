#include "policy/people_file.h"

#include "policy/names.h"

enum { ENTRIES_MAX = 512, WORDS_BYTES_MAX = 4000, LINES_DEPTH_MAX = 8 };

static const char *const selector_keys[] = {
#define X(name, key) key,
    PEOPLE_SELECTORS(X)
#undef X
};
static const char *const field_keys[] = {
#define X(name, key) key,
    PEOPLE_FIELDS(X)
#undef X
};
static const char *const map_keys[] = {
#define X(name, key) key,
    PEOPLE_MAPS(X)
#undef X
};

/* Where one pack is being read into. */
struct reading {
    struct people *people;
    const struct policy *policy;
    struct draft *draft;
};

/* --- lists of names, kinds ------------------------------------------------ */

static void names_read(struct loader *l, yaml_node_t *node,
                       struct people_names *out)
{
    size_t count = node_count(node);
    struct text *list;

    if (node->type == YAML_MAPPING_NODE || count > ENTRIES_MAX) {
        report_error(l, node_place(node), UNSAID, "[one, two]",
                     "expected a name or a list of names");
        return;
    }
    list = loader_array(l, count, sizeof *list);
    for (size_t i = 0; list && i < count; i++) {
        yaml_node_t *item = node_item(l, node, i);

        if (node_is_text(l, item, "a name"))
            list[out->count++] = loader_text(l, node_text(item));
    }
    out->list = list;
}

static bool kind_known(struct loader *l, const struct reading *r,
                       yaml_node_t *node)
{
    struct text name = node_text(node);

    for (size_t i = 0; i < r->policy->kind_count; i++)
        if (text_equal(r->policy->kinds[i].name, name))
            return true;
    for (size_t i = 0; i < l->names->kind_count; i++)
        if (text_equal(text_of(l->names->kinds[i]), name))
            return true;
    if (!l->names->kinds)
        return true;
    report_error(l, node_place(node), "it would select nothing", UNSAID,
                 "no kind of event is called \"%.*s\"", TEXT_ARG(name));
    return false;
}

static void kinds_read(struct loader *l, const struct reading *r,
                       yaml_node_t *node, struct people_names *out)
{
    names_read(l, node, out);
    for (size_t i = 0; i < out->count; i++)
        (void)kind_known(l, r, node_item(l, node, i));
}

/* --- selectors ------------------------------------------------------------ */

static void match_fields(struct loader *l, yaml_node_t *node,
                         struct people_match *m)
{
    struct people_names *fields;
    yaml_node_t *key, *value;

    if (!node_is_mapping(l, node, "fields with the values that are meant"))
        return;
    fields = loader_array(l, node_count(node), sizeof *fields);
    for (size_t i = 0; fields && i < node_count(node); i++) {
        if (!node_pair(l, node, i, &key, &value))
            continue;
        fields[m->field_count].name = loader_text(l, node_text(key));
        names_read(l, value, &fields[m->field_count++]);
    }
    m->fields = fields;
}

static void match_read(struct loader *l, const struct reading *r,
                       yaml_node_t *node, struct people_match *m)
{
    yaml_node_t *kind = node, *when = NULL, *key, *value;

    if (node->type == YAML_MAPPING_NODE) {
        kind = NULL;
        for (size_t i = 0; i < node_count(node); i++) {
            if (!node_pair(l, node, i, &key, &value))
                continue;
            if (text_equal(node_text(key), TEXT("kind")))
                kind = value;
            else if (text_equal(node_text(key), TEXT("when")))
                when = value;
            else
                report_error(l, node_place(key), UNSAID, "kind, when",
                             "unknown key \"%.*s\" in a selector",
                             TEXT_ARG(node_text(key)));
        }
    }
    if (!kind) {
        report_error(l, node_place(node), UNSAID, "{kind: ..., when: {...}}",
                     "a selector names a kind");
        return;
    }
    if (!node_is_text(l, kind, "a kind of event") || !kind_known(l, r, kind))
        return;
    m->kind = loader_text(l, node_text(kind));
    if (when)
        match_fields(l, when, m);
}

static void selector_read(struct loader *l, const struct reading *r,
                          yaml_node_t *node, struct people_matches *out)
{
    size_t count = node->type == YAML_SEQUENCE_NODE ? node_count(node) : 1;
    struct people_match *list = loader_array(l, count, sizeof *list);

    for (size_t i = 0; list && i < count; i++)
        match_read(l, r,
                   node->type == YAML_SEQUENCE_NODE ? node_item(l, node, i)
                                                    : node,
                   &list[out->count++]);
    out->list = list;
}

/* --- report --------------------------------------------------------------- */

static bool clock_known(const struct policy *p, struct text name)
{
    for (size_t i = 0; i < p->clock_count; i++)
        if (text_equal(p->clocks[i].name, name))
            return true;
    return false;
}

static bool is_amount(struct text t)
{
    uint32_t dots = 0;

    for (uint32_t i = 0; i < t.size; i++) {
        dots += t.data[i] == '.';
        if (t.data[i] != '.' && (t.data[i] < '0' || t.data[i] > '9'))
            return false;
    }
    return t.size > dots && dots <= 1 && t.size < 12;
}

static void check_map(struct loader *l, const struct reading *r,
                      enum people_map map, yaml_node_t *node,
                      const struct people_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        yaml_node_t *item = node_item(l, node, i);

        if (map == PEOPLE_FOUND_BY || map == PEOPLE_TAKES)
            (void)kind_known(l, r, item);
        if (map == PEOPLE_TIMES && !clock_known(r->policy, names->list[i]))
            report_error(l, node_place(item), "it would never end", UNSAID,
                         "no clock is called \"%.*s\"",
                         TEXT_ARG(names->list[i]));
        if (map == PEOPLE_RATES && !is_amount(names->list[i]))
            report_error(l, node_place(item), UNSAID, "engineer: 60",
                         "a rate is a number, not \"%.*s\"",
                         TEXT_ARG(names->list[i]));
    }
}

/* What is meant by the name in front of a list. */
static void check_key(struct loader *l, const struct reading *r,
                      enum people_map map, yaml_node_t *key)
{
    struct text name = node_text(key);
    bool known = map != PEOPLE_RATES;

    if (map == PEOPLE_GOODS)
        (void)kind_known(l, r, key);
    if (map == PEOPLE_TAKES && !is_amount(name))
        report_error(l, node_place(key), UNSAID, "0.25: [customer.contacted]",
                     "hours are a number, not \"%.*s\"", TEXT_ARG(name));
    for (size_t i = 1; i <= r->policy->tier_count; i++)
        known |= text_equal(r->policy->roles[i].name, name);
    if (!known)
        report_error(l, node_place(key), "nobody would cost it", UNSAID,
                     "no tier is called \"%.*s\"", TEXT_ARG(name));
}

static void map_read(struct loader *l, const struct reading *r,
                     enum people_map map, yaml_node_t *node)
{
    struct people *p = r->people;
    struct people_names *list;
    yaml_node_t *key, *value;

    if (!node_is_mapping(l, node, "names, each with a list"))
        return;
    list = loader_array(l, node_count(node), sizeof *list);
    for (size_t i = 0; list && i < node_count(node); i++) {
        struct people_names *n = &list[p->map_counts[map]];

        if (!node_pair(l, node, i, &key, &value))
            continue;
        n->name = loader_text(l, node_text(key));
        names_read(l, value, n);
        check_key(l, r, map, key);
        check_map(l, r, map, value, n);
        p->map_counts[map]++;
    }
    p->maps[map] = list;
}

static size_t place_of(const char *const *keys, size_t count, struct text name)
{
    size_t i = 0;

    while (i < count && !text_equal(text_of(keys[i]), name))
        i++;
    return i;
}

static void report_read(struct loader *l, const struct reading *r,
                        yaml_node_t *node)
{
    yaml_node_t *key, *value;

    if (!node_is_mapping(l, node, "what reports are made of"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        size_t s, f, m;

        if (!node_pair(l, node, i, &key, &value))
            continue;
        s = place_of(selector_keys, PEOPLE_SELECTORS_END, node_text(key));
        f = place_of(field_keys, PEOPLE_FIELDS_END, node_text(key));
        m = place_of(map_keys, PEOPLE_MAPS_END, node_text(key));
        if (s < PEOPLE_SELECTORS_END)
            selector_read(l, r, value, &r->people->selectors[s]);
        else if (f < PEOPLE_FIELDS_END)
            names_read(l, value, &r->people->fields[f]);
        else if (m < PEOPLE_MAPS_END)
            map_read(l, r, (enum people_map)m, value);
        else
            report_error(l, node_place(key), UNSAID,
                         "docs/policy.md lists them",
                         "reports know no \"%.*s\"", TEXT_ARG(node_text(key)));
    }
}

/* --- aliases and cards ---------------------------------------------------- */

static void values_read(struct loader *l, yaml_node_t *node,
                        struct people_alias *a)
{
    struct people_value *list;
    yaml_node_t *key, *value;

    if (!node_is_mapping(l, node, "fields with their values"))
        return;
    list = loader_array(l, node_count(node), sizeof *list);
    for (size_t i = 0; list && i < node_count(node); i++) {
        if (!node_pair(l, node, i, &key, &value) ||
            !node_is_text(l, value, "a value"))
            continue;
        list[a->with_count++] = (struct people_value){
            loader_text(l, node_text(key)), loader_text(l, node_text(value))};
    }
    a->with = list;
}

static void alias_read(struct loader *l, const struct reading *r,
                       yaml_node_t *node, struct people_alias *a)
{
    yaml_node_t *key, *value;

    if (!node_is_mapping(l, node, "kind, with, ask, about"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        if (!node_pair(l, node, i, &key, &value))
            continue;
        struct text name = node_text(key);
        if (text_equal(name, TEXT("kind"))) {
            if (node_is_text(l, value, "a kind of event") &&
                kind_known(l, r, value))
                a->kind = loader_text(l, node_text(value));
        } else if (text_equal(name, TEXT("about"))) {
            a->about = loader_text(l, node_text(value));
        } else if (text_equal(name, TEXT("with"))) {
            values_read(l, value, a);
        } else if (text_equal(name, TEXT("ask"))) {
            names_read(l, value, &a->ask);
        } else if (text_equal(name, TEXT("case"))) {
            a->no_case = text_equal(node_text(value), TEXT("none"));
        } else {
            report_error(l, node_place(key), UNSAID,
                         "kind, case, with, ask, about",
                         "unknown key \"%.*s\" in an alias", TEXT_ARG(name));
        }
    }
    if (!a->kind.size)
        report_error(l, node_place(node), UNSAID, "kind: customer.dissatisfied",
                     "an alias stands for a kind");
}

static void card_names(struct loader *l, const struct reading *r,
                       yaml_node_t *node, struct people_names *out,
                       bool tariffs)
{
    const struct policy *p = r->policy;

    names_read(l, node, out);
    for (size_t i = 0; i < out->count; i++) {
        bool known = false;

        for (size_t t = 0; tariffs && t < p->tariff_count; t++)
            known |= text_equal(p->tariffs[t].name, out->list[i]);
        for (size_t t = 0; !tariffs && t < p->list_count; t++)
            known |= text_equal(p->lists[t].name, out->list[i]);
        if (!known)
            report_error(l, node_place(node_item(l, node, i)),
                         "the card would show nothing of it", UNSAID,
                         "no %s is called \"%.*s\"",
                         tariffs ? "tariff" : "list", TEXT_ARG(out->list[i]));
    }
}

static yaml_node_t *child_at(struct loader *l, yaml_node_t *node, size_t i,
                             yaml_node_t **key)
{
    yaml_node_t *value = NULL;

    *key = NULL;
    if (node->type == YAML_SEQUENCE_NODE)
        return node_item(l, node, i);
    return node_pair(l, node, i, key, &value) ? value : NULL;
}

/* "amount 0, when warranty": what has room in one line. */
static struct text one_line(struct loader *l, yaml_node_t *node)
{
    char words[400];
    size_t used = 0;
    yaml_node_t *key;

    if (node->type == YAML_SCALAR_NODE)
        return loader_text(l, node_text(node));
    for (size_t i = 0; i < node_count(node); i++) {
        yaml_node_t *value = child_at(l, node, i, &key);
        int more;

        if (!value || value->type != YAML_SCALAR_NODE)
            return TEXT("");
        more = snprintf(words + used, sizeof words - used, "%s%.*s%s%.*s",
                        used ? ", " : "",
                        TEXT_ARG(key ? node_text(key) : TEXT("")),
                        key ? " " : "", TEXT_ARG(node_text(value)));
        if (more < 0 || used + (size_t)more >= sizeof words)
            return TEXT("");
        used += (size_t)more;
    }
    return loader_text(l, (struct text){words, (uint32_t)used});
}

/* Counts, and fills where there is room, what stands under a node. */
static void lines_of(struct loader *l, struct pack_file *file,
                     yaml_node_t *node, struct text name, unsigned depth,
                     struct people_line *out, size_t room, size_t *count)
{
    struct people_line *line = out && *count < room ? &out[*count] : NULL;
    struct pack_file *before = l->source;
    struct text words;

    if (depth > LINES_DEPTH_MAX)
        return;
    l->source = file;
    words = one_line(l, node);
    *count += 1;
    if (line)
        *line = (struct people_line){depth, name, words};
    for (size_t i = 0;
         !words.size && node->type != YAML_SCALAR_NODE && i < node_count(node);
         i++) {
        yaml_node_t *key = NULL, *value = child_at(l, node, i, &key);

        if (value)
            lines_of(l, file, value,
                     key ? loader_text(l, node_text(key)) : TEXT(""), depth + 1,
                     out, room, count);
    }
    l->source = before;
}

static void card_section(struct loader *l, struct draft *d, const char *section,
                         const struct people_names *names,
                         struct people_line *out, size_t room, size_t *count)
{
    yaml_node_t *all =
        d->rules.root ? node_child(&d->rules, d->rules.root, section) : NULL;
    char name[NAME_BYTES_MAX + 1];

    for (size_t i = 0; all && i < names->count; i++) {
        yaml_node_t *node;

        if (names->list[i].size > NAME_BYTES_MAX)
            continue;
        memcpy(name, names->list[i].data, names->list[i].size);
        name[names->list[i].size] = '\0';
        node = node_child(&d->rules, all, name);
        if (node)
            lines_of(l, &d->rules, node, names->list[i], 0, out, room, count);
    }
}

/* Twice: how many lines, and the lines. */
static void card_lines(struct loader *l, struct draft *d, struct people_card *c)
{
    struct people_line *list = NULL;
    size_t room = 0;

    for (int turn = 0; turn < 2; turn++) {
        size_t count = 0;

        card_section(l, d, "tariffs", &c->tariffs, list, room, &count);
        card_section(l, d, "lists", &c->lists, list, room, &count);
        if (turn == 0 && !(list = loader_array(l, room = count, sizeof *list)))
            return;
    }
    c->lines = list;
    c->line_count = room;
}

static void card_read(struct loader *l, const struct reading *r,
                      yaml_node_t *node, struct people_card *c)
{
    yaml_node_t *key, *value;

    if (!node_is_mapping(l, node, "about, text, tariffs, lists, kinds"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        if (!node_pair(l, node, i, &key, &value))
            continue;
        struct text name = node_text(key);
        if (text_equal(name, TEXT("about")))
            c->about = loader_text(l, node_text(value));
        else if (text_equal(name, TEXT("text")))
            c->text = loader_text(l, node_text(value));
        else if (text_equal(name, TEXT("tariffs")))
            card_names(l, r, value, &c->tariffs, true);
        else if (text_equal(name, TEXT("lists")))
            card_names(l, r, value, &c->lists, false);
        else if (text_equal(name, TEXT("kinds")))
            kinds_read(l, r, value, &c->kinds);
        else
            report_error(l, node_place(key), UNSAID,
                         "about, text, tariffs, lists, kinds",
                         "unknown key \"%.*s\" in a card", TEXT_ARG(name));
    }
    card_lines(l, r->draft, c);
    if (c->text.size > WORDS_BYTES_MAX)
        report_error(l, node_place(node), "it is read on a telephone", UNSAID,
                     "a card has at most %d bytes of text", WORDS_BYTES_MAX);
}

static void aliases_read(struct loader *l, const struct reading *r,
                         yaml_node_t *node)
{
    struct people_alias *list;
    yaml_node_t *key, *value;

    if (!node_is_mapping(l, node, "aliases with their kinds"))
        return;
    list = loader_array(l, node_count(node), sizeof *list);
    for (size_t i = 0; list && i < node_count(node); i++)
        if (node_pair(l, node, i, &key, &value) &&
            name_is_good(l, node_text(key), node_place(key), false)) {
            struct people_alias *a = &list[r->people->alias_count++];
            a->name = loader_text(l, node_text(key));
            alias_read(l, r, value, a);
        }
    r->people->aliases = list;
}

static void cards_read(struct loader *l, const struct reading *r,
                       yaml_node_t *node)
{
    struct people_card *list;
    yaml_node_t *key, *value;

    if (!node_is_mapping(l, node, "cards by their names"))
        return;
    list = loader_array(l, node_count(node), sizeof *list);
    for (size_t i = 0; list && i < node_count(node); i++)
        if (node_pair(l, node, i, &key, &value) &&
            name_is_good(l, node_text(key), node_place(key), false)) {
            struct people_card *c = &list[r->people->card_count++];
            c->name = loader_text(l, node_text(key));
            card_read(l, r, value, c);
        }
    r->people->cards = list;
}

/* --- a file --------------------------------------------------------------- */

static void file_read(struct loader *l, const struct reading *r)
{
    yaml_node_t *root = l->source->root, *key, *value;

    if (!root || !node_is_mapping(l, root, "report, aliases and cards"))
        return;
    for (size_t i = 0; i < node_count(root); i++) {
        if (!node_pair(l, root, i, &key, &value))
            continue;
        if (text_equal(node_text(key), TEXT("report")))
            report_read(l, r, value);
        else if (text_equal(node_text(key), TEXT("aliases")))
            aliases_read(l, r, value);
        else if (text_equal(node_text(key), TEXT("cards")))
            cards_read(l, r, value);
        else
            report_error(l, node_place(key), UNSAID, "report, aliases, cards",
                         "unknown key \"%.*s\" in %s", TEXT_ARG(node_text(key)),
                         PEOPLE_FILE);
    }
}

const struct people_books *people_read(struct loader *l,
                                       const struct blob *blob)
{
    struct people_books *books = loader_array(l, 1, sizeof *books);
    struct people *list = loader_array(l, l->draft_count, sizeof *list);
    struct pack_file *before = l->source;

    if (!books || !list)
        return NULL;
    books->list = list;
    for (size_t i = 0; i < l->draft_count; i++) {
        struct draft *d = &l->drafts[i];
        const struct blob_file *f =
            blob_find(blob, text_of(d->name), TEXT(PEOPLE_FILE));
        struct pack_file source = {.file = ""};
        struct reading r = {&list[books->count], d->policy, d};

        if (!f || !d->policy)
            continue;
        source.text = f->content;
        source.file = arena_format(l->arena, "%s/" PEOPLE_FILE, d->name);
        if (!source.file)
            source.file = PEOPLE_FILE;
        r.people->pack = d->policy->name;
        books->count++;
        l->source = &source;
        if (document_open(l, &source))
            file_read(l, &r);
        document_close(&source);
    }
    l->source = before;
    return books;
}
