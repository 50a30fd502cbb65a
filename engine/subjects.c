/* subjects - what a record finds and leaves beside its case: whose counter,
 * fact or interval it is, and what of it the decisions so far have made. */
#include "engine/run.h"

#include <assert.h>

/* --- which one --- */

static bool append(struct subject_key *key, struct text t)
{
    if (t.size > (uint32_t)(SUBJECT_KEY_BYTES - key->size))
        return false;
    if (t.size)
        memcpy(key->data + key->size, t.data, t.size);
    key->size = (uint8_t)(key->size + t.size);
    return true;
}

static struct text part_id(const struct scope *s,
                           const struct subject_part *part)
{
    for (uint8_t i = 0; i < part->source_count; i++) {
        const struct subject_source *source = &part->sources[i];
        struct text id;

        if (source->subject < SUBJECT_COUNT) {
            id = subject_id(s, (enum expr_subject)source->subject);
        } else {
            struct value v = scope_field(s, source->field);
            id = v.kind == VALUE_TEXT ? v.text : (struct text){NULL, 0};
        }
        if (id.size)
            return id;
    }
    return (struct text){NULL, 0};
}

/* False where the event does not say of whom, or says a customer's words. */
bool subject_path_key(const struct scope *s, const struct subject_path *path,
                      struct subject_key *key)
{
    const struct text mark = TEXT("\x1f");

    s->run->trace->personal = false;
    key->size = 0;
    append(key, path->kind);
    append(key, TEXT(":"));
    for (size_t i = 0; i < path->count; i++) {
        struct text id = part_id(s, &path->parts[i]);

        if (!id.size || id.size > NAME_BYTES_MAX || (i && !append(key, mark)) ||
            !append(key, id))
            return false;
    }
    return !s->run->trace->personal;
}

/* As it is now, after the decisions so far. NULL: the record looks at too
 * many, and is refused. */
struct subject *subject_held(const struct run *r, struct text key)
{
    struct subjects *all = &r->out->subjects;
    struct subject *s;

    for (size_t i = 0; i < all->count; i++) {
        s = &all->list[i];
        if (text_equal((struct text){s->key.data, s->key.size}, key))
            return s;
    }
    if (all->count == SUBJECTS_HELD) {
        all->full = true;
        return NULL;
    }
    s = &all->list[all->count++];
    if (!r->view->find_subject ||
        !r->view->find_subject(r->view->context, key, s))
        subject_init(s, key);
    return s;
}

static struct subject *subject_at(const struct scope *s,
                                  const struct subject_path *path,
                                  struct subject_key *key)
{
    if (!subject_path_key(s, path, key))
        return NULL;
    return subject_held(s->run, (struct text){key->data, key->size});
}

static struct text key_text(const struct subject_key *key)
{
    return (struct text){key->data, key->size};
}

/* --- facts --- */

/* Persons are of one kind, whatever they do in the case. */
struct text subject_kind_of(enum expr_subject subject)
{
    static const char *const words[] = {
#define X(name, word) word,
        EXPR_SUBJECTS(X)
#undef X
    };

    if (subject == SUBJECT_OWNER || subject == SUBJECT_REPORTER)
        subject = SUBJECT_PERSON;
    return text_of(words[subject]);
}

/* What was remembered; NONE if nothing was. */
struct value subject_known(const struct scope *s, enum expr_subject subject,
                           struct text id, struct text name)
{
    struct subject_key key = {.size = 0};
    const struct subject *found = NULL;
    const struct fact *fact;

    if (append(&key, subject_kind_of(subject)) && append(&key, TEXT(":")) &&
        append(&key, id))
        found = subject_held(s->run, key_text(&key));
    fact = found ? subject_fact(found, name) : NULL;
    return fact ? fact_value(fact) : (struct value){.kind = VALUE_NONE};
}

static bool fact_of(const struct value *v, struct fact *f)
{
    f->kind = v->kind;
    switch (v->kind) {
    case VALUE_TEXT:
        return name_set(&f->text, v->text);
    case VALUE_NUMBER:
        f->number = v->thousandths;
        return true;
    case VALUE_FLAG:
        f->number = v->flag;
        return true;
    case VALUE_TIME:
        f->number = v->time_ms;
        return true;
    case VALUE_NONE:
    case VALUE_LIST:
        break;
    }
    return false;
}

/* A customer's own words are not kept, nor what is longer than a name; of two
 * events the later one holds, whichever arrives first. */
static void remember(struct run *r, const struct event *ev,
                     const struct memory *memory, bool forget)
{
    const struct scope s = {r, ev};
    struct subject_key key;
    const struct subject *subject = subject_at(&s, &memory->path, &key);
    const struct fact *before =
        subject ? subject_fact(subject, memory->name) : NULL;
    struct fact fact = {.at_ms = ev->at_ms, .sequence = r->in->sequence};
    struct value v;

    if (!subject || (before && before->at_ms > ev->at_ms) ||
        (forget && !before) || !name_set(&fact.name, memory->name))
        return;
    r->trace->personal = false;
    v = forget ? (struct value){.kind = VALUE_NONE}
               : expr_value(&memory->value, &s);
    if (r->trace->personal || (!forget && !fact_of(&v, &fact)))
        return;
    emit(r, &(struct decision){.kind = DECISION_FACT,
                               .at_ms = ev->at_ms,
                               .subject = key_text(&key),
                               .key = memory->name,
                               .value = name_text(&fact.text),
                               .number = fact.number,
                               .fact = &fact});
}

/* --- counters --- */

/* How often, at the time of the event. */
struct value counter_of_subject(const struct scope *s,
                                const struct counter *counter)
{
    struct subject_key key;
    const struct subject *subject = subject_at(s, &counter->per, &key);
    const struct tally *t =
        subject ? subject_tally(subject, counter->name) : NULL;

    return (struct value){.kind = VALUE_NUMBER,
                          .thousandths =
                              t ? tally_at(t, s->event->at_ms) * 1000 : 0};
}

static struct tally_level *level_of(struct tally *t, int32_t at)
{
    struct tally_level *oldest = t->levels;

    for (uint8_t i = 0; i < t->level_count; i++) {
        if (t->levels[i].at == at)
            return &t->levels[i];
        if (t->levels[i].reached_at_ms < oldest->reached_at_ms)
            oldest = &t->levels[i];
    }
    if (t->level_count < TALLY_LEVELS_MAX)
        oldest = &t->levels[t->level_count++];
    *oldest = (struct tally_level){.at = at};
    return oldest;
}

/* Whether the level begins something of its own; not again in its window. */
static bool begins(struct tally *t, const struct counter_level *level,
                   int64_t at_ms)
{
    struct tally_level *l;
    int64_t since_ms;

    if (!level->open)
        return false;
    l = level_of(t, level->at);
    since_ms = at_ms - l->reached_at_ms;
    if (l->reached_at_ms && (!t->window_ms || (since_ms < t->window_ms &&
                                               -since_ms < t->window_ms)))
        return false;
    l->reached_at_ms = at_ms;
    return true;
}

static bool reached(const struct counter_level *level, int64_t before,
                    int64_t now)
{
    return now >= level->at && (before < level->at || level->and_above);
}

/* Counts in the subject; bit n of the answer: level n is reached; of *begun:
 * and begins something of its own. */
uint32_t count_in_subject(struct run *r, const struct event *ev, uint16_t index,
                          int64_t by, uint32_t *begun)
{
    const struct counter *counter = &r->policy->counters[index];
    const struct scope s = {r, ev};
    struct subject_key key;
    const struct subject *subject = subject_at(&s, &counter->per, &key);
    const struct tally *old =
        subject ? subject_tally(subject, counter->name) : NULL;
    struct tally t = {.instant_count = 0};
    uint32_t levels = 0;
    int64_t before, now;

    *begun = 0;
    if (!subject || by <= 0 || by > INT32_MAX)
        return 0;
    if (old)
        t = *old;
    else if (!name_set(&t.name, counter->name))
        return 0;
    t.window_ms = counter->window_ms;
    before = tally_peak(&t, ev->at_ms);
    tally_add(&t,
              &(struct instant){.at_ms = ev->at_ms,
                                .sequence = r->in->sequence,
                                .by = (int32_t)by},
              counter->keep);
    now = tally_peak(&t, ev->at_ms);
    for (size_t i = 0; i < counter->level_count; i++) {
        if (!reached(&counter->levels[i], before, now))
            continue;
        levels |= 1u << i;
        if (begins(&t, &counter->levels[i], ev->at_ms))
            *begun |= 1u << i;
    }
    emit(r, &(struct decision){.kind = DECISION_TALLY,
                               .at_ms = ev->at_ms,
                               .index = index,
                               .subject = key_text(&key),
                               .value = counter->name,
                               .number = now,
                               .previous = before,
                               .span_ms = counter->window_ms,
                               .tally = &t});
    return levels;
}

/* --- intervals --- */

static int64_t moment(const struct scope *s, struct text field)
{
    struct value v = scope_field(s, field);

    return v.kind == VALUE_TIME ? v.time_ms : 0;
}

static struct text interval_key(const struct scope *s,
                                const struct interval_rule *rule)
{
    struct value v = {.kind = VALUE_NONE};

    if (rule->key_field.size)
        v = scope_field(s, rule->key_field);
    return v.kind == VALUE_TEXT && v.text.size ? v.text : s->run->case_id;
}

/* The stretch that the event asks for; false if it names none. */
static bool interval_wanted(const struct scope *s,
                            const struct interval_rule *rule,
                            struct interval *i)
{
    *i = (struct interval){
        .from_ms = moment(s, rule->from_field),
        .until_ms = moment(s, rule->until_field),
        .sequence = s->run->in->sequence,
    };
    return i->from_ms && i->until_ms > i->from_ms &&
           name_set(&i->set, rule->name) &&
           name_set(&i->key, interval_key(s, rule)) &&
           name_set(&i->case_id, s->run->case_id);
}

static int64_t apart_ms(const struct scope *s, const struct interval_rule *rule)
{
    struct value v;

    if (!rule->apart.count)
        return 0;
    v = expr_value(&rule->apart, s);
    return v.kind == VALUE_NUMBER && v.thousandths > 0 ? v.thousandths / 1000
                                                       : 0;
}

const struct interval *interval_clash(const struct scope *s,
                                      const struct interval_rule *rule)
{
    struct subject_key key;
    struct interval wanted;
    const struct subject *subject;

    if (!interval_wanted(s, rule, &wanted))
        return NULL;
    subject = subject_at(s, &rule->per, &key);
    return subject ? subject_clash(subject, &wanted, apart_ms(s, rule)) : NULL;
}

struct value scope_overlaps(const struct scope *s, uint16_t index)
{
    const struct interval_rule *rule = &s->run->policy->intervals[index];

    return (struct value){.kind = VALUE_FLAG,
                          .flag = interval_clash(s, rule) != NULL};
}

static void emit_interval(struct run *r, const struct event *ev,
                          struct text subject, const struct interval *i,
                          bool held)
{
    emit(r, &(struct decision){.kind = DECISION_INTERVAL,
                               .at_ms = ev->at_ms,
                               .subject = subject,
                               .clock = name_text(&i->set),
                               .key = name_text(&i->key),
                               .number = held,
                               .from_ms = i->from_ms,
                               .due_ms = i->until_ms,
                               .interval = i});
}

static void free_booking(struct run *r, const struct event *ev,
                         const struct booking *b)
{
    struct subject_key key = b->subject;
    const struct subject *subject = subject_held(r, key_text(&key));
    const struct interval *held =
        subject
            ? subject_interval(subject, name_text(&b->set), name_text(&b->key))
            : NULL;
    struct interval i = {.set = b->set, .key = b->key};

    if (held)
        i = *held;
    emit_interval(r, ev, key_text(&key), &i, false);
}

/* Room for one more: those that are over go, the oldest first. */
static void make_room(struct run *r, const struct event *ev,
                      const struct subject *s, struct text key)
{
    const struct interval *oldest = NULL;
    struct interval i;

    if (s->interval_count < SUBJECT_INTERVALS_MAX)
        return;
    for (uint8_t n = 0; n < s->interval_count; n++)
        if (s->intervals[n].until_ms < ev->at_ms &&
            (!oldest || s->intervals[n].until_ms < oldest->until_ms))
            oldest = &s->intervals[n];
    if (!oldest)
        return;
    i = *oldest;
    emit_interval(r, ev, key, &i, false);
}

static void hold(struct run *r, const struct event *ev,
                 const struct interval_rule *rule)
{
    const struct scope s = {r, ev};
    struct subject_key key;
    struct interval wanted;
    const struct subject *subject;
    const struct booking *before;

    if (!interval_wanted(&s, rule, &wanted))
        return;
    subject = subject_at(&s, &rule->per, &key);
    if (!subject)
        return;
    before = case_booking(r->c, rule->name, name_text(&wanted.key));
    if (before && !text_equal(key_text(&before->subject), key_text(&key)))
        free_booking(r, ev, before);
    if (!subject_interval(subject, rule->name, name_text(&wanted.key)))
        make_room(r, ev, subject, key_text(&key));
    emit_interval(r, ev, key_text(&key), &wanted, true);
}

/* The one that the event names; else all of the set that the case holds. An
 * empty set: all of all. */
void intervals_free(struct run *r, const struct event *ev,
                    const struct interval_rule *rule)
{
    const struct scope s = {r, ev};
    struct value one = {.kind = VALUE_NONE};

    if (rule && rule->key_field.size)
        one = scope_field(&s, rule->key_field);
    for (uint8_t i = r->c->booking_count; i-- > 0;) {
        const struct booking b = r->c->bookings[i];

        if (rule && !name_is(&b.set, rule->name))
            continue;
        if (one.kind == VALUE_TEXT && !name_is(&b.key, one.text))
            continue;
        free_booking(r, ev, &b);
    }
}

/* --- effects and decisions --- */

void subjects_effect(struct run *r, const struct event *ev,
                     const struct effect_row *row)
{
    switch (row->effect) {
    case EFFECT_REMEMBER:
    case EFFECT_FORGET:
        remember(r, ev, row->memory, row->effect == EFFECT_FORGET);
        break;
    case EFFECT_HOLD:
        hold(r, ev, &r->policy->intervals[row->lock]);
        break;
    default:
        assert(row->effect == EFFECT_FREE);
        intervals_free(r, ev, &r->policy->intervals[row->lock]);
        break;
    }
}

bool subjects_have_room(const struct run *r, const struct decision *d)
{
    const struct decisions *all = &r->out->decisions;
    const struct subject *s = subject_held(r, d->subject);

    if (!s || d->key.size > NAME_BYTES_MAX)
        return false;
    switch (d->kind) {
    case DECISION_FACT:
        return all->fact_count < DECISION_ENTRIES_MAX;
    case DECISION_TALLY:
        return all->tally_count < DECISION_ENTRIES_MAX;
    default:
        return all->interval_count < DECISION_ENTRIES_MAX &&
               (!d->number || (subject_has_room(s, d->interval) &&
                               (r->c->booking_count < CASE_BOOKINGS_MAX ||
                                case_booking(r->c, d->clock, d->key))));
    }
}

/* The whole of what a decision says, kept with it; and done. */
void subjects_apply(struct run *r, struct decision *d)
{
    struct decisions *all = &r->out->decisions;

    if (d->kind == DECISION_FACT) {
        all->facts[all->fact_count] = *d->fact;
        d->fact = &all->facts[all->fact_count++];
    } else if (d->kind == DECISION_TALLY) {
        all->tallies[all->tally_count] = *d->tally;
        d->tally = &all->tallies[all->tally_count++];
    } else if (d->kind == DECISION_INTERVAL) {
        all->intervals[all->interval_count] = *d->interval;
        d->interval = &all->intervals[all->interval_count++];
        d->clock = name_text(&d->interval->set); /* emit() does not keep it */
    } else {
        return;
    }
    subject_apply(subject_held(r, d->subject), d, r->in->sequence);
}

/* An event without a case still counts, and is remembered. */
void subjects_run(struct run *r, struct event *ev)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];
    const struct scope s = {r, ev};

    for (size_t i = 0; i < kind->effect_count; i++)
        if ((kind->effects[i].effect == EFFECT_REMEMBER ||
             kind->effects[i].effect == EFFECT_FORGET) &&
            expr_true(&kind->effects[i].when, &s))
            subjects_effect(r, ev, &kind->effects[i]);
    counters_run(r, ev);
}
