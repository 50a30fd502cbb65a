#include "cli/vocabulary.h"

#include <stdio.h>
#include <string.h>

#include "cli/cache.h"
#include "cli/duty.h"
#include "cli/rules.h"
#include "ledger/name_words.h"
#include "policy/people.h"
#include "proto/kinds.h"
#include "proto/roles.h"

enum {
    FILE_BYTES_MAX = 4 * 1024 * 1024,
    /* a ledger that names no version yet: how long its names are believed */
    YOUNG_MS = 60 * 1000,
    REMOTE_MS = 10 * 60 * 1000, /* and those of another machine's */
};

static const char HEAD[] = "yinuo-words 1 ";

#define X(name, word) word,
static const char *const group_words[] = {VOCABULARY_GROUPS(X)};
#undef X

/* --- of a pack -------------------------------------------------------------
 */

/* A tab or a line's end within would be a column or a line. */
static void column(struct bytes *out, struct text t)
{
    for (size_t i = 0; i < t.size; i++)
        bytes_append_u8(out,
                        (uint8_t)t.data[i] < ' ' ? ' ' : (uint8_t)t.data[i]);
}

static void add(struct bytes *out, enum vocabulary_group group,
                struct text name, struct text of, struct text about)
{
    if (!name.size)
        return;
    bytes_append_format(out, "%s\t", group_words[group]);
    column(out, name);
    bytes_append_u8(out, '\t');
    column(out, of);
    bytes_append_u8(out, '\t');
    column(out, about);
    bytes_append_u8(out, '\n');
}

/* What was added behind that place, if it stands there already. */
static void drop_double(struct bytes *out, size_t before)
{
    if (out->size > before &&
        memmem(out->data, before, out->data + before, out->size - before))
        out->size = before;
}

/* A name alone, of which there are few and each is met often. */
static void add_once(struct bytes *out, enum vocabulary_group group,
                     struct text name)
{
    size_t before = out->size;

    add(out, group, name, TEXT(""), TEXT(""));
    drop_double(out, before);
}

static struct text word_of(enum message_group group, struct text name)
{
    char copy[NAME_BYTES_MAX + 1];
    const char *word;

    snprintf(copy, sizeof copy, "%.*s", (int)name.size,
             name.size ? name.data : "");
    word = name_word(group, copy, i18n_language());
    return text_of(word ? word : "");
}

static void add_people(struct bytes *out, const struct people *p)
{
    for (size_t i = 0; i < p->alias_count; i++)
        add(out, VOCABULARY_ALIAS, p->aliases[i].name, p->aliases[i].kind,
            p->aliases[i].about);
    for (size_t i = 0; i < p->card_count; i++)
        add(out, VOCABULARY_CARD, p->cards[i].name, TEXT(""),
            p->cards[i].about);
}

static void add_subjects(struct bytes *out, const struct policy *p)
{
    for (size_t i = 0; i < p->counter_count; i++)
        if (p->counters[i].per.count)
            add_once(out, VOCABULARY_SUBJECT, p->counters[i].per.kind);
}

static void add_rules(struct bytes *out, const struct policy *p)
{
    char kind[NAME_BYTES_MAX + 1];

    for (size_t i = 0; i < p->kind_count; i++) {
        snprintf(kind, sizeof kind, "%.*s", (int)p->kinds[i].name.size,
                 p->kinds[i].name.data);
        if (!kind_by_name(kind))
            add(out, VOCABULARY_KIND, p->kinds[i].name, TEXT(""),
                word_of(MESSAGE_KIND_WORDS, p->kinds[i].name));
    }
    for (size_t i = 0; i < p->list_count; i++)
        add(out, VOCABULARY_LIST, p->lists[i].name, TEXT(""),
            word_of(MESSAGE_LIST_WORDS, p->lists[i].name));
    add_subjects(out, p);
}

static void add_directory(struct bytes *out, const struct directory *d)
{
    for (size_t i = 0; i < d->person_count; i++)
        add(out, VOCABULARY_PERSON, d->persons[i].id, TEXT(""),
            d->persons[i].name);
    for (size_t i = 0; i < d->region_count; i++)
        add(out, VOCABULARY_REGION, d->regions[i].id, TEXT(""),
            d->regions[i].name);
    for (size_t i = 0; i < d->station_count; i++) {
        const struct station *s = &d->stations[i];

        add(out, VOCABULARY_STATION, s->id, TEXT(""), s->name);
        for (size_t j = 0; j < s->line_count; j++)
            add_once(out, VOCABULARY_LINE, s->lines[j].product_line);
    }
}

static void add_roles(struct bytes *out)
{
    for (uint32_t i = 1; i <= roles_count(); i++)
        add(out, VOCABULARY_ROLE, text_of(role_name(i)), TEXT(""),
            text_of(role_word(i, i18n_language())));
}

static void make(const struct policyset *set, struct bytes *out)
{
    bytes_append_format(out, "%s%.*s\n", HEAD, (int)set->version.size,
                        set->version.data);
    for (size_t i = 0; set->people && i < set->people->count; i++)
        add_people(out, &set->people->list[i]);
    for (size_t i = 0; i < set->pack_count; i++)
        add_rules(out, set->packs[i].policy);
    add_roles(out);
    if (set->directory)
        add_directory(out, set->directory);
}

static struct text text_in(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text_of(text ? text : "");
}

/* The directory is elsewhere: those who are on duty, as last known. */
static void add_duty(const struct cli *cli, struct bytes *out)
{
    json_t *all = duty_known(cli);
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(all, "duty"), i, row)
    {
        size_t before = out->size;
        add(out, VOCABULARY_PERSON, text_in(row, "person"), TEXT(""),
            text_in(row, "name"));
        drop_double(out, before);
        add_once(out, VOCABULARY_STATION, text_in(row, "station"));
        add_once(out, VOCABULARY_REGION, text_in(row, "region"));
        add_once(out, VOCABULARY_LINE, text_in(row, "product_line"));
    }
    json_decref(all);
}

/* --- of the cache ----------------------------------------------------------
 */

static bool is_of(struct bytes *text, const char *version)
{
    char head[sizeof HEAD + LIMIT_ID_BYTES + 2];
    int size = snprintf(head, sizeof head, "%s%s%s", HEAD, version,
                        *version ? "\n" : "");

    return text->size >= (size_t)size &&
           memcmp(text->data, head, (size_t)size) == 0;
}

/* A zero behind each text, so that they can be told as they lie. */
static void cut(struct bytes *text)
{
    for (size_t i = 0; i < text->size; i++)
        if (text->data[i] == '\t' || text->data[i] == '\n')
            text->data[i] = 0;
    bytes_append_u8(text, 0);
}

void vocabulary_read(struct cli *cli, struct vocabulary *v)
{
    char name[32], version[LIMIT_ID_BYTES + 1] = "";
    bool named = rules_version(cli, version);
    struct policyset *set;

    memset(v, 0, sizeof *v);
    snprintf(name, sizeof name, "words_%.8s.tsv", i18n_language());
    if ((named ||
         cache_fresh(cli, name, cli->connect ? REMOTE_MS : YOUNG_MS)) &&
        cache_read(cli, name, FILE_BYTES_MAX, &v->text) &&
        is_of(&v->text, version)) {
        cut(&v->text);
        return;
    }
    bytes_fini(&v->text);
    memset(v, 0, sizeof *v);
    set = rules_in_force(cli);
    if (!set)
        return;
    make(set, &v->text);
    if (cli->connect)
        add_duty(cli, &v->text);
    cache_write(cli, name, bytes_slice(&v->text));
    cut(&v->text);
    policyset_free(set);
}

void vocabulary_fini(struct vocabulary *v)
{
    bytes_fini(&v->text);
}

static bool group_of(const char *word, enum vocabulary_group *out)
{
    for (int g = 0; g < VOCABULARY_GROUPS_END; g++)
        if (strcmp(group_words[g], word) == 0) {
            *out = (enum vocabulary_group)g;
            return true;
        }
    return false;
}

/* The next text and its zero; NULL at the end. */
static const char *next_text(const struct vocabulary *v, size_t *at)
{
    const char *text = (const char *)v->text.data + *at;

    if (*at >= v->text.size)
        return NULL;
    *at += strnlen(text, v->text.size - *at) + 1;
    return text;
}

bool vocabulary_next(const struct vocabulary *v, size_t *at,
                     struct vocabulary_word *out)
{
    const char *group;

    if (*at == 0 && !next_text(v, at))
        return false; /* nothing, not even a head */
    while ((group = next_text(v, at))) {
        out->name = next_text(v, at);
        out->of = next_text(v, at);
        out->about = next_text(v, at);
        if (out->about && group_of(group, &out->group))
            return true;
    }
    return false;
}
