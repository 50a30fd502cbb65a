#include "workers/router/next_call.h"

enum { CONTACTS_MAX = 16 };

static bool may_be_called(const struct case_record *c, const struct name *who)
{
    for (size_t i = 0; i < c->excluded_count; i++)
        if (name_equal(&c->excluded[i], who))
            return false;
    return !name_equal(&c->owner, who);
}

/* After those of the tier who were called, never the owner as his own
 * supervisor. */
static char *contact(struct router *r, const struct case_record *c,
                     uint8_t tier, int64_t at_ms)
{
    const struct directory *d = world_directory(r->world);
    struct name who[CONTACTS_MAX];
    struct text found = name_text(&c->owner);
    size_t kept = 0, count = 0;

    if (tier > 1)
        count =
            directory_on_call(d, name_text(&c->station), name_text(&c->region),
                              tier, at_ms, who, CONTACTS_MAX);
    for (size_t i = 0; i < count; i++)
        if (may_be_called(c, &who[i]))
            who[kept++] = who[i];
    if (tier > 1 && !kept)
        return NULL;
    if (tier > 1)
        found = name_text(&who[c->called[tier] % kept]);
    return found.size
               ? arena_text_of(&r->parse, slice_of(found.data, found.size))
               : NULL;
}

bool next_call(struct router *r, const struct case_record *c, uint8_t tier,
               struct next_call *next)
{
    const struct policy *rules = world_policy_of(r->world, c);
    const struct clock_instance *ladder = NULL;
    uint8_t lowest = UINT8_MAX;

    for (size_t i = 0; rules && i < c->clock_count; i++) {
        const struct clock_instance *one = &c->clocks[i];
        uint8_t root = policy_role(rules, name_text(&one->key));
        if (one->clock != rules->ack_clock || !one->step_count || root < tier ||
            root >= lowest)
            continue;
        lowest = root;
        ladder = one;
    }
    if (!ladder)
        return false;
    next->at_ms = ladder->steps[0].due_ms;
    next->tier = ladder->steps[0].tier;
    next->person = contact(r, c, next->tier, next->at_ms);
    return true;
}
