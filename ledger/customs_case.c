/* A case as a row, and as clients read it: proto Case, written and read by hand
 * (proto/pb.h). A row says nothing twice, and no names that the case's policy
 * tells.
 *
 * The field numbers are those of proto/yinuo.proto; a test packs each again
 * with protobuf-c and wants the same bytes.
 */
#include <assert.h>

#include "base/limits.h"
#include "ledger/customs.h"
#include "ledger/customs_internal.h"

/* Number in Case, member of struct case_record; in ascending order. */
/* clang-format off */
#define CASE_HEAD(T, N)                                                         \
    T(1, id) T(2, station) T(3, region) T(4, product_line) T(5, customer)       \
    T(6, asset) T(7, owner) N(8, severity)

#define CASE_MIDDLE(T, N)                                                       \
    N(10, opened_at_ms) N(11, updated_at_ms) N(12, resolved_at_ms)              \
    N(13, closed_at_ms) N(14, last_contact_at_ms) T(15, rules)

#define CASE_SEQUENCES(T, N)                                                    \
    N(17, opened_sequence) N(18, last_sequence) N(20, next_generation)

#define CASE_TAIL(T, N)                                                         \
    T(31, offered_to) T(32, merged_into) N(33, severity_before)                 \
    N(34, raised_at_ms) N(35, waiting_until_ms) N(36, snoozed_until_ms)         \
    T(37, snoozed_by) N(38, owner_frozen) N(39, locks)

#define CASE_LAST(T, N) T(48, acknowledged_by) N(49, acknowledged_at_ms)
#define CASE_PLACED(T, N) T(75, routed)

#define CASE_LINKS(T, N) T(70, parent) T(71, gathered_by)

#define CASE_FLAT(T, N)                                                         \
    CASE_HEAD(T, N) CASE_MIDDLE(T, N) CASE_SEQUENCES(T, N) CASE_TAIL(T, N)      \
    N(41, acknowledged_tiers) CASE_LAST(T, N) CASE_LINKS(T, N) CASE_PLACED(T, N)
/* clang-format on */

enum {
    CASE_STATE = 9,
    CASE_PACK = 16,
    CASE_CLOCK = 21,
    CASE_PROMISE_FIELD = 22,
    CASE_COUNTER = 24,
    CASE_REOPENED = 30,
    CASE_LOCK_NAME = 40,
    CASE_CALLED = 42,
    CASE_PAGE = 43,
    CASE_EXCLUDED = 44,
    CASE_CLOSED_COUNT = 45,
    CASE_REASSIGNED = 46,
    CASE_UNREACHABLE = 47,
    CASE_ITEM = 60,
    CASE_BOOKING = 65,
    CASE_GROUP = 72,
    CASE_KEPT_CLOCKS = 80,
};

#define PUT_TEXT(number, member) put_name(o, number, &c->member);
#define PUT_NUMBER(number, member) pb_number(o, number, (int64_t)c->member);

/* --- parts that decisions carry, too --- */

void customs_put_instance(struct pb_out *o, const struct clock_instance *i,
                          struct text name)
{
    pb_text(o, 1, name.data, name.size);
    put_name(o, 2, &i->key);
    pb_number(o, 3, i->generation);
    pb_number(o, 4, i->armed_at_ms);
    pb_number(o, 5, i->due_ms);
    pb_number(o, 6, i->paused_at_ms);
    for (size_t s = 0; s < i->step_count; s++) {
        const struct pending_step *step = &i->steps[s];
        uint8_t *mark = pb_open(o, 7);

        pb_number(o, 1, step->tier);
        pb_number(o, 3, step->due_ms);
        if (step->severity != i->severity)
            pb_given(o, 6, step->severity);
        pb_number(o, 7, step->step);
        if (step->from_ms != i->armed_at_ms)
            pb_given(o, 8, step->from_ms);
        pb_number(o, 9, step->page);
        pb_close(o, mark);
    }
    pb_number(o, 10, i->severity);
    pb_number(o, 12, i->clock);
    for (size_t s = 0; s < i->pause_count; s++) {
        uint8_t *mark = pb_open(o, 13);

        pb_number(o, 1, i->pauses[s].from_ms);
        pb_number(o, 2, i->pauses[s].until_ms);
        pb_close(o, mark);
    }
    pb_number(o, 14, i->paused_ms);
}

void customs_put_promise(struct pb_out *o, const struct promise *p)
{
    const char *state = promise_state_name(p->state);

    put_name(o, 1, &p->id);
    pb_number(o, 3, p->due_ms);
    pb_number(o, 4, p->dated);
    pb_number(o, 5, p->accepted);
    pb_text(o, 6, state, strlen(state));
    pb_number(o, 8, p->made_at_ms);
}

static struct text clock_name(const struct policy *p, uint16_t index)
{
    return p && index < p->clock_count ? p->clocks[index].name : TEXT("");
}

/* --- writing --- */

static void put_counters(struct pb_out *o, const struct case_record *c,
                         const struct policy *policy)
{
    for (size_t i = 0; i < COUNTERS_MAX; i++) {
        uint8_t *mark;

        if (c->counters[i] == 0)
            continue;
        mark = pb_open(o, CASE_COUNTER);
        if (policy && i < policy->counter_count)
            pb_text(o, 1, policy->counters[i].name.data,
                    policy->counters[i].name.size);
        pb_number(o, 2, c->counters[i]);
        pb_number(o, 3, (int64_t)i);
        pb_close(o, mark);
    }
}

static void put_clocks(struct pb_out *o, const struct case_record *c,
                       const struct policy *policy)
{
    for (size_t i = 0; i < c->clock_count; i++) {
        uint8_t *mark = pb_open(o, CASE_CLOCK);

        customs_put_instance(o, &c->clocks[i],
                             clock_name(policy, c->clocks[i].clock));
        pb_close(o, mark);
    }
}

static void put_promises(struct pb_out *o, const struct case_record *c)
{
    for (size_t i = 0; i < c->promise_count; i++) {
        uint8_t *mark = pb_open(o, CASE_PROMISE_FIELD);

        customs_put_promise(o, &c->promises[i]);
        pb_close(o, mark);
    }
}

/* Trailing zeroes are left out. */
static void put_octets(struct pb_out *o, uint32_t number, const uint8_t *list,
                       size_t count)
{
    while (count && list[count - 1] == 0)
        count--;
    for (size_t i = 0; i < count; i++) {
        pb_tag(o, number, PB_VARINT);
        pb_raw_varint(o, list[i]);
    }
}

static void put_pages(struct pb_out *o, const struct case_record *c)
{
    put_octets(o, CASE_CALLED, c->called, sizeof c->called);
    for (size_t i = 0; i < c->page_count; i++) {
        const struct open_page *p = &c->pages[i];
        uint8_t *mark = pb_open(o, CASE_PAGE);

        put_name(o, 1, &p->id);
        put_name(o, 2, &p->person);
        pb_number(o, 3, p->tier);
        pb_number(o, 4, p->at_ms);
        pb_close(o, mark);
    }
    for (size_t i = 0; i < c->excluded_count; i++)
        pb_bytes(o, CASE_EXCLUDED, c->excluded[i].data, c->excluded[i].size);
}

static void put_bookings(struct pb_out *o, const struct case_record *c)
{
    for (size_t i = 0; i < c->booking_count; i++) {
        uint8_t *mark = pb_open(o, CASE_BOOKING);

        customs_put_booking(o, &c->bookings[i]);
        pb_close(o, mark);
    }
}

static void put_locks(struct pb_out *o, const struct case_record *c,
                      const struct policy *policy)
{
    for (size_t i = 0; policy && i < policy->lock_count; i++)
        if (c->locks >> i & 1)
            pb_text(o, CASE_LOCK_NAME, policy->locks[i].data,
                    policy->locks[i].size);
}

static void put_items(struct pb_out *o, const struct case_record *c,
                      const struct policy *policy)
{
    for (size_t i = 0; i < c->item_count; i++) {
        uint16_t list = c->items[i].list;
        uint8_t *mark = pb_open(o, CASE_ITEM);

        customs_put_item(o, &c->items[i],
                         policy && list < policy->list_count
                             ? policy->lists[list].name
                             : TEXT(""));
        pb_close(o, mark);
    }
}

/* In the order of the numbers. policy: of a message. */
static void put_case(struct pb_out *o, const struct case_record *c,
                     const struct case_marks *marks,
                     const struct policy *policy, bool is_row)
{
    const char *state = case_status_name(c->status);

    CASE_HEAD(PUT_TEXT, PUT_NUMBER)
    pb_text(o, CASE_STATE, state, strlen(state));
    CASE_MIDDLE(PUT_TEXT, PUT_NUMBER)
    if (policy)
        pb_text(o, CASE_PACK, policy->name.data, policy->name.size);
    CASE_SEQUENCES(PUT_TEXT, PUT_NUMBER)
    if (!is_row)
        put_clocks(o, c, policy);
    put_promises(o, c);
    put_counters(o, c, policy);
    pb_number(o, CASE_REOPENED, marks->reopened);
    CASE_TAIL(PUT_TEXT, PUT_NUMBER)
    put_locks(o, c, policy);
    pb_number(o, 41, c->acknowledged_tiers);
    put_pages(o, c);
    pb_number(o, CASE_CLOSED_COUNT, marks->closed);
    pb_number(o, CASE_REASSIGNED, marks->reassigned);
    put_octets(o, CASE_UNREACHABLE, c->unreachable, sizeof c->unreachable);
    CASE_LAST(PUT_TEXT, PUT_NUMBER)
    put_items(o, c, policy);
    put_bookings(o, c);
    CASE_LINKS(PUT_TEXT, PUT_NUMBER)
    for (size_t i = 0; i < c->group_count; i++)
        pb_bytes(o, CASE_GROUP, c->groups[i].data, c->groups[i].size);
    CASE_PLACED(PUT_TEXT, PUT_NUMBER)
    if (is_row)
        customs_put_clocks(o, CASE_KEPT_CLOCKS, c);
}

/* With the names of clocks, counters and lists, and tags for each step. */
enum { CASE_TOLD_BYTES = LIMIT_CASE_BYTES + 48 * 1024 };
_Static_assert(CASE_TOLD_BYTES + 1024 <= LIMIT_FRAME_BYTES,
               "an answer holds at least one case");

static enum status append_case(const struct case_record *c,
                               const struct case_marks *marks,
                               const struct policy *policy, bool is_row,
                               struct bytes *out)
{
    size_t most = is_row ? LIMIT_CASE_BYTES : CASE_TOLD_BYTES;
    uint8_t *room = bytes_reserve(out, most);
    struct pb_out o = {room, room + most, !room};

    if (!room)
        return out->status;
    put_case(&o, c, marks, policy, is_row);
    assert(!o.full); /* the engine's bounds keep a case below the limit */
    out->size += (size_t)(o.at - room);
    return STATUS_OK;
}

enum status customs_case_row(const struct case_record *c,
                             const struct case_marks *marks, struct bytes *row)
{
    return append_case(c, marks, NULL, true, row);
}

enum status customs_case_message(const struct case_record *c,
                                 const struct case_marks *marks,
                                 const struct policy *policy, struct bytes *out)
{
    return append_case(c, marks, policy, false, out);
}

/* --- reading --- */

static struct text text_of_field(const struct pb_field *f)
{
    return (struct text){(const char *)f->bytes.data, (uint32_t)f->bytes.size};
}

/* What is absent of a step is known when the whole clock has been read. */
struct absent {
    bool severity, from_ms;
};

static struct absent get_step(struct pb_in *in, struct slice bytes,
                              struct pending_step *step)
{
    struct pb_in sub = pb_in_of(bytes);
    struct absent absent = {true, true};
    struct pb_field f;

    *step = (struct pending_step){0};
    while (pb_next(&sub, &f)) {
        switch (f.number) {
        case 1:
            step->tier = (uint8_t)f.value;
            break;
        case 3:
            step->due_ms = (int64_t)f.value;
            break;
        case 6:
            step->severity = (uint8_t)f.value;
            absent.severity = false;
            break;
        case 7:
            step->step = (uint8_t)f.value;
            break;
        case 8:
            step->from_ms = (int64_t)f.value;
            absent.from_ms = false;
            break;
        case 9:
            step->page = (targets)f.value;
            break;
        default:
            break;
        }
    }
    in->bad |= sub.bad;
    return absent;
}

static void fill_steps(struct clock_instance *i, const struct absent *absent)
{
    for (size_t n = 0; n < i->step_count; n++) {
        if (absent[n].severity)
            i->steps[n].severity = i->severity;
        if (absent[n].from_ms)
            i->steps[n].from_ms = i->armed_at_ms;
    }
}

static void get_stretch(struct pb_in *in, struct slice bytes,
                        struct stretch *stretch)
{
    struct pb_in sub = pb_in_of(bytes);
    struct pb_field f;

    *stretch = (struct stretch){0, 0};
    while (pb_next(&sub, &f)) {
        if (f.number == 1)
            stretch->from_ms = (int64_t)f.value;
        else if (f.number == 2)
            stretch->until_ms = (int64_t)f.value;
    }
    in->bad |= sub.bad;
}

bool customs_get_instance(struct slice bytes, struct clock_instance *i)
{
    struct pb_in in = pb_in_of(bytes);
    struct absent absent[CLOCK_STEPS_MAX] = {{false, false}};
    struct pb_field f;

    memset(i, 0, offsetof(struct clock_instance, pauses));
    while (pb_next(&in, &f)) {
        switch (f.number) {
        case 2:
            get_name(&in, &f, &i->key);
            break;
        case 3:
            i->generation = (uint32_t)f.value;
            break;
        case 4:
            i->armed_at_ms = (int64_t)f.value;
            break;
        case 5:
            i->due_ms = (int64_t)f.value;
            break;
        case 6:
            i->paused_at_ms = (int64_t)f.value;
            break;
        case 7:
            if (i->step_count == CLOCK_STEPS_MAX || f.wire != PB_BYTES)
                return false;
            absent[i->step_count] =
                get_step(&in, f.bytes, &i->steps[i->step_count]);
            i->step_count++;
            break;
        case 10:
            i->severity = (uint8_t)f.value;
            break;
        case 12:
            i->clock = (uint16_t)f.value;
            break;
        case 13:
            if (i->pause_count == CLOCK_PAUSES_MAX || f.wire != PB_BYTES)
                return false;
            get_stretch(&in, f.bytes, &i->pauses[i->pause_count++]);
            break;
        case 14:
            i->paused_ms = (int64_t)f.value;
            break;
        default:
            break;
        }
    }
    fill_steps(i, absent);
    return !in.bad;
}

static bool promise_state_of(struct text word, enum promise_state *state)
{
#define X(name, code, text_)                                                   \
    if (text_equal(word, TEXT(text_))) {                                       \
        *state = PROMISE_##name;                                               \
        return true;                                                           \
    }
    PROMISE_STATES(X)
#undef X
    return false;
}

bool customs_get_promise(struct slice bytes, struct promise *p)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;

    memset(p, 0, sizeof *p);
    while (pb_next(&in, &f)) {
        switch (f.number) {
        case 1:
            get_name(&in, &f, &p->id);
            break;
        case 3:
            p->due_ms = (int64_t)f.value;
            break;
        case 4:
            p->dated = f.value != 0;
            break;
        case 5:
            p->accepted = f.value != 0;
            break;
        case 6:
            if (f.wire != PB_BYTES ||
                !promise_state_of(text_of_field(&f), &p->state))
                return false;
            break;
        case 8:
            p->made_at_ms = (int64_t)f.value;
            break;
        default:
            break;
        }
    }
    return !in.bad && p->state;
}

static bool get_counter(struct slice bytes, struct case_record *c)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;
    uint64_t index = 0;
    int32_t value = 0;

    while (pb_next(&in, &f)) {
        if (f.number == 2)
            value = (int32_t)f.value;
        else if (f.number == 3)
            index = f.value;
    }
    if (in.bad || index >= COUNTERS_MAX)
        return false;
    c->counters[index] = value;
    return true;
}

static bool get_page(struct slice bytes, struct open_page *p)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;

    memset(p, 0, sizeof *p);
    while (pb_next(&in, &f)) {
        if (f.number == 1)
            get_name(&in, &f, &p->id);
        else if (f.number == 2)
            get_name(&in, &f, &p->person);
        else if (f.number == 3)
            p->tier = (uint8_t)f.value;
        else if (f.number == 4)
            p->at_ms = (int64_t)f.value;
    }
    return !in.bad;
}

static bool case_status_of(struct text word, enum case_status *status)
{
#define X(name, code, text_)                                                   \
    if (text_equal(word, TEXT(text_))) {                                       \
        *status = CASE_##name;                                                 \
        return true;                                                           \
    }
    CASE_STATUSES(X)
#undef X
    return false;
}

struct octets {
    size_t called, unreachable; /* read so far */
};

static bool get_octet(const struct pb_field *f, uint8_t *list, size_t room,
                      size_t *count)
{
    if (*count == room)
        return false;
    list[(*count)++] = (uint8_t)f->value;
    return true;
}

/* A field that stands more than once, or is a message. False: no room, or it
 * makes no sense. */
static bool get_list(const struct pb_field *f, struct case_record *c,
                     struct octets *octets)
{
    switch (f->number) {
    case CASE_CLOCK:
        return c->clock_count < CASE_CLOCKS_MAX && f->wire == PB_BYTES &&
               customs_get_instance(f->bytes, &c->clocks[c->clock_count++]);
    case CASE_PROMISE_FIELD:
        return c->promise_count < CASE_PROMISES_MAX && f->wire == PB_BYTES &&
               customs_get_promise(f->bytes, &c->promises[c->promise_count++]);
    case CASE_ITEM:
        return c->item_count < CASE_ITEMS_MAX && f->wire == PB_BYTES &&
               customs_get_item(f->bytes, &c->items[c->item_count++]);
    case CASE_COUNTER:
        return f->wire == PB_BYTES && get_counter(f->bytes, c);
    case CASE_CALLED:
        return get_octet(f, c->called, sizeof c->called, &octets->called);
    case CASE_UNREACHABLE:
        return get_octet(f, c->unreachable, sizeof c->unreachable,
                         &octets->unreachable);
    case CASE_PAGE:
        return c->page_count < CASE_PAGES_MAX && f->wire == PB_BYTES &&
               get_page(f->bytes, &c->pages[c->page_count++]);
    case CASE_EXCLUDED:
        return c->excluded_count < CASE_EXCLUDED_MAX && f->wire == PB_BYTES &&
               name_set(&c->excluded[c->excluded_count++], text_of_field(f));
    case CASE_BOOKING:
        return c->booking_count < CASE_BOOKINGS_MAX && f->wire == PB_BYTES &&
               customs_get_booking(f->bytes, &c->bookings[c->booking_count++]);
    case CASE_KEPT_CLOCKS:
        return f->wire == PB_BYTES && customs_get_clocks(f->bytes, c);
    case CASE_GROUP:
        return c->group_count < CASE_GROUPS_MAX && f->wire == PB_BYTES &&
               name_set(&c->groups[c->group_count++], text_of_field(f));
    default:
        return true;
    }
}

/* clang-format off */
#define GET_TEXT(number, member)                                               \
    case number: get_name(in, f, &c->member); break;
#define GET_NUMBER(number, member)                                             \
    case number: c->member = (__typeof__(c->member))f->value; break;
/* clang-format on */

static bool get_field(struct pb_in *in, const struct pb_field *f,
                      struct case_record *c, struct case_marks *marks,
                      struct octets *octets)
{
    switch (f->number) {
        CASE_FLAT(GET_TEXT, GET_NUMBER)
    case CASE_STATE:
        return f->wire == PB_BYTES &&
               case_status_of(text_of_field(f), &c->status);
    case CASE_REOPENED:
        marks->reopened = (uint32_t)f->value;
        break;
    case CASE_CLOSED_COUNT:
        marks->closed = (uint32_t)f->value;
        break;
    case CASE_REASSIGNED:
        marks->reassigned = (uint32_t)f->value;
        break;
    default:
        return get_list(f, c, octets);
    }
    return true;
}

enum status customs_case_read(struct slice row, struct case_record *c,
                              struct case_marks *marks, struct error *err)
{
    struct pb_in in = pb_in_of(row);
    struct case_marks unused;
    struct pb_field f;
    struct octets octets = {0, 0};

    if (!marks)
        marks = &unused;
    case_init(c);
    *marks = (struct case_marks){0};
    while (pb_next(&in, &f))
        if (!get_field(&in, &f, c, marks, &octets))
            in.bad = true;
    if (in.bad)
        return error_set(err, STATUS_CORRUPT,
                         "the row of case %.*s cannot be read", c->id.size,
                         c->id.data);
    return STATUS_OK;
}
