/* links - a case as part of another, or listed by one; who answers for whom;
 * and the keys by which later events find the case. */
#include "engine/run.h"

enum { PARENTS_MAX = 16 };

static struct text other_case(const struct event *ev, enum effect e)
{
    return event_text(ev, e == EFFECT_LINK ? TEXT("parent") : TEXT("into"));
}

/* Would the case be above itself? Asked upwards, as far as is reasonable. */
static bool is_circle(const struct run *r, struct text parent)
{
    struct case_record above;
    struct name at;

    if (!name_set(&at, parent))
        return true;
    for (int i = 0; i < PARENTS_MAX; i++) {
        if (!r->view->find_case(r->view->context, name_text(&at), &above) ||
            !above.parent.size)
            return false;
        if (name_is(&above.parent, r->case_id))
            return true;
        at = above.parent;
    }
    return true;
}

struct text link_refuse(const struct run *r, const struct event *ev,
                        enum effect e)
{
    struct text other = other_case(ev, e);
    struct case_record c;

    if (e == EFFECT_UNLINK || e == EFFECT_STAND_IN)
        return (struct text){NULL, 0};
    if (!other.size)
        return TEXT("missing_field");
    if (text_equal(other, r->case_id))
        return TEXT("itself");
    if (other.size > NAME_BYTES_MAX ||
        !r->view->find_case(r->view->context, other, &c) ||
        c.status == CASE_NONE)
        return TEXT("unknown_case");
    if (c.status == CASE_CLOSED)
        return TEXT("case_closed");
    if (e == EFFECT_LINK && is_circle(r, other))
        return TEXT("circle");
    return (struct text){NULL, 0};
}

static void tie(struct run *r, const struct event *ev, enum link which,
                const struct name *before, struct text other)
{
    if (name_is(before, other) || other.size > NAME_BYTES_MAX)
        return;
    emit(r, &(struct decision){.kind = DECISION_LINK,
                               .at_ms = ev->at_ms,
                               .index = (uint16_t)which,
                               .key = name_text(before),
                               .value = other});
}

static int64_t moment_of(const struct event *ev, struct text name,
                         int64_t fallback_ms)
{
    const struct value *v = event_field(ev, name);

    return v && v->kind == VALUE_TIME ? v->time_ms : fallback_ms;
}

/* Until: 0 is for good. Without a delegate it ends. */
int64_t stand_in_from(const struct event *ev)
{
    return moment_of(ev, TEXT("from"),
                     moment_of(ev, TEXT("effective_at"), ev->at_ms));
}

static void stand_in(struct run *r, const struct event *ev)
{
    struct text person = event_text(ev, TEXT("person"));
    struct text other = event_text(ev, TEXT("delegate"));

    if (!other.size || text_equal(other, TEXT("none")))
        other = event_text(ev, TEXT("successor"));
    if (text_equal(other, TEXT("none")) || text_equal(other, person))
        other = (struct text){NULL, 0};
    if (!person.size || person.size > NAME_BYTES_MAX ||
        other.size > NAME_BYTES_MAX)
        return;
    emit(r, &(struct decision){.kind = DECISION_LINK,
                               .at_ms = ev->at_ms,
                               .index = LINK_STAND_IN,
                               .person = person,
                               .value = other,
                               .from_ms = stand_in_from(ev),
                               .due_ms = moment_of(ev, TEXT("until"), 0)});
}

void link_run(struct run *r, const struct event *ev, enum effect e)
{
    struct text other = other_case(ev, e);
    const struct text nothing = {NULL, 0};

    switch (e) {
    case EFFECT_LINK:
        if (!link_refuse(r, ev, e).size)
            tie(r, ev, LINK_PARENT, &r->c->parent, other);
        break;
    case EFFECT_UNLINK:
        tie(r, ev, LINK_PARENT, &r->c->parent, nothing);
        break;
    case EFFECT_GATHER:
        if (other.size && !text_equal(other, r->case_id))
            tie(r, ev, LINK_GATHERED, &r->c->gathered_by, other);
        break;
    default:
        stand_in(r, ev);
        break;
    }
}

/* --- groups --- */

static uint64_t hash_of(const char *words, uint32_t size)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */

    for (uint32_t i = 0; i < size; i++)
        h = (h ^ (uint8_t)words[i]) * 1099511628211u;
    return h;
}

static struct text digits_of(uint64_t n, uint32_t base, char out[24])
{
    uint32_t at = 24;

    do {
        out[--at] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);
    return (struct text){out + at, 24 - at};
}

static struct text group_value(const struct view *view, const struct input *in,
                               struct text name, char digits[24])
{
    const struct {
        const char *word;
        struct text value;
    } common[] = {
        {"station", in->station},
        {"region", in->region},
        {"product_line", in->product_line},
        {"customer_id", in->customer},
        {"asset_id", in->asset},
        {"reporter", in->reporter},
    };
    const struct value *v;

    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (text_equal(name, text_of(common[i].word)))
            return common[i].value;
    if (text_equal(name, TEXT("day"))) {
        const struct station *s =
            directory_station(view->directory, in->station, in->region);
        int64_t local = zone_local_ms(s->zone, in->at_ms);
        return digits_of((uint64_t)(local / 86400000), 10, digits);
    }
    v = input_field(in, name);
    if (v && v->kind == VALUE_TEXT)
        return v->text;
    return (struct text){NULL, 0};
}

/* The group's name and the values, told apart by bars; what is longer than a
 * name becomes its beginning and a hash of all of it. */
bool engine_group_key(const struct view *view, const struct policy *p,
                      uint8_t group, const struct input *in, struct name *out)
{
    const struct group_rule *g = &p->groups[group];
    char words[GROUP_WORDS_MAX], digits[24];
    uint32_t size = g->name.size;

    memcpy(words, g->name.data, size);
    for (size_t i = 0; i < g->field_count; i++) {
        struct text value = group_value(view, in, g->fields[i], digits);

        if (!value.size || size + 1 + value.size > sizeof words)
            return false;
        words[size++] = '|';
        memcpy(words + size, value.data, value.size);
        size += value.size;
    }
    if (size > NAME_BYTES_MAX) {
        struct text hash = digits_of(hash_of(words, size), 16, digits);

        words[NAME_BYTES_MAX - hash.size - 1] = '~';
        memcpy(words + NAME_BYTES_MAX - hash.size, hash.data, hash.size);
        size = NAME_BYTES_MAX;
    }
    return name_set(out, (struct text){words, size});
}

static bool opens_in(const struct group_rule *g, uint16_t kind)
{
    for (size_t i = 0; i < g->kind_count; i++)
        if (g->kinds[i] == kind)
            return true;
    return !g->kind_count;
}

/* Told at the opening, so that what comes later without a name finds it. */
void groups_open(struct run *r, const struct event *ev)
{
    const struct policy *p = r->policy;
    struct name key;

    for (uint8_t i = 0; i < p->group_count && !r->limit; i++)
        if (opens_in(&p->groups[i], ev->kind) &&
            engine_group_key(r->view, p, i, r->in, &key))
            emit(r, &(struct decision){.kind = DECISION_GROUP,
                                       .at_ms = ev->at_ms,
                                       .key = name_text(&key)});
}
