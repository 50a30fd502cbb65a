/* effects - what an event does to a case besides raising and paging. A person
 * may do a thing only in some states; a fact of another system that comes in
 * the wrong state changes what still makes sense and is otherwise a no-op. */
#include "engine/run.h"

#include <assert.h>

enum {
    IN_OPEN = 1 << CASE_OPEN,
    IN_WAITING = 1 << CASE_WAITING,
    IN_RESOLVED = 1 << CASE_RESOLVED,
    IN_CLOSED = 1 << CASE_CLOSED,
    IN_WORK = IN_OPEN | IN_WAITING,
    IN_LIFE = IN_WORK | IN_RESOLVED,
    IN_ANY = IN_LIFE | IN_CLOSED,
};

enum family { ITSELF, OWNER, PROMISE, ANSWER, ITEM, TIE, MUTING, DUTY, BESIDE };

/* clang-format off */
static const struct {
    enum family family; /* the file that carries it out */
    unsigned allowed;   /* states in which a person may */
} rows[EFFECT_COUNT] = {
    [EFFECT_OPEN]          = {ITSELF,  IN_ANY},
    [EFFECT_RESOLVE]       = {ITSELF,  IN_WORK},
    [EFFECT_CLOSE]         = {ITSELF,  IN_RESOLVED},
    [EFFECT_REOPEN]        = {ITSELF,  IN_ANY},
    [EFFECT_WAIT]          = {ITSELF,  IN_WORK},
    [EFFECT_RESUME]        = {ITSELF,  IN_ANY},
    [EFFECT_ASSIGN]        = {OWNER,   IN_LIFE},
    [EFFECT_HAND_TO_GROUP] = {OWNER,   IN_LIFE},
    [EFFECT_OFFER]         = {OWNER,   IN_LIFE},
    [EFFECT_ACCEPT]        = {OWNER,   IN_LIFE},
    [EFFECT_REJECT]        = {OWNER,   IN_ANY},
    [EFFECT_TAKE]          = {OWNER,   IN_LIFE},
    [EFFECT_FREEZE_OWNER]  = {OWNER,   IN_ANY},
    [EFFECT_SWAP]          = {OWNER,   IN_LIFE},
    [EFFECT_KEEP_AWAY]     = {OWNER,   IN_ANY},
    [EFFECT_ACKNOWLEDGE]   = {ANSWER,  IN_ANY},
    [EFFECT_UNACKNOWLEDGE] = {ANSWER,  IN_LIFE},
    [EFFECT_SNOOZE]        = {ANSWER,  IN_LIFE},
    [EFFECT_NEXT_CONTACT]  = {ANSWER,  IN_ANY},
    [EFFECT_ESCALATE]      = {ANSWER,  IN_LIFE},
    [EFFECT_SET_SEVERITY]  = {ITSELF,  IN_LIFE},
    [EFFECT_CONTACT]       = {ITSELF,  IN_ANY},
    [EFFECT_PROMISE_MAKE]  = {PROMISE, IN_LIFE},
    [EFFECT_PROMISE_KEEP]  = {PROMISE, IN_ANY},
    [EFFECT_PROMISE_MISS]  = {PROMISE, IN_ANY},
    [EFFECT_PROMISE_MOVE]  = {PROMISE, IN_LIFE},
    [EFFECT_PROMISE_END]   = {PROMISE, IN_ANY},
    [EFFECT_PROMISE_BREAK] = {PROMISE, IN_ANY},
    [EFFECT_LOCK]          = {ITSELF,  IN_ANY},
    [EFFECT_UNLOCK]        = {ITSELF,  IN_ANY},
    [EFFECT_MERGE]         = {ITSELF,  IN_LIFE},
    [EFFECT_CORRECT]       = {ITSELF,  IN_ANY},
    [EFFECT_REMEMBER]      = {BESIDE,  IN_ANY},
    [EFFECT_FORGET]        = {BESIDE,  IN_ANY},
    [EFFECT_HOLD]          = {BESIDE,  IN_LIFE},
    [EFFECT_FREE]          = {BESIDE,  IN_ANY},
    [EFFECT_ITEM_BEGIN]    = {ITEM,    IN_ANY},
    [EFFECT_ITEM_ADD]      = {ITEM,    IN_ANY},
    [EFFECT_ITEM_DONE]     = {ITEM,    IN_ANY},
    [EFFECT_ITEM_UNDO]     = {ITEM,    IN_ANY},
    [EFFECT_ITEM_WAIVE]    = {ITEM,    IN_ANY},
    [EFFECT_ITEM_DROP]     = {ITEM,    IN_ANY},
    [EFFECT_ITEM_TAKE]     = {ITEM,    IN_ANY},
    [EFFECT_ITEM_ASK]      = {ITEM,    IN_ANY},
    [EFFECT_ITEM_APPROVE]  = {ITEM,    IN_ANY},
    [EFFECT_ITEM_REJECT]   = {ITEM,    IN_ANY},
    [EFFECT_ITEM_USE]      = {ITEM,    IN_ANY},
    [EFFECT_TO_HEAD]       = {OWNER,   IN_LIFE},
    [EFFECT_LINK]          = {TIE,     IN_ANY},
    [EFFECT_UNLINK]        = {TIE,     IN_ANY},
    [EFFECT_GATHER]        = {TIE,     IN_LIFE},
    [EFFECT_STAND_IN]      = {TIE,     IN_ANY},
    [EFFECT_MUTE]          = {MUTING,  IN_ANY},
    [EFFECT_UNMUTE]        = {MUTING,  IN_LIFE},
    [EFFECT_OVERRIDE]      = {DUTY,    IN_ANY},
    [EFFECT_OVERRIDE_END]  = {DUTY,    IN_ANY},
};
/* clang-format on */

static bool reopens(const struct kind_rule *kind, const struct scope *s)
{
    for (size_t i = 0; i < kind->effect_count; i++)
        if (kind->effects[i].effect == EFFECT_REOPEN &&
            expr_true(&kind->effects[i].when, s))
            return true;
    return false;
}

static struct text wrong_state(const struct case_record *c, enum effect e)
{
    if (rows[e].allowed & (1u << c->status))
        return (struct text){NULL, 0};
    switch (c->status) {
    case CASE_CLOSED:
        return TEXT("already_closed");
    case CASE_RESOLVED:
        return TEXT("already_resolved");
    default:
        return TEXT("not_resolved");
    }
}

/* A case goes on in another one: that lives, and is not calmer, or whoever is
 * being paged for this one would never be called again. */
static struct text merge_refuse(const struct run *r, const struct event *ev)
{
    struct text into = event_text(ev, TEXT("to"));
    struct case_record other;

    if (!into.size)
        return TEXT("missing_field");
    if (name_is(&r->c->id, into))
        return TEXT("itself");
    if (into.size > NAME_BYTES_MAX ||
        !r->view->find_case(r->view->context, into, &other) ||
        other.status == CASE_NONE)
        return TEXT("unknown_case");
    if (other.status == CASE_CLOSED)
        return TEXT("case_closed");
    if (other.severity > r->c->severity)
        return TEXT("target_calmer");
    return (struct text){NULL, 0};
}

enum { OWN_MAX = WITH_MAX + 3 };

/* The event with another "to": that of "assign asset.changed_by". False where
 * nobody knows whom: then nothing is done. */
static bool with_to(const struct run *r, const struct event *ev,
                    const struct effect_row *row, struct event *copy,
                    struct field own[OWN_MAX])
{
    const struct scope s = {r, ev};

    *copy = *ev;
    if (!row->to.count)
        return true;
    own[0] = (struct field){TEXT("to"), expr_value(&row->to, &s)};
    copy->own_count = 1;
    for (size_t i = 0; i < ev->own_count && copy->own_count < OWN_MAX; i++)
        own[copy->own_count++] = ev->own[i];
    copy->own = own;
    copy->change = NULL;
    copy->answers = NULL;
    return own[0].value.kind == VALUE_TEXT && own[0].value.text.size;
}

static struct text refuses(struct run *r, const struct event *ev,
                           const struct effect_row *row, bool reopened,
                           bool *skip)
{
    enum effect e = row->effect;
    struct text why = {NULL, 0};
    struct field own[OWN_MAX];
    struct event copy;

    if (!event_is_fact(ev) && !reopened)
        why = wrong_state(r->c, e);
    if (why.size)
        return why;
    switch (rows[e].family) {
    case OWNER:
        return with_to(r, ev, row, &copy, own) ? owner_refuse(r, &copy, e)
                                               : why;
    case PROMISE:
        return promise_refuse(r, ev, e, skip);
    case ANSWER:
        return answer_refuse(r, ev, e);
    case ITEM:
        return item_refuse(r, ev, row);
    case TIE:
        return link_refuse(r, ev, e);
    case MUTING:
        return mute_refuse(r, ev, e);
    case DUTY:
        return duty_refuse(r, ev, e);
    case ITSELF:
        return e == EFFECT_MERGE ? merge_refuse(r, ev) : why;
    case BESIDE:
        break;
    }
    return why;
}

/* Whether an event must be refused before anything of it is carried out. skip:
 * it is on record and nothing more (a miss that was counted). */
struct text effects_refuse(struct run *r, const struct event *ev, bool *skip)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];
    const struct scope s = {r, ev};
    bool reopened = reopens(kind, &s);

    for (size_t i = 0; i < kind->effect_count; i++) {
        const struct effect_row *row = &kind->effects[i];
        struct text why;

        if (!expr_true(&row->when, &s))
            continue;
        why = refuses(r, ev, row, reopened, skip);
        if (why.size && !event_is_fact(ev))
            return why;
    }
    return (struct text){NULL, 0};
}

static void move(struct run *r, const struct event *ev, enum decision_kind kind,
                 int64_t due_ms)
{
    emit(r, &(struct decision){
                .kind = kind, .at_ms = ev->at_ms, .due_ms = due_ms});
}

static void set_number(struct run *r, const struct event *ev,
                       enum case_field field, int64_t number)
{
    emit(r, &(struct decision){.kind = DECISION_SET,
                               .at_ms = ev->at_ms,
                               .index = (uint16_t)field,
                               .number = number});
}

static void set_text(struct run *r, const struct event *ev,
                     enum case_field field, struct text value)
{
    emit(r, &(struct decision){.kind = DECISION_SET,
                               .at_ms = ev->at_ms,
                               .index = (uint16_t)field,
                               .value = value});
}

static void resolve(struct run *r, const struct event *ev)
{
    enum case_status before = r->c->status;

    if (before != CASE_OPEN && before != CASE_WAITING)
        return;
    if (before == CASE_WAITING)
        clocks_resume(r, ev->at_ms);
    move(r, ev, DECISION_RESOLVE, 0);
}

void close_case(struct run *r, const struct event *ev)
{
    if (r->c->status == CASE_CLOSED)
        return;
    move(r, ev, DECISION_CLOSE, 0);
    wants_are_moot(r);
    clocks_end_all(r, ev->at_ms);
    pages_withdraw_all(r, ev->at_ms);
    intervals_free(r, ev, NULL);
}

static void reopen(struct run *r, const struct event *ev)
{
    if (r->c->status != CASE_RESOLVED && r->c->status != CASE_CLOSED)
        return;
    move(r, ev, DECISION_REOPEN, 0);
    if (r->c->merged_into.size) /* it goes on by itself again */
        set_text(r, ev, CASE_FIELD_MERGED_INTO, (struct text){NULL, 0});
}

static void wait_for(struct run *r, const struct event *ev)
{
    const struct value *until = event_field(ev, TEXT("until"));
    int64_t until_ms = until && until->kind == VALUE_TIME ? until->time_ms : 0;
    enum case_status before = r->c->status;

    if (before != CASE_OPEN && before != CASE_WAITING)
        return;
    if (before == CASE_WAITING && until_ms == r->c->waiting_until_ms)
        return;
    move(r, ev, DECISION_WAIT, until_ms);
    if (before == CASE_OPEN)
        clocks_pause(r, ev->at_ms);
}

static void resume(struct run *r, const struct event *ev)
{
    if (r->c->status != CASE_WAITING)
        return;
    move(r, ev, DECISION_RESUME, 0);
    clocks_resume(r, ev->at_ms);
}

/* "S2", "2", or the number. */
static uint8_t severity_of(const struct event *ev)
{
    const struct value *v = event_field(ev, TEXT("to"));
    struct text t = event_text(ev, TEXT("to"));
    int64_t n = 0;

    if (v && v->kind == VALUE_NUMBER && !ev->change)
        n = v->thousandths / 1000;
    else if (t.size)
        n = t.data[t.size - 1] - '0';
    return n >= 1 && n <= SEVERITIES ? (uint8_t)n : 0;
}

static void lock(struct run *r, const struct event *ev,
                 const struct effect_row *row)
{
    bool on = row->effect == EFFECT_LOCK;
    bool is_on = (r->c->locks & (1u << row->lock)) != 0;

    if (on == is_on)
        return;
    emit(r, &(struct decision){.kind = on ? DECISION_LOCK : DECISION_UNLOCK,
                               .at_ms = ev->at_ms,
                               .index = row->lock,
                               .value = r->policy->locks[row->lock]});
}

static void contact(struct run *r, const struct event *ev)
{
    if (ev->at_ms > r->c->last_contact_at_ms)
        set_number(r, ev, CASE_FIELD_LAST_CONTACT, ev->at_ms);
}

static void merge(struct run *r, const struct event *ev)
{
    struct text into = event_text(ev, TEXT("to"));

    if (!into.size || name_is(&r->c->id, into))
        return;
    set_text(r, ev, CASE_FIELD_MERGED_INTO, into);
    close_case(r, ev);
}

/* A wrong past is put right by a record: the fields that people may mistype. */
static void correct(struct run *r, const struct event *ev)
{
    static const struct {
        const char *word;
        enum case_field field;
    } fields[] = {
        {"station", CASE_FIELD_STATION},
        {"region", CASE_FIELD_REGION},
        {"product_line", CASE_FIELD_PRODUCT_LINE},
        {"customer", CASE_FIELD_CUSTOMER},
        {"asset", CASE_FIELD_ASSET},
    };
    const struct value *v = event_field(ev, TEXT("value"));
    struct text name = event_text(ev, TEXT("field"));

    if (!v)
        return;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (v->kind == VALUE_TEXT && text_equal(name, text_of(fields[i].word)))
            set_text(r, ev, fields[i].field, v->text);
    if (v->kind == VALUE_TIME && text_equal(name, TEXT("opened_at")))
        set_number(r, ev, CASE_FIELD_OPENED_AT, v->time_ms);
    run_place(r);
}

static void run_itself(struct run *r, const struct event *ev,
                       const struct effect_row *row)
{
    uint8_t severity;

    switch (row->effect) {
    case EFFECT_RESOLVE:
        resolve(r, ev);
        break;
    case EFFECT_CLOSE:
        close_case(r, ev);
        break;
    case EFFECT_REOPEN:
        reopen(r, ev);
        break;
    case EFFECT_WAIT:
        wait_for(r, ev);
        break;
    case EFFECT_RESUME:
        resume(r, ev);
        break;
    case EFFECT_SET_SEVERITY:
        severity = severity_of(ev);
        if (severity)
            severity_set(r, severity, ev->at_ms,
                         r->policy->kinds[ev->kind].name);
        break;
    case EFFECT_LOCK:
    case EFFECT_UNLOCK:
        lock(r, ev, row);
        break;
    case EFFECT_CONTACT:
        contact(r, ev);
        break;
    case EFFECT_MERGE:
        merge(r, ev);
        break;
    case EFFECT_CORRECT:
        correct(r, ev);
        break;
    default:
        assert(row->effect == EFFECT_OPEN); /* it was opened before its gates */
        break;
    }
}

static void run_owner(struct run *r, const struct event *ev,
                      const struct effect_row *row)
{
    struct field own[OWN_MAX];
    struct event copy;

    if (with_to(r, ev, row, &copy, own))
        owner_run(r, &copy, row->effect);
}

void effects_run(struct run *r, struct event *ev)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];
    const struct scope s = {r, ev};

    for (size_t i = 0; i < kind->effect_count && !r->limit; i++) {
        const struct effect_row *row = &kind->effects[i];

        if (!expr_true(&row->when, &s))
            continue;
        switch (rows[row->effect].family) {
        case ITSELF:
            run_itself(r, ev, row);
            break;
        case OWNER:
            run_owner(r, ev, row);
            break;
        case PROMISE:
            promise_run(r, ev, row->effect);
            break;
        case ANSWER:
            answer_run(r, ev, row->effect);
            break;
        case ITEM:
            item_run(r, ev, row);
            break;
        case TIE:
            link_run(r, ev, row->effect);
            break;
        case MUTING:
            mute_run(r, ev, row->effect);
            break;
        case DUTY:
            duty_run(r, ev, row->effect);
            break;
        case BESIDE:
            subjects_effect(r, ev, row);
            break;
        }
    }
}

/* Those of an event without a case, which change what stands beside the cases:
 * all of them, or none and why. */
struct text effects_beside(struct run *r, const struct event *ev)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];
    const struct scope s = {r, ev};

    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < kind->effect_count; i++) {
            const struct effect_row *row = &kind->effects[i];
            struct text why = {NULL, 0};

            if (rows[row->effect].family != DUTY || !expr_true(&row->when, &s))
                continue;
            if (pass)
                duty_run(r, ev, row->effect);
            else
                why = duty_refuse(r, ev, row->effect);
            if (why.size)
                return why;
        }
    return (struct text){NULL, 0};
}
