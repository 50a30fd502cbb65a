#include "ledger/report.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "engine/case.h"
#include "ledger/role_words.h"
#include "proto/event.h"
#include "proto/roles.h"

#define IS(d, name)                                                            \
    ((d)->kind == YINUO__V1__DECISION_KIND__DECISION_KIND_##name)

enum { KEY_SIZE = 4 * (NAME_BYTES_MAX + 1), VALUE_SIZE = 256 };

typedef Yinuo__V1__Decision decision;
typedef Yinuo__V1__Event event;

/* A clock of a case, as it runs. */
struct instance {
    char *key; /* case 0x1f clock 0x1f key */
    int64_t due_ms, armed_ms;
    int severity; /* by which it is timed */
    bool missed;
};

struct owed {
    char *key; /* case 0x1f promise */
    const char *person;
};

struct case_place {
    const char *id;
    uint32_t at;
};

struct report_gathering {
    struct report *report;
    void *words, *instances, *cases, *promises; /* tsearch trees */
    size_t case_room, fact_room;
    const char *story;
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void leave(void *nothing)
{
    (void)nothing;
}

/* --- words, cases, facts -------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* One copy of each. */
static const char *word(struct report_gathering *g, const char *text)
{
    char **found = tfind(text ? text : "", &g->words, by_text);

    if (!found)
        found =
            must(tsearch(must(arena_text(&g->report->arena, text ? text : "")),
                         &g->words, by_text));
    return *found;
}

static const char *word_of(struct report_gathering *g, struct text t)
{
    char copy[NAME_BYTES_MAX + 1];
    size_t size = t.size < NAME_BYTES_MAX ? t.size : NAME_BYTES_MAX;

    memcpy(copy, t.size ? t.data : "", size);
    copy[size] = '\0';
    return word(g, copy);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct case_place *)a)->id,
                  ((const struct case_place *)b)->id);
}

static struct report_case *case_of(struct report_gathering *g, const char *id)
{
    struct case_place wanted = {.id = id}, **found;

    if (!id || !*id)
        return NULL;
    found = tfind(&wanted, &g->cases, by_id);
    return found ? &g->report->cases[(*found)->at] : NULL;
}

static struct report_case *case_new(struct report_gathering *g, const char *id,
                                    int64_t at_ms)
{
    struct report *r = g->report;
    struct case_place *place = must(arena_alloc(&r->arena, sizeof *place));
    struct report_case *c;

    if (r->case_count == g->case_room) {
        g->case_room = g->case_room ? 2 * g->case_room : 256;
        r->cases = must(realloc(r->cases, g->case_room * sizeof *r->cases));
    }
    c = &r->cases[r->case_count];
    *c = (struct report_case){.id = word(g, id),
                              .story = g->story,
                              .opened_ms = at_ms,
                              .gap_from_ms = at_ms};
    c->station = c->region = c->line = c->owner = c->found_by = c->words =
        word(g, "");
    *place = (struct case_place){c->id, (uint32_t)r->case_count++};
    must(tsearch(place, &g->cases, by_id));
    return c;
}

static struct report_fact *fact(struct report_gathering *g, int kind,
                                const struct report_case *c, int64_t at_ms,
                                const char *name)
{
    struct report *r = g->report;

    if (r->fact_count == g->fact_room) {
        g->fact_room = g->fact_room ? 2 * g->fact_room : 1024;
        r->facts = must(realloc(r->facts, g->fact_room * sizeof *r->facts));
    }
    r->facts[r->fact_count] = (struct report_fact){
        .kind = (uint8_t)kind,
        .case_at = c ? (uint32_t)(c - r->cases) : UINT32_MAX,
        .at_ms = at_ms,
        .name = word(g, name),
        .person = word(g, c ? c->owner : "")};
    return &r->facts[r->fact_count++];
}

static void span(struct report_gathering *g, int kind,
                 const struct report_case *c, int64_t at_ms, int64_t span_ms,
                 const char *name)
{
    fact(g, kind, c, at_ms, name)->value = span_ms > 0 ? span_ms : 0;
}

static void share(struct report_gathering *g, int kind,
                  const struct report_case *c, int64_t at_ms, const char *name,
                  bool good)
{
    fact(g, kind, c, at_ms, name)->good = good;
}

/* --- clocks --------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct instance *)a)->key,
                  ((const struct instance *)b)->key);
}

static void free_instance(void *node)
{
    free(((struct instance *)node)->key);
    free(node);
}

static void clock_ended(struct report_gathering *g, struct report_case *c,
                        const decision *d, bool missed)
{
    bool call = d->key && role_of(d->key) != 0;

    share(g, call ? REPORT_CALL_FACT : REPORT_CLOCK_FACT, c, d->at_ms,
          call ? d->key : d->clock, !missed);
    if (missed && c)
        c->missed++;
}

/* The pack may time until the end of a clock; once in a case. */
static void clock_timed(struct report_gathering *g, const struct people *p,
                        struct report_case *c, const decision *d)
{
    for (size_t i = 0;
         c && p && i < p->map_counts[PEOPLE_TIMES] && i < REPORT_TIMES_MAX;
         i++) {
        const struct people_names *n = &p->maps[PEOPLE_TIMES][i];

        if (c->end_ms[i] || !people_has(n, text_of(d->clock)))
            continue;
        c->end_ms[i] = d->at_ms;
        span(g, REPORT_TIME_FACT, c, d->at_ms, d->at_ms - c->opened_ms,
             word_of(g, n->name));
    }
}

static void clock_follow(struct report_gathering *g, const struct people *p,
                         struct report_case *c, const decision *d, bool over)
{
    char key[KEY_SIZE];
    struct instance wanted = {.key = key}, **found, *i;

    snprintf(key, sizeof key, "%s\x1f%s\x1f%s", d->case_id ? d->case_id : "",
             d->clock ? d->clock : "", d->key ? d->key : "");
    found = tfind(&wanted, &g->instances, by_key);
    i = found ? *found : NULL;
    if (IS(d, ARM) && d->instance) {
        if (!i) {
            i = must(calloc(1, sizeof *i));
            i->key = must(strdup(key));
            must(tsearch(i, &g->instances, by_key));
            i->armed_ms = d->instance->armed_at_ms;
        } else if (d->instance->armed_at_ms > i->armed_ms) {
            /* Another severity times it anew: nobody has kept it. */
            if (!i->missed && (int)d->instance->severity == i->severity)
                clock_ended(g, c, d, false);
            i->armed_ms = d->instance->armed_at_ms;
            i->missed = false;
        }
        i->due_ms = d->instance->due_ms;
        i->severity = (int)d->instance->severity;
    } else if (i && IS(d, CANCEL)) {
        if (!i->missed)
            clock_ended(g, c, d, false);
        if (!over)
            clock_timed(g, p, c, d);
        tdelete(i, &g->instances, by_key);
        free_instance(i);
    } else if (i && IS(d, FIRE) && !i->missed && d->due_ms >= i->due_ms) {
        i->missed = true;
        clock_ended(g, c, d, true);
    }
}

/* --- promises ------------------------------------------------------------- */

static int by_owed(const void *a, const void *b)
{
    return strcmp(((const struct owed *)a)->key, ((const struct owed *)b)->key);
}

static void promise_follow(struct report_gathering *g, struct report_case *c,
                           const decision *d, const char *by)
{
    const char *state =
        d->promise && d->promise->state ? d->promise->state : "";
    char key[KEY_SIZE];
    struct owed wanted = {.key = key}, **found;
    const char *person = by && *by ? by : c ? c->owner : "";
    struct report_fact *f;

    snprintf(key, sizeof key, "%s\x1f%s", d->case_id ? d->case_id : "",
             d->key ? d->key : "");
    found = tfind(&wanted, &g->promises, by_owed);
    if (strcmp(state, promise_state_name(PROMISE_OPEN)) == 0) {
        struct owed *made;

        if (found)
            return;
        made = must(arena_alloc(&g->report->arena, sizeof *made));
        made->key = must(arena_text(&g->report->arena, key));
        made->person = word(g, person);
        must(tsearch(made, &g->promises, by_owed));
        if (c)
            c->promises_open++;
        return;
    }
    if (!found)
        return;
    person = (*found)->person;
    tdelete(*found, &g->promises, by_owed);
    if (c && c->promises_open)
        c->promises_open--;
    if (strcmp(state, promise_state_name(PROMISE_KEPT)) != 0 &&
        strcmp(state, promise_state_name(PROMISE_MISSED)) != 0)
        return;
    f = fact(g, REPORT_PROMISE_FACT, c, d->at_ms, d->key);
    f->good = strcmp(state, promise_state_name(PROMISE_KEPT)) == 0;
    f->person = word(g, person);
    if (c && !f->good)
        c->broken++;
}

/* --- decisions ------------------------------------------------------------ */

static void page_follow(struct report_gathering *g, struct report_case *c,
                        const decision *d)
{
    uint32_t tier = d->tier;

    fact(g, REPORT_PAGE_FACT, c, d->at_ms, role_name(tier))->person =
        word(g, d->person);
    if (!c || tier >= REPORT_TIERS || tier > roles_tier_count() || !tier)
        return;
    if (!c->paged_ms[tier])
        c->paged_ms[tier] = d->at_ms;
    if (c->signal_ms && !c->tier_ms[tier])
        c->tier_ms[tier] = d->at_ms;
    if (c->signal_ms && tier >= 2 && !c->reacted) {
        span(g, REPORT_REACTION_FACT, c, d->at_ms, d->at_ms - c->signal_ms, "");
        c->reacted = true;
    }
    if (tier >= 2 && !c->escalated_ms)
        c->escalated_ms = d->at_ms;
}

static void acknowledged(struct report_gathering *g, struct report_case *c,
                         const decision *d)
{
    for (uint32_t tier = 1;
         c && tier <= d->tier && tier < REPORT_TIERS && tier <= 62; tier++) {
        if (!c->paged_ms[tier] || c->acknowledged_mask & (1LL << tier))
            continue;
        c->acknowledged_mask |= 1LL << tier;
        if (tier == d->tier)
            fact(g, REPORT_ACKNOWLEDGE_FACT, c, d->at_ms, role_name(tier))
                ->value = d->at_ms - c->paged_ms[tier];
    }
}

/* Without contact from the last one, or the opening, until now. */
static void gap_ends(struct report_case *c, int64_t at_ms)
{
    int64_t from_ms = c->contact_ms ? c->contact_ms : c->opened_ms;

    if (at_ms - from_ms > c->gap_ms) {
        c->gap_ms = at_ms - from_ms;
        c->gap_from_ms = from_ms;
    }
}

static void set_field(struct report_gathering *g, struct report_case *c,
                      const decision *d)
{
    switch (d->index) {
    case CASE_FIELD_STATION:
        c->station = word(g, d->text);
        break;
    case CASE_FIELD_REGION:
        c->region = word(g, d->text);
        break;
    case CASE_FIELD_PRODUCT_LINE:
        c->line = word(g, d->text);
        break;
    case CASE_FIELD_OPENED_AT:
        c->opened_ms = d->number;
        break;
    case CASE_FIELD_LAST_CONTACT:
        gap_ends(c, d->number);
        if (!c->contacted)
            span(g, REPORT_FIRST_CONTACT_FACT, c, d->number,
                 d->number - c->opened_ms, "");
        c->contacted = true;
        c->contact_ms = d->number;
        break;
    default:
        break;
    }
}

static void closed(struct report_gathering *g, struct report_case *c,
                   int64_t at_ms)
{
    if (!c->closed_ms)
        gap_ends(c, at_ms);
    c->closed_ms = at_ms;
    share(g, REPORT_WHOLE_FACT, c, at_ms, "",
          !c->missed && !c->broken && !c->unhappy);
}

static void follow(struct report_gathering *g, const struct people *p,
                   const decision *d, const char *by, bool over)
{
    struct report_case *c = case_of(g, d->case_id);

    if (IS(d, OPEN) && !c)
        c = case_new(g, d->case_id, d->at_ms);
    if (c && d->severity && (!c->severity || (int)d->severity < c->severity))
        c->severity = (int)d->severity;
    if (IS(d, ARM) || IS(d, CANCEL) || IS(d, FIRE))
        clock_follow(g, p, c, d, over);
    else if (IS(d, PROMISE))
        promise_follow(g, c, d, by);
    else if (IS(d, PAGE))
        page_follow(g, c, d);
    else if (!c)
        return;
    else if (IS(d, SET))
        set_field(g, c, d);
    else if (IS(d, ASSIGN)) {
        c->owner = word(g, d->person);
        fact(g, REPORT_OWNED_FACT, c, d->at_ms, "");
    } else if (IS(d, ACKNOWLEDGE))
        acknowledged(g, c, d);
    else if (IS(d, RESOLVE)) {
        if (!c->resolved_ms)
            span(g, REPORT_RESOLUTION_FACT, c, d->at_ms,
                 d->at_ms - c->opened_ms, "");
        c->resolved_ms = d->at_ms;
    } else if (IS(d, CLOSE))
        closed(g, c, d->at_ms);
    else if (IS(d, REOPEN))
        c->closed_ms = c->resolved_ms = 0;
}

/* --- what the pack says of the event ---------------------------------------
 */

/* The value of a field as people.yaml writes it; false: it is not said. */
static bool value_text(const event *e, const char *name, char out[VALUE_SIZE])
{
    struct event_value v;

    if (!event_get(e, name, &v))
        return false;
    switch (v.type) {
    case EVENT_FLAG:
        snprintf(out, VALUE_SIZE, "%s", v.number ? "true" : "false");
        return true;
    case EVENT_NUMBER:
        snprintf(out, VALUE_SIZE, "%lld", (long long)v.number);
        return true;
    case EVENT_REAL:
        snprintf(out, VALUE_SIZE, "%g", v.real);
        return true;
    case EVENT_TEXT:
        snprintf(out, VALUE_SIZE, "%.*s", VALUE_SIZE - 1, v.text ? v.text : "");
        return true;
    case EVENT_LIST:
        snprintf(out, VALUE_SIZE, "%.*s", VALUE_SIZE - 1,
                 v.count ? v.list[0] : "");
        return true;
    default:
        return false;
    }
}

static bool field_text(const event *e, struct text name, char out[VALUE_SIZE])
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
                     char out[VALUE_SIZE])
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
    char value[VALUE_SIZE];

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
static void lesson(struct report_gathering *g, const struct people *p,
                   const struct report_case *c, const event *e)
{
    char of[VALUE_SIZE];
    struct report_fact *f;

    if (!report_selects(p, PEOPLE_LESSON, e))
        return;
    if (!first_of(e, &p->fields[PEOPLE_LESSONS], of))
        snprintf(of, sizeof of, "%s", c ? c->id : "");
    f = fact(g, REPORT_LESSON_FACT, c, e->at_ms, of);
    f->person = word(g, e->station);
    f->value = (int64_t)report_number(&p->fields[PEOPLE_ATTENDEES], e);
}

static void complaint(struct report_gathering *g, const struct people *p,
                      struct report_case *c, const event *e)
{
    bool past = report_selects(p, PEOPLE_BYPASS, e);

    share(g, REPORT_LOCAL_FACT, c, e->at_ms, "", !past);
    share(g, REPORT_FORESEEN_FACT, c, e->at_ms, "",
          c->signal_ms && c->signal_ms < e->at_ms);
    c->complaint_ms = e->at_ms;
    c->bypassed |= past;
}

static void causes(struct report_gathering *g, const struct people *p,
                   struct report_case *c, const event *e)
{
    char value[VALUE_SIZE];
    struct text factor = TEXT("");

    if (first_of(e, &p->fields[PEOPLE_TAGS], value)) {
        fact(g, REPORT_TAG_FACT, c, e->at_ms, value);
        factor = people_key(p, PEOPLE_FACTORS, text_of(value));
    }
    if (!factor.size && report_selects(p, PEOPLE_COMPLAINT, e) &&
        first_of(e, &p->fields[PEOPLE_TOPICS], value)) {
        factor = people_key(p, PEOPLE_FACTORS, text_of(value));
        if (!factor.size)
            factor = text_of(value);
    }
    if (first_of(e, &p->fields[PEOPLE_FACTOR], value))
        fact(g, REPORT_FACTOR_FACT, c, e->at_ms, value);
    else if (factor.size)
        fact(g, REPORT_FACTOR_FACT, c, e->at_ms, word_of(g, factor));
}

static void answers(struct report_gathering *g, const struct people *p,
                    struct report_case *c, const event *e)
{
    bool yes = report_selects(p, PEOPLE_CONTENT, e);
    bool no = report_selects(p, PEOPLE_UNHAPPY, e);
    char value[VALUE_SIZE];

    if (yes || no) {
        share(g, REPORT_CONTENT_FACT, c, e->at_ms, "", !no);
        c->unhappy = no;
        c->said++;
    }
    if (no && c->closed_ms) /* he says it afterwards */
        share(g, REPORT_WHOLE_FACT, c, e->at_ms, "", false);
    if (first_of(e, &p->fields[PEOPLE_SCORES], value))
        fact(g, REPORT_SCORE_FACT, c, e->at_ms, "")->value =
            (int64_t)(1000 * strtod(value, NULL) + 0.5);
}

static void about(struct report_gathering *g, const struct people *p,
                  struct report_case *c, const event *e)
{
    char value[VALUE_SIZE];

    if (!c)
        return;
    if (first_of(e, &p->fields[PEOPLE_FINDERS], value))
        c->found_by = word(g, value);
    else if (!*c->found_by && e->kind && report_selects(p, PEOPLE_SIGNAL, e))
        c->found_by =
            word_of(g, people_key(p, PEOPLE_FOUND_BY, text_of(e->kind)));
    if (report_selects(p, PEOPLE_VOICE, e) &&
        first_of(e, &p->fields[PEOPLE_WORDS], value))
        c->words = word(g, value);
    if (report_selects(p, PEOPLE_COMPLAINT, e))
        complaint(g, p, c, e);
    if (!c->signal_ms && report_selects(p, PEOPLE_SIGNAL, e))
        c->signal_ms = e->at_ms;
    if (!c->public_ms && report_selects(p, PEOPLE_PUBLIC, e))
        c->public_ms = e->at_ms;
    if (report_selects(p, PEOPLE_OPINION, e))
        fact(g, REPORT_OPINION_FACT, c, e->at_ms, "");
    causes(g, p, c, e);
    answers(g, p, c, e);
}

/* --- a record ------------------------------------------------------------- */

const char *report_case_of(const Yinuo__V1__StreamRecord *r)
{
    for (size_t i = 0; i < r->n_decisions; i++)
        if (r->decisions[i]->case_id && *r->decisions[i]->case_id)
            return r->decisions[i]->case_id;
    if (r->event && r->event->case_id)
        return r->event->case_id;
    return r->firing && r->firing->case_id ? r->firing->case_id : "";
}

const struct people *report_people(const struct policyset *set,
                                   const char *region)
{
    return set ? people_of(
                     set->people,
                     policyset_for(set, text_of(region ? region : ""))->name)
               : NULL;
}

static const char *maker_of(const event *e, char out[VALUE_SIZE])
{
    if (!e || (!value_text(e, "by", out) && !value_text(e, "reporter", out)))
        out[0] = '\0';
    return out;
}

enum status report_add(void *gathering, const Yinuo__V1__StreamRecord *r,
                       struct error *err)
{
    struct report_gathering *g = gathering;
    struct report_case *c = case_of(g, report_case_of(r));
    const char *region = c ? c->region : r->event ? r->event->region : NULL;
    const struct people *p = report_people(g->report->policies, region);
    char by[VALUE_SIZE];
    bool over = false, refused = r->refused || r->quarantined;

    (void)err;
    if (!g->report->first_ms)
        g->report->first_ms = r->at_ms;
    g->report->last_ms = r->at_ms;
    g->report->records++;
    maker_of(r->event, by);
    for (size_t i = 0; i < r->n_decisions; i++) {
        over |= IS(r->decisions[i], CLOSE);
        refused |= IS(r->decisions[i], REFUSE);
        if (IS(r->decisions[i], OPEN) && !case_of(g, r->decisions[i]->case_id))
            (void)case_new(g, r->decisions[i]->case_id, r->decisions[i]->at_ms);
    }
    /* what the event says first: the calls it causes come behind it */
    c = case_of(g, report_case_of(r));
    if (r->event && p && !refused)
        lesson(g, p, c, r->event);
    if (c && r->event && p && !refused) {
        if (r->event->station && !*c->station)
            c->station = word(g, r->event->station);
        about(g, p, c, r->event);
    }
    for (size_t i = 0; i < r->n_decisions; i++)
        follow(g, p, r->decisions[i], by, over);
    return STATUS_OK;
}

/* --- the whole ------------------------------------------------------------ */

static void forget(struct report_gathering *g)
{
    tdestroy(g->instances, free_instance);
    tdestroy(g->promises, leave);
    tdestroy(g->cases, leave);
    g->instances = g->promises = g->cases = NULL;
}

/* Open cases are without contact until the end. */
static void end_gaps(struct report_gathering *g)
{
    struct report *r = g->report;

    for (size_t i = 0; i < r->case_count; i++)
        if (!r->cases[i].closed_ms && r->cases[i].story == g->story)
            gap_ends(&r->cases[i], r->last_ms);
}

static void begin_story(void *context, const char *story)
{
    struct report_gathering *g = context;

    end_gaps(g);
    forget(g);
    g->story = word(g, story);
}

struct report_gathering *report_begin(struct policyset *policies)
{
    struct report_gathering *g = must(calloc(1, sizeof *g));

    g->report = must(calloc(1, sizeof *g->report));
    g->report->policies = policies;
    arena_init(&g->report->arena, SIZE_MAX);
    g->story = word(g, "");
    return g;
}

struct report *report_end(struct report_gathering **gathering)
{
    struct report_gathering *g = *gathering;
    struct report *r = g->report;

    end_gaps(g);
    forget(g);
    tdestroy(g->words, leave);
    free(g);
    *gathering = NULL;
    return r;
}

enum status report_make(const struct history_options *options,
                        struct report **out, struct error *err)
{
    struct policyset *set = NULL;
    enum status status = history_policies(options, &set, err);
    struct report_gathering *g;

    *out = NULL;
    if (status)
        return status;
    role_words_use(set);
    g = report_begin(set);
    status = history_each(options, report_add, begin_story, g, err);
    *out = report_end(&g);
    if (status)
        report_free(out);
    return status;
}

void report_free(struct report **report)
{
    struct report *r = *report;

    if (!r)
        return;
    policyset_free(r->policies);
    free(r->cases);
    free(r->facts);
    arena_fini(&r->arena);
    free(r);
    *report = NULL;
}
