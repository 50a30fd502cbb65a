#include "cli/known.h"

#include <stdlib.h>
#include <string.h>

#include "cli/duty.h"
#include "cli/question.h"
#include "cli/rules.h"
#include "cli/suggest.h"
#include "proto/kinds.h"

/* What there is, as far as it was gathered. */
struct words {
    const char **list;
    size_t count;
    struct arena arena; /* of those that are not borrowed */
};

static void words_begin(struct words *w, size_t room)
{
    *w = (struct words){.list = calloc(room + 1, sizeof *w->list)};
    if (!w->list)
        abort();
    arena_init(&w->arena, SIZE_MAX);
}

static void words_end(struct words *w)
{
    free(w->list);
    arena_fini(&w->arena);
}

static void add(struct words *w, const char *word)
{
    if (word && *word)
        w->list[w->count++] = word;
}

static void add_text(struct words *w, struct text text)
{
    add(w, arena_format(&w->arena, "%.*s", (int)text.size, text.data));
}

static bool has(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->list[i], word) == 0)
            return true;
    return false;
}

/* format: what there is not, with the word. */
static int unknown(struct cli *cli, const struct words *w, const char *typed,
                   const char *format)
{
    const char *meant = suggest_word(typed, w->list, w->count);

    out_error(&cli->out, format, typed);
    if (meant && !cli->out.json)
        out_note(&cli->out, _("Did you mean \"%s\"?"), meant);
    return CLI_NOT_FOUND;
}

/* --- kinds -----------------------------------------------------------------
 */

static size_t kinds_of(const struct policyset *set)
{
    size_t count = 0;

    for (size_t i = 0; i < set->pack_count; i++)
        count += set->packs[i].policy->kind_count;
    return count;
}

int known_kind(struct cli *cli, const char *kind)
{
    struct policyset *set;
    struct words w;
    size_t count;
    const struct kind *all = kinds_all(&count);
    int code = CLI_DONE;

    if (kind_by_name(kind) || !(set = rules_asked(cli)))
        return CLI_DONE;
    words_begin(&w, count + kinds_of(set));
    for (size_t i = 0; i < count; i++)
        add(&w, all[i].name);
    for (size_t i = 0; i < set->pack_count; i++)
        for (size_t j = 0; j < set->packs[i].policy->kind_count; j++)
            add_text(&w, set->packs[i].policy->kinds[j].name);
    if (!has(&w, kind))
        code = unknown(cli, &w, kind, _("there is no kind %s"));
    words_end(&w);
    policyset_free(set);
    return code;
}

/* --- places ----------------------------------------------------------------
 */

static int ask_place(struct cli *cli, const char *station, const char *region)
{
    struct rows rows = {0};
    struct question q;
    int code;

    question_init(&q, "on_call");
    code = duty_ask(cli, &q, station, region, &rows);
    rows_fini(&rows);
    return code;
}

int known_place(struct cli *cli, const char *station, const char *region)
{
    int code = station ? ask_place(cli, station, NULL) : CLI_DONE;

    return code == CLI_DONE && region ? ask_place(cli, NULL, region) : code;
}

bool known_case_of(const struct report *r, const char *station,
                   const char *region)
{
    bool at = !station, in = !region;

    for (size_t i = 0; i < r->case_count && !(at && in); i++) {
        at = at || strcmp(r->cases[i].station, station) == 0;
        in = in || strcmp(r->cases[i].region, region) == 0;
    }
    return at && in;
}

static int station_of(struct cli *cli, const struct report *r,
                      const char *station)
{
    const struct directory *d = r->policies->directory;
    struct words w;
    int code = CLI_DONE;

    words_begin(&w, r->case_count + d->station_count);
    for (size_t i = 0; i < d->station_count; i++)
        add_text(&w, d->stations[i].id);
    for (size_t i = 0; i < r->case_count; i++)
        add(&w, r->cases[i].station);
    if (!has(&w, station))
        code = unknown(cli, &w, station, _("there is no station %s"));
    words_end(&w);
    return code;
}

static int region_of(struct cli *cli, const struct report *r,
                     const char *region)
{
    const struct directory *d = r->policies->directory;
    struct words w;
    int code = CLI_DONE;

    words_begin(&w, r->case_count + d->region_count);
    for (size_t i = 0; i < d->region_count; i++)
        add_text(&w, d->regions[i].id);
    for (size_t i = 0; i < r->case_count; i++)
        add(&w, r->cases[i].region);
    if (!has(&w, region))
        code = unknown(cli, &w, region, _("there is no region %s"));
    words_end(&w);
    return code;
}

int known_place_of(struct cli *cli, const struct report *r, const char *station,
                   const char *region)
{
    int code = CLI_DONE;

    if (!r->policies || !r->policies->directory)
        return CLI_DONE;
    if (station)
        code = station_of(cli, r, station);
    return code == CLI_DONE && region ? region_of(cli, r, region) : code;
}
