#include "cli/sheet.h"

#include <langinfo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/time_text.h"
#include "cli/table.h"
#include "cli/when.h"

enum { COLUMNS_MAX = 20, CELL = 256, BAR_CELLS = 8, SERIES_MAX = 24 };

bool sheet_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void put(char *out, size_t room, const char *piece)
{
    size_t used = strlen(out);

    if (used + strlen(piece) < room)
        strcpy(out + used, piece);
}

void sheet_spark(const json_t *series, bool utf8, char *out, size_t room)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄",
                                         "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {"_", ".", "-", ":", "=", "+", "*", "#"};
    size_t count = json_array_size(series);
    size_t from = count > SERIES_MAX ? count - SERIES_MAX : 0;
    double most = 0;

    *out = '\0';
    for (size_t i = from; i < count; i++)
        most = fmax(most, json_number_value(json_array_get(series, i)));
    for (size_t i = from; i < count; i++) {
        const json_t *v = json_array_get(series, i);
        double part = most > 0 ? json_number_value(v) / most : 0;
        size_t step = (size_t)(part * 7 + 0.5);

        put(out, room, json_is_null(v) ? " " : (utf8 ? blocks : ascii)[step]);
    }
}

void sheet_bar(double share, bool utf8, char *out, size_t room)
{
    int full = (int)(share * BAR_CELLS + 0.5);

    *out = '\0';
    for (int i = 0; i < BAR_CELLS; i++)
        put(out, room, i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : "."));
}

void sheets_begin(struct sheets *s, struct cli *cli)
{
    *s = (struct sheets){.cli = cli, .all = json_object()};
}

void sheet_value(struct sheets *s, const char *key, json_t *value)
{
    json_object_set_new(s->all, key, value);
}

/* --- for programs ----------------------------------------------------------
 */

static void moments(json_t *rows, const struct sheet_column *columns,
                    size_t count)
{
    char text[TIME_TEXT_SIZE];
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < count; c++) {
            json_t *v = json_object_get(row, columns[c].key);

            if (columns[c].kind != SHEET_MOMENT || !json_is_integer(v))
                continue;
            if (time_text_format(json_integer_value(v), when_zone(), text,
                                 NULL))
                continue;
            json_object_set_new(row, columns[c].key, json_string(text));
        }
    }
}

static void csv_text(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n") && !(*text && strchr("=+-@", *text))) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    if (*text && strchr("=+-@", *text))
        fputc('\'', out); /* no formula of a spreadsheet */
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void csv_cell(FILE *out, const json_t *v)
{
    size_t i;
    json_t *item;

    if (json_is_string(v)) {
        csv_text(out, json_string_value(v));
    } else if (json_is_integer(v)) {
        fprintf(out, "%lld", (long long)json_integer_value(v));
    } else if (json_is_real(v)) {
        fprintf(out, "%.6g", json_real_value(v));
    } else if (json_is_boolean(v)) {
        fputs(json_is_true(v) ? "true" : "false", out);
    } else if (json_is_array(v)) {
        json_array_foreach((json_t *)(uintptr_t)v, i, item)
        {
            fprintf(out, i ? " %g" : "%g", json_number_value(item));
        }
    }
}

static void csv(struct sheets *s, const char *name,
                const struct sheet_column *columns, size_t count,
                const json_t *rows)
{
    FILE *out = s->cli->out.file;
    size_t i;
    json_t *row;

    fprintf(out, s->shown ? "\n" : "");
    fprintf(out, "table");
    for (size_t c = 0; c < count; c++)
        fprintf(out, ",%s", columns[c].key);
    fputc('\n', out);
    json_array_foreach((json_t *)(uintptr_t)rows, i, row)
    {
        fputs(name, out);
        for (size_t c = 0; c < count; c++) {
            fputc(',', out);
            csv_cell(out, json_object_get(row, columns[c].key));
        }
        fputc('\n', out);
    }
}

/* --- for people ------------------------------------------------------------
 */

static void cell(struct table *t, const struct out *o,
                 const struct sheet_column *c, const json_t *v, int64_t now_ms)
{
    char text[CELL] = "", bar[64];

    if (!v || json_is_null(v)) {
        table_add(t, "", OUT_PLAIN);
        return;
    }
    switch (c->kind) {
    case SHEET_TEXT:
        snprintf(text, sizeof text, "%s",
                 json_is_string(v) ? json_string_value(v) : "");
        break;
    case SHEET_COUNT:
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(v));
        break;
    case SHEET_SPAN: {
        char span[WHEN_SIZE];
        when_span((int64_t)(1000 * json_number_value(v)), span);
        snprintf(text, sizeof text, "%s", span);
        break;
    }
    case SHEET_SHARE:
        sheet_bar(json_number_value(v), sheet_utf8(), bar, sizeof bar);
        snprintf(text, sizeof text, "%.1f %%%s%s", 100 * json_number_value(v),
                 o->terminal ? " " : "", o->terminal ? bar : "");
        break;
    case SHEET_REAL:
        snprintf(text, sizeof text, "%.2f", json_number_value(v));
        break;
    case SHEET_MOMENT: {
        char clock[WHEN_SIZE];
        when_clock(now_ms, json_integer_value(v), clock);
        snprintf(text, sizeof text, "%s", clock);
        break;
    }
    case SHEET_SERIES:
        if (o->terminal)
            sheet_spark(v, sheet_utf8(), text, sizeof text);
        break;
    }
    table_add(t, text, OUT_PLAIN);
}

static void people(struct sheets *s, const char *title,
                   const struct sheet_column *columns, size_t count,
                   const json_t *rows)
{
    const struct out *o = &s->cli->out;
    struct table_column heads[COLUMNS_MAX];
    struct table t;
    size_t i;
    json_t *row;

    for (size_t c = 0; c < count; c++)
        heads[c] = (struct table_column){
            columns[c].head,
            columns[c].kind != SHEET_TEXT && columns[c].kind != SHEET_SERIES,
            columns[c].kind == SHEET_TEXT ? 10 : 0};
    out_printf(o, "%s", s->shown ? "\n" : "");
    out_text(o, OUT_STRONG, title);
    out_printf(o, "\n");
    table_init(&t, heads, count);
    json_array_foreach((json_t *)(uintptr_t)rows, i, row)
    {
        for (size_t c = 0; c < count; c++)
            cell(&t, o, &columns[c], json_object_get(row, columns[c].key),
                 cli_now_ms(s->cli));
    }
    if (table_rows(&t) == 0)
        out_printf(o, "%s\n", _("nothing"));
    table_print(&t, o);
    table_fini(&t);
}

void sheet_print(struct sheets *s, const char *name, const char *title,
                 const struct sheet_column *columns, size_t count, json_t *rows)
{
    if (s->cli->out.json || s->cli->out.csv)
        moments(rows, columns, count);
    if (s->cli->out.csv)
        csv(s, name, columns, count, rows);
    else if (!s->cli->out.json)
        people(s, title, columns, count, rows);
    s->shown++;
    json_object_set_new(s->all, name, rows);
}

void sheets_end(struct sheets *s)
{
    if (s->cli->out.json)
        out_json(&s->cli->out, json_incref(s->all));
    json_decref(s->all);
    s->all = NULL;
}
