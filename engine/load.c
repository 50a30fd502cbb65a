/* load - what lies upon a person: by the index of open cases, and the case in
 * hand as it is at this moment. */
#include "engine/run.h"

enum { SUBSTITUTES_MAX = 3, SUBSTITUTES_ROOM = SUBSTITUTES_MAX * 64 };

static const struct value none = {.kind = VALUE_NONE};

static bool is_in_work(const struct case_record *c)
{
    return c->status == CASE_OPEN || c->status == CASE_WAITING;
}

static uint32_t open_promises(const struct case_record *c)
{
    uint32_t count = 0;

    for (uint8_t i = 0; i < c->promise_count; i++)
        count += c->promises[i].state == PROMISE_OPEN;
    return count;
}

static struct load load_of(const struct run *r, struct text person)
{
    const struct case_record *c = r->c;
    struct load l = {0};

    if (r->view->find_load)
        r->view->find_load(r->view->context, person, r->case_id,
                           name_text(&c->region), &l);
    if (!is_in_work(c) || !name_is(&c->owner, person))
        return l;
    l.cases++;
    l.promises += open_promises(c);
    if (c->severity >= SEVERITIES)
        return l;
    l.urgent++;
    l.regions += !l.region_urgent;
    return l;
}

struct substitute {
    struct text person;
    uint32_t cases;
};

static bool could_stand_in(const struct run *r, const struct person *who,
                           const struct person *of, int64_t at_ms)
{
    struct name answers;

    return who != of && who->tier == of->tier &&
           text_equal(who->station, of->station) &&
           answers_for(r, who->id, at_ms, &answers) &&
           name_is(&answers, who->id);
}

static struct text words_of(struct run *r, const struct substitute *list,
                            size_t count)
{
    char words[SUBSTITUTES_ROOM];
    uint32_t size = 0;

    for (size_t i = 0; i < count; i++) {
        if (size + list[i].person.size + 2 > sizeof words)
            break;
        if (i) {
            words[size++] = ',';
            words[size++] = ' ';
        }
        memcpy(words + size, list[i].person.data, list[i].person.size);
        size += list[i].person.size;
    }
    return run_keep(r, (struct text){words, size});
}

/* Those of his station and tier with less in hand, the least loaded first. */
static struct value substitutes(const struct scope *s, struct text person)
{
    const struct run *r = s->run;
    const struct directory *d = r->directory;
    const struct person *of = directory_person(d, person);
    struct substitute best[SUBSTITUTES_MAX + 1];
    uint32_t most = load_of(r, person).cases;
    size_t count = 0;

    if (!of || !of->station.size)
        return none;
    for (size_t i = 0; i < d->person_count; i++) {
        const struct person *p = &d->persons[i];
        struct substitute one = {p->id, 0};
        size_t at = count;

        if (!could_stand_in(r, p, of, s->event->at_ms))
            continue;
        one.cases = load_of(r, p->id).cases;
        if (one.cases >= most)
            continue;
        for (; at && best[at - 1].cases > one.cases; at--)
            best[at] = best[at - 1];
        best[at] = one;
        count += count < SUBSTITUTES_MAX;
    }
    if (!count)
        return none;
    return (struct value){.kind = VALUE_TEXT,
                          .text = words_of((struct run *)r, best, count)};
}

struct value load_value(const struct scope *s, enum expr_name name)
{
    bool owner = name <= EXPR_NAME_LOAD_OWNER_SUBSTITUTES;
    struct text person = owner ? name_text(&s->run->c->owner)
                               : event_text(s->event, TEXT("person"));
    struct load l;
    uint32_t n = 0;

    if (!person.size || person.size > NAME_BYTES_MAX)
        return none;
    if (name == EXPR_NAME_LOAD_OWNER_SUBSTITUTES ||
        name == EXPR_NAME_LOAD_PERSON_SUBSTITUTES)
        return substitutes(s, person);
    l = load_of(s->run, person);
    switch (name) {
    case EXPR_NAME_LOAD_OWNER_CASES:
    case EXPR_NAME_LOAD_PERSON_CASES:
        n = l.cases;
        break;
    case EXPR_NAME_LOAD_OWNER_URGENT:
    case EXPR_NAME_LOAD_PERSON_URGENT:
        n = l.urgent;
        break;
    case EXPR_NAME_LOAD_OWNER_REGIONS:
    case EXPR_NAME_LOAD_PERSON_REGIONS:
        n = l.regions;
        break;
    default:
        n = l.promises;
        break;
    }
    return (struct value){.kind = VALUE_NUMBER,
                          .thousandths = (int64_t)n * 1000};
}
