#include "cli/case_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/session.h"
#include "cli/telling.h"
#include "cli/timeline.h"
#include "cli/when.h"
#include "cli/words.h"
#include "ledger/report.h"
#include "proto/decision.h"
#include "proto/event.h"
#include "proto/kinds.h"

typedef Yinuo__V1__StreamRecord stream_record;

/* --- values ----------------------------------------------------------------
 */

static json_t *value_json(const struct event_value *v)
{
    char clock[WHEN_SIZE];
    json_t *list;

    switch (v->type) {
    case EVENT_TEXT:
    case EVENT_JSON:
        return json_string(v->text ? v->text : "");
    case EVENT_NUMBER:
        return json_integer(v->number);
    case EVENT_REAL:
        return json_real(v->real);
    case EVENT_FLAG:
        return json_boolean(v->number);
    case EVENT_TIME:
        when_clock(0, v->number, clock);
        return json_string(clock);
    case EVENT_LIST:
        list = json_array();
        for (size_t i = 0; i < v->count; i++)
            json_array_append_new(list, json_string(v->list[i]));
        return list;
    case EVENT_NULL:
        break;
    }
    return json_null();
}

static bool listed(const struct case_file *f, enum people_field which,
                   const char *name)
{
    return f->people && people_has(&f->people->fields[which], text_of(name));
}

/* What was said, by the first of the pack's fields that holds any. */
static const char *words_of(const struct case_file *f,
                            const Yinuo__V1__Event *e)
{
    const struct people_names *n =
        f->people ? &f->people->fields[PEOPLE_WORDS] : NULL;
    struct event_value v;
    char name[NAME_BYTES_MAX + 1];

    for (size_t i = 0; n && i < n->count; i++) {
        if (n->list[i].size > NAME_BYTES_MAX)
            continue;
        memcpy(name, n->list[i].data, n->list[i].size);
        name[n->list[i].size] = '\0';
        if (f->for_customer && listed(f, PEOPLE_HIDDEN, name))
            continue;
        if (event_get(e, name, &v) && v.type == EVENT_TEXT && v.text && *v.text)
            return v.text;
    }
    return !f->for_customer && e->note ? e->note : "";
}

static const char *who_of(const struct case_file *f, const Yinuo__V1__Event *e)
{
    struct event_value v;

    if (event_get(e, "by", &v) && v.type == EVENT_TEXT && v.text &&
        !(f->for_customer && listed(f, PEOPLE_HIDDEN, "by")))
        return v.text;
    if (f->for_customer && listed(f, PEOPLE_HIDDEN, "reporter"))
        return "";
    return e->reporter ? e->reporter : "";
}

static json_t *fields_of(const struct case_file *f, const Yinuo__V1__Event *e)
{
    json_t *fields = json_object();
    struct event_fields each;

    event_fields_begin(&each, e);
    while (event_fields_next(&each))
        if (!(f->for_customer && listed(f, PEOPLE_HIDDEN, each.name)) &&
            !listed(f, PEOPLE_WORDS, each.name) && strcmp(each.name, "by") != 0)
            json_object_set_new(fields, each.name, value_json(&each.value));
    return fields;
}

/* --- what a record adds ----------------------------------------------------
 */

static json_t *moment(int64_t at_ms)
{
    char clock[WHEN_SIZE];

    when_clock(0, at_ms, clock);
    return json_string(clock);
}

static void add_promise(struct case_file *f, const Yinuo__V1__Decision *d,
                        const stream_record *r)
{
    json_t *p = json_object_get(f->promises, d->key ? d->key : "");

    if (!p) {
        p = json_object();
        json_object_set_new(p, "what",
                            json_string(r->event ? words_of(f, r->event) : ""));
        json_object_set_new(p, "made_at", moment(d->at_ms));
        json_object_set_new(p, "by",
                            json_string(r->event ? who_of(f, r->event) : ""));
        json_object_set_new(f->promises, d->key ? d->key : "", p);
    }
    if (d->due_ms)
        json_object_set_new(p, "due", moment(d->due_ms));
    if (d->promise && d->promise->state)
        json_object_set_new(p, "state", json_string(d->promise->state));
}

static void add_decisions(struct case_file *f, const stream_record *r)
{
    for (size_t i = 0; i < r->n_decisions; i++) {
        const Yinuo__V1__Decision *d = r->decisions[i];

        if (!d->case_id || strcmp(d->case_id, f->case_id) != 0)
            continue;
        if (DECISION_IS(d, OPEN) && !f->opened_ms)
            f->opened_ms = d->at_ms;
        else if (DECISION_IS(d, CLOSE))
            f->closed_ms = d->at_ms;
        else if (DECISION_IS(d, REOPEN))
            f->closed_ms = 0;
        else if (DECISION_IS(d, ASSIGN) && d->person)
            f->owner = arena_text(&f->arena, d->person);
        else if (DECISION_IS(d, PROMISE))
            add_promise(f, d, r);
        if (d->severity && (!f->severity || (int)d->severity < f->severity))
            f->severity = (int)d->severity;
    }
}

/* For the customer: what people did and said, nothing of our own affairs. */
static bool shown(const struct case_file *f, const stream_record *r)
{
    const struct kind *kind;

    if (!f->for_customer)
        return true;
    if (!r->event || !r->event->kind || r->refused || r->quarantined)
        return false;
    for (size_t i = 0; i < r->n_decisions; i++)
        if (DECISION_IS(r->decisions[i], REFUSE))
            return false;
    kind = kind_by_name(r->event->kind);
    return kind && kind->group != KIND_GROUP_SYSTEM &&
           kind->group != KIND_GROUP_STAFF &&
           kind->group != KIND_GROUP_OWNERSHIP &&
           kind->group != KIND_GROUP_INTEGRITY &&
           kind->group != KIND_GROUP_RULES &&
           !report_selects(f->people, PEOPLE_INTERNAL, r->event);
}

static void add_lists(struct case_file *f, const Yinuo__V1__Event *e)
{
    json_t *one = json_pack("{s:o, s:s, s:s, s:s, s:o}", "at", moment(e->at_ms),
                            "who", who_of(f, e), "kind", e->kind, "words",
                            words_of(f, e), "fields", fields_of(f, e));

    if (report_selects(f->people, PEOPLE_VOICE, e))
        json_array_append(f->voice, one);
    if (report_selects(f->people, PEOPLE_CAUSE, e))
        json_array_append(f->causes, one);
    if (report_selects(f->people, PEOPLE_ACTION, e))
        json_array_append(f->actions, one);
    if (report_selects(f->people, PEOPLE_CHARGE, e))
        json_array_append(f->charges, one);
    json_decref(one);
}

static void add_line(struct case_file *f, const stream_record *r)
{
    struct bytes did = {0}, effects = {0};
    const Yinuo__V1__Event *e = r->event;
    json_t *line = json_object();

    json_object_set_new(line, "at", moment(e ? e->at_ms : r->at_ms));
    if (f->for_customer) {
        assert(e); /* shown() */
        bytes_append_text(&did, kind_word(e->kind));
    } else {
        telling_head(r, &did);
        telling_effects(r, r->at_ms, &effects);
        json_object_set_new(line, "record", json_integer((json_int_t)r->seq));
        json_object_set_new(line, "effects", json_string(bytes_text(&effects)));
    }
    json_object_set_new(line, "did", json_string(bytes_text(&did)));
    if (e) {
        json_object_set_new(line, "kind", json_string(e->kind));
        json_object_set_new(line, "who", json_string(who_of(f, e)));
        json_object_set_new(line, "words", json_string(words_of(f, e)));
        json_object_set_new(line, "fields", fields_of(f, e));
        if (!f->station && e->station && *e->station)
            f->station = arena_text(&f->arena, e->station);
        if (!f->region && e->region && *e->region)
            f->region = arena_text(&f->arena, e->region);
    }
    json_array_append_new(f->lines, line);
    bytes_fini(&did);
    bytes_fini(&effects);
}

static bool is_of(const struct case_file *f, const stream_record *r)
{
    for (size_t i = 0; i < r->n_decisions; i++)
        if (r->decisions[i]->case_id &&
            strcmp(r->decisions[i]->case_id, f->case_id) == 0)
            return true;
    return strcmp(report_case_of(r), f->case_id) == 0;
}

static enum status take(void *context, const stream_record *r,
                        struct error *err)
{
    struct case_file *f = context;

    (void)err;
    if (!is_of(f, r))
        return STATUS_OK;
    if (!f->people && f->policies)
        f->people =
            report_people(f->policies, r->event ? r->event->region : NULL);
    f->last_ms = r->at_ms;
    add_decisions(f, r);
    costs_add(&f->costs, f->people, r);
    (void)report_add(f->gathering, r, NULL);
    if (!shown(f, r))
        return STATUS_OK;
    if (r->event)
        add_lists(f, r->event);
    add_line(f, r);
    return STATUS_OK;
}

/* --- the whole -------------------------------------------------------------
 */

static int read_running(struct case_file *f, const char *typed)
{
    struct found found;
    struct rows rows = {0};
    int code = timeline_ask(f->cli, typed, &found, &rows);

    if (code == CLI_DONE) {
        snprintf(f->case_id, sizeof f->case_id, "%s", found.it->case_id);
        f->people = report_people(f->policies, found.it->region);
        f->station =
            arena_text(&f->arena, found.it->station ? found.it->station : "");
        f->region =
            arena_text(&f->arena, found.it->region ? found.it->region : "");
    }
    for (size_t i = 0; code == CLI_DONE && i < rows.count; i++)
        if (take(f, rows.list[i], &f->cli->error) != STATUS_OK)
            code = cli_failed(f->cli);
    rows_fini(&rows);
    found_fini(&found);
    return code;
}

/* Which deadlines were missed, and how often. */
static void count_missed(struct case_file *f)
{
    struct report *r = report_end(&f->gathering);

    for (size_t i = 0; i < r->fact_count; i++) {
        const struct report_fact *x = &r->facts[i];
        json_int_t before =
            json_integer_value(json_object_get(f->missed, x->name));

        if (x->kind == REPORT_CLOCK_FACT && !x->good)
            json_object_set_new(f->missed, x->name, json_integer(before + 1));
    }
    report_free(&r);
}

int case_file_read(struct cli *cli, const char *typed, bool for_customer,
                   int argc, char **argv, struct case_file *f)
{
    struct past past;
    int code = past_init(cli, &past, argc, argv);

    *f = (struct case_file){.cli = cli, .for_customer = for_customer};
    arena_init(&f->arena, SIZE_MAX);
    f->lines = json_array();
    f->voice = json_array();
    f->causes = json_array();
    f->actions = json_array();
    f->charges = json_array();
    f->promises = json_object();
    f->missed = json_object();
    f->gathering = report_begin(NULL);
    snprintf(f->case_id, sizeof f->case_id, "%s", typed);
    if (code == CLI_DONE && past.running)
        code = session_ready(cli); /* before a pack is missed for that */
    if (code == CLI_DONE)
        code = past_policies(cli, &past, &f->policies);
    if (code == CLI_DONE && for_customer && !report_people(f->policies, NULL)) {
        out_error(&cli->out, "%s",
                  _("no pack here says what is internal: --policy DIR"));
        code = CLI_BAD_DATA;
    }
    if (code == CLI_DONE)
        code = past.running ? read_running(f, typed)
                            : past_each(cli, &past, take, NULL, f);
    if (code == CLI_DONE && !past.running && json_array_size(f->lines) == 0) {
        out_error(&cli->out, _("there is no case \"%s\""), typed);
        code = CLI_NOT_FOUND;
    }
    count_missed(f);
    return code;
}

void case_file_fini(struct case_file *f)
{
    struct report *report = f->gathering ? report_end(&f->gathering) : NULL;

    report_free(&report);
    json_decref(f->missed);
    json_decref(f->lines);
    json_decref(f->voice);
    json_decref(f->causes);
    json_decref(f->actions);
    json_decref(f->charges);
    json_decref(f->promises);
    policyset_free(f->policies);
    arena_fini(&f->arena);
    *f = (struct case_file){0};
}
