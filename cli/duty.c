#include "cli/duty.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/cache.h"
#include "cli/session.h"
#include "cli/suggest.h"
#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/event_json.h"
#include "proto/roles.h"
#include "proto/wire.h"

enum { CACHE_BYTES_MAX = 1024 * 1024, REFRESH_WAIT_MS = 500, SHOWN_MAX = 12 };

static const char CACHE[] = "duty.json";

/* One line of the list, from the network or from the cache. */
struct line {
    const char *station, *person, *name, *method, *address, *delegate;
    const char *tier;     /* its word */
    const char *override; /* its id, where one put the person there */
};

static const struct table_column columns[] = {
    {N_("STATION"), false, 6}, {N_("TIER"), false, 8}, {N_("PERSON"), false, 6},
    {N_("NAME"), false, 4},    {N_("BY"), false, 0},   {N_("NUMBER"), false, 8},
    {N_("FOR"), false, 4},
};

static void add_line(struct table *t, const struct line *l)
{
    bool empty = !l->person || !*l->person;

    table_add(t, l->station, OUT_PLAIN);
    table_add(t, l->tier, OUT_PLAIN);
    table_add(t, empty ? _("nobody") : l->person, empty ? OUT_BAD : OUT_STRONG);
    table_add(t, l->name, OUT_PLAIN);
    table_add(t, l->method, OUT_PLAIN);
    table_add(t, l->address, OUT_PLAIN);
    if (l->override && *l->override)
        table_addf(t, OUT_FAINT, "%s%s*%s", l->delegate ? l->delegate : "",
                   l->delegate ? " " : "", l->override);
    else
        table_add(t, l->delegate, OUT_FAINT);
}

void duty_table(const struct out *o, const struct rows *rows)
{
    struct table t;

    table_init(&t, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__RosterRow *r = rows->list[i];
        add_line(&t, &(struct line){r->station, r->person, r->name, r->method,
                                    r->address, r->delegate,
                                    tier_word((int)r->tier), r->override_id});
    }
    table_print(&t, o);
    table_fini(&t);
}

static void put(json_t *object, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(object, key, json_string(text));
}

json_t *duty_json(const struct rows *rows)
{
    json_t *array = json_array();

    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__RosterRow *r = rows->list[i];
        json_t *object = json_object();
        assert(r && object);
        put(object, "station", r->station);
        put(object, "product_line", r->product_line);
        put(object, "tier", role_name(r->tier));
        put(object, "tier_word", tier_word((int)r->tier));
        json_object_set_new(object, "tier_number", json_integer(r->tier));
        json_object_set_new(object, "contact", json_integer(r->contact));
        put(object, "person", r->person);
        put(object, "name", r->name);
        put(object, "method", r->method);
        put(object, "address", r->address);
        put(object, "delegate", r->delegate);
        put(object, "region", r->region);
        put(object, "hotline", r->hotline);
        put(object, "override_id", r->override_id);
        if (r->has_from_ms)
            json_object_set_new(object, "from",
                                moment_to_json(r->from_ms, when_zone()));
        if (r->has_until_ms)
            json_object_set_new(object, "until",
                                moment_to_json(r->until_ms, when_zone()));
        json_array_append_new(array, object);
    }
    return array;
}

static void keep(const struct cli *cli, const struct rows *rows)
{
    struct bytes text = {0};
    json_t *all = json_pack("{s:I, s:o}", "at_ms", (json_int_t)rows->now_ms,
                            "duty", duty_json(rows));

    if (json_append(&text, all) == STATUS_OK)
        cache_write(cli, CACHE, bytes_slice(&text));
    json_decref(all);
    bytes_fini(&text);
}

void duty_refresh(struct cli *cli)
{
    Yinuo__V1__Query query = YINUO__V1__QUERY__INIT;
    struct rows rows = {0};
    const uint32_t *partitions;
    size_t count;
    int64_t until_ms = clock_monotonic_ms(cli->clock) + REFRESH_WAIT_MS;

    if (!cli->client || cache_fresh(cli, CACHE, DUTY_FRESH_MS))
        return;
    arena_init(&rows.arena, 4 * LIMIT_DECODE_BYTES);
    partitions = client_partitions(cli->client, &count);
    query.name = (char *)"on_call";
    query.person = cli->who.person[0] ? cli->who.person : NULL;
    query.has_limit = 1;
    query.limit = DUTY_ROWS;
    const Yinuo__V1__Reply *reply =
        client_call(cli->client, WIRE_QUERY, partitions[0], &query.base,
                    until_ms, &rows.arena, NULL);
    void *list[DUTY_ROWS] = {NULL};
    for (size_t i = 0; reply && i < reply->n_rows && i < DUTY_ROWS; i++) {
        list[rows.count] =
            codec_decode(&yinuo__v1__roster_row__descriptor,
                         slice_of(reply->rows[i].data, reply->rows[i].len),
                         &rows.arena, NULL);
        rows.count += list[rows.count] != NULL;
    }
    rows.list = list;
    if (reply && reply->code == REFUSAL_NONE && rows.count) {
        rows.now_ms = reply->now_ms;
        keep(cli, &rows);
    }
    arena_fini(&rows.arena);
}

/* The region of a case of that station, or NULL; what holds it is in *rows. */
static const char *region_by_case(struct cli *cli, const char *station,
                                  struct rows *rows)
{
    struct question q;

    question_init(&q, "case.list");
    question_text(&q, "station", station);
    question_text(&q, "state", "any");
    q.limit = 1;
    if (question_ask(cli, &q, &yinuo__v1__case__descriptor, rows) != CLI_DONE ||
        !rows->count)
        return NULL;
    return ((const Yinuo__V1__Case *)rows->list[0])->region;
}

static int no_place(struct cli *cli, const char *typed, bool is_region)
{
    struct question q;
    struct rows rows = {0};
    const char **names, *meant;

    question_init(&q, "on_call");
    if (question_ask(cli, &q, &yinuo__v1__roster_row__descriptor, &rows) !=
        CLI_DONE) {
        rows_fini(&rows);
        return CLI_FAILED;
    }
    names = calloc(rows.count + 1, sizeof *names);
    if (!names)
        abort();
    for (size_t i = 0; i < rows.count; i++) {
        const Yinuo__V1__RosterRow *r = rows.list[i];
        names[i] = is_region ? r->region : r->station;
        names[i] = names[i] ? names[i] : "";
    }
    out_error(&cli->out,
              is_region ? _("there is no region %s")
                        : _("there is no station %s"),
              typed);
    meant = suggest_word(typed, names, rows.count);
    if (meant && !cli->out.json)
        out_note(&cli->out, _("Did you mean \"%s\"?"), meant);
    free(names);
    rows_fini(&rows);
    return CLI_NOT_FOUND;
}

int duty_ask(struct cli *cli, struct question *q, const char *station,
             const char *region, struct rows *rows)
{
    struct question again = *q;
    const char *wanted = region;
    struct rows found = {0};
    int code;

    question_text(q, "station", station);
    question_text(q, "region", region);
    q->quiet = station || region;
    code = question_ask(cli, q, &yinuo__v1__roster_row__descriptor, rows);
    if (code != CLI_NOT_FOUND || !q->quiet)
        return code;
    region = station ? region_by_case(cli, station, &found) : NULL;
    if (region) {
        rows_fini(rows);
        question_text(&again, "station", station);
        question_text(&again, "region", region);
        code =
            question_ask(cli, &again, &yinuo__v1__roster_row__descriptor, rows);
    } else {
        code = no_place(cli, station ? station : wanted, !station);
    }
    rows_fini(&found);
    return code;
}

json_t *duty_known(const struct cli *cli)
{
    struct bytes text = {0};
    json_t *all = NULL;

    if (cache_read(cli, CACHE, CACHE_BYTES_MAX, &text))
        (void)!json_parse(bytes_slice(&text), &all, NULL);
    bytes_fini(&text);
    return all;
}

/* Somebody who can act is who must be called: of the stations where the acting
 * person serves if he is known, from the station head up, not too many. */
static bool serves(const json_t *duty, const char *station, const char *person)
{
    size_t i;
    const json_t *row;

    json_array_foreach(duty, i, row)
    {
        const char *where = json_string_value(json_object_get(row, "station"));
        const char *who = json_string_value(json_object_get(row, "person"));
        if (where && who && station && strcmp(where, station) == 0 &&
            strcmp(who, person) == 0)
            return true;
    }
    return false;
}

static bool is_known(const json_t *duty, const char *person)
{
    size_t i;
    const json_t *row;

    json_array_foreach(duty, i, row)
    {
        const char *who = json_string_value(json_object_get(row, "person"));
        if (who && strcmp(who, person) == 0)
            return true;
    }
    return false;
}

static void show_lines(const struct out *o, const json_t *duty,
                       const char *person)
{
    bool known = is_known(duty, person);
    struct table t;
    size_t i;
    const json_t *row;

    table_init(&t, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(duty, i, row)
    {
#define GET(key) json_string_value(json_object_get(row, key))
        json_int_t tier =
            json_integer_value(json_object_get(row, "tier_number"));
        if (tier < 2 || (known && !serves(duty, GET("station"), person)) ||
            table_rows(&t) == SHOWN_MAX)
            continue;
        add_line(&t,
                 &(struct line){GET("station"), GET("person"), GET("name"),
                                GET("method"), GET("address"), GET("delegate"),
                                GET("tier_word"), GET("override_id")});
#undef GET
    }
    table_print(&t, o);
    table_fini(&t);
}

void duty_show(struct cli *cli)
{
    json_t *all = duty_known(cli);
    json_t *duty = json_object_get(all, "duty");
    int64_t at_ms = json_integer_value(json_object_get(all, "at_ms"));
    struct out errors = cli->out;
    char clock[WHEN_SIZE];

    if (cli->out.json) {
        out_json(&cli->out, json_pack("{s:b, s:s, s:O?}", "recorded", 0,
                                      "error", cli->error.text, "duty", duty));
    } else if (json_array_size(duty) > 0) {
        when_clock(cli_now_ms(cli), at_ms, clock);
        out_note(&cli->out, _("On duty, as last known (%s):"), clock);
        errors.file = cli->out.errors;
        errors.colour = false;
        show_lines(&errors, duty, cli->who.person);
    } else {
        out_note(&cli->out, "%s", _("No duty list is known yet."));
    }
    json_decref(all);
}
