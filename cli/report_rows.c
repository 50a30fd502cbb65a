#include "cli/report_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/must.h"

enum { TOPS = 3 };

static const enum report_shape shapes[] = {
#define X(name, word, shape) REPORT_##shape,
    REPORT_FACTS(X)
#undef X
};

/* A fact as it is sorted into its group. */
struct entry {
    const char *key, *name;
    int64_t value;
    signed char month;
    bool good;
};

struct entries {
    struct entry *list;
    size_t count;
};

/* --- groups ----------------------------------------------------------------
 */

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->key, y->key);

    if (!order)
        order = x->month - y->month;
    return order ? order : x->value < y->value ? -1 : x->value > y->value;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = ((const struct entry *)a)->value;
    int64_t y = ((const struct entry *)b)->value;

    return x < y ? -1 : x > y;
}

static struct entries collect(const struct report_view *v, unsigned kinds,
                              report_key *key, const char *of)
{
    const struct report *r = v->report;
    struct entries e = {.list =
                            must(calloc(r->fact_count + 1, sizeof *e.list))};

    for (size_t i = 0; i < r->fact_count; i++) {
        const struct report_fact *f = &r->facts[i];
        const char *k;

        if (!(kinds & (1u << f->kind)) || v->fact_months[i] < 0)
            continue;
        k = key ? key(r, f) : "";
        if (!*k && key)
            k = "-";
        if (of && strcmp(k, of) != 0)
            continue;
        e.list[e.count++] =
            (struct entry){k, f->name, f->value, v->fact_months[i], f->good};
    }
    qsort(e.list, e.count, sizeof *e.list, by_key);
    return e;
}

/* Of values in order; the nearest rank. */
static double rank(const struct entry *list, size_t count, double part)
{
    size_t at = (size_t)(part * (double)count);
    size_t middle = count / 2;

    if (part == 0.5 && count % 2 == 0 && count)
        return ((double)list[middle - 1].value + (double)list[middle].value) /
               2000.0;
    return (double)list[at < count ? at : count - 1].value / 1000.0;
}

/* One month's value of a group; entries of a month are together, in order. */
static json_t *month_value(const struct entry *list, size_t count,
                           enum report_shape shape)
{
    size_t good = 0;
    double sum = 0;

    if (shape == REPORT_SPAN)
        return json_real(rank(list, count, 0.5));
    for (size_t i = 0; i < count; i++) {
        good += list[i].good;
        sum += (double)list[i].value;
    }
    if (shape == REPORT_SHARE)
        return json_real((double)good / (double)count);
    if (shape == REPORT_NUMBER)
        return json_real(sum / 1000 / (double)count);
    return json_integer((json_int_t)count);
}

static void add_months(const struct report_view *v, json_t *row,
                       const struct entry *list, size_t count,
                       enum report_shape shape)
{
    json_t *series = json_array();
    const char *suffix = shape == REPORT_SPAN ? "_s" : "";
    char key[16];

    for (unsigned m = 0, i = 0; m < v->month_count; m++) {
        unsigned from = i;

        while (i < count && (unsigned)list[i].month == m)
            i++;
        json_array_append_new(
            series,
            i > from ? month_value(list + from, i - from, shape) : json_null());
    }
    for (unsigned back = 1; back <= 2 && back <= v->month_count; back++) {
        json_t *value = json_array_get(series, v->month_count - back);

        snprintf(key, sizeof key, "%s%s", back == 1 ? "month" : "before",
                 suffix);
        if (!json_is_null(value))
            json_object_set(row, key, value);
    }
    json_object_set_new(row, "months", series);
}

static json_t *row_of(const struct report_view *v, struct entry *list,
                      size_t count, size_t all, enum report_shape shape)
{
    json_t *row = json_object();
    size_t good = 0;

    add_months(v, row, list, count, shape);
    for (size_t i = 0; i < count; i++)
        good += list[i].good;
    if (shape == REPORT_SHARE) {
        json_object_set_new(row, "kept", json_integer((json_int_t)good));
        json_object_set_new(row, "missed",
                            json_integer((json_int_t)(count - good)));
        json_object_set_new(row, "share",
                            json_real((double)good / (double)count));
        return row;
    }
    json_object_set_new(row, "count", json_integer((json_int_t)count));
    if (shape == REPORT_COUNT)
        json_object_set_new(row, "share",
                            json_real((double)count / (double)(all ? all : 1)));
    if (shape == REPORT_SPAN) {
        qsort(list, count, sizeof *list, by_value);
        json_object_set_new(row, "median_s", json_real(rank(list, count, 0.5)));
        json_object_set_new(row, "p90_s", json_real(rank(list, count, 0.9)));
    }
    return row;
}

/* The weight of a row among others: the most missed or most frequent first. */
static double weight(const json_t *row)
{
    const json_t *missed = json_object_get(row, "missed");

    return missed ? json_number_value(missed)
                  : json_number_value(json_object_get(row, "count"));
}

static int by_weight(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;

    if (weight(x) != weight(y))
        return weight(x) > weight(y) ? -1 : 1;
    return strcmp(json_string_value(json_object_get(x, "name")),
                  json_string_value(json_object_get(y, "name")));
}

static json_t *sorted(json_t *rows)
{
    size_t count = json_array_size(rows);
    json_t **list = must(calloc(count + 1, sizeof(json_t *)));
    json_t *out = json_array();

    for (size_t i = 0; i < count; i++)
        list[i] = json_array_get(rows, i);
    qsort(list, count, sizeof(json_t *), by_weight);
    for (size_t i = 0; i < count; i++)
        json_array_append(out, list[i]);
    free(list);
    json_decref(rows);
    return out;
}

static size_t group_end(const struct entries *e, size_t from)
{
    size_t to = from;

    while (to < e->count && strcmp(e->list[to].key, e->list[from].key) == 0)
        to++;
    return to;
}

static enum report_shape shape_of(unsigned kinds)
{
    int kind = 0;

    while (!(kinds & (1u << kind)))
        kind++;
    return shapes[kind];
}

json_t *report_groups(const struct report_view *v, unsigned kinds,
                      report_key *key, const char *(*word)(const char *))
{
    struct entries e = collect(v, kinds, key, NULL);
    json_t *rows = json_array();

    for (size_t from = 0, to; from < e.count; from = to) {
        const char *name = e.list[from].key;
        json_t *row;

        to = group_end(&e, from);
        row = row_of(v, e.list + from, to - from, e.count, shape_of(kinds));
        if (word)
            json_object_set_new(row, "id", json_string(name));
        json_object_set_new(row, "name", json_string(word ? word(name) : name));
        json_array_append_new(rows, row);
    }
    free(e.list);
    return sorted(rows);
}

json_t *report_spans(const struct report_view *v, int kind, const char *name)
{
    struct entries e =
        collect(v, 1u << kind, name ? report_by_name : NULL, name);
    json_t *row =
        e.count ? row_of(v, e.list, e.count, e.count, shapes[kind]) : NULL;

    free(e.list);
    return row;
}

void report_median(const struct report_view *v, json_t *row, const char *as,
                   int kind, report_key *key, const char *of)
{
    struct entries e = collect(v, 1u << kind, key, of);

    qsort(e.list, e.count, sizeof *e.list, by_value);
    if (e.count)
        json_object_set_new(row, as, json_real(rank(e.list, e.count, 0.5)));
    free(e.list);
}

size_t report_count(const struct report_view *v, int kind, report_key *key,
                    const char *of, size_t *good)
{
    struct entries e = collect(v, 1u << kind, key, of);
    size_t count = e.count;

    for (size_t i = 0; good && i < e.count; i++)
        *good += e.list[i].good;
    free(e.list);
    return count;
}

size_t report_count_named(const struct report_view *v, int kind,
                          report_key *key, const char *of, const char *name)
{
    struct entries e = collect(v, 1u << kind, key, of);
    size_t count = 0;

    for (size_t i = 0; i < e.count; i++)
        count += strcmp(e.list[i].name, name) == 0;
    free(e.list);
    return count;
}

void report_share(const struct report_view *v, json_t *row, const char *as,
                  int kind, report_key *key, const char *of)
{
    size_t good = 0, count = report_count(v, kind, key, of, &good);

    if (count)
        json_object_set_new(row, as, json_real((double)good / (double)count));
}

/* --- the three most frequent -----------------------------------------------
 */

struct name_count {
    const char *name;
    size_t count;
};

static int by_name_text(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->key, y->key);

    if (!order)
        order = x->month - y->month;
    return order ? order : strcmp(x->name, y->name);
}

static void best(struct name_count top[TOPS], const char *name, size_t count)
{
    for (int i = 0; i < TOPS; i++)
        if (count > top[i].count) {
            memmove(&top[i + 1], &top[i],
                    (size_t)(TOPS - 1 - i) * sizeof top[0]);
            top[i] = (struct name_count){name, count};
            return;
        }
}

static json_t *top_row(const struct report_view *v, const struct entry *list,
                       size_t count, const char *(*word)(const char *))
{
    struct name_count top[TOPS] = {{0}};
    json_t *row = json_object();
    char text[200], key[16];
    int month = v->first_month + list[0].month;

    for (size_t from = 0, to; from < count; from = to) {
        for (to = from;
             to < count && strcmp(list[to].name, list[from].name) == 0;)
            to++;
        best(top, list[from].name, to - from);
    }
    snprintf(text, sizeof text, "%04d-%02d", month / 12, month % 12 + 1);
    json_object_set_new(row, "region", json_string(list[0].key));
    json_object_set_new(row, "month", json_string(text));
    for (int i = 0; i < TOPS && top[i].count; i++) {
        snprintf(key, sizeof key, "top%d", i + 1);
        snprintf(text, sizeof text, "%.150s (%zu)", word(top[i].name),
                 top[i].count);
        json_object_set_new(row, key, json_string(text));
    }
    return row;
}

json_t *report_tops(const struct report_view *v, unsigned kinds,
                    const char *(*word)(const char *))
{
    struct entries e = collect(v, kinds, report_by_region, NULL);
    json_t *rows = json_array();

    qsort(e.list, e.count, sizeof *e.list, by_name_text);
    for (size_t from = 0, to; from < e.count; from = to) {
        for (to = from; to < e.count &&
                        strcmp(e.list[to].key, e.list[from].key) == 0 &&
                        e.list[to].month == e.list[from].month;)
            to++;
        json_array_append_new(rows, top_row(v, e.list + from, to - from, word));
    }
    free(e.list);
    return rows;
}

/* --- satisfaction ----------------------------------------------------------
 */

static const char *case_key(const struct report *r, const struct report_case *c,
                            report_key *key)
{
    struct report_fact f = {
        .case_at = (uint32_t)(c - r->cases), .name = "", .person = ""};
    const char *k = key ? key(r, &f) : "";

    return key && !*k ? "-" : k;
}

static void count_cases(const struct report_view *v, json_t *row,
                        report_key *key, const char *of)
{
    const struct report *r = v->report;
    json_int_t unhappy = 0, open = 0, failed = 0;

    for (size_t i = 0; i < r->case_count; i++) {
        const struct report_case *c = &r->cases[i];

        if (!report_case_wanted(v, c) ||
            (of && strcmp(case_key(r, c, key), of) != 0))
            continue;
        unhappy += c->unhappy;
        open += c->promises_open;
        failed += c->unhappy || (c->closed_ms && (c->missed || c->broken));
    }
    json_object_set_new(row, "unhappy", json_integer(unhappy));
    json_object_set_new(row, "open", json_integer(open));
    json_object_set_new(row, "failed", json_integer(failed));
}

static json_t *content_row(const struct report_view *v, report_key *key,
                           const char *of)
{
    json_t *row = json_object(), *scores;
    size_t good = 0, kept = 0, local = 0;
    size_t answers = report_count(v, REPORT_CONTENT_FACT, key, of, &good);
    size_t promises = report_count(v, REPORT_PROMISE_FACT, key, of, &kept);
    size_t complaints = report_count(v, REPORT_LOCAL_FACT, key, of, &local);
    struct entries e = collect(v, 1u << REPORT_SCORE_FACT, key, of);
    double sum = 0;

    json_object_set_new(row, "name", json_string(of ? of : _("all")));
    count_cases(v, row, key, of);
    json_object_set_new(row, "bypasses",
                        json_integer((json_int_t)(complaints - local)));
    json_object_set_new(row, "broken",
                        json_integer((json_int_t)(promises - kept)));
    json_object_set_new(row, "complaints",
                        json_integer((json_int_t)complaints));
    json_object_set_new(row, "answers", json_integer((json_int_t)answers));
    if (answers)
        json_object_set_new(row, "content",
                            json_real((double)good / (double)answers));
    for (size_t i = 0; i < e.count; i++)
        sum += (double)e.list[i].value;
    if (e.count) {
        json_object_set_new(row, "mean",
                            json_real(sum / 1000 / (double)e.count));
        scores = json_object();
        add_months(v, scores, e.list, e.count, REPORT_NUMBER);
        json_object_set(row, "months", json_object_get(scores, "months"));
        json_decref(scores);
    }
    free(e.list);
    return row;
}

json_t *report_content(const struct report_view *v, report_key *key)
{
    static const unsigned all =
        1u << REPORT_CONTENT_FACT | 1u << REPORT_SCORE_FACT |
        1u << REPORT_LOCAL_FACT | 1u << REPORT_PROMISE_FACT |
        1u << REPORT_WHOLE_FACT;
    json_t *rows = json_array();
    struct entries e;

    if (!key) {
        json_array_append_new(rows, content_row(v, NULL, NULL));
        return rows;
    }
    e = collect(v, all, key, NULL);
    for (size_t from = 0; from < e.count; from = group_end(&e, from))
        json_array_append_new(rows, content_row(v, key, e.list[from].key));
    free(e.list);
    return rows;
}

/* --- load ------------------------------------------------------------------
 */

json_t *report_loads(const struct report_view *v)
{
    const struct report *r = v->report;
    struct entries e =
        collect(v, 1u << REPORT_OWNED_FACT | 1u << REPORT_PAGE_FACT,
                report_by_person, NULL);
    json_t *rows = json_array();
    size_t all = report_count(v, REPORT_OWNED_FACT, NULL, NULL, NULL);

    for (size_t from = 0; from < e.count; from = group_end(&e, from)) {
        const char *who = e.list[from].key;
        size_t owned =
            report_count(v, REPORT_OWNED_FACT, report_by_person, who, NULL);
        json_int_t open = 0, promises = 0;

        for (size_t i = 0; i < r->case_count; i++) {
            const struct report_case *c = &r->cases[i];

            if (c->closed_ms || strcmp(c->owner, who) != 0 ||
                !report_case_wanted(v, c))
                continue;
            open++;
            promises += c->promises_open;
        }
        json_array_append_new(
            rows,
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:f, s:I}", "name", who,
                      "open", open, "promises", promises, "owned",
                      (json_int_t)owned, "pages",
                      (json_int_t)report_count(v, REPORT_PAGE_FACT,
                                               report_by_person, who, NULL),
                      "load", (double)owned / (double)(all ? all : 1), "count",
                      open * 1000 + (json_int_t)owned));
    }
    free(e.list);
    return sorted(rows);
}
