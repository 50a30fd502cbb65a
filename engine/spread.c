/* spread - an event's effects on other cases: decided here as intents, carried
 * out by records of their own. */
#include "engine/run.h"

/* i, the record's number, a point and n. */
struct text intent_id(struct run *r, size_t n)
{
    char word[32];
    uint32_t size = 0;

    word[size++] = 'i';
    size += text_digits(word + size, r->in->sequence);
    word[size++] = '.';
    size += text_digits(word + size, n);
    return run_keep(r, (struct text){word, size});
}

/* What holds a customer's own words is nothing: it would be journaled. */
static struct value worked_out(struct run *r, const struct expr *e,
                               const struct scope *s)
{
    struct value v;

    r->trace->personal = false;
    r->trace->on = true;
    v = expr_value(e, s);
    r->trace->on = false;
    return r->trace->personal ? (struct value){.kind = VALUE_NONE} : v;
}

/* What is asked for, or what is meant where nothing is. */
static struct text subject_of(struct run *r, const struct spread *spread,
                              const struct scope *s)
{
    struct value v;

    if (!spread->subject.count)
        return spread->query == QUERY_NEW ? TEXT("new") : r->case_id;
    v = worked_out(r, &spread->subject, s);
    return v.kind == VALUE_TEXT ? run_keep(r, v.text) : (struct text){NULL, 0};
}

static void add_field(struct run *r, struct intent *i, struct text name,
                      struct value v)
{
    if (v.kind == VALUE_NONE || v.kind == VALUE_LIST ||
        i->field_count == INTENT_FIELDS_MAX)
        return;
    if (v.kind == VALUE_TEXT && v.text.size > INTENT_TEXT_MAX) {
        r->limit = true;
        return;
    }
    if (v.kind == VALUE_TEXT)
        v.text = run_keep(r, v.text);
    i->fields[i->field_count++] = (struct field){name, v};
}

static void place(struct run *r, struct intent *i)
{
    const struct case_record *c = r->c;
    const struct input *in = r->in;
    bool known = c->status != CASE_NONE;

    i->station = run_keep(r, known ? name_text(&c->station) : in->station);
    i->region = run_keep(r, known ? name_text(&c->region) : in->region);
    i->product_line =
        run_keep(r, known ? name_text(&c->product_line) : in->product_line);
    i->customer = run_keep(r, known ? name_text(&c->customer) : in->customer);
    i->asset = run_keep(r, known ? name_text(&c->asset) : in->asset);
}

static void spread_one(struct run *r, const struct event *ev,
                       const struct spread *spread)
{
    struct decisions *all = &r->out->decisions;
    const struct scope s = {r, ev};
    struct intent i = {.query = spread->query,
                       .kind = r->policy->kinds[spread->kind].name,
                       .depth = (uint8_t)(r->in->depth + 1),
                       .cause_case = r->case_id,
                       .at_ms = ev->at_ms,
                       .cause = r->in->sequence};

    i.subject = subject_of(r, spread, &s);
    if (!i.subject.size)
        return; /* nobody: nothing to do */
    if (i.depth > INTENT_DEPTH_MAX) {
        emit(r, &(struct decision){.kind = DECISION_REFUSE,
                                   .at_ms = ev->at_ms,
                                   .value = TEXT("limit"),
                                   .key = i.kind});
        return;
    }
    i.id = intent_id(r, all->intent_count + 1);
    for (size_t n = 0; n < spread->with_count; n++)
        add_field(r, &i, spread->with[n].name,
                  worked_out(r, &spread->with[n].value, &s));
    place(r, &i);
    emit(r, &(struct decision){.kind = DECISION_INTENT,
                               .at_ms = ev->at_ms,
                               .key = i.id,
                               .value = i.kind,
                               .person = i.query == QUERY_CASES_OF
                                             ? i.subject
                                             : (struct text){NULL, 0},
                               .intent = &i});
}

void spreads_run(struct run *r, const struct event *ev)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];
    const struct scope s = {r, ev};

    for (size_t n = 0; n < kind->spread_count && !r->limit; n++)
        if (expr_true(&kind->spreads[n].when, &s))
            spread_one(r, ev, &kind->spreads[n]);
}
