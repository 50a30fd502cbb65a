/* mutes_match - what a mute matches: of an event, of its case, of a page. */
#include "engine/run.h"

static bool number_is(uint64_t n, struct text wanted)
{
    char digits[TEXT_DIGITS_MAX];
    uint32_t size = text_digits(digits, n);

    return text_equal((struct text){digits, size}, wanted);
}

static bool value_is(const struct value *v, struct text wanted)
{
    switch (v->kind) {
    case VALUE_TEXT:
        return text_equal(v->text, wanted);
    case VALUE_NUMBER:
        return v->thousandths % 1000 == 0 && v->thousandths >= 0 &&
               number_is((uint64_t)v->thousandths / 1000, wanted);
    case VALUE_FLAG:
        return text_equal(v->flag ? TEXT("true") : TEXT("false"), wanted);
    case VALUE_LIST:
        for (uint32_t i = 0; i < v->list.count; i++)
            if (text_equal(v->list.items[i], wanted))
                return true;
        return false;
    default:
        return false;
    }
}

/* Fields of a page: known when its person is. */
static bool is_of_page(struct text field)
{
    return text_equal(field, TEXT("rule")) ||
           text_equal(field, TEXT("clock")) ||
           text_equal(field, TEXT("tier")) ||
           text_equal(field, TEXT("person")) ||
           text_equal(field, TEXT("role")) ||
           text_equal(field, TEXT("severity"));
}

/* Fields of a case, as its row calls them. */
/* clang-format off */
#define CASE_WORDS(X)                                                          \
    X("case_id",      name_text(&c->id))                                       \
    X("station",      name_text(&c->station))                                  \
    X("region",       name_text(&c->region))                                   \
    X("product_line", name_text(&c->product_line))                             \
    X("customer_id",  name_text(&c->customer))                                 \
    X("asset_id",     name_text(&c->asset))                                    \
    X("owner",        name_text(&c->owner))                                    \
    X("state",        text_of(case_status_name(c->status)))
/* clang-format on */

static bool of_case(const struct run *r, struct text field, struct text *value)
{
    const struct case_record *c = r->c;

#define X(word, its)                                                           \
    if (text_equal(field, TEXT(word))) {                                       \
        *value = its;                                                          \
        return true;                                                           \
    }
    CASE_WORDS(X)
#undef X
    return false;
}

static bool event_matches(const struct run *r, const struct event *ev,
                          const struct mute_match *m)
{
    struct text field = name_text(&m->field), value;
    const struct value *v;

    if (is_of_page(field) || of_case(r, field, &value))
        return true; /* asked when the page is made */
    if (text_equal(field, TEXT("kind")))
        return name_is(&m->value, r->policy->kinds[ev->kind].name);
    if (text_equal(field, TEXT("reporter")))
        return name_is(&m->value, ev->reporter);
    v = event_field(ev, field);
    return v && value_is(v, name_text(&m->value));
}

uint64_t mutes_of_event(const struct run *r, const struct event *ev)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < r->view->mute_count; i++) {
        const struct mute *m = &r->view->mutes[i];
        uint8_t k = 0;

        while (k < m->match_count && event_matches(r, ev, &m->matches[k]))
            k++;
        if (k == m->match_count)
            mask |= UINT64_C(1) << i;
    }
    return mask;
}

bool mute_matches_page(const struct run *r, const struct made *made,
                       const struct mute_match *m, bool event_is_fine)
{
    const struct why *why = &made->want->why;
    struct text field = name_text(&m->field), wanted = name_text(&m->value);
    struct text value = {NULL, 0};

    if (text_equal(field, TEXT("rule")))
        value = why->rule;
    else if (text_equal(field, TEXT("clock")) && why->clock)
        value = r->policy->clocks[why->clock - 1].name;
    else if (text_equal(field, TEXT("tier")) || text_equal(field, TEXT("role")))
        value = r->policy->roles[made->role ? made->role : 1].name;
    else if (text_equal(field, TEXT("person")))
        value = name_text(&made->person);
    else if (text_equal(field, TEXT("severity")))
        return number_is((uint64_t)r->c->severity, wanted) ||
               (wanted.size == 2 && wanted.data[0] == 'S' &&
                wanted.data[1] - '0' == r->c->severity);
    else if (!of_case(r, field, &value))
        return event_is_fine;
    return text_equal(value, wanted);
}
