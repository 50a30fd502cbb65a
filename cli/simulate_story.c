#include "cli/simulate_story.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/time_text.h"
#include "cli/rules.h"
#include "cli/telling.h"
#include "cli/when.h"
#include "cli/words.h"
#include "ledger/role_words.h"
#include "proto/decision.h"

enum { INDENT = 7, LEVELS_MAX = 16 };

static const char usual_pack[] = "packs/service-network";

struct stage {
    struct out out;
    const struct story *story;
    const struct story_tale *tale;
    const struct policyset *set;
    int64_t day_ms, now_ms; /* told last */
    unsigned answers;       /* told in the line under way */
    size_t next_caption;
};

bool story_is_file(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

void story_clock(const struct story *s, int64_t at_ms, char out[32])
{
    struct time_parts p;

    *out = '\0';
    if (time_text_split(at_ms, s->zone, &p, NULL))
        return;
    snprintf(out, 32,
             p.second ? "%02d-%02d %02d:%02d:%02d" : "%02d-%02d %02d:%02d",
             p.month, p.day, p.hour, p.minute, p.second);
}

/* --- how it went -------------------------------------------------------------
 */

static void end_answers(struct stage *st)
{
    if (st->answers)
        out_printf(&st->out, "\n");
    st->answers = 0;
}

/* The margin of a line: the time, and before it the day when it is another. */
static void begin_line(struct stage *st, int64_t at_ms)
{
    struct time_parts p;
    char text[32] = "";

    end_answers(st);
    if (time_text_split(at_ms, st->story->zone, &p, NULL))
        return;
    if (st->day_ms != p.day + 31 * (p.month + 12 * (int64_t)p.year)) {
        st->day_ms = p.day + 31 * (p.month + 12 * (int64_t)p.year);
        snprintf(text, sizeof text, "%04d-%02d-%02d", p.year, p.month, p.day);
        out_printf(&st->out, "\n");
        out_text(&st->out, OUT_STRONG, text);
        out_printf(&st->out, "\n");
        st->now_ms = 0;
    }
    snprintf(text, sizeof text, p.second ? "%02d:%02d:%02d" : "%02d:%02d",
             p.hour, p.minute, p.second);
    out_cell(&st->out, OUT_FAINT, at_ms == st->now_ms ? "" : text,
             p.second ? INDENT + 3 : INDENT, false);
    st->now_ms = at_ms;
}

static void tell_answer(struct stage *st, const struct runner_record *r)
{
    if (!st->answers || st->now_ms != r->now_ms) {
        begin_line(st, r->now_ms);
        out_text(&st->out, OUT_FAINT, _("acknowledged: "));
    } else {
        out_text(&st->out, OUT_FAINT, ", ");
    }
    out_text(&st->out, OUT_FAINT, r->event->reporter);
    st->answers++;
}

/* The clock of a page is named by the firing beside it. */
static const Yinuo__V1__Decision *reason_of(const Yinuo__V1__StreamRecord *r,
                                            const Yinuo__V1__Decision *page)
{
    for (size_t i = 0; i < r->n_decisions; i++) {
        const Yinuo__V1__Decision *d = r->decisions[i];

        if (DECISION_IS(d, FIRE) && d->rule && page->rule &&
            strcmp(d->rule, page->rule) == 0 && d->clock)
            return d;
    }
    return page;
}

/* "FALL: a patient fell" */
static void tell_reason(struct stage *st, const Yinuo__V1__StreamRecord *r,
                        const Yinuo__V1__Decision *page)
{
    const struct policy *p = policyset_for(
        st->set,
        r->event && r->event->region ? text_of(r->event->region) : TEXT(""));
    const Yinuo__V1__Decision *from = reason_of(r, page);
    char span[WHEN_SIZE], due[WHEN_SIZE], pack[64];
    struct rules_values values = {.span = span,
                                  .due = due,
                                  .key = from->key ? from->key : "",
                                  .owner = "",
                                  .tier = tier_word((int)page->tier)};
    struct bytes words = {0};

    when_span(page->span_ms, span);
    when_clock(r->at_ms, from->due_ms, due);
    snprintf(pack, sizeof pack, "%.*s", (int)p->name.size, p->name.data);
    bytes_append_format(&words, "%s", page->rule);
    if (from->clock && *from->clock)
        bytes_append_format(&words, " (%s)", clock_word(from->clock));
    bytes_append_text(&words, ": ");
    if (rules_words(st->set, pack, page->rule, from->clock, &values, &words)) {
        out_printf(&st->out, "%*s", INDENT + 2, "");
        out_wrap(&st->out, INDENT + 2, true, bytes_text(&words));
    }
    bytes_fini(&words);
}

static void tell_reasons(struct stage *st, const Yinuo__V1__StreamRecord *r)
{
    for (size_t i = 0; i < r->n_decisions; i++) {
        const Yinuo__V1__Decision *d = r->decisions[i];
        bool told = false;

        if (!DECISION_IS(d, PAGE) || !d->rule || !*d->rule)
            continue;
        for (size_t j = 0; j < i; j++)
            told |= r->decisions[j]->kind == d->kind && r->decisions[j]->rule &&
                    strcmp(r->decisions[j]->rule, d->rule) == 0;
        if (!told)
            tell_reason(st, r, d);
    }
}

static void tell_record(struct stage *st, const Yinuo__V1__StreamRecord *r)
{
    struct bytes head = {0}, effects = {0};

    telling_head(r, &head);
    telling_effects(r, r->at_ms, &effects);
    if (r->event || effects.size) {
        begin_line(st, r->at_ms);
        out_wrap(&st->out, INDENT, true, bytes_text(&head));
    }
    if (effects.size) {
        out_printf(&st->out, "%*s→ ", INDENT, "");
        out_wrap(&st->out, INDENT + 2, true, bytes_text(&effects));
    }
    tell_reasons(st, r);
    bytes_fini(&head);
    bytes_fini(&effects);
}

/* The line that the story itself has for an event. */
static void tell_caption(struct stage *st, const struct runner_record *r)
{
    for (size_t i = 0; r->origin == RUNNER_EVENT && i < st->tale->event_count;
         i++) {
        const struct story_event *e = &st->tale->events[i];
        const char *id = json_string_value(json_object_get(e->json, "id"));

        if (!*e->caption || !id || !r->event->id ||
            strcmp(id, r->event->id) != 0)
            continue;
        begin_line(st, r->now_ms);
        out_text(&st->out, OUT_STRONG, _(e->caption));
        out_printf(&st->out, "\n");
    }
}

static void watch(void *context, const struct runner_record *r,
                  struct runner *runner)
{
    struct stage *st = context;
    Yinuo__V1__StreamRecord record = YINUO__V1__STREAM_RECORD__INIT;
    Yinuo__V1__StreamRecord *part = NULL;
    Yinuo__V1__Refused refused = YINUO__V1__REFUSED__INIT;

    (void)runner;
    if (r->origin == RUNNER_ANSWER) {
        tell_answer(st, r);
        return;
    }
    tell_caption(st, r);
    part = yinuo__v1__stream_record__unpack(NULL, r->decided->decisions.size,
                                            r->decided->decisions.data);
    if (!part)
        abort(); /* our own bytes */
    record.at_ms = r->now_ms;
    record.event = (Yinuo__V1__Event *)(uintptr_t)r->event;
    record.firing = (Yinuo__V1__Firing *)(uintptr_t)r->firing;
    record.decisions = part->decisions;
    record.n_decisions = part->n_decisions;
    refused.code = r->decided->code;
    if (r->decided->code)
        record.refused = &refused;
    tell_record(st, &record);
    yinuo__v1__stream_record__free_unpacked(part, NULL);
}

static void tell_head(struct stage *st)
{
    char span[WHEN_SIZE], until[32];

    out_text(&st->out, OUT_STRONG, st->tale->name);
    out_printf(&st->out, "%s%s\n", *st->story->title ? "  " : "",
               *st->story->title ? _(st->story->title) : "");
    if (st->tale->answer_ms == STORY_NEVER) {
        out_printf(&st->out, "%s · %s\n", st->story->zone,
                   _("nobody acknowledges a page"));
        return;
    }
    when_span(st->tale->answer_ms, span);
    out_printf(&st->out, "%s · ", st->story->zone);
    out_printf(&st->out, _("a page is acknowledged after %s"), span);
    if (st->tale->answer_until_ms) {
        story_clock(st->story, st->tale->answer_until_ms, until);
        out_printf(&st->out, _(", before %s"), until);
    }
    out_printf(&st->out, "\n");
}

/* --- its pack
 * ------------------------------------------------------------------- */

static bool is_pack(const char *dir)
{
    char path[LIMIT_PATH_BYTES];

    return file_join(path, sizeof path, dir, "policy.yaml", NULL) ==
               STATUS_OK &&
           file_exists(path);
}

/* Beside the story or above it, as in a source tree; else what is installed. */
static bool find_pack(const char *story, char out[LIMIT_PATH_BYTES])
{
    static const char *const places[] = {"../share/yinuo", "../.."};
    char dir[PATH_MAX], program[LIMIT_PATH_BYTES];
    char *slash;

    if (!realpath(story, dir))
        return false;
    while ((slash = strrchr(dir, '/')) != NULL) {
        *slash = '\0';
        if (file_join(out, LIMIT_PATH_BYTES, *dir ? dir : "/", usual_pack,
                      NULL) == STATUS_OK &&
            is_pack(out))
            return true;
    }
    if (file_program_dir(program, sizeof program, NULL) != STATUS_OK)
        return false;
    for (size_t i = 0; i < 2; i++) {
        int n = snprintf(out, LIMIT_PATH_BYTES, "%s/%s/%s", program, places[i],
                         usual_pack);

        if (n > 0 && n < LIMIT_PATH_BYTES && is_pack(out))
            return true;
    }
    return false;
}

static int load_pack(struct cli *cli, const struct story *s,
                     const struct story_tale *tale, const char *const *packs,
                     size_t count, struct policyset **set,
                     struct policyset **reloaded)
{
    char found[LIMIT_PATH_BYTES], line[512];
    const char *usual = found;
    struct findings *f = calloc(1, sizeof *f);
    enum status status;

    if (!f)
        abort();
    if (!count && s->pack_count) {
        packs = s->packs;
        count = s->pack_count;
    }
    if (!count) {
        if (!find_pack(s->path, found)) {
            free(f);
            out_error(&cli->out, _("%s: no %s near it: name one with --policy"),
                      s->path, usual_pack);
            return CLI_NOT_FOUND;
        }
        packs = &usual;
        count = 1;
    }
    findings_init(f);
    status = story_policies(s, tale, packs, count, set, f);
    if (status == STATUS_OK) {
        status = story_reloaded(s, tale, packs, count, reloaded, f);
        if (status != STATUS_OK)
            policyset_free(*set);
    }
    if (status == STATUS_OK)
        role_words_use(*set);
    for (size_t i = 0; status && i < f->count; i++) {
        if (!f->list[i].is_error)
            continue;
        finding_format(&f->list[i], line, sizeof line);
        out_note(&cli->out, "%s", line);
    }
    findings_fini(f);
    free(f);
    return status == STATUS_OK          ? CLI_DONE
           : status == STATUS_NOT_FOUND ? CLI_NOT_FOUND
                                        : CLI_BAD_DATA;
}

/* --- one tale after the other
 * ------------------------------------------------------ */

struct telling_of {
    struct cli *cli;
    const char *const *packs;
    size_t pack_count;
    bool whole; /* tell it also where it holds */
};

static void conclude(const struct out *o, const struct story_tale *tale,
                     const struct story_outcome *r)
{
    out_text(o, r->failures ? OUT_BAD : OUT_GOOD, tale->name);
    out_printf(o, ": ");
    out_printf(o, _("%zu of %zu rows hold"),
               r->row_count - r->failures - r->waiting, r->row_count);
    if (r->waiting)
        out_printf(o, _(", %zu wait"), r->waiting);
    out_printf(o, "\n");
}

static int tell_tale(const struct telling_of *t, const struct story *s,
                     const struct story_tale *tale)
{
    struct cli *cli = t->cli;
    struct stage stage = {.out = cli->out, .story = s, .tale = tale};
    struct story_outcome outcome = {0};
    struct policyset *set, *reloaded = NULL;
    char *told = NULL;
    size_t size = 0;
    enum status status;
    int code =
        load_pack(cli, s, tale, t->packs, t->pack_count, &set, &reloaded);

    if (code != CLI_DONE)
        return code;
    stage.set = set;
    stage.out.file = open_memstream(&told, &size);
    if (!stage.out.file)
        abort();
    tell_head(&stage);
    status =
        story_run(s, tale, set, reloaded, watch, &stage, &outcome, &cli->error);
    end_answers(&stage);
    out_printf(&stage.out, "\n");
    fclose(stage.out.file);
    if (status) {
        out_error(&cli->out, "%s", cli->error.text);
        code = status == STATUS_INVALID ? CLI_BAD_DATA : CLI_FAILED;
    } else if (cli->out.json) {
        out_json_line(&cli->out, story_rows_json(s, tale, &outcome));
    } else {
        if (t->whole || outcome.failures)
            fwrite(told, 1, size, cli->out.file);
        story_rows_tell(&cli->out, s, tale, &outcome);
        conclude(&cli->out, tale, &outcome);
    }
    if (code == CLI_DONE && outcome.failures)
        code = CLI_FAILED;
    story_outcome_fini(&outcome);
    free(told);
    return code;
}

static int tell_file(const struct telling_of *t, const char *path)
{
    struct cli *cli = t->cli;
    struct story *s;
    int worst = CLI_DONE;

    if (story_load(path, NULL, &s, &cli->error) != STATUS_OK) {
        out_error(&cli->out, "%s", cli->error.text);
        return cli->error.status == STATUS_NOT_FOUND ? CLI_NOT_FOUND
                                                     : CLI_BAD_DATA;
    }
    setenv("TZ", s->zone, 1); /* moments in it are told in its zone */
    for (size_t i = 0; i < s->tale_count; i++) {
        int code = tell_tale(t, s, &s->tales[i]);

        if (code > worst)
            worst = code;
    }
    story_free(&s);
    return worst;
}

int simulate_stories(struct cli *cli, const char *const *packs,
                     size_t pack_count, int argc, char **argv)
{
    struct telling_of t = {cli, packs, pack_count, argc == 1};
    int worst = CLI_DONE;

    for (int i = 0; i < argc; i++) {
        int code = tell_file(&t, argv[i]);

        if (code > worst)
            worst = code;
    }
    return worst;
}
