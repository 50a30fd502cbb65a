/* scope - what a condition can ask about: the event's fields, the case. */
#include "engine/run.h"

#include <assert.h>

static struct value number_of(int64_t n)
{
    return (struct value){.kind = VALUE_NUMBER, .thousandths = n * 1000};
}

static struct value text_value(struct text t)
{
    return t.size ? (struct value){.kind = VALUE_TEXT, .text = t}
                  : (struct value){.kind = VALUE_NONE};
}

static struct value flag_of(bool b)
{
    return (struct value){.kind = VALUE_FLAG, .flag = b};
}

static struct value time_value(int64_t time_ms)
{
    return (struct value){.kind = VALUE_TIME, .time_ms = time_ms};
}

static const struct value none = {.kind = VALUE_NONE};

#define X(name, code, word)                                                    \
    case SOURCE_##name:                                                        \
        return TEXT(word);
static struct text source_word(enum source s)
{
    switch (s) {
        SOURCES(X)
    }
    return (struct text){NULL, 0};
}
#undef X

static struct value of_reporter(const struct scope *s, enum expr_name name)
{
    const struct run *r = s->run;
    const struct case_record *c = r->c;
    const struct event *ev = s->event;
    uint8_t tier;

    switch (name) {
    case EXPR_NAME_REPORTER_TIER:
        tier = reporter_tier(r, ev);
        return tier ? number_of(tier) : none;
    case EXPR_NAME_REPORTER_ROSTER_TIER:
        tier = ev->reporter.size
                   ? directory_tier_of(r->directory, name_text(&c->station),
                                       name_text(&c->region), ev->reporter,
                                       r->policy->tier_count)
                   : 0;
        return tier ? number_of(tier) : none;
    case EXPR_NAME_REPORTER:
        return text_value(ev->reporter);
    case EXPR_NAME_REPORTER_IS_OWNER:
        return flag_of(ev->reporter.size && name_is(&c->owner, ev->reporter));
    case EXPR_NAME_REPORTER_KEPT_AWAY:
        return flag_of(ev->reporter.size && is_kept_away(r, ev->reporter));
    default:
        assert(!"no name of these");
        return none;
    }
}

static struct value of_case(const struct scope *s, enum expr_name name)
{
    const struct run *r = s->run;
    const struct case_record *c = r->c;
    const struct event *ev = s->event;

    switch (name) {
    case EXPR_NAME_CASE_SEVERITY:
        return number_of(c->severity);
    case EXPR_NAME_CASE_STATUS:
        return text_value(text_of(case_status_name(c->status)));
    case EXPR_NAME_CASE_OWNER:
        return text_value(name_text(&c->owner));
    case EXPR_NAME_CASE_OPEN_PROMISES:
    case EXPR_NAME_CASE_DATED_PROMISES:
    case EXPR_NAME_CASE_DUE_PROMISES:
    case EXPR_NAME_CASE_OVERDUE_PROMISES:
        return number_of(promises_count(r, name, ev->at_ms));
    case EXPR_NAME_CASE_STATION:
        return text_value(name_text(&c->station));
    case EXPR_NAME_CASE_REGION:
        return text_value(name_text(&c->region));
    case EXPR_NAME_CASE_PRODUCT_LINE:
        return text_value(name_text(&c->product_line));
    case EXPR_NAME_CASE_AGE:
        return number_of(ev->at_ms - c->opened_at_ms);
    case EXPR_NAME_CASE_LINE_OPEN:
        return flag_of(calendar_is_open(r->calendar, ev->at_ms));
    case EXPR_NAME_CASE_ID:
        return text_value(r->case_id);
    case EXPR_NAME_CASE_NEW:
        return flag_of(!r->out->existed && c->status != CASE_NONE);
    case EXPR_NAME_CASE_HAS_CHILDREN:
        return flag_of(r->view->has_children &&
                       r->view->has_children(r->view->context, r->case_id));
    case EXPR_NAME_CASE_PARENT:
        return text_value(name_text(&c->parent));
    case EXPR_NAME_CASE_GATHERED_BY:
        return text_value(name_text(&c->gathered_by));
    case EXPR_NAME_CASE_ACKNOWLEDGED_BY:
        return text_value(name_text(&c->acknowledged_by));
    case EXPR_NAME_CASE_CUSTOMER:
        return text_value(name_text(&c->customer));
    case EXPR_NAME_CASE_ASSET:
        return text_value(name_text(&c->asset));
    case EXPR_NAME_CASE_OPENED_AT:
        return time_value(c->opened_at_ms);
    default:
        assert(!"no name of these");
        return none;
    }
}

struct value scope_name(const struct scope *s, enum expr_name name)
{
    const struct run *r = s->run;
    const struct event *ev = s->event;

    switch (name) {
    case EXPR_NAME_CASE_SEVERITY:
    case EXPR_NAME_CASE_STATUS:
    case EXPR_NAME_CASE_OWNER:
    case EXPR_NAME_CASE_OPEN_PROMISES:
    case EXPR_NAME_CASE_DATED_PROMISES:
    case EXPR_NAME_CASE_DUE_PROMISES:
    case EXPR_NAME_CASE_OVERDUE_PROMISES:
    case EXPR_NAME_CASE_STATION:
    case EXPR_NAME_CASE_REGION:
    case EXPR_NAME_CASE_PRODUCT_LINE:
    case EXPR_NAME_CASE_AGE:
    case EXPR_NAME_CASE_LINE_OPEN:
    case EXPR_NAME_CASE_ID:
    case EXPR_NAME_CASE_NEW:
    case EXPR_NAME_CASE_HAS_CHILDREN:
    case EXPR_NAME_CASE_PARENT:
    case EXPR_NAME_CASE_GATHERED_BY:
    case EXPR_NAME_CASE_ACKNOWLEDGED_BY:
    case EXPR_NAME_CASE_CUSTOMER:
    case EXPR_NAME_CASE_ASSET:
    case EXPR_NAME_CASE_OPENED_AT:
        return of_case(s, name);
    case EXPR_NAME_REPORTER_TIER:
    case EXPR_NAME_REPORTER_ROSTER_TIER:
    case EXPR_NAME_REPORTER:
    case EXPR_NAME_REPORTER_IS_OWNER:
    case EXPR_NAME_REPORTER_KEPT_AWAY:
        return of_reporter(s, name);
    case EXPR_NAME_EVENT_SEVERITY:
        return ev->severity ? number_of(ev->severity) : none;
    case EXPR_NAME_EVENT_SOURCE:
        return text_value(source_word(ev->source));
    case EXPR_NAME_ITEM_OWNER:
        return text_value(item_doer(r, ev->item));
    case EXPR_NAME_LOAD_OWNER_CASES:
    case EXPR_NAME_LOAD_OWNER_URGENT:
    case EXPR_NAME_LOAD_OWNER_REGIONS:
    case EXPR_NAME_LOAD_OWNER_PROMISES:
    case EXPR_NAME_LOAD_OWNER_SUBSTITUTES:
    case EXPR_NAME_LOAD_PERSON_CASES:
    case EXPR_NAME_LOAD_PERSON_URGENT:
    case EXPR_NAME_LOAD_PERSON_REGIONS:
    case EXPR_NAME_LOAD_PERSON_PROMISES:
    case EXPR_NAME_LOAD_PERSON_SUBSTITUTES:
        return load_value(s, name);
    case EXPR_NAME_UNKNOWN:
        return text_value(r->unknown);
    case EXPR_NAME_UNKNOWN_KIND:
        return text_value(r->in->kind_name);
    case EXPR_NAME_NOW:
        return time_value(ev->at_ms);
    case EXPR_NAME_TIME_HOUR:
        return number_of(local_hour(r, ev->at_ms));
    case EXPR_NAME_TIME_WEEKDAY:
        return number_of(local_weekday(r, ev->at_ms));
    case EXPR_NAME_COUNT:
        break;
    }
    return none;
}

/* A customer's own words must not be journaled: whoever keeps a value looks
 * at the trace. */
static void trace_field(const struct scope *s, struct text name)
{
    const struct input *in = s->run->in;

    if (in->is_personal && s->event->fields == in->fields &&
        in->is_personal(in->origin, name))
        s->run->trace->personal = true;
}

struct value scope_field(const struct scope *s, struct text name)
{
    const struct event *ev = s->event;
    const struct value *v;

    if (ev->change &&
        (text_equal(name, TEXT("to")) || text_equal(name, TEXT("from"))))
        return text_value(event_text(ev, name));
    if (ev->change && text_equal(name, TEXT("count")))
        return number_of(ev->change->count ? ev->change->count : 1);
    v = event_field(ev, name);
    if (!v)
        return none;
    if (s->run->trace && s->run->trace->on)
        trace_field(s, name);
    return *v;
}

/* Those of the pack that is asked now: a rebase asks two. */
static struct answers *answers_of(const struct scope *s)
{
    struct answers *a = s->event->answers;

    if (!a || (s->run->trace && s->run->trace->on))
        return NULL;
    if (a->policy != s->run->policy)
        *a = (struct answers){.policy = s->run->policy};
    return a;
}

bool scope_answered(const struct scope *s, uint8_t condition, bool *yes)
{
    const struct answers *a = answers_of(s);
    unsigned at = condition - 1u;
    uint64_t bit = 1ull << (at % 64);

    if (!a || !(a->known[at / 64] & bit))
        return false;
    *yes = a->yes[at / 64] & bit;
    return true;
}

void scope_answer(const struct scope *s, uint8_t condition, bool yes)
{
    struct answers *a = answers_of(s);
    unsigned at = condition - 1u;
    uint64_t bit = 1ull << (at % 64);

    if (!a)
        return;
    a->known[at / 64] |= bit;
    a->yes[at / 64] = yes ? a->yes[at / 64] | bit : a->yes[at / 64] & ~bit;
}

uint32_t scope_size(const struct scope *s, struct text field)
{
    struct value v = scope_field(s, field);

    return v.kind == VALUE_LIST ? v.list.count : v.kind != VALUE_NONE;
}

struct value scope_counter(const struct scope *s, uint16_t index)
{
    const struct counter *counter = index < s->run->policy->counter_count
                                        ? &s->run->policy->counters[index]
                                        : NULL;

    if (counter && counter->per.count)
        return counter_of_subject(s, counter);
    return index < COUNTERS_MAX ? number_of(s->run->c->counters[index]) : none;
}

struct value scope_lock(const struct scope *s, uint16_t index)
{
    return flag_of(index < LOCKS_MAX && (s->run->c->locks & (1u << index)));
}

struct value scope_list(const struct scope *s, uint16_t list,
                        enum expr_list which, struct text item)
{
    return item_value(s->run, s->event, list, which, item);
}
