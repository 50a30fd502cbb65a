/* duty - overrides of the rosters: who may make one, what it must say, and what
 * becomes of those that are long over. */
#include "engine/run.h"

#define MINUTE_MS INT64_C(60000)
#define DAY_MS INT64_C(86400000)
#define KEPT_MS (7 * DAY_MS) /* after its end, for whoever looks back */
#define SPAN_MAX_MS (366 * DAY_MS)

/* --- rows of an import: PLACE|TIER|PERSON|INSTEAD|FROM|UNTIL[|swap] --- */

static struct text cut(struct text *rest, char at)
{
    struct text word = {rest->data, 0};

    while (word.size < rest->size && rest->data[word.size] != at)
        word.size++;
    if (word.size == rest->size)
        *rest = (struct text){rest->data + rest->size, 0};
    else
        *rest = (struct text){rest->data + word.size + 1,
                              rest->size - word.size - 1};
    return word;
}

static bool digits(struct text words, uint32_t from, uint32_t count, int *n)
{
    *n = 0;
    for (uint32_t i = from; i < from + count; i++) {
        if (words.data[i] < '0' || words.data[i] > '9')
            return false;
        *n = *n * 10 + (words.data[i] - '0');
    }
    return true;
}

/* Days since 1970-01-01 of the Gregorian calendar. */
static int64_t day_of(int year, int month, int day)
{
    int y = year - (month <= 2);
    int era = y / 400, of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
           of_year - 719468;
}

/* "2016-02-05T09:00Z" */
static bool read_moment(struct text words, int64_t *at_ms)
{
    int year, month, day, hour, minute;

    if (words.size != 17 || words.data[4] != '-' || words.data[7] != '-' ||
        words.data[10] != 'T' || words.data[13] != ':' ||
        words.data[16] != 'Z' || !digits(words, 0, 4, &year) ||
        !digits(words, 5, 2, &month) || !digits(words, 8, 2, &day) ||
        !digits(words, 11, 2, &hour) || !digits(words, 14, 2, &minute) ||
        year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 ||
        hour > 23 || minute > 59)
        return false;
    *at_ms =
        day_of(year, month, day) * DAY_MS + (hour * 60 + minute) * MINUTE_MS;
    return true;
}

static uint8_t role_named(const struct policy *p, struct text name)
{
    for (uint8_t role = 1; role <= p->role_count; role++)
        if (text_equal(p->roles[role].name, name))
            return role;
    return 0;
}

static void fold(uint64_t *hash, struct text words)
{
    for (uint32_t i = 0; i < words.size; i++)
        *hash = (*hash ^ (uint8_t)words.data[i]) * UINT64_C(1099511628211);
    *hash = (*hash ^ 0xff) * UINT64_C(1099511628211);
}

/* The same words have the same id: what is imported twice is there once. */
static void name_it(struct duty_override *o)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    const int64_t numbers[] = {o->from_ms, o->until_ms, o->role, o->swap};

    fold(&hash, name_text(&o->station));
    fold(&hash, name_text(&o->region));
    fold(&hash, name_text(&o->person));
    fold(&hash, name_text(&o->instead_of));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (int shift = 0; shift < 64; shift += 8)
            hash = (hash ^ (uint8_t)((uint64_t)numbers[i] >> shift)) *
                   UINT64_C(1099511628211);
    o->id.size = 11;
    o->id.data[0] = 'D';
    for (uint32_t i = 1; i < o->id.size; i++, hash >>= 4)
        o->id.data[i] = "0123456789abcdef"[hash & 15];
}

static bool read_row(const struct run *r, struct text row,
                     struct duty_override *o)
{
    struct text place = cut(&row, '|'), role = cut(&row, '|');
    struct text person = cut(&row, '|'), instead_of = cut(&row, '|');
    struct text from = cut(&row, '|'), until = cut(&row, '|');
    bool region = place.size > 1 && place.data[0] == '@';

    memset(o, 0, sizeof *o);
    if (region)
        place = (struct text){place.data + 1, place.size - 1};
    o->role = role_named(r->policy, role);
    o->swap = text_equal(row, TEXT("swap"));
    return place.size && name_set(region ? &o->region : &o->station, place) &&
           name_set(&o->person, person) &&
           name_set(&o->instead_of, instead_of) &&
           read_moment(from, &o->from_ms) && read_moment(until, &o->until_ms);
}

/* --- an event of one --- */

static int64_t moment(const struct event *ev, struct text name, int64_t unsaid)
{
    const struct value *v = event_field(ev, name);

    return v && v->kind == VALUE_TIME ? v->time_ms : unsaid;
}

static bool read_fields(const struct run *r, const struct event *ev,
                        struct duty_override *o)
{
    struct text station = r->in->station, region = r->in->region;

    memset(o, 0, sizeof *o);
    o->role = role_named(r->policy, event_text(ev, TEXT("tier")));
    o->from_ms = moment(ev, TEXT("from"), ev->at_ms);
    o->until_ms = moment(ev, TEXT("until"), 0);
    o->swap = event_flag(ev, TEXT("swap"));
    return (station.size || region.size) &&
           name_set(station.size ? &o->station : &o->region,
                    station.size ? station : region) &&
           name_set(&o->person, event_text(ev, TEXT("person"))) &&
           name_set(&o->instead_of, event_text(ev, TEXT("instead_of")));
}

/* --- what is allowed --- */

static struct text place_region(const struct run *r,
                                const struct duty_override *o)
{
    const struct directory *d = r->directory;

    if (!o->station.size)
        return name_text(&o->region);
    return directory_station(d, name_text(&o->station), r->in->region)->region;
}

/* A station's duty is its head's, a region's its representative's, all of it
 * the highest tier's. */
static bool may(const struct run *r, const struct event *ev,
                const struct duty_override *o)
{
    uint8_t top = r->policy->tier_count;
    uint8_t wanted = o->station.size ? 2 : 3;

    return directory_tier_at(r->directory, name_text(&o->station),
                             place_region(r, o), ev->reporter, top,
                             ev->at_ms) >= (wanted < top ? wanted : top);
}

/* Words as long as they fit, whole characters. */
static void set_words(struct name *n, struct text words)
{
    if (words.size > NAME_BYTES_MAX) {
        words.size = NAME_BYTES_MAX;
        while (words.size && (words.data[words.size] & 0xc0) == 0x80)
            words.size--;
    }
    name_set(n, words);
}

/* Where stations are listed a wrong name is a mistake; a region with a template
 * has stations that are not. */
static bool place_is_known(const struct run *r, const struct duty_override *o)
{
    const struct directory *d = r->directory;
    const struct region *region = directory_region(d, r->in->region);

    if (!o->station.size)
        return directory_region(d, name_text(&o->region)) != NULL;
    return !d->station_count || (region && region->template) ||
           directory_station(d, name_text(&o->station), r->in->region)->id.size;
}

/* Empty: it is one. */
static struct text check(const struct run *r, const struct event *ev,
                         struct duty_override *o)
{
    const struct directory *d = r->directory;

    if (!o->role || r->policy->roles[o->role].person.count || !o->person.size ||
        o->until_ms <= o->from_ms || o->until_ms - o->from_ms > SPAN_MAX_MS ||
        o->until_ms <= ev->at_ms || (o->swap && !o->instead_of.size) ||
        name_equal(&o->person, &o->instead_of))
        return TEXT("bad_field");
    if (!directory_knows(d, name_text(&o->person)) ||
        (o->instead_of.size && !directory_knows(d, name_text(&o->instead_of))))
        return TEXT("unknown_person");
    if (!place_is_known(r, o))
        return TEXT("unknown_station");
    set_words(&o->by, ev->reporter);
    set_words(&o->reason, event_text(ev, TEXT("reason")));
    name_it(o);
    return (struct text){NULL, 0};
}

/* --- each of a record --- */

struct walk {
    const struct value *rows;
    uint32_t item;
    struct text rest;
    bool began;
};

/* The next override that the event tells of; *bad: it cannot be read. */
static bool next(const struct run *r, const struct event *ev, struct walk *w,
                 struct duty_override *o, bool *bad)
{
    *bad = false;
    if (!w->began) {
        w->rows = event_field(ev, TEXT("rows"));
        w->began = true;
        if (!w->rows) {
            *bad = !read_fields(r, ev, o);
            return true;
        }
    }
    while (w->rows && !w->rest.size) {
        if (w->rows->kind != VALUE_LIST || w->item == w->rows->list.count)
            return false;
        w->rest = w->rows->list.items[w->item++];
    }
    if (!w->rows)
        return false;
    *bad = !read_row(r, cut(&w->rest, ';'), o);
    return true;
}

static const struct duty_override *find(const struct run *r, struct text id)
{
    for (size_t i = 0; i < r->directory->override_count; i++)
        if (name_is(&r->directory->overrides[i].id, id))
            return &r->directory->overrides[i];
    return NULL;
}

static bool is_over(const struct duty_override *o, int64_t at_ms)
{
    return o->until_ms + KEPT_MS <= at_ms;
}

static struct text refuse_new(const struct run *r, const struct event *ev)
{
    struct walk w = {0};
    struct duty_override o;
    struct text why = {NULL, 0};
    size_t fresh = 0, kept = 0;
    bool bad;

    for (; !why.size && next(r, ev, &w, &o, &bad); fresh++) {
        why = bad ? TEXT("bad_field") : check(r, ev, &o);
        if (!why.size && !may(r, ev, &o))
            why = TEXT("not_allowed");
    }
    if (why.size)
        return why;
    for (size_t i = 0; i < r->directory->override_count; i++)
        kept += !is_over(&r->directory->overrides[i], ev->at_ms);
    if (!fresh)
        return TEXT("missing_field");
    return fresh > OVERRIDES_PER_RECORD || kept + fresh > OVERRIDES_MAX
               ? TEXT("limit")
               : why;
}

struct text duty_refuse(const struct run *r, const struct event *ev,
                        enum effect e)
{
    const struct duty_override *old;

    if (event_is_fact(ev))
        return (struct text){NULL, 0};
    if (!ev->reporter.size)
        return TEXT("no_person");
    if (e == EFFECT_OVERRIDE)
        return refuse_new(r, ev);
    old = find(r, event_text(ev, TEXT("override_id")));
    return !old              ? TEXT("not_found")
           : may(r, ev, old) ? (struct text){NULL, 0}
                             : TEXT("not_allowed");
}

/* until: 0: it is no more. */
static void put(struct run *r, const struct event *ev,
                const struct duty_override *o, int64_t until_ms)
{
    emit(r, &(struct decision){
                .kind = DECISION_OVERRIDE,
                .at_ms = ev->at_ms,
                .tier = o->role,
                .key = name_text(&o->id),
                .person = name_text(&o->person),
                .value = name_text(o->station.size ? &o->station : &o->region),
                .from_ms = o->from_ms,
                .due_ms = until_ms,
                .duty = until_ms ? o : NULL});
}

/* What is long over goes when something new comes. */
static void forget(struct run *r, const struct event *ev)
{
    for (size_t i = 0; i < r->directory->override_count; i++)
        if (is_over(&r->directory->overrides[i], ev->at_ms) &&
            r->out->decisions.count < DECISIONS_MAX / 4)
            put(r, ev, &r->directory->overrides[i], 0);
}

void duty_run(struct run *r, const struct event *ev, enum effect e)
{
    const struct duty_override *old =
        find(r, event_text(ev, TEXT("override_id")));
    struct walk w = {0};
    struct duty_override o;
    bool bad;

    if (e == EFFECT_OVERRIDE_END) {
        if (old)
            put(r, ev, old, 0);
        return;
    }
    if (refuse_new(r, ev).size && !event_is_fact(ev))
        return;
    forget(r, ev);
    while (!r->limit && next(r, ev, &w, &o, &bad))
        if (!bad && !check(r, ev, &o).size)
            put(r, ev, &o, o.until_ms);
}
