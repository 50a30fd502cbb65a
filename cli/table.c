#include "cli/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/utf8.h"

enum { COLUMNS_MAX = 16, GAP = 2, CUT = 6 };

void table_init(struct table *t, const struct table_column *columns,
                size_t count)
{
    assert(count > 0 && count <= COLUMNS_MAX);
    *t = (struct table){.columns = columns, .column_count = count};
}

void table_fini(struct table *t)
{
    for (size_t i = 0; i < t->cell_count; i++)
        free(t->cells[i].text);
    free(t->cells);
    *t = (struct table){0};
}

static void add(struct table *t, char *text, enum out_style style)
{
    if (!text)
        abort();
    if (t->cell_count == t->cell_room) {
        t->cell_room = t->cell_room ? t->cell_room * 2 : 64;
        t->cells = realloc(t->cells, t->cell_room * sizeof *t->cells);
        if (!t->cells)
            abort();
    }
    out_clean(text);
    t->cells[t->cell_count++] = (struct table_cell){text, style};
}

void table_add(struct table *t, const char *text, enum out_style style)
{
    add(t, strdup(text ? text : ""), style);
}

void table_addf(struct table *t, enum out_style style, const char *format, ...)
{
    va_list args;
    char *text = NULL;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    add(t, text, style);
}

size_t table_rows(const struct table *t)
{
    return t->cell_count / t->column_count;
}

/* Nothing is nothing: the catalogue's own words stand under "". */
static const char *head_of(const struct table *t, size_t c)
{
    return *t->columns[c].head ? _(t->columns[c].head) : "";
}

static void measure(const struct table *t, size_t *widths)
{
    for (size_t c = 0; c < t->column_count; c++)
        widths[c] = utf8_width(head_of(t, c));
    for (size_t i = 0; i < t->cell_count; i++) {
        size_t c = i % t->column_count, width = utf8_width(t->cells[i].text);
        if (width > widths[c])
            widths[c] = width;
    }
}

static size_t total(const struct table *t, const size_t *widths)
{
    size_t sum = GAP * (t->column_count - 1);

    for (size_t c = 0; c < t->column_count; c++)
        sum += widths[c];
    return sum;
}

size_t table_width(const struct table *t)
{
    size_t widths[COLUMNS_MAX];

    measure(t, widths);
    return total(t, widths);
}

/* How narrow a column may become: the flexible ones first; where that is not
 * enough all words may be cut, but no number. 0: it stays as it is. */
static size_t floor_of(const struct table_column *column, bool all)
{
    if (!all || column->right)
        return column->least;
    return column->least && column->least < CUT ? column->least : CUT;
}

/* The widest column gives first, so that no one of them starves. False: it
 * does not fit so. */
static bool shrink(const struct table *t, size_t *widths, size_t columns,
                   bool all)
{
    size_t sum = total(t, widths);

    for (; sum > columns; sum--) {
        size_t widest = SIZE_MAX;
        for (size_t c = 0; c < t->column_count; c++) {
            size_t least = floor_of(&t->columns[c], all);
            if (least && widths[c] > least &&
                (widest == SIZE_MAX || widths[c] > widths[widest]))
                widest = c;
        }
        if (widest == SIZE_MAX)
            return false;
        widths[widest]--;
    }
    return true;
}

static void fit(const struct table *t, size_t *widths, size_t columns)
{
    size_t narrow[COLUMNS_MAX];

    if (shrink(t, widths, columns, false))
        return;
    memcpy(narrow, widths, sizeof narrow);
    if (shrink(t, narrow, columns, true)) /* else nothing is cut for nothing */
        memcpy(widths, narrow, sizeof narrow);
}

static void print_row(const struct table *t, const struct out *o,
                      const size_t *widths, const struct table_cell *row)
{
    for (size_t c = 0; c < t->column_count; c++) {
        const char *text = row ? row[c].text : head_of(t, c);
        enum out_style style = row ? row[c].style : OUT_STRONG;
        bool right = t->columns[c].right;
        size_t width = widths[c];
        bool last = c + 1 == t->column_count;
        if (last && !right && utf8_width(text) < width)
            width = utf8_width(text); /* no blanks at the end of a line */
        out_cell(o, style, text, width, right);
        if (!last)
            out_printf(o, "%*s", GAP, "");
    }
    out_printf(o, "\n");
}

void table_print(const struct table *t, const struct out *o)
{
    size_t widths[COLUMNS_MAX] = {0};

    assert(t->cell_count % t->column_count == 0);
    if (t->cell_count == 0)
        return;
    measure(t, widths);
    if (o->columns != SIZE_MAX)
        fit(t, widths, o->columns);
    print_row(t, o, widths, NULL);
    for (size_t i = 0; i < t->cell_count; i += t->column_count)
        print_row(t, o, widths, t->cells + i);
}
