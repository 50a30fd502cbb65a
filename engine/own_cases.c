/* own_cases - a level of a counter may begin a case of its own: a burst of
 * complaints is no complaint. It is opened in the same record, after all that
 * the record does to the case at hand. */
#include "engine/run.h"

/* "c", the record's number, and which of its cases it is. */
static void make_id(const struct run *r, struct name *id)
{
    memset(id, 0, sizeof *id);
    id->data[id->size++] = 'c';
    id->size += (uint8_t)text_digits(id->data + 1, r->in->sequence);
    id->data[id->size++] = '.';
    id->data[id->size++] = (char)('1' + r->own_count);
}

static void place_of(const struct run *r, struct own_case *own)
{
    bool known = r->c->status != CASE_NONE;

    own->station = known ? name_text(&r->c->station) : r->in->station;
    own->region = known ? name_text(&r->c->region) : r->in->region;
    own->product_line =
        known ? name_text(&r->c->product_line) : r->in->product_line;
}

/* Those that the path names. */
static void subject_of_path(const struct run *r, const struct event *ev,
                            const struct subject_path *path,
                            struct own_case *own)
{
    const struct scope s = {r, ev};

    for (size_t i = 0; i < path->count; i++) {
        if (text_equal(path->parts[i].kind, TEXT("asset")))
            own->asset = subject_id(&s, SUBJECT_ASSET);
        else if (text_equal(path->parts[i].kind, TEXT("customer")))
            own->customer = subject_id(&s, SUBJECT_CUSTOMER);
    }
}

void own_case_wanted(struct run *r, const struct event *ev,
                     const struct counter *counter,
                     const struct emission *emission)
{
    const struct scope s = {r, ev};
    struct own_case *own = &r->own[r->own_count];

    if (r->is_own || emission->kind >= r->policy->kind_count)
        return;
    if (r->own_count == OWN_CASES_MAX) {
        emit(r, &(struct decision){.kind = DECISION_REFUSE,
                                   .at_ms = ev->at_ms,
                                   .value = TEXT("limit")});
        return;
    }
    *own = (struct own_case){
        .kind = r->policy->kinds[emission->kind].name,
        .at_ms = ev->at_ms,
        .late = ev->late,
    };
    make_id(r, &own->id);
    place_of(r, own);
    subject_of_path(r, ev, &counter->per, own);
    own->field_count = event_work_out(r, emission, &s, own->fields, 0);
    r->own_count++;
    emit(r, &(struct decision){.kind = DECISION_EMIT,
                               .at_ms = ev->at_ms,
                               .value = own->kind,
                               .key = name_text(&own->id),
                               .with = own->fields,
                               .with_count = own->field_count});
}

static void open_own(struct run *r, const struct own_case *own)
{
    struct run o = *r;
    struct event ev = {
        .source = SOURCE_SYSTEM,
        .at_ms = own->at_ms,
        .late = own->late,
        .own = own->fields,
        .own_count = own->field_count,
    };
    const struct opening opening = {own->station, own->region,
                                    own->product_line, own->customer,
                                    own->asset};

    o.policy = r->view->policy_for(r->view->context, own->region);
    ev.kind = policy_kind(o.policy, own->kind);
    if (ev.kind == KIND_NONE)
        return;
    o.c = &r->out->own;
    o.case_id = run_keep(r, name_text(&own->id)); /* it outlives the run */
    o.is_own = true;
    o.first_generation = 0;
    o.depth = 0;
    o.own_count = 0;
    o.want_count = o.made_count = o.want_mark = 0;
    case_init(o.c);
    case_open_as(&o, &ev, &opening);
    if (!o.limit) {
        event_run(&o, &ev);
        fire_due(&o, r->in->now_ms, true);
        pages_flush(&o);
    }
    r->page_number = o.page_number;
    r->limit |= o.limit;
}

void own_cases_run(struct run *r)
{
    bool touched = r->out->touched;

    for (uint32_t i = 0; i < r->own_count && !r->limit; i++)
        open_own(r, &r->own[i]);
    r->out->touched = touched; /* of the case at hand */
}
