/* Where a story does not hold: expected and found, side by side. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/utf8.h"
#include "cli/simulate_story.h"
#include "cli/words.h"

enum { SIDE_LINES = 40, SIDE_TEXT = 240, FOUND_MAX = 8 };

struct side {
    char lines[SIDE_LINES][SIDE_TEXT];
    size_t count;
};

static void add(struct side *s, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(struct side *s, const char *format, ...)
{
    va_list args;

    if (s->count == SIDE_LINES)
        return;
    va_start(args, format);
    vsnprintf(s->lines[s->count++], SIDE_TEXT, format, args);
    va_end(args);
}

static void add_pair(struct side *s, const char *name, const char *value)
{
    if (*value)
        add(s, "%s: %s", name, value);
}

static void add_json(struct side *s, const char *name, const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

    if (text)
        add(s, "%s: %s", name, text);
    free(text);
}

/* --- what was expected -------------------------------------------------------
 */

static void claim_wanted(const struct story *s, const struct story_claim *c,
                         struct side *out)
{
    char from[32] = "…", until[32] = "…";

    if (c->from_ms != INT64_MIN)
        story_clock(s, c->from_ms, from);
    if (c->until_ms != INT64_MAX)
        story_clock(s, c->until_ms, until);
    if (c->until_ms == c->from_ms + 1)
        add(out, "%s  %s %s", from, c->kind, c->person);
    else
        add(out, "%s – %s  %s %s", from, until, c->kind, c->person);
    add_pair(out, "severity", c->severity);
    add_pair(out, "tier", c->tier);
    add_pair(out, "rule", c->rule);
    add_pair(out, "clock", c->clock);
    add_pair(out, "key", c->key);
    add_pair(out, "value", c->value);
    add_pair(out, "case", c->case_id);
    add_pair(out, "event", c->event);
    if (c->only)
        add(out, "only: true");
    add_pair(out, "why", c->why);
}

static void state_wanted(const struct story *s, const struct story_state *w,
                         struct side *out)
{
    char at[32];

    story_clock(s, w->at_ms, at);
    add(out, "%s  %s", at, w->case_id);
    add_pair(out, "owner", w->owner);
    add_pair(out, "status", w->status);
    add_pair(out, "severity", w->severity);
    if (*w->counter)
        add(out, "%s: %" PRId64, w->counter, w->count);
    add_json(out, "is", w->is);
    add_json(out, "is_not", w->is_not);
    add_pair(out, "why", w->why);
}

/* --- what was found
 * ------------------------------------------------------------ */

static void add_line(const struct story *s, const struct story_line *l,
                     struct side *out)
{
    char at[32];

    story_clock(s, l->at_ms, at);
    add(out, "%s  %s %s%sS%d %s%s%s%s%s", at, l->kind, l->person,
        *l->person ? " " : "", l->severity, l->rule, *l->clock ? " " : "",
        l->clock, *l->value ? " " : "", l->value);
}

/* What is worth telling beside a call that did not come. */
static bool is_told(const struct story_claim *c, const struct story_line *l)
{
    return strcmp(l->kind, c->kind) == 0 || strcmp(l->kind, "page") == 0 ||
           strcmp(l->kind, "inform") == 0 || strcmp(l->kind, "fire") == 0 ||
           strcmp(l->kind, "refuse") == 0 || strcmp(l->kind, "nobody") == 0;
}

/* Who and what, without the rest: the same call at another minute. */
static const struct story_line *nearest(const struct story_outcome *o,
                                        const struct story_claim *c)
{
    struct story_claim rough = *c;
    const struct story_line *best = NULL;
    int64_t best_ms = INT64_MAX;

    rough.severity = rough.rule = rough.clock = "";
    for (size_t i = 0; i < o->line_count; i++) {
        const struct story_line *l = &o->lines[i];
        int64_t away_ms = llabs(l->at_ms - c->from_ms);

        if (away_ms < best_ms && story_line_fits(o, &rough, l, true)) {
            best = l;
            best_ms = away_ms;
        }
    }
    return best;
}

static void claim_found(const struct story *s, const struct story_outcome *o,
                        const struct story_claim *c, struct side *out)
{
    const struct story_line *near = c->must ? nearest(o, c) : NULL;

    for (size_t i = 0; i < o->line_count && out->count < FOUND_MAX; i++) {
        const struct story_line *l = &o->lines[i];
        bool told = c->must ? l->at_ms >= c->from_ms &&
                                  l->at_ms < c->until_ms && is_told(c, l)
                            : story_line_fits(o, c, l, false);

        if (told)
            add_line(s, l, out);
    }
    if (!out->count)
        add(out, "%s", _("nothing at that time"));
    if (near && (near->at_ms < c->from_ms || near->at_ms >= c->until_ms)) {
        add(out, "%s", _("the nearest:"));
        add_line(s, near, out);
    }
}

static void state_found(const struct story_row *row, struct side *out)
{
    static const char *const keys[] = {"owner", "status", "severity"};
    const char *key;
    const json_t *wanted = row->state->is ? row->state->is : row->state->is_not;
    json_t *value;

    if (!row->found) {
        add(out, "%s", _("there is no such case"));
        return;
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text =
            json_string_value(json_object_get(row->found, keys[i]));

        add_pair(out, keys[i], text ? text : "");
    }
    if (*row->state->counter)
        add(out, "%s: %" PRId64, row->state->counter, row->count);
    json_object_foreach((json_t *)(uintptr_t)wanted, key, value)
    {
        (void)value;
        if (json_object_get(row->found, key))
            add_json(out, key, json_object_get(row->found, key));
        else
            add(out, "%s: -", key);
    }
}

/* --- side by side
 * ----------------------------------------------------------------- */

static const char *list_of(const struct story_row *row)
{
    return row->state ? "state" : row->claim->must ? "must" : "must_not";
}

/* Lines that are too long go on in the next one, a little further in. */
static void wrap_side(const struct side *from, size_t columns, struct side *out)
{
    for (size_t i = 0; i < from->count; i++) {
        const char *rest = from->lines[i];
        size_t room = columns, characters;

        do {
            size_t bytes;

            for (characters = utf8_count(rest); characters; characters--) {
                char piece[SIDE_TEXT];

                snprintf(piece, sizeof piece, "%.*s",
                         (int)utf8_prefix(rest, characters), rest);
                if (utf8_width(piece) <= room)
                    break;
            }
            bytes = utf8_prefix(rest, characters);
            add(out, "%s%.*s", room == columns ? "" : "  ", (int)bytes, rest);
            rest += bytes;
            room = columns - 2;
        } while (*rest && characters);
    }
}

static void tell_sides(const struct out *o, const struct side *wanted,
                       const struct side *found)
{
    size_t whole = o->columns < OUT_COLUMNS ? o->columns : OUT_COLUMNS;
    size_t half = (whole - 5) / 2, lines;
    struct side *both = calloc(2, sizeof *both);
    const struct side *left = &both[0], *right = &both[1];

    if (!both)
        abort();
    wrap_side(wanted, half, &both[0]);
    wrap_side(found, half, &both[1]);
    lines = left->count > right->count ? left->count : right->count;

    for (size_t i = 0; i < lines; i++) {
        out_printf(o, "  ");
        out_cell(o, OUT_PLAIN, i < left->count ? left->lines[i] : "", half,
                 false);
        out_printf(o, " │ ");
        out_cell(o, OUT_PLAIN, i < right->count ? right->lines[i] : "", half,
                 false);
        out_printf(o, "\n");
    }
    free(both);
}

static void tell_row(const struct out *o, const struct story *s,
                     const struct story_outcome *outcome,
                     const struct story_row *row)
{
    struct side *sides = calloc(2, sizeof *sides);
    size_t number = row->state ? row->state->row : row->claim->row;
    unsigned line = row->state ? row->state->line : row->claim->line;
    char head[LIMIT_PATH_BYTES + 64];

    if (!sides)
        abort();
    add(&sides[0], "%s", _("expected"));
    if (row->state) {
        state_wanted(s, row->state, &sides[0]);
        state_found(row, &sides[1]);
    } else {
        claim_wanted(s, row->claim, &sides[0]);
        claim_found(s, outcome, row->claim, &sides[1]);
    }
    memmove(sides[1].lines[1], sides[1].lines[0],
            (SIDE_LINES - 1) * sizeof sides[1].lines[0]);
    sides[1].count += sides[1].count < SIDE_LINES;
    snprintf(sides[1].lines[0], SIDE_TEXT, "%s",
             row->claim && !row->claim->must ? _("happened, and must not")
                                             : _("happened"));
    snprintf(head, sizeof head, "%s:%u: %s[%zu] ", s->path, line, list_of(row),
             number);
    out_text(o, OUT_BAD, head);
    out_printf(o, "%s\n", _("does not hold"));
    tell_sides(o, &sides[0], &sides[1]);
    free(sides);
}

void story_rows_tell(const struct out *o, const struct story *s,
                     const struct story_tale *tale,
                     const struct story_outcome *outcome)
{
    (void)tale;
    for (size_t i = 0; i < outcome->row_count; i++) {
        const struct story_row *row = &outcome->rows[i];

        if (!row->held)
            tell_row(o, s, outcome, row);
        if (row->early) {
            out_printf(o, "%s:%u: ", s->path,
                       row->state ? row->state->line : row->claim->line);
            out_printf(o, _("holds already, though it waits for %s"),
                       row->state ? row->state->waits : row->claim->waits);
            out_printf(o, "\n");
        }
    }
}

/* --- as JSON
 * ------------------------------------------------------------------------ */

static json_t *side_json(const struct side *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->count; i++)
        json_array_append_new(list, json_string(s->lines[i]));
    return list;
}

static json_t *row_json(const struct story *s,
                        const struct story_outcome *outcome,
                        const struct story_row *row)
{
    struct side *sides = calloc(2, sizeof *sides);
    const char *waits = row->state ? row->state->waits : row->claim->waits;
    json_t *object;

    if (!sides)
        abort();
    if (row->state) {
        state_wanted(s, row->state, &sides[0]);
        state_found(row, &sides[1]);
    } else {
        claim_wanted(s, row->claim, &sides[0]);
        claim_found(s, outcome, row->claim, &sides[1]);
    }
    object = json_pack(
        "{s:s, s:I, s:I, s:b, s:o, s:o}", "list", list_of(row), "row",
        (json_int_t)(row->state ? row->state->row : row->claim->row), "line",
        (json_int_t)(row->state ? row->state->line : row->claim->line), "holds",
        row->held, "expected", side_json(&sides[0]), "happened",
        side_json(&sides[1]));
    if (*waits)
        json_object_set_new(object, "waits", json_string(waits));
    free(sides);
    return object;
}

static json_t *calls_json(const struct story *s,
                          const struct story_outcome *outcome)
{
    json_t *list = json_array();

    for (size_t i = 0; i < outcome->line_count; i++) {
        const struct story_line *l = &outcome->lines[i];
        char at[32];

        if (strcmp(l->kind, "page") != 0 && strcmp(l->kind, "inform") != 0)
            continue;
        story_clock(s, l->at_ms, at);
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "at", at,
                            "kind", l->kind, "case_id", l->case_id, "person",
                            l->person, "tier", l->tier, "rule", l->rule,
                            "severity", l->severity));
    }
    return list;
}

json_t *story_rows_json(const struct story *s, const struct story_tale *tale,
                        const struct story_outcome *outcome)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < outcome->row_count; i++)
        json_array_append_new(rows, row_json(s, outcome, &outcome->rows[i]));
    return json_pack("{s:s, s:s, s:b, s:I, s:I, s:o, s:o}", "story", s->id,
                     "name", tale->name, "holds", outcome->failures == 0,
                     "failures", (json_int_t)outcome->failures, "waiting",
                     (json_int_t)outcome->waiting, "rows", rows, "calls",
                     calls_json(s, outcome));
}
