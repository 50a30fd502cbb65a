#include "cli/aliases.h"

#include <string.h>

#include "base/i18n.h"
#include "cli/rules.h"
#include "cli/table.h"
#include "cli/words.h"
#include "policy/people.h"

enum { ALIAS_BYTES_MAX = 256 * 1024 };

#define ARG(t) (int)(t).size, (t).size ? (t).data : ""

static const struct table_column alias_columns[] = {
    {N_("ALIAS"), false, 0}, {N_("ARGUMENTS"), false, 10}, {"", false, 20}};

/* What runs here, else nothing; or the packs that were named. */
static struct policyset *packs_of(struct cli *cli,
                                  const struct option_list *dirs)
{
    struct policyset *set = NULL;

    if (!dirs || !dirs->count)
        return rules_in_force(cli);
    if (rules_load(cli, (int)dirs->count, (char **)(uintptr_t)dirs->list, &set,
                   true) != CLI_DONE)
        set = NULL;
    return set;
}

static const struct people_alias *alias_of(const struct policyset *set,
                                           const char *name)
{
    for (size_t b = 0; set && set->people && b < set->people->count; b++)
        for (size_t i = 0; i < set->people->list[b].alias_count; i++)
            if (text_equal(set->people->list[b].aliases[i].name, text_of(name)))
                return &set->people->list[b].aliases[i];
    return NULL;
}

static void add_field(struct alias_words *out, char *field)
{
    if (field && out->count < ALIAS_WORDS_MAX)
        out->fields[out->count++] = field;
}

static void spell(const struct people_alias *a, int argc, char **argv,
                  struct alias_words *out)
{
    size_t asked = 0;
    int at = 1;

    out->kind = arena_format(&out->arena, "%.*s", ARG(a->kind));
    if (!a->no_case && at < argc && !strchr(argv[at], '='))
        out->case_id = arena_text(&out->arena, argv[at++]);
    for (size_t i = 0; i < a->with_count; i++)
        add_field(out,
                  arena_format(&out->arena, "%.*s=%.*s", ARG(a->with[i].name),
                               ARG(a->with[i].value)));
    for (; at < argc; at++) {
        if (asked < a->ask.count && !strchr(argv[at], '=')) {
            struct text name = a->ask.list[asked++];
            add_field(
                out, arena_format(&out->arena, "%.*s=%s", ARG(name), argv[at]));
        } else {
            add_field(out, arena_text(&out->arena, argv[at]));
        }
    }
}

bool aliases_find(struct cli *cli, const struct option_list *dirs, int argc,
                  char **argv, struct alias_words *out)
{
    struct policyset *set;
    const struct people_alias *a;

    *out = (struct alias_words){0};
    if (argc < 1 || strchr(argv[0], '.'))
        return false; /* a kind */
    set = packs_of(cli, dirs);
    a = alias_of(set, argv[0]);
    if (a) {
        arena_init(&out->arena, ALIAS_BYTES_MAX);
        spell(a, argc, argv, out);
    }
    policyset_free(set);
    return a != NULL;
}

void aliases_fini(struct alias_words *a)
{
    if (a->kind)
        arena_fini(&a->arena);
    *a = (struct alias_words){0};
}

/* --- all of them -----------------------------------------------------------
 */

static void arguments(const struct people_alias *a, struct bytes *out)
{
    bytes_append_text(out, a->no_case ? "" : _("CASE"));
    for (size_t i = 0; i < a->ask.count; i++)
        bytes_append_format(out, " [%.*s]", ARG(a->ask.list[i]));
}

static json_t *alias_json(const struct people_alias *a)
{
    json_t *with = json_object(), *ask = json_array();
    char name[NAME_BYTES_MAX + 1];

    for (size_t i = 0; i < a->with_count; i++) {
        snprintf(name, sizeof name, "%.*s", ARG(a->with[i].name));
        json_object_set_new(
            with, name,
            json_stringn(a->with[i].value.data, a->with[i].value.size));
    }
    for (size_t i = 0; i < a->ask.count; i++)
        json_array_append_new(
            ask, json_stringn(a->ask.list[i].data, a->ask.list[i].size));
    return json_pack("{s:s%, s:s%, s:s%, s:o, s:o}", "alias", a->name.data,
                     (size_t)a->name.size, "kind", a->kind.data,
                     (size_t)a->kind.size, "about",
                     a->about.size ? a->about.data : "", (size_t)a->about.size,
                     "with", with, "ask", ask);
}

static void add_row(struct table *t, const struct people_alias *a)
{
    struct bytes text = {0};

    table_addf(t, OUT_STRONG, "%.*s", ARG(a->name));
    arguments(a, &text);
    table_add(t, bytes_text(&text), OUT_PLAIN);
    table_addf(t, OUT_PLAIN, "%.*s", ARG(a->about));
    bytes_fini(&text);
}

void aliases_print(struct cli *cli, const struct option_list *dirs)
{
    struct policyset *set = packs_of(cli, dirs);
    json_t *all = json_array();
    struct table t;

    table_init(&t, alias_columns, sizeof alias_columns / sizeof *alias_columns);
    for (size_t b = 0; set && set->people && b < set->people->count; b++)
        for (size_t i = 0; i < set->people->list[b].alias_count; i++) {
            const struct people_alias *a = &set->people->list[b].aliases[i];

            add_row(&t, a);
            json_array_append_new(all, alias_json(a));
        }
    if (cli->out.json)
        out_json(&cli->out, json_incref(all));
    else
        table_print(&t, &cli->out);
    table_fini(&t);
    json_decref(all);
    policyset_free(set);
}

/* --- cards -----------------------------------------------------------------
 */

static void print_card(const struct out *o, const struct people_card *c)
{
    char text[4096];

    snprintf(text, sizeof text, "%.*s", ARG(c->about));
    out_text(o, OUT_STRONG, text);
    out_printf(o, "\n");
    if (c->text.size) {
        snprintf(text, sizeof text, "%.*s", ARG(c->text));
        out_wrap(o, 2, false, text);
    }
    for (size_t i = 0; i < c->line_count; i++) {
        const struct people_line *l = &c->lines[i];
        bool both = l->name.size && l->words.size;

        if (!l->name.size && !l->words.size)
            continue; /* what stands below says it */
        snprintf(text, sizeof text, "%.*s%s%.*s", ARG(l->name),
                 both ? ": " : "", ARG(l->words));
        out_wrap(o, 2 + 2 * l->depth, false, text);
    }
}

static json_t *card_json(const struct people_card *c)
{
    json_t *lines = json_array();

    for (size_t i = 0; i < c->line_count; i++)
        json_array_append_new(
            lines,
            json_pack("{s:i, s:s%, s:s%}", "depth", (int)c->lines[i].depth,
                      "name",
                      c->lines[i].name.size ? c->lines[i].name.data : "",
                      (size_t)c->lines[i].name.size, "words",
                      c->lines[i].words.size ? c->lines[i].words.data : "",
                      (size_t)c->lines[i].words.size));
    return json_pack("{s:s%, s:s%, s:s%, s:o}", "card", c->name.data,
                     (size_t)c->name.size, "about",
                     c->about.size ? c->about.data : "", (size_t)c->about.size,
                     "text", c->text.size ? c->text.data : "",
                     (size_t)c->text.size, "lines", lines);
}

static const struct people_card *card_of(const struct policyset *set,
                                         const char *name)
{
    for (size_t b = 0; set && set->people && b < set->people->count; b++)
        for (size_t i = 0; i < set->people->list[b].card_count; i++)
            if (text_equal(set->people->list[b].cards[i].name, text_of(name)))
                return &set->people->list[b].cards[i];
    return NULL;
}

static void tell_cards(const struct out *o, const struct policyset *set)
{
    for (size_t b = 0; set && set->people && b < set->people->count; b++)
        for (size_t i = 0; i < set->people->list[b].card_count; i++) {
            const struct people_card *c = &set->people->list[b].cards[i];
            out_note(o, "  %.*s  %.*s", ARG(c->name), ARG(c->about));
        }
}

int aliases_card(struct cli *cli, const struct option_list *dirs,
                 const char *name)
{
    struct policyset *set = packs_of(cli, dirs);
    const struct people_card *c = card_of(set, name);
    int code = CLI_DONE;

    if (c && cli->out.json) {
        out_json(&cli->out, card_json(c));
    } else if (c) {
        print_card(&cli->out, c);
    } else {
        out_error(&cli->out,
                  set ? _("the pack has no card \"%s\"")
                      : _("no pack here that could have a card \"%s\": "
                          "--policy DIR"),
                  name);
        tell_cards(&cli->out, set);
        code = CLI_NOT_FOUND;
    }
    policyset_free(set);
    return code;
}
