/* report_event - what the pack's people.yaml says of an event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/report_internal.h"
#include "proto/event.h"

/* The value of a field as people.yaml writes it; false: it is not said. */
static bool value_text(const event *e, const char *name,
                       char out[REPORT_VALUE_SIZE])
{
    struct event_value v;

    if (!event_get(e, name, &v))
        return false;
    switch (v.type) {
    case EVENT_FLAG:
        snprintf(out, REPORT_VALUE_SIZE, "%s", v.number ? "true" : "false");
        return true;
    case EVENT_NUMBER:
        snprintf(out, REPORT_VALUE_SIZE, "%lld", (long long)v.number);
        return true;
    case EVENT_REAL:
        snprintf(out, REPORT_VALUE_SIZE, "%g", v.real);
        return true;
    case EVENT_TEXT:
        snprintf(out, REPORT_VALUE_SIZE, "%.*s", REPORT_VALUE_SIZE - 1,
                 v.text ? v.text : "");
        return true;
    case EVENT_LIST:
        snprintf(out, REPORT_VALUE_SIZE, "%.*s", REPORT_VALUE_SIZE - 1,
                 v.count ? v.list[0] : "");
        return true;
    default:
        return false;
    }
}

static bool field_text(const event *e, struct text name,
                       char out[REPORT_VALUE_SIZE])
{
    char field[NAME_BYTES_MAX + 1];

    if (!name.size || name.size > NAME_BYTES_MAX)
        return false;
    memcpy(field, name.data, name.size);
    field[name.size] = '\0';
    return value_text(e, field, out) && *out;
}

/* The first of these fields that says something. */
static bool first_of(const event *e, const struct people_names *fields,
                     char out[REPORT_VALUE_SIZE])
{
    for (size_t i = 0; i < fields->count; i++)
        if (field_text(e, fields->list[i], out))
            return true;
    return false;
}

bool report_selects(const struct people *p, enum people_selector which,
                    const event *e)
{
    const struct people_matches *m = p ? &p->selectors[which] : NULL;
    char value[REPORT_VALUE_SIZE];

    for (size_t i = 0; m && e->kind && i < m->count; i++) {
        bool all = text_equal(m->list[i].kind, text_of(e->kind));

        for (size_t f = 0; all && f < m->list[i].field_count; f++)
            all = field_text(e, m->list[i].fields[f].name, value) &&
                  people_has(&m->list[i].fields[f], text_of(value));
        if (all)
            return true;
    }
    return false;
}

double report_number(const struct people_names *fields, const event *e)
{
    for (size_t i = 0; i < fields->count; i++) {
        char name[NAME_BYTES_MAX + 1];
        struct text t = fields->list[i];
        struct event_value v;

        if (t.size > NAME_BYTES_MAX)
            continue;
        memcpy(name, t.data, t.size);
        name[t.size] = '\0';
        if (!event_get(e, name, &v))
            continue;
        return v.type == EVENT_LIST   ? (double)v.count
               : v.type == EVENT_REAL ? v.real
               : v.type == EVENT_TEXT ? strtod(v.text ? v.text : "", NULL)
                                      : (double)v.number;
    }
    return 0;
}

/* At a station, of a case; also where the event itself is of none. */
void report_event_lesson(struct report_gathering *g, const struct people *p,
                         const struct report_case *c, const event *e)
{
    char of[REPORT_VALUE_SIZE];
    struct report_fact *f;

    if (!report_selects(p, PEOPLE_LESSON, e))
        return;
    if (!first_of(e, &p->fields[PEOPLE_LESSONS], of))
        snprintf(of, sizeof of, "%s", c ? c->id : "");
    f = gathering_fact(g, REPORT_LESSON_FACT, c, e->at_ms, of);
    f->person = gathering_word(g, e->station);
    f->value = (int64_t)report_number(&p->fields[PEOPLE_ATTENDEES], e);
}

static void complaint(struct report_gathering *g, const struct people *p,
                      struct report_case *c, const event *e)
{
    bool past = report_selects(p, PEOPLE_BYPASS, e);

    gathering_share(g, REPORT_LOCAL_FACT, c, e->at_ms, "", !past);
    gathering_share(g, REPORT_FORESEEN_FACT, c, e->at_ms, "",
                    c->signal_ms && c->signal_ms < e->at_ms);
    c->complaint_ms = e->at_ms;
    c->bypassed |= past;
}

static void causes(struct report_gathering *g, const struct people *p,
                   struct report_case *c, const event *e)
{
    char value[REPORT_VALUE_SIZE];
    struct text factor = TEXT("");

    if (first_of(e, &p->fields[PEOPLE_TAGS], value)) {
        gathering_fact(g, REPORT_TAG_FACT, c, e->at_ms, value);
        factor = people_key(p, PEOPLE_FACTORS, text_of(value));
    }
    if (!factor.size && report_selects(p, PEOPLE_COMPLAINT, e) &&
        first_of(e, &p->fields[PEOPLE_TOPICS], value)) {
        factor = people_key(p, PEOPLE_FACTORS, text_of(value));
        if (!factor.size)
            factor = text_of(value);
    }
    if (first_of(e, &p->fields[PEOPLE_FACTOR], value))
        gathering_fact(g, REPORT_FACTOR_FACT, c, e->at_ms, value);
    else if (factor.size)
        gathering_fact(g, REPORT_FACTOR_FACT, c, e->at_ms,
                       gathering_word_of(g, factor));
}

static void answers(struct report_gathering *g, const struct people *p,
                    struct report_case *c, const event *e)
{
    bool yes = report_selects(p, PEOPLE_CONTENT, e);
    bool no = report_selects(p, PEOPLE_UNHAPPY, e);
    char value[REPORT_VALUE_SIZE];

    if (yes || no) {
        gathering_share(g, REPORT_CONTENT_FACT, c, e->at_ms, "", !no);
        c->unhappy = no;
        c->said++;
    }
    if (no && c->closed_ms) /* he says it afterwards */
        gathering_share(g, REPORT_WHOLE_FACT, c, e->at_ms, "", false);
    if (first_of(e, &p->fields[PEOPLE_SCORES], value))
        gathering_fact(g, REPORT_SCORE_FACT, c, e->at_ms, "")->value =
            (int64_t)(1000 * strtod(value, NULL) + 0.5);
}

void report_event_about(struct report_gathering *g, const struct people *p,
                        struct report_case *c, const event *e)
{
    char value[REPORT_VALUE_SIZE];

    if (!c)
        return;
    if (first_of(e, &p->fields[PEOPLE_FINDERS], value))
        c->found_by = gathering_word(g, value);
    else if (!*c->found_by && e->kind && report_selects(p, PEOPLE_SIGNAL, e))
        c->found_by = gathering_word_of(
            g, people_key(p, PEOPLE_FOUND_BY, text_of(e->kind)));
    if (report_selects(p, PEOPLE_VOICE, e) &&
        first_of(e, &p->fields[PEOPLE_WORDS], value))
        c->words = gathering_word(g, value);
    if (report_selects(p, PEOPLE_COMPLAINT, e))
        complaint(g, p, c, e);
    if (!c->signal_ms && report_selects(p, PEOPLE_SIGNAL, e))
        c->signal_ms = e->at_ms;
    if (!c->public_ms && report_selects(p, PEOPLE_PUBLIC, e))
        c->public_ms = e->at_ms;
    if (report_selects(p, PEOPLE_OPINION, e))
        gathering_fact(g, REPORT_OPINION_FACT, c, e->at_ms, "");
    causes(g, p, c, e);
    answers(g, p, c, e);
}

void report_event_maker(const event *e, char out[REPORT_VALUE_SIZE])
{
    if (!e || (!value_text(e, "by", out) && !value_text(e, "reporter", out)))
        out[0] = '\0';
}
