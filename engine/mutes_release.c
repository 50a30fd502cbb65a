/* mutes_release - what a mute has held, told at its end: one page per person
 * for all that he has missed and that still matters. */
#include "engine/run.h"

enum { MORE_BYTES = 12 }; /* of put_more */

/* Whether a page that was held is still somebody's to answer. */
static bool is_wanted_still(const struct run *r, const struct held_page *p)
{
    struct case_record other;

    if (p->more || held_is_rest(p))
        return true; /* of cases that the line does not name */
    if (!r->view->find_case(r->view->context, name_text(&p->case_id), &other) ||
        (other.status != CASE_OPEN && other.status != CASE_WAITING) ||
        other.acknowledged_at_ms >= p->at_ms ||
        (p->tier >= 2 && name_equal(&other.owner, &p->person)))
        return false;
    for (uint8_t i = 0; i < other.excluded_count; i++)
        if (name_equal(&other.excluded[i], &p->person))
            return false;
    return true;
}

/* As the pack calls it, else by the kind of event. */
static struct text rule_of(const struct run *r, const struct event *ev)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];

    return kind->rule_count && kind->rules[0].id.size ? kind->rules[0].id
                                                      : kind->name;
}

static struct want *digest_of(struct run *r, const struct held_page *p,
                              const struct event *ev)
{
    uint8_t role = held_is_rest(p) ? 2 : p->tier;
    struct want *w;

    for (size_t i = 0; i < r->want_count; i++)
        if (r->wants[i].about.size && name_is(&p->person, r->wants[i].person))
            return &r->wants[i];
    if (!(w = want_add(r)))
        return NULL;
    *w = (struct want){.role = role,
                       .top = role_rank(r->policy, role),
                       .rung = true,
                       .person = audience_keep(r, &p->person),
                       .why = {.rule = rule_of(r, ev),
                               .at_ms = ev->at_ms,
                               .late_by_ms = late_by(r, ev->at_ms)}};
    return w;
}

/* " +17": so many more pages than are named. */
static uint32_t put_more(uint32_t more, char *words, bool spaced)
{
    uint32_t size = 0;

    if (!more)
        return 0;
    if (spaced)
        words[size++] = ' ';
    words[size++] = '+';
    return size + text_digits(words + size, more);
}

/* The cases of a person's lines, and how many pages more; into the words of the
 * decisions. */
static struct text words_of_lines(struct run *r, const struct mute *m,
                                  const bool *wanted, uint8_t first,
                                  uint32_t *more)
{
    struct decisions *d = &r->out->decisions;
    char *words = d->words + d->words_used;
    uint32_t size = 0;

    *more = 0;
    for (uint8_t k = first; k < m->held_count; k++) {
        const struct held_page *h = &m->held[k];

        if (!wanted[k] || !name_equal(&h->person, &m->held[first].person))
            continue;
        *more += h->more;
        if (d->words_used + size + h->case_id.size + 1 + MORE_BYTES >
            DECISION_WORDS_MAX) {
            *more += 1;
            continue;
        }
        if (size)
            words[size++] = ' ';
        memcpy(words + size, h->case_id.data, h->case_id.size);
        size += h->case_id.size;
    }
    return (struct text){words, size};
}

/* As much of them as a name holds, and how many pages more. */
static void set_key(struct name *key, struct text ids, uint32_t more)
{
    char words[NAME_BYTES_MAX];
    uint32_t size = ids.size;

    while (size > NAME_BYTES_MAX - (more ? MORE_BYTES : 0)) {
        while (size && ids.data[--size] != ' ')
            ; /* whole ids */
        more++;
    }
    memcpy(words, ids.data, size);
    size += put_more(more, words + size, size > 0);
    name_set(key, (struct text){words, size});
}

void mute_release(struct run *r, const struct mute *m, const struct event *ev)
{
    bool wanted[MUTE_HELD_MAX];

    for (uint8_t i = 0; i < m->held_count; i++)
        wanted[i] = is_wanted_still(r, &m->held[i]);
    for (uint8_t i = 0; i < m->held_count && !r->limit; i++) {
        struct decisions *d = &r->out->decisions;
        struct text ids;
        uint32_t more;
        struct want *w;

        if (!wanted[i])
            continue;
        w = digest_of(r, &m->held[i], ev);
        if (!w || w->about.size)
            continue;
        ids = words_of_lines(r, m, wanted, i, &more);
        set_key(&w->why.key, ids, more);
        if (d->words_used + ids.size + MORE_BYTES <= DECISION_WORDS_MAX)
            ids.size += put_more(more, d->words + d->words_used + ids.size,
                                 ids.size > 0);
        d->words_used += ids.size;
        w->about = ids;
    }
}
