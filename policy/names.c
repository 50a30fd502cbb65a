#include "policy/names.h"

#include "policy/condition.h"
#include "policy/words.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

/* The next word at or behind *at; empty at the end. */
static struct text next_word(struct text s, size_t *at, size_t *offset)
{
    size_t end;

    while (*at < s.size && is_blank(s.data[*at]))
        *at += 1;
    *offset = end = *at;
    while (end < s.size && !is_blank(s.data[end]))
        end++;
    *at = end;
    return (struct text){s.data + *offset, (uint32_t)(end - *offset)};
}

bool phrase_read(struct loader *l, yaml_node_t *node, struct phrase *p)
{
    struct text source, word;
    size_t at = 0, offset;

    *p = (struct phrase){.node = node};
    if (!node_is_text(l, node, "a phrase such as \"NAME when CONDITION\""))
        return false;
    source = node_text(node);
    for (word = next_word(source, &at, &offset); word.size;
         word = next_word(source, &at, &offset)) {
        if (p->count && text_equal(word, TEXT("when")))
            return condition_compile(
                l, node, at,
                (struct text){source.data + at, source.size - (uint32_t)at},
                &p->when);
        if (p->count == PHRASE_WORDS_MAX) {
            report_error(l, node_place_in(l, node, offset), UNSAID, UNSAID,
                         "expected \"when\" or the end, found \"%.*s\"",
                         TEXT_ARG(word));
            return false;
        }
        p->words[p->count] = word;
        p->offsets[p->count++] = offset;
    }
    return true;
}

struct place phrase_place(struct loader *l, const struct phrase *p, size_t word)
{
    return node_place_in(l, p->node, p->offsets[word]);
}

/* --- severities ----------------------------------------------------------- */

uint8_t severity_of_text(struct text word)
{
    if (word.size != 2 || word.data[0] != 'S' || word.data[1] < '1' ||
        word.data[1] > '0' + SEVERITIES)
        return 0;
    return (uint8_t)(word.data[1] - '0');
}

void read_severity(struct loader *l, yaml_node_t *node, void *into,
                   const struct shape_row *row)
{
    uint8_t severity;

    if (!node_is_text(l, node, "a severity"))
        return;
    severity = severity_of_text(node_text(node));
    if (!severity)
        report_error(l, node_place(node), UNSAID,
                     "S1 is a crisis, S4 is routine",
                     "\"%s\" is S1, S2, S3 or S4, not \"%.*s\"", row->key,
                     TEXT_ARG(node_text(node)));
    *(uint8_t *)into = severity;
}

void read_severities(struct loader *l, yaml_node_t *node, void *into,
                     const struct shape_row *row)
{
    for (size_t i = 0; i < node_count(node); i++) {
        uint8_t severity = 0;

        read_severity(l, node_item(l, node, i), &severity, row);
        if (severity)
            *(uint8_t *)into |= (uint8_t)(1u << (severity - 1));
    }
}

/* --- tiers and roles * ---------------------------------------------------- */

uint8_t role_find(struct loader *l, struct text name, struct place at)
{
    const struct draft *d = l->draft;
    size_t count = d->policy->role_count;
    size_t i =
        names_get(l, NAMES_OF("tier or role", d->roles + 1, count), name, at);

    return i < count ? (uint8_t)(i + 1) : 0;
}

void read_tier(struct loader *l, yaml_node_t *node, void *into,
               const struct shape_row *row)
{
    (void)row;
    if (node_is_text(l, node, "a tier"))
        *(uint8_t *)into = role_find(l, node_text(node), node_place(node));
}

/* The first tier of a case is its owner. */
static targets target_of(struct loader *l, yaml_node_t *node)
{
    uint8_t role;

    if (!node_is_text(l, node, "a tier, a role or owner"))
        return 0;
    if (text_equal(node_text(node), TEXT("owner")))
        return TARGET_OWNER;
    role = role_find(l, node_text(node), node_place(node));
    if (role == 1)
        return TARGET_OWNER;
    if (role == 0)
        return 0;
    return TARGET_ROLE(role);
}

void read_targets(struct loader *l, yaml_node_t *node, void *into,
                  const struct shape_row *row)
{
    (void)row;
    if (node->type == YAML_MAPPING_NODE &&
        !node_is_list(l, node, "a list of tiers and roles"))
        return;
    for (size_t i = 0; i < node_count(node); i++)
        *(targets *)into =
            (targets)(*(targets *)into | target_of(l, node_item(l, node, i)));
}

/* --- kinds of event * ----------------------------------------------------- */

uint16_t kind_find(struct loader *l, struct text name, struct place at)
{
    const struct policy *p = l->draft->policy;
    struct nearest near;

    for (size_t i = 0; i < p->kind_count; i++)
        if (text_equal(name, l->draft->kinds[i].name))
            return (uint16_t)i;
    nearest_begin(&near, name);
    for (size_t i = 0; i < p->kind_count; i++)
        nearest_try(&near, l->draft->kinds[i].name);
    report_error(
        l, at, "nothing of this kind would ever arrive",
        *report_meant(l, near.best)
            ? report_meant(l, near.best)
            : N_("a kind of the pack's own is named in own_kinds first"),
        "unknown kind of event \"%.*s\"", TEXT_ARG(name));
    return KIND_NONE;
}

void read_kind(struct loader *l, yaml_node_t *node, void *into,
               const struct shape_row *row)
{
    (void)row;
    if (node_is_text(l, node, "a kind of event"))
        *(uint16_t *)into = kind_find(l, node_text(node), node_place(node));
}

/* --- names given by the pack * -------------------------------------------- */

bool name_is_good(struct loader *l, struct text name, struct place at,
                  bool dots)
{
    bool good = name.size > 0 && name.size <= NAME_BYTES_MAX;

    for (uint32_t i = 0; i < name.size; i++) {
        char c = name.data[i];

        good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                        c == '_' || c == '-' || (dots && c == '.'));
    }
    if (!good)
        report_error(l, at, UNSAID,
                     dots ? N_("a-z, 0-9, \"_\", \"-\" and \".\"")
                          : N_("a-z, 0-9, \"_\" and \"-\""),
                     "\"%.*s\" cannot be a name here", TEXT_ARG(name));
    return good;
}

/* --- rows that begin with their name -------------------------------------- */

static struct text row_name(const struct name_list *list, size_t i)
{
    struct text name;

    memcpy(&name, (const char *)list->rows + i * list->stride, sizeof name);
    return name;
}

size_t names_index(const struct name_list *list, struct text name,
                   struct text *near)
{
    struct nearest nearest;
    size_t i = 0;

    while (i < list->count && !text_equal(row_name(list, i), name))
        i++;
    if (i < list->count || !near)
        return i;
    nearest_begin(&nearest, name);
    for (size_t j = 0; j < list->count; j++)
        nearest_try(&nearest, row_name(list, j));
    *near = nearest.best;
    return i;
}

size_t names_get(struct loader *l, const struct name_list *list,
                 struct text name, struct place at)
{
    struct text near = TEXT("");
    size_t i = names_index(list, name, &near);

    if (i == list->count)
        report_error(l, at, UNSAID, report_meant(l, near),
                     "no %s is called \"%.*s\"", report_said(list->what),
                     TEXT_ARG(name));
    return i;
}

size_t names_declare(struct loader *l, yaml_node_t *node, void *rows,
                     const struct name_list *list, size_t most)
{
    size_t count = list->count;
    yaml_node_t *key, *value;

    if (!node_is_mapping(
            l, node,
            report_words(l, "a mapping of %s", report_said(list->what))))
        return count;
    for (size_t i = 0; i < node_count(node); i++) {
        struct text name;

        if (!node_pair(l, node, i, &key, &value) ||
            !name_is_good(l, node_text(key), node_place(key), false))
            continue;
        if (names_index(&(struct name_list){"", rows, list->stride, count},
                        node_text(key), NULL) < count)
            continue;
        if (count == most) {
            report_error(l, node_place(key), UNSAID, UNSAID, "more than %zu %s",
                         most, report_said(list->what));
            break;
        }
        name = loader_text(l, node_text(key));
        memcpy((char *)rows + count++ * list->stride, &name, sizeof name);
    }
    return count;
}
