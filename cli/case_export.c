/* case export - the whole history of a case: who, when, what was said,
 * promised and charged; for people, for programs, or for the customer.
 * case review - a draft of its write-up, in Markdown. */
#include <string.h>

#include "cli/case_costs.h"
#include "cli/case_file.h"
#include "cli/when.h"
#include "cli/words.h"

enum { INDENT = 18, DAYS_TO_ACT = 7 };

static const char *reader;

/* clang-format off */
const struct option_row case_export_options[] = {
    PAST_OPTIONS,
    {"for", 'f', OPTION_TEXT, N_("READER"), N_("customer: without internal remarks"), &reader},
    {0}};
const struct option_row case_review_options[] = {PAST_OPTIONS, {0}};
/* clang-format on */

static const char *text_in(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* "amount 120, due 11-20 18:00" */
static void fields_text(const json_t *fields, struct bytes *out)
{
    const char *key;
    json_t *value, *item;
    size_t i;

    json_object_foreach((json_t *)(uintptr_t)fields, key, value)
    {
        bytes_append_format(out, "%s%s ", out->size ? ", " : "",
                            field_word(key));
        if (json_is_string(value))
            bytes_append_text(out, json_string_value(value));
        else if (json_is_integer(value))
            bytes_append_format(out, "%lld",
                                (long long)json_integer_value(value));
        else if (json_is_real(value))
            bytes_append_format(out, "%g", json_real_value(value));
        else if (json_is_boolean(value))
            bytes_append_text(out, json_is_true(value) ? _("yes") : _("no"));
        json_array_foreach(value, i, item)
        {
            bytes_append_format(out, "%s%s", i ? " + " : "",
                                json_string_value(item));
        }
    }
}

/* --- export ----------------------------------------------------------------
 */

static void export_line(const struct out *o, const struct case_file *f,
                        const json_t *line)
{
    struct bytes text = {0}, fields = {0};
    const char *effects = text_in(line, "effects");

    out_cell(o, OUT_FAINT, text_in(line, "at"), INDENT, false);
    bytes_append_text(&text, f->for_customer ? kind_word(text_in(line, "kind"))
                             : *text_in(line, "kind")
                                 ? kind_word(text_in(line, "kind"))
                                 : text_in(line, "did"));
    if (*text_in(line, "who"))
        bytes_append_format(&text, _(", by %s"), text_in(line, "who"));
    fields_text(json_object_get(line, "fields"), &fields);
    if (fields.size)
        bytes_append_format(&text, ": %s", bytes_text(&fields));
    if (*text_in(line, "words"))
        bytes_append_format(&text, " “%s”", text_in(line, "words"));
    out_wrap(o, INDENT, true, bytes_text(&text));
    if (*effects) {
        out_printf(o, "%*s→ ", INDENT, "");
        out_wrap(o, INDENT + 2, true, effects);
    }
    bytes_fini(&text);
    bytes_fini(&fields);
}

static void export_lists(const struct out *o, const struct case_file *f)
{
    const char *id;
    json_t *p, *line;
    size_t i;

    if (json_object_size(f->promises)) {
        out_printf(o, "\n");
        out_text(o, OUT_STRONG, _("Promised"));
        out_printf(o, "\n");
    }
    json_object_foreach(f->promises, id, p)
    {
        char text[400];
        snprintf(text, sizeof text, _("%.60s %.200s, due %s: %s"), id,
                 text_in(p, "what"),
                 *text_in(p, "due") ? text_in(p, "due") : "-",
                 promise_word(text_in(p, "state")));
        out_wrap(o, 2, false, text);
    }
    if (json_array_size(f->charges)) {
        out_printf(o, "\n");
        out_text(o, OUT_STRONG, _("Charged"));
        out_printf(o, "\n");
    }
    json_array_foreach(f->charges, i, line)
    {
        export_line(o, f, line);
    }
}

static void export_text(const struct out *o, const struct case_file *f)
{
    size_t i;
    json_t *line;

    out_text(o, OUT_STRONG, f->case_id);
    out_printf(o, "  %s", f->station ? f->station : "");
    if (!f->for_customer)
        out_printf(o, "  %s  %s", severity_word(f->severity),
                   f->owner ? f->owner : "");
    out_printf(o, "\n\n");
    json_array_foreach(f->lines, i, line)
    {
        export_line(o, f, line);
    }
    export_lists(o, f);
}

static json_t *export_json(const struct case_file *f)
{
    json_t *all =
        json_pack("{s:s, s:s, s:O, s:O, s:O}", "case_id", f->case_id, "station",
                  f->station ? f->station : "", "history", f->lines, "promises",
                  f->promises, "charges", f->charges);

    if (!f->for_customer) {
        json_object_set_new(all, "severity",
                            json_string(severity_name(f->severity)));
        json_object_set_new(all, "owner",
                            json_string(f->owner ? f->owner : ""));
    }
    return all;
}

int run_case_export(struct cli *cli, int argc, char **argv)
{
    struct case_file f;
    bool customer = reader && strcmp(reader, "customer") == 0;
    int code;

    if (reader && !customer)
        return cli_usage(cli, _("--for customer, not \"%s\""), reader);
    code = case_file_read(cli, argv[0], customer, argc - 1, argv + 1, &f);
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, export_json(&f));
    else if (code == CLI_DONE)
        export_text(&cli->out, &f);
    case_file_fini(&f);
    return code;
}

/* --- review ----------------------------------------------------------------
 */

/* A cell of a Markdown table: no bar breaks it. */
static void md(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text == '\n' ? ' ' : *text, out);
    }
}

static void md_said(FILE *out, const json_t *list)
{
    size_t i;
    json_t *one;

    json_array_foreach((json_t *)(uintptr_t)list, i, one)
    {
        fprintf(out, "- %s, %s", text_in(one, "at"),
                kind_word(text_in(one, "kind")));
        if (*text_in(one, "words")) {
            fputs(": “", out);
            md(out, text_in(one, "words"));
            fputs("”", out);
        }
        fputs("\n", out);
    }
    if (json_array_size(list) == 0)
        fprintf(out, "%s\n", _("Nothing was kept of it."));
}

static void md_replay(FILE *out, const struct case_file *f)
{
    size_t i;
    json_t *line;

    fprintf(out, "| %s | %s | %s |\n|---|---|---|\n", _("time"), _("what"),
            _("what followed"));
    json_array_foreach(f->lines, i, line)
    {
        fprintf(out, "| %s | ", text_in(line, "at"));
        md(out, text_in(line, "did"));
        fputs(" | ", out);
        md(out, text_in(line, "effects"));
        fputs(" |\n", out);
    }
}

static void md_promises(FILE *out, const struct case_file *f)
{
    const char *id;
    json_t *p;

    json_object_foreach(f->promises, id, p)
    {
        fprintf(out, "- %s ", id);
        md(out, text_in(p, "what"));
        fprintf(out, _(", due %s: %s\n"),
                *text_in(p, "due") ? text_in(p, "due") : "-",
                promise_word(text_in(p, "state")));
    }
    if (json_object_size(f->promises) == 0)
        fprintf(out, "%s\n", _("None."));
}

static void cause_text(const json_t *one, struct bytes *out)
{
    struct bytes fields = {0};

    fields_text(json_object_get(one, "fields"), &fields);
    bytes_append_format(
        out, "%s%s%s%s%s", kind_word(text_in(one, "kind")),
        fields.size ? ": " : "", fields.size ? bytes_text(&fields) : "",
        *text_in(one, "words") ? ": " : "", text_in(one, "words"));
    bytes_fini(&fields);
}

static void md_actions(FILE *out, const struct case_file *f)
{
    char due[WHEN_WORDS_SIZE];
    struct bytes text = {0};
    const char *clock;
    size_t i;
    json_t *one;

    fprintf(out, "| %s | %s | %s |\n|---|---|---|\n", _("action"), _("owner"),
            _("due"));
    json_array_foreach(f->actions, i, one)
    {
        json_t *fields = json_object_get(one, "fields");
        bytes_reset(&text);
        cause_text(one, &text);
        fputs("| ", out);
        md(out, bytes_text(&text));
        fprintf(out, " | %s | %s |\n",
                *text_in(fields, "to") ? text_in(fields, "to")
                                       : text_in(one, "who"),
                text_in(fields, "due"));
    }
    when_day((f->closed_ms ? f->closed_ms : f->last_ms) +
                 DAYS_TO_ACT * 86400000LL,
             due);
    json_array_foreach(f->causes, i, one)
    {
        bytes_reset(&text);
        cause_text(one, &text);
        fprintf(out, "| %s: ", _("against the cause"));
        md(out, bytes_text(&text));
        fprintf(out, " | %s | %s |\n", f->owner ? f->owner : "-", due);
    }
    json_object_foreach(f->missed, clock, one)
    {
        fprintf(out, "| ");
        fprintf(out, _("see that \"%s\" is kept"), clock_word(clock));
        fprintf(out, " | %s | %s |\n", f->owner ? f->owner : "-", due);
    }
    bytes_fini(&text);
}

static void md_causes(FILE *out, const struct case_file *f)
{
    struct bytes text = {0};
    const char *clock;
    size_t i;
    json_t *one;

    json_array_foreach(f->causes, i, one)
    {
        bytes_reset(&text);
        cause_text(one, &text);
        fprintf(out, "- %s, ", text_in(one, "at"));
        md(out, bytes_text(&text));
        fputs("\n", out);
    }
    json_object_foreach(f->missed, clock, one)
    {
        json_int_t often = json_integer_value(one);
        fprintf(out, "- ");
        fprintf(out,
                P_("deadline \"%s\" missed %lld time",
                   "deadline \"%s\" missed %lld times", (unsigned long)often),
                clock_word(clock), (long long)often);
        fputs("\n", out);
    }
    if (json_array_size(f->causes) + json_object_size(f->missed) == 0)
        fprintf(out, "%s\n", _("Nobody has recorded a cause."));
    bytes_fini(&text);
}

static void review(FILE *out, const struct case_file *f)
{
    char opened[WHEN_SIZE] = "", closed[WHEN_SIZE] = "";

    when_clock(0, f->opened_ms, opened);
    when_clock(0, f->closed_ms, closed);
    fprintf(out, "# ");
    fprintf(out, _("Review of %s"), f->case_id);
    fprintf(out, "\n\n%s · %s · %s · ", f->station ? f->station : "-",
            severity_word(f->severity), f->owner ? f->owner : "-");
    fprintf(out, _("opened %s, closed %s"), opened, *closed ? closed : "-");
    fprintf(out, "\n\n## %s\n\n", _("In the customer's own words"));
    md_said(out, f->voice);
    fprintf(out, "\n## %s\n\n", _("What happened, by the records"));
    md_replay(out, f);
    fprintf(out, "\n%s\n",
            _("Where the two differ it was not made clear to the customer: a "
              "gap in our words, not his error."));
    fprintf(out, "\n## %s\n\n", _("Promises"));
    md_promises(out, f);
    fprintf(out, "\n## %s\n\n", _("Causes"));
    md_causes(out, f);
    fprintf(out, "\n## %s\n\n", _("Actions"));
    md_actions(out, f);
    if (costs_total(&f->costs) > 0) {
        fprintf(out, "\n## %s\n\n", _("Cost, estimated"));
        case_costs_md(out, &f->costs);
    }
}

static json_t *review_json(const struct case_file *f)
{
    return json_pack("{s:s, s:O, s:O, s:O, s:O, s:O, s:O, s:o}", "case_id",
                     f->case_id, "voice", f->voice, "replay", f->lines,
                     "promises", f->promises, "causes", f->causes, "missed",
                     f->missed, "actions", f->actions, "costs",
                     case_costs_json(&f->costs));
}

int run_case_review(struct cli *cli, int argc, char **argv)
{
    struct case_file f;
    int code = case_file_read(cli, argv[0], false, argc - 1, argv + 1, &f);

    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, review_json(&f));
    else if (code == CLI_DONE)
        review(cli->out.file, &f);
    case_file_fini(&f);
    return code;
}
