/* event - what one event does, in the order that engine.h promises. */
#include "engine/run.h"

const struct value *event_field(const struct event *ev, struct text name)
{
    for (size_t i = 0; i < ev->field_count; i++)
        if (text_equal(ev->fields[i].name, name))
            return &ev->fields[i].value;
    return NULL;
}

/* Of a change its own old and new value come first. */
struct text event_text(const struct event *ev, struct text name)
{
    const struct value *v;

    if (ev->change && text_equal(name, TEXT("to")))
        return ev->change->to;
    if (ev->change && text_equal(name, TEXT("from")))
        return ev->change->from;
    v = event_field(ev, name);
    if (v && v->kind == VALUE_TEXT)
        return v->text;
    return (struct text){NULL, 0};
}

bool event_flag(const struct event *ev, struct text name)
{
    const struct value *v = event_field(ev, name);

    return v && v->kind == VALUE_FLAG && v->flag;
}

/* Facts of other systems and of this one are taken as they come; only what
 * people send can be refused. */
bool event_is_fact(const struct event *ev)
{
    return ev->source == SOURCE_IMPORT || ev->source == SOURCE_SYSTEM;
}

void severity_set(struct run *r, uint8_t to, int64_t at_ms, struct text rule)
{
    int64_t before = r->c->severity;

    if (to == before)
        return;
    if (r->c->raised_at_ms != at_ms) {
        emit(r, &(struct decision){.kind = DECISION_SET,
                                   .at_ms = at_ms,
                                   .index = CASE_FIELD_RAISED_AT,
                                   .number = at_ms});
        emit(r, &(struct decision){.kind = DECISION_SET,
                                   .at_ms = at_ms,
                                   .index = CASE_FIELD_SEVERITY_BEFORE,
                                   .number = before});
    }
    emit(r, &(struct decision){.kind = DECISION_SEVERITY,
                               .at_ms = at_ms,
                               .rule = rule,
                               .number = to,
                               .previous = before});
}

void severity_raise(struct run *r, uint8_t to, int64_t at_ms, struct text rule)
{
    if (to && to < r->c->severity)
        severity_set(r, to, at_ms, rule);
}

/* 22: a raise by steps counts from the severity before this very moment. */
static uint8_t raised_by(const struct run *r, uint8_t steps, int64_t at_ms)
{
    int64_t base =
        r->c->raised_at_ms == at_ms ? r->c->severity_before : r->c->severity;

    if (!steps)
        return 0;
    return (uint8_t)(base > steps ? base - steps : 1);
}

static uint8_t more_severe(uint8_t a, uint8_t b)
{
    if (!a || !b)
        return a ? a : b;
    return a < b ? a : b;
}

static struct why why_of_event(const struct run *r, const struct event *ev,
                               struct text rule)
{
    return (struct why){
        .rule = rule, .at_ms = ev->at_ms, .late_by_ms = late_by(r, ev->at_ms)};
}

static void run_rule(struct run *r, struct event *ev)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];
    const struct scope s = {r, ev};

    for (size_t i = 0; i < kind->rule_count; i++) {
        const struct rule *rule = &kind->rules[i];
        struct why why;

        if (!expr_true(&rule->when, &s))
            continue;
        ev->severity = more_severe(rule->raise_to,
                                   raised_by(r, rule->raise_by, ev->at_ms));
        severity_raise(r, ev->severity, ev->at_ms, rule->id);
        why = why_of_event(r, ev, rule->id);
        want_audience(r, rule->page, rule->inform, rule->except, false,
                      ev->late, &why);
        return;
    }
}

/* Whether a gate keeps the transition back; the first that does speaks. */
static bool gate_refuses(struct run *r, struct event *ev)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];
    const struct scope s = {r, ev};

    for (size_t i = 0; i < kind->gate_count; i++) {
        const struct gate *gate = &kind->gates[i];
        struct why why = why_of_event(r, ev, gate->id);

        if (!expr_true(&gate->when, &s))
            continue;
        if (event_is_fact(ev)) {
            if (ev->source == SOURCE_IMPORT)
                emit(r, &(struct decision){.kind = DECISION_BYPASS,
                                           .at_ms = ev->at_ms,
                                           .rule = gate->id});
            continue;
        }
        emit(r, &(struct decision){.kind = DECISION_REFUSE,
                                   .at_ms = ev->at_ms,
                                   .rule = gate->id,
                                   .value = TEXT("gate"),
                                   .person = ev->reporter});
        want_targets(r, gate->page, gate->inform, false, false, &why);
        if (gate->emit != KIND_NONE)
            event_derive(r, gate->emit, ev, NULL, ev->at_ms);
        return true;
    }
    return false;
}

static bool carry_out(struct run *r, struct event *ev)
{
    uint8_t before = (uint8_t)r->c->severity;

    r->want_mark = r->want_count;
    if (gate_refuses(r, ev))
        return false;
    run_rule(r, ev);
    effects_run(r, ev);
    if (r->policy->kinds[ev->kind].spread_count)
        spreads_run(r, ev);
    counters_run(r, ev);
    clocks_end(r, ev);
    if (r->c->severity < before)
        clocks_raised(r, before, ev->at_ms);
    else if (r->c->severity > before)
        clocks_lowered(r, ev->at_ms);
    clocks_begin(r, ev);
    return !r->limit;
}

/* Returns whether the event passed its gates. */
bool event_run(struct run *r, struct event *ev)
{
    const struct event *outer = r->event;
    uint64_t outer_mutes = r->event_mutes;
    bool passed;

    r->event = ev;
    if (r->view->mute_count)
        r->event_mutes = mutes_of_event(r, ev);
    passed = carry_out(r, ev);
    r->event = outer;
    r->event_mutes = outer_mutes;
    return passed;
}

/* An event that the engine itself finds: by a timer (with fields of its own)
 * or behind a gate (with those of the event that was refused). */
void event_derive(struct run *r, uint16_t kind, const struct event *parent,
                  const struct field *own, int64_t at_ms)
{
    struct event ev = {.kind = kind, .source = SOURCE_SYSTEM, .at_ms = at_ms};
    bool skip = false;

    if (kind >= r->policy->kind_count || r->depth == DEPTH_MAX)
        return;
    if (parent) {
        ev.fields = parent->fields;
        ev.field_count = parent->field_count;
        ev.change = parent->change;
    } else {
        ev.own[0] = own[0];
        ev.own[1] = own[1];
        ev.fields = ev.own;
        ev.field_count = own[1].name.size ? 2 : own[0].name.size ? 1 : 0;
        ev.late = late_by(r, at_ms) > 0;
    }
    emit(r, &(struct decision){.kind = DECISION_EMIT,
                               .at_ms = at_ms,
                               .value = r->policy->kinds[kind].name,
                               .key = own && own[0].value.kind == VALUE_TEXT
                                          ? own[0].value.text
                                          : (struct text){NULL, 0},
                               .due_ms = parent ? 0 : at_ms});
    r->depth++;
    effects_refuse(r, &ev, &skip);
    if (!skip)
        event_run(r, &ev);
    r->depth--;
}
