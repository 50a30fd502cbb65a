#include "engine/run.h"

/* Words that outlive what they were made from. */
struct text run_keep(struct run *r, struct text t)
{
    struct decisions *d = &r->out->decisions;
    char *copy = d->words + d->words_used;

    if (!t.size)
        return (struct text){NULL, 0};
    if (t.size > DECISION_WORDS_MAX - d->words_used) {
        r->limit = true;
        return (struct text){NULL, 0};
    }
    memcpy(copy, t.data, t.size);
    d->words_used += t.size;
    return (struct text){copy, t.size};
}

/* Whether the case has room for what the decision brings; asserted in apply. */
static bool has_room(const struct run *r, const struct decision *d)
{
    const struct case_record *c = r->c;

    switch (d->kind) {
    case DECISION_ARM:
        return r->out->decisions.instance_count < DECISION_INSTANCES_MAX &&
               (c->clock_count < CASE_CLOCKS_MAX ||
                case_clock(c, d->index, d->key));
    case DECISION_PROMISE:
        if (r->out->decisions.promise_count == CASE_PROMISES_MAX * 4)
            return false;
        if (c->promise_count < CASE_PROMISES_MAX || case_promise(c, d->key))
            return true;
        for (uint8_t i = 0; i < c->promise_count; i++)
            if (c->promises[i].state != PROMISE_OPEN)
                return true;
        return false;
    case DECISION_ITEM:
        return r->out->decisions.item_count < CASE_ITEMS_MAX * 2 &&
               d->number < CASE_ITEMS_MAX;
    case DECISION_FACT:
    case DECISION_TALLY:
    case DECISION_INTERVAL:
        return subjects_have_room(r, d);
    case DECISION_EXCLUDE:
        return c->excluded_count < CASE_EXCLUDED_MAX;
    case DECISION_GROUP:
        return c->group_count < CASE_GROUPS_MAX &&
               d->key.size <= NAME_BYTES_MAX;
    case DECISION_INTENT:
        return r->out->decisions.intent_count < INTENTS_MAX &&
               d->intent->subject.size <= NAME_BYTES_MAX;
    case DECISION_OVERRIDE:
        return r->out->decisions.duty_count < OVERRIDES_PER_RECORD;
    case DECISION_REBASE:
        return d->person.size <= NAME_BYTES_MAX &&
               d->value.size <= NAME_BYTES_MAX;
    case DECISION_EMIT:
        if (d->with_count > DECISION_FIELDS_MAX - r->out->decisions.field_count)
            return false;
        return d->key.size <= NAME_BYTES_MAX;
    default:
        return d->person.size <= NAME_BYTES_MAX &&
               d->key.size <= NAME_BYTES_MAX &&
               ((d->kind != DECISION_SET && d->kind != DECISION_LINK) ||
                d->value.size <= NAME_BYTES_MAX);
    }
}

static void keep_whole(struct run *r, struct decision *d)
{
    struct decisions *all = &r->out->decisions;

    if (d->kind == DECISION_ARM) {
        struct clock_instance *copy = &all->instances[all->instance_count++];
        instance_copy(copy, d->instance);
        d->instance = copy;
    } else if (d->kind == DECISION_PROMISE) {
        struct promise *copy = &all->promises[all->promise_count++];
        *copy = *d->promise;
        d->promise = copy;
    } else if (d->kind == DECISION_ITEM) {
        struct item *copy = &all->items[all->item_count++];
        *copy = *d->item;
        d->item = copy;
    } else if (d->kind == DECISION_INTENT) {
        struct intent *copy = &all->intents[all->intent_count++];
        *copy = *d->intent;
        d->intent = copy;
    } else if (d->kind == DECISION_MUTE) {
        all->mute = *d->mute;
        d->mute = &all->mute;
    } else if (d->rebase) {
        all->rebase = *d->rebase;
        d->rebase = &all->rebase;
    } else if (d->duty) {
        struct duty_override *copy = &all->duties[all->duty_count++];
        *copy = *d->duty;
        d->key = name_text(&copy->id);
        d->person = name_text(&copy->person);
        d->value =
            name_text(copy->station.size ? &copy->station : &copy->region);
        d->duty = copy;
    } else if (d->with_count) {
        struct field *copy = &all->fields[all->field_count];
        memcpy(copy, d->with, d->with_count * sizeof *copy);
        all->field_count += d->with_count;
        d->with = copy;
    }
}

/* An event that wants more than a case can hold is refused. What is due must
 * go on all the same: the rest of it is done, and this is said. */
static void no_room(struct run *r, const struct decision *d)
{
    struct decisions *all = &r->out->decisions;

    bool runs = d->kind == DECISION_ARM && case_clock(r->c, d->index, d->key);

    if (r->in->kind == INPUT_EVENT || runs) {
        r->limit = true;
        return;
    }
    all->list[all->count++] = (struct decision){.kind = DECISION_REFUSE,
                                                .case_id = r->case_id,
                                                .at_ms = d->at_ms,
                                                .clock = d->clock,
                                                .value = TEXT("limit")};
}

/* Appends a decision and carries it out on the scratch copy of the case. */
void emit(struct run *r, const struct decision *d)
{
    struct decisions *all = &r->out->decisions;
    struct decision *row = &all->list[all->count];

    if (r->limit)
        return;
    if (all->count == DECISIONS_MAX) {
        r->limit = true;
        return;
    }
    if (!has_room(r, d)) {
        no_room(r, d);
        return;
    }
    *row = *d;
    row->case_id = r->case_id;
    row->person = run_keep(r, d->person);
    row->key = run_keep(r, d->key);
    row->page_id = run_keep(r, d->page_id);
    row->value = run_keep(r, d->value);
    row->subject = run_keep(r, d->subject);
    if (r->limit)
        return;
    keep_whole(r, row);
    subjects_apply(r, row);
    case_apply(r->c, row);
    row->severity = (uint8_t)r->c->severity;
    all->count++;
    r->out->touched = true;
}

int64_t late_by(const struct run *r, int64_t at_ms)
{
    int64_t late = r->in->now_ms - at_ms;

    return late > r->policy->late_grace_ms ? late : 0;
}

/* The station and the opening hours that hold for the case now. */
void run_place(struct run *r)
{
    r->station = directory_station(r->directory, name_text(&r->c->station),
                                   name_text(&r->c->region));
    r->calendar = station_calendar(r->station, name_text(&r->c->product_line));
}

static void start(struct run *r, const struct view *view,
                  const struct input *in, struct engine_out *out)
{
    r->view = view;
    r->in = in;
    r->out = out;
    r->c = &out->scratch;
    r->case_id = in->case_id;
    r->policy = NULL;
    r->directory = view->directory;
    r->station = NULL;
    r->calendar = NULL;
    r->first_generation = 0;
    r->page_number = 0;
    r->depth = 0;
    r->limit = false;
    r->trace = &r->trace_room;
    r->trace_room = (struct trace){.personal = false};
    r->want_count = r->made_count = r->want_mark = 0;
    r->event = NULL;
    r->route = NULL;
    r->unknown = (struct text){NULL, 0};
    r->event_mutes = 0;
    r->except_count = r->named_count = 0;
    out->decisions.count = out->decisions.words_used = 0;
    out->decisions.instance_count = out->decisions.promise_count = 0;
    out->decisions.item_count = out->decisions.duty_count = 0;
    out->decisions.intent_count = 0;
    out->decisions.field_count = 0;
    out->decisions.fact_count = out->decisions.tally_count = 0;
    out->decisions.interval_count = 0;
    out->subjects.count = 0;
    out->subjects.full = false;
    r->is_own = false;
    r->own_count = 0;
    out->touched = out->existed = false;
}

static bool find(struct run *r)
{
    struct engine_out *out = r->out;

    out->existed = r->in->case_id.size &&
                   r->in->case_id.size <= NAME_BYTES_MAX &&
                   r->view->find_case(r->view->context, r->in->case_id, r->c) &&
                   r->c->status != CASE_NONE;
    if (!out->existed) {
        r->policy = r->view->policy_for(r->view->context, r->in->region);
        return false;
    }
    r->policy =
        r->view->policy_version(r->view->context, name_text(&r->c->rules));
    r->first_generation = r->c->next_generation;
    run_place(r);
    return true;
}

/* One decision alone, of a record that changes nothing. */
static void only(struct run *r, enum decision_kind kind, const char *why,
                 struct text person)
{
    struct decisions *d = &r->out->decisions;
    const struct case_record *c = r->c;

    d->words_used = d->instance_count = d->promise_count = d->item_count = 0;
    d->duty_count = 0;
    d->intent_count = 0;
    r->limit = false;
    d->count = 1;
    d->list[0] = (struct decision){.kind = kind,
                                   .case_id = r->in->case_id,
                                   .person = run_keep(r, person),
                                   .value = text_of(why),
                                   .at_ms = r->in->at_ms};
    if (r->out->existed)
        d->list[0].severity = (uint8_t)c->severity;
    r->out->touched = false;
}

static enum engine_result refuse(struct run *r, const char *why)
{
    struct text winner = {NULL, 0};

    if (r->out->existed && strcmp(why, "already_acknowledged") == 0)
        winner = name_text(&r->c->acknowledged_by);
    only(r, DECISION_REFUSE, why, winner);
    return ENGINE_REFUSED;
}

/* What is told of a person is of his station. */
static struct text station_of(const struct run *r, const struct event *ev,
                              struct text named)
{
    struct text who = event_text(ev, TEXT("person"));
    const struct person *p =
        named.size || !who.size ? NULL : directory_person(r->directory, who);

    return p ? p->station : named;
}

void case_open_as(struct run *r, const struct event *ev,
                  const struct opening *in)
{
    struct text station = station_of(r, ev, in->station);
    const struct station *s =
        directory_station(r->directory, station, in->region);
    const struct {
        enum case_field field;
        struct text value;
    } rows[] = {
        {CASE_FIELD_STATION, station},
        {CASE_FIELD_REGION, r->route && r->route->region.size ? r->route->region
                            : in->region.size                 ? in->region
                                                              : s->region},
        {CASE_FIELD_PRODUCT_LINE, in->product_line},
        {CASE_FIELD_CUSTOMER, in->customer},
        {CASE_FIELD_ASSET, in->asset},
    };

    emit(r, &(struct decision){.kind = DECISION_OPEN,
                               .at_ms = ev->at_ms,
                               .value = r->policy->version});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].value.size)
            emit(r, &(struct decision){.kind = DECISION_SET,
                                       .at_ms = ev->at_ms,
                                       .index = (uint16_t)rows[i].field,
                                       .value = rows[i].value});
    if (r->limit)
        return;
    run_place(r);
    groups_open(r, ev);
    owner_at_opening(r, ev);
}

void case_open(struct run *r, const struct event *ev)
{
    const struct input *in = r->in;

    case_open_as(r, ev,
                 &(struct opening){in->station, in->region, in->product_line,
                                   in->customer, in->asset});
}

/* "c" and the record's number, where an opening event names no case. */
static struct text made_up_id(struct run *r, char *buffer)
{
    uint32_t digits = text_digits(buffer + 1, r->in->sequence);

    buffer[0] = 'c';
    return run_keep(r, (struct text){buffer, 1 + digits});
}

static struct event main_event(const struct input *in, struct answers *answers)
{
    return (struct event){
        .kind = in->event,
        .source = in->source,
        .at_ms = in->at_ms,
        .reporter = in->reporter,
        .reporter_role = in->reporter_role,
        .fields = in->fields,
        .field_count = in->field_count,
        .answers = answers,
    };
}

static bool run_changes(struct run *r)
{
    const struct input *in = r->in;
    bool moved = false;

    for (size_t i = 0; i < in->change_count; i++) {
        struct answers answers = {.policy = NULL};
        struct event ev = main_event(in, &answers);
        struct text why;
        bool skip = false;

        if (in->changes[i].kind >= r->policy->kind_count)
            continue;
        ev.kind = in->changes[i].kind;
        ev.change = &in->changes[i];
        why = effects_refuse(r, &ev, &skip);
        if (why.size)
            emit(r, &(struct decision){.kind = DECISION_REFUSE,
                                       .at_ms = ev.at_ms,
                                       .value = why});
        else if (!skip)
            moved |= event_run(r, &ev);
    }
    return moved;
}

/* The place of an event that has no case, for what is counted beside. */
static bool place_of_event(struct run *r)
{
    const struct input *in = r->in;
    struct case_record *c = r->c;

    if (!name_set(&c->station, in->station) ||
        !name_set(&c->region, in->region) ||
        !name_set(&c->product_line, in->product_line))
        return false;
    run_place(r);
    return c->region.size || name_set(&c->region, r->station->region);
}

/* It concerns no case of its own, but others. */
static enum engine_result decide_many(struct run *r, struct event *ev)
{
    case_init(r->c);
    r->case_id = (struct text){NULL, 0};
    r->station = directory_station(r->directory, r->in->station, r->in->region);
    r->calendar = station_calendar(r->station, r->in->product_line);
    if (r->policy->kinds[ev->kind].has_subjects) {
        if (!place_of_event(r))
            return refuse(r, "limit");
        subjects_run(r, ev);
    }
    spreads_run(r, ev);
    r->out->touched = false;
    if (r->limit)
        return ENGINE_LIMIT;
    if (!r->out->decisions.count)
        only(r, DECISION_NOTE, "no_case", (struct text){NULL, 0});
    return ENGINE_DECIDED;
}

static enum engine_result without_case(struct run *r, struct event *ev)
{
    struct text why;

    case_init(r->c);
    run_place(r);
    why = effects_beside(r, ev);
    if (why.size)
        return refuse(r, why.data);
    if (r->limit)
        return ENGINE_LIMIT;
    if (!r->out->decisions.count)
        only(r, DECISION_NOTE, "no_case", (struct text){NULL, 0});
    r->out->touched = false;
    if (!r->policy->kinds[ev->kind].has_subjects)
        return ENGINE_DECIDED;
    if (!place_of_event(r))
        return refuse(r, "limit");
    subjects_run(r, ev);
    r->out->touched = false;
    return ENGINE_DECIDED;
}

/* One case, or all that are open, one after the other. */
static enum engine_result decide_rebase(struct run *r, struct event *ev,
                                        bool known)
{
    struct text why = {NULL, 0};

    ev->at_ms = r->in->now_ms; /* it holds from when it is decided */
    if (!known && r->in->case_id.size)
        return refuse(r, "unknown_case");
    if (!known) {
        case_init(r->c);
        run_place(r);
    } else {
        why = rebase_refuse(r);
    }
    if (why.size)
        return refuse(r, why.data);
    if (!event_gates(r, ev)) {
        if (known)
            rebase_case(r, ev);
        else
            rebase_all(r, ev);
    }
    if (!r->limit)
        fire_due(r, r->in->now_ms, true);
    pages_flush(r);
    r->out->touched &= known;
    return ENGINE_DECIDED;
}

static enum engine_result decide_event(struct run *r)
{
    const struct input *in = r->in;
    const struct kind_rule *kind = NULL;
    struct answers answers = {.policy = NULL};
    struct event ev = main_event(in, &answers);
    struct text why;
    bool known = find(r), skip = false;
    char buffer[24];

    if (in->event < r->policy->kind_count)
        kind = &r->policy->kinds[in->event];
    if (in->case_id.size > NAME_BYTES_MAX)
        return refuse(r, "limit");
    if (in->at_ms > in->now_ms)
        return refuse(r, "in_the_future");
    if (kind && in->event + 1 == r->policy->rebase_kind)
        return decide_rebase(r, &ev, known);
    if (r->policy->route_count)
        r->unknown = route_wanted(r, known, kind);
    if (r->unknown.size && (!kind || !kind->opens_case)) {
        route_group(r, &ev);
        pages_flush(r);
        return ENGINE_DECIDED;
    }
    if (!kind)
        return refuse(r, "unknown_kind");
    if (!known && !kind->opens_case) {
        if (kind->needs_case)
            return refuse(r, "unknown_case");
        if (kind->spread_count)
            return decide_many(r, &ev);
        return without_case(r, &ev);
    }
    if (!known) {
        case_init(r->c);
        if (!in->case_id.size)
            r->case_id = made_up_id(r, buffer);
        if (r->unknown.size)
            r->route = route_of(r, &ev);
        case_open(r, &ev);
        if (r->limit)
            return ENGINE_LIMIT;
    }
    why = effects_refuse(r, &ev, &skip);
    if (why.size)
        return refuse(r, why.data);
    if (!skip && event_run(r, &ev))
        run_changes(r);
    if (r->route)
        route_run(r, &ev);
    if (!in->backlog_follows)
        fire_due(r, in->now_ms, true);
    pages_flush(r);
    if (!r->out->decisions.count)
        emit(r, &(struct decision){.kind = DECISION_NOTE, .at_ms = in->at_ms});
    return ENGINE_DECIDED;
}

enum engine_result engine_decide(const struct view *view,
                                 const struct input *in, struct engine_out *out)
{
    enum engine_result result = ENGINE_DECIDED;
    struct run r;

    start(&r, view, in, out);
    switch (in->kind) {
    case INPUT_EVENT:
        result = decide_event(&r);
        break;
    case INPUT_FIRING:
        if (find(&r)) {
            fire_due(&r, in->as_of_ms, false);
            pages_flush(&r);
        }
        break;
    case INPUT_RECEIPT:
        if (find(&r)) {
            answer_receipt(&r);
            pages_flush(&r);
        }
        break;
    }
    own_cases_run(&r);
    if (r.limit || out->subjects.full) {
        only(&r, DECISION_REFUSE, "limit", (struct text){NULL, 0});
        return ENGINE_LIMIT;
    }
    if (out->touched)
        case_stamp(&out->scratch, in->sequence);
    return result;
}

enum engine_result engine_allowed(const struct view *view,
                                  const struct input *in,
                                  struct engine_out *out)
{
    enum engine_result result = engine_decide(view, in, out);

    for (size_t i = 0; i < out->decisions.count; i++)
        if (out->decisions.list[i].kind == DECISION_REFUSE)
            return result == ENGINE_LIMIT ? ENGINE_LIMIT : ENGINE_REFUSED;
    return result;
}
