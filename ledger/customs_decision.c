/* Decisions as the journal's part: StreamRecord.decisions, one after the other,
 * written and read by hand. Numbers are those of Decision in yinuo.proto. */
#include <assert.h>

#include "ledger/customs.h"
#include "ledger/customs_internal.h"

enum {
    RECORD_DECISIONS_FIELD = 30,
    DECISION_ROOM = 4096,  /* the largest: an ARM with all its steps */
    MUTE_ROOM = 20 * 1024, /* a MUTE with all that it held */
    DECISION_ROLE = 50,
    DECISION_MUTE_FIELD = 51,
    DECISION_DUTY_FIELD = 55,
    DECISION_REBASE_FIELD = 56,
    DECISION_INSTANCE = 27,
    DECISION_PROMISE_FIELD = 28,
    DECISION_WITH = 30,
    DECISION_ITEM_FIELD = 35,
    DECISION_SUBJECT = 40,
    DECISION_FACT_FIELD = 41,
    DECISION_TALLY_FIELD = 42,
    DECISION_INTERVAL_FIELD = 43,
    DECISION_INTENT_FIELD = 45,
};

/* Number in Decision, member, in ascending order. */
/* clang-format off */
#define DECISION_FIRST(T, N)                                                    \
    T(3, case_id) N(4, severity) N(5, tier) T(6, person) T(7, method)           \
    T(8, rule) T(9, clock) T(10, key) N(11, at_ms) N(12, due_ms)                \
    N(13, late_by_ms) N(14, generation) N(15, number) T(16, value)              \
    T(19, page_id) N(22, index) N(23, previous) N(24, from_ms) N(25, span_ms)   \
    N(26, open_time)

#define PUT_TEXT(number, member) pb_text(o, number, d->member.data, d->member.size);
#define PUT_NUMBER(number, member) pb_number(o, number, (int64_t)d->member);
#define GET_TEXT(number, member)                                                \
    case number:                                                                \
        if (f.wire != PB_BYTES)                                                 \
            return false;                                                       \
        d->member = (struct text){(const char *)f.bytes.data,                   \
                                  (uint32_t)f.bytes.size};                      \
        break;
#define GET_NUMBER(number, member)                                              \
    case number: d->member = (__typeof__(d->member))f.value; break;
/* clang-format on */

static void put_subject(struct pb_out *o, const struct decision *d)
{
    uint8_t *mark;

    pb_text(o, DECISION_SUBJECT, d->subject.data, d->subject.size);
    if (d->fact) {
        mark = pb_open(o, DECISION_FACT_FIELD);
        customs_put_fact(o, d->fact);
        pb_close(o, mark);
    }
    if (d->tally) {
        mark = pb_open(o, DECISION_TALLY_FIELD);
        customs_put_tally(o, d->tally);
        pb_close(o, mark);
    }
    if (d->interval) {
        mark = pb_open(o, DECISION_INTERVAL_FIELD);
        customs_put_interval(o, d->interval);
        pb_close(o, mark);
    }
}

/* An Attribute. */
static void put_field(struct pb_out *o, const struct field *f)
{
    uint8_t *mark = pb_open(o, DECISION_WITH);

    pb_text(o, 1, f->name.data, f->name.size);
    switch (f->value.kind) {
    case VALUE_TEXT:
        pb_text(o, 2, f->value.text.data, f->value.text.size);
        break;
    case VALUE_NUMBER:
        if (f->value.thousandths % 1000 == 0)
            pb_given(o, 3, f->value.thousandths / 1000);
        else
            pb_real(o, 4, (double)f->value.thousandths / 1000);
        break;
    case VALUE_FLAG:
        pb_given(o, 5, f->value.flag);
        break;
    case VALUE_TIME:
        pb_given(o, 6, f->value.time_ms);
        break;
    case VALUE_LIST:
    case VALUE_NONE:
        break;
    }
    pb_close(o, mark);
}

static void put_decision(struct pb_out *o, const struct decision *d)
{
    uint8_t *mark;

    pb_number(o, 1, d->kind);
    DECISION_FIRST(PUT_TEXT, PUT_NUMBER)
    if (d->instance) {
        mark = pb_open(o, DECISION_INSTANCE);
        customs_put_instance(o, d->instance, TEXT(""));
        pb_close(o, mark);
    }
    if (d->promise) {
        mark = pb_open(o, DECISION_PROMISE_FIELD);
        customs_put_promise(o, d->promise);
        pb_close(o, mark);
    }
    for (size_t i = 0; i < d->with_count; i++)
        put_field(o, &d->with[i]);
    if (d->item) {
        mark = pb_open(o, DECISION_ITEM_FIELD);
        customs_put_item(o, d->item, TEXT(""));
        pb_close(o, mark);
    }
    if (d->subject.size)
        put_subject(o, d);
    if (d->intent) {
        mark = pb_open(o, DECISION_INTENT_FIELD);
        customs_put_intent(o, d->intent);
        pb_close(o, mark);
    }
    pb_text(o, DECISION_ROLE, d->role.data, d->role.size);
    if (d->mute) {
        mark = pb_open(o, DECISION_MUTE_FIELD);
        customs_put_mute(o, d->mute);
        pb_close(o, mark);
    }
    if (d->duty) {
        mark = pb_open(o, DECISION_DUTY_FIELD);
        customs_put_duty(o, d->duty);
        pb_close(o, mark);
    }
    if (d->rebase) {
        mark = pb_open(o, DECISION_REBASE_FIELD);
        customs_put_rebase(o, d->rebase);
        pb_close(o, mark);
    }
}

static size_t room_of(const struct decision *d)
{
    return d->mute ? MUTE_ROOM : DECISION_ROOM;
}

enum status customs_decision(const struct decision *d, struct bytes *out)
{
    uint8_t *room = bytes_reserve(out, room_of(d));
    struct pb_out o = {room, room + room_of(d), !room};

    if (!room)
        return out->status;
    put_decision(&o, d);
    assert(!o.full);
    out->size += (size_t)(o.at - room);
    return STATUS_OK;
}

enum status customs_decision_part(const struct decision *d, struct bytes *part)
{
    size_t size = room_of(d);
    uint8_t *room = bytes_reserve(part, size);
    struct pb_out o = {room, room + size, !room};
    uint8_t *mark;

    if (!room)
        return part->status;
    mark = pb_open(&o, RECORD_DECISIONS_FIELD);
    put_decision(&o, d);
    pb_close(&o, mark);
    assert(!o.full);
    part->size += (size_t)(o.at - room);
    return STATUS_OK;
}

enum status customs_decisions(const struct decisions *d, struct bytes *part)
{
    for (size_t i = 0; i < d->count; i++) {
        enum status status = customs_decision_part(&d->list[i], part);

        if (status)
            return status;
    }
    return STATUS_OK;
}

/* Would apply find what it takes for granted? Damage is found by the record's
 * checks; this is for what another version has written. */
static bool is_sound(const struct decision *d)
{
    if (!d->kind || d->case_id.size > NAME_BYTES_MAX ||
        d->person.size > NAME_BYTES_MAX || d->key.size > NAME_BYTES_MAX ||
        d->page_id.size > NAME_BYTES_MAX)
        return false;
    switch (d->kind) {
    case DECISION_ARM:
        return d->instance != NULL;
    case DECISION_PROMISE:
        return d->promise != NULL;
    case DECISION_ITEM:
        return d->item != NULL && d->number >= 0 && d->number < CASE_ITEMS_MAX;
    case DECISION_MUTE:
        return d->mute != NULL;
    case DECISION_OVERRIDE:
        return d->key.size > 0;
    case DECISION_REBASE:
        return d->rebase != NULL && d->value.size <= NAME_BYTES_MAX;
    case DECISION_COUNT:
        return d->index < COUNTERS_MAX;
    case DECISION_LOCK:
    case DECISION_UNLOCK:
        return d->index < LOCKS_MAX;
    case DECISION_CALLED:
    case DECISION_UNREACHABLE:
        return d->tier <= ROLES_MAX;
    case DECISION_LINK:
        return d->index >= LINK_PARENT && d->index <= LINK_STAND_IN &&
               d->value.size <= NAME_BYTES_MAX;
    case DECISION_INTENT:
        return d->key.size > 0;
    case DECISION_OPEN:
    case DECISION_SET:
        return d->value.size <= NAME_BYTES_MAX;
    case DECISION_FACT:
        return d->fact != NULL && d->subject.size <= SUBJECT_KEY_BYTES;
    case DECISION_TALLY:
        return d->tally != NULL && d->subject.size <= SUBJECT_KEY_BYTES;
    case DECISION_INTERVAL:
        return d->interval != NULL && d->subject.size <= SUBJECT_KEY_BYTES;
    default:
        return true;
    }
}

/* False for a part that cannot be read. */
static bool get_subject(const struct pb_field *f, struct customs_room *room,
                        struct decision *d)
{
    if (f->number < DECISION_SUBJECT || f->number > DECISION_INTERVAL_FIELD)
        return true;
    if (f->wire != PB_BYTES)
        return false;
    switch (f->number) {
    case DECISION_SUBJECT:
        d->subject =
            (struct text){(const char *)f->bytes.data, (uint32_t)f->bytes.size};
        return true;
    case DECISION_FACT_FIELD:
        d->fact = &room->fact;
        return customs_get_fact(f->bytes, &room->fact);
    case DECISION_TALLY_FIELD:
        d->tally = &room->tally;
        return customs_get_tally(f->bytes, &room->tally);
    default:
        d->interval = &room->interval;
        return customs_get_interval(f->bytes, &room->interval);
    }
}

bool customs_decision_read(struct slice bytes, struct customs_room *room,
                           struct decision *d)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;

    memset(d, 0, sizeof *d);
    while (pb_next(&in, &f)) {
        switch (f.number) {
        case 1:
            d->kind = (enum decision_kind)f.value;
            break;
            DECISION_FIRST(GET_TEXT, GET_NUMBER)
        case DECISION_INSTANCE:
            if (f.wire != PB_BYTES ||
                !customs_get_instance(f.bytes, &room->instance))
                return false;
            d->instance = &room->instance;
            break;
        case DECISION_PROMISE_FIELD:
            if (f.wire != PB_BYTES ||
                !customs_get_promise(f.bytes, &room->promise))
                return false;
            d->promise = &room->promise;
            break;
        case DECISION_ITEM_FIELD:
            if (f.wire != PB_BYTES || !customs_get_item(f.bytes, &room->item))
                return false;
            d->item = &room->item;
            break;
        case DECISION_INTENT_FIELD:
            if (f.wire != PB_BYTES ||
                !customs_get_intent(f.bytes, &room->intent))
                return false;
            d->intent = &room->intent;
            break;
        case DECISION_ROLE:
            if (f.wire != PB_BYTES)
                return false;
            d->role = (struct text){(const char *)f.bytes.data,
                                    (uint32_t)f.bytes.size};
            break;
        case DECISION_MUTE_FIELD:
            if (f.wire != PB_BYTES || !customs_mute_read(f.bytes, &room->mute))
                return false;
            d->mute = &room->mute;
            break;
        case DECISION_DUTY_FIELD:
            if (f.wire != PB_BYTES || !customs_duty_read(f.bytes, &room->duty))
                return false;
            d->duty = &room->duty;
            break;
        case DECISION_REBASE_FIELD:
            if (f.wire != PB_BYTES ||
                !customs_get_rebase(f.bytes, &room->rebase))
                return false;
            d->rebase = &room->rebase;
            break;
        default:
            if (!get_subject(&f, room, d))
                return false;
            break;
        }
    }
    return !in.bad && is_sound(d);
}

enum status customs_each_decision(struct slice part, customs_visit *visit,
                                  void *context, struct error *err)
{
    struct pb_in in = pb_in_of(part);
    struct customs_room room;
    struct pb_field f;
    struct decision d;

    while (pb_next(&in, &f)) {
        enum status status;

        if (f.number != RECORD_DECISIONS_FIELD || f.wire != PB_BYTES ||
            !customs_decision_read(f.bytes, &room, &d))
            return error_set(err, STATUS_CORRUPT,
                             "a decision of the record cannot be read");
        status = visit(context, &d, f.bytes, err);
        if (status)
            return status;
    }
    if (in.bad)
        return error_set(err, STATUS_CORRUPT,
                         "the record's decisions cannot be read");
    return STATUS_OK;
}
