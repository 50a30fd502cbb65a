/* event - what one event does, in the order that engine.h promises. */
#include "engine/run.h"

#include <assert.h>

const struct value *event_field(const struct event *ev, struct text name)
{
    for (size_t i = 0; i < ev->own_count; i++)
        if (text_equal(ev->own[i].name, name))
            return &ev->own[i].value;
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

void event_emits(struct event *ev, const struct emission *emission)
{
    if (emission && ev->emit_count < EMITS_MAX)
        ev->emits[ev->emit_count++] = emission;
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
        event_emits(ev, rule->emit);
        return;
    }
}

/* What keeps the transition back is named, where it is another interval. */
static const struct interval *
clash_of(const struct run *r, const struct event *ev, const struct gate *gate)
{
    const struct scope s = {r, ev};

    for (uint16_t i = 0; i < gate->when.count; i++)
        if (gate->when.rows[i].op == EXPR_OP_OVERLAPS)
            return interval_clash(
                &s, &r->policy->intervals[gate->when.rows[i].index]);
    return NULL;
}

static void gate_speaks(struct run *r, struct event *ev,
                        const struct gate *gate)
{
    const struct why why = why_of_event(r, ev, gate->id);
    const struct interval *clash = clash_of(r, ev, gate);
    struct decision refusal = {.kind = DECISION_REFUSE,
                               .at_ms = ev->at_ms,
                               .rule = gate->id,
                               .value = TEXT("gate"),
                               .person = ev->reporter};

    if (clash) {
        refusal.key = name_text(&clash->case_id);
        refusal.from_ms = clash->from_ms;
        refusal.due_ms = clash->until_ms;
    }
    if (event_is_fact(ev)) {
        if (ev->source == SOURCE_IMPORT)
            emit(r, &(struct decision){.kind = DECISION_BYPASS,
                                       .at_ms = ev->at_ms,
                                       .rule = gate->id});
        return;
    }
    emit(r, &refusal);
    want_targets(r, gate->page, gate->inform, false, false, &why);
    if (gate->emit)
        event_derive(r, gate->emit, ev, NULL, 0, ev->at_ms);
}

/* Whether a gate keeps the transition back. Each that does speaks; all are
 * asked before the first has changed anything. */
static bool gate_refuses(struct run *r, struct event *ev)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];
    const struct scope s = {r, ev};
    uint32_t closed = 0;

    for (size_t i = 0; i < kind->gate_count; i++)
        if (expr_true(&kind->gates[i].when, &s))
            closed |= 1u << i;
    for (size_t i = 0; i < kind->gate_count && closed; i++)
        if (closed & (1u << i))
            gate_speaks(r, ev, &kind->gates[i]);
    return closed && !event_is_fact(ev);
}

static bool carry_out(struct run *r, struct event *ev)
{
    uint8_t before = (uint8_t)r->c->severity;

    r->want_mark = r->want_count;
    hints_run(r, ev);
    if (!ev->passed && gate_refuses(r, ev))
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
    for (uint8_t i = 0; i < ev->emit_count; i++)
        event_derive(r, ev->emits[i], ev, NULL, 0, ev->at_ms);
    return !r->limit;
}

bool event_gates(struct run *r, struct event *ev)
{
    const struct event *outer = r->event;
    bool refused;

    r->event = ev;
    refused = gate_refuses(r, ev);
    r->event = outer;
    ev->passed = !refused;
    return refused;
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

/* The fields that an emission works out, behind those that are there; asked of
 * s. What holds a customer's own words is left out: it would be journaled. */
size_t event_work_out(struct run *r, const struct emission *emission,
                      const struct scope *s, struct field *fields, size_t count)
{
    for (size_t i = 0; i < emission->with_count && i < WITH_MAX; i++) {
        const struct computed *c = &emission->with[i];
        struct value v;

        r->trace->personal = false;
        r->trace->on = true;
        v = expr_value(&c->value, s);
        r->trace->on = false;
        if (v.kind == VALUE_NONE || v.kind == VALUE_LIST ||
            r->trace->personal ||
            (v.kind == VALUE_TEXT && v.text.size > WITH_TEXT_MAX))
            continue;
        if (v.kind == VALUE_TEXT)
            v.text = run_keep(r, v.text);
        fields[count++] = (struct field){c->name, v};
    }
    return count;
}

/* An event that the engine itself finds: by a timer (with fields of its own),
 * behind a gate, by a rule or a level (with those of the event it comes from,
 * and those that are worked out). */
void event_derive(struct run *r, const struct emission *emission,
                  const struct event *parent, const struct field *own,
                  size_t own_count, int64_t at_ms)
{
    struct answers answers = {.policy = NULL};
    struct event ev = {.kind = emission->kind,
                       .source = SOURCE_SYSTEM,
                       .at_ms = at_ms,
                       .answers = &answers};
    struct field fields[WITH_MAX + 2];
    struct scope s = {r, parent ? parent : &ev};
    bool skip = false;

    if (ev.kind >= r->policy->kind_count || r->depth == DEPTH_MAX || r->limit)
        return;
    if (parent) {
        ev.fields = parent->fields;
        ev.field_count = parent->field_count;
        ev.change = parent->change;
        ev.late = parent->late;
    } else {
        ev.late = late_by(r, at_ms) > 0;
    }
    assert(own_count <= 2);
    for (size_t i = 0; i < own_count; i++)
        fields[i] = own[i];
    ev.own = fields;
    ev.own_count = own_count;
    ev.own_count = event_work_out(r, emission, &s, fields, own_count);
    emit(r,
         &(struct decision){.kind = DECISION_EMIT,
                            .at_ms = at_ms,
                            .value = r->policy->kinds[ev.kind].name,
                            .key = own_count && own[0].value.kind == VALUE_TEXT
                                       ? own[0].value.text
                                       : (struct text){NULL, 0},
                            .due_ms = parent ? 0 : at_ms,
                            .with = fields + own_count,
                            .with_count = ev.own_count - own_count});
    r->depth++;
    effects_refuse(r, &ev, &skip);
    if (!skip)
        event_run(r, &ev);
    r->depth--;
}
