/* pages - from "these tiers should hear of it" to one page per person. */
#include "engine/run.h"

struct want *want_add(struct run *r)
{
    if (r->want_count == WANTS_MAX) {
        r->limit = true;
        return NULL;
    }
    if (r->view->mute_count)
        r->want_mutes[r->want_count] = r->event_mutes;
    return &r->wants[r->want_count++];
}

static struct want *find_want(struct run *r, uint8_t role, bool inform,
                              bool judged)
{
    for (size_t i = 0; i < r->want_count; i++)
        if (r->wants[i].role == role && r->wants[i].inform == inform &&
            r->wants[i].judged == judged && !r->wants[i].person.size)
            return &r->wants[i];
    return NULL;
}

/* The first reason leads: a role that is to be paged already stays as it is;
 * NULL then. Of what is late the highest tier leads. */
struct want *want_role(struct run *r, uint8_t role, uint8_t top, bool judged,
                       const struct why *why)
{
    struct want *w;

    if (role == 0)
        role = 1;
    w = find_want(r, role, false, judged);
    if (w && (!judged || w->top >= top))
        return NULL;
    if (!w)
        w = want_add(r);
    if (w)
        *w = (struct want){
            .role = role, .top = top, .judged = judged, .why = *why};
    return w;
}

static bool is_reference(const struct run *r, uint8_t role)
{
    return r->policy->roles[role].person.count > 0;
}

void want_audience(struct run *r, targets page, targets inform, targets except,
                   bool escalates, bool judged, const struct why *why)
{
    uint8_t top = targets_top(r->policy, page);
    uint8_t left_out = except ? audience_except(r, except, why->at_ms) : 0;

    for (uint8_t role = 0; role <= r->policy->role_count; role++) {
        struct want *w;

        if (!(page & TARGET_ROLE(role)))
            continue;
        if (is_reference(r, role)) {
            want_reference(r, role, false, top, judged, escalates, why);
            continue;
        }
        if (!(w = want_role(r, role, top, judged, why)))
            continue;
        w->escalates = escalates && role >= 2;
        w->except = left_out;
    }
    for (uint8_t role = 0; role <= r->policy->role_count; role++) {
        uint8_t to = role ? role : 1;
        struct want *w;

        if (!(inform & TARGET_ROLE(role)))
            continue;
        if (is_reference(r, role)) {
            want_reference(r, role, true, 0, false, false, why);
            continue;
        }
        if (find_want(r, to, true, false) || !(w = want_add(r)))
            continue;
        *w = (struct want){
            .role = to, .inform = true, .except = left_out, .why = *why};
    }
}

void want_targets(struct run *r, targets page, targets inform, bool escalates,
                  bool judged, const struct why *why)
{
    want_audience(r, page, inform, 0, escalates, judged, why);
}

void want_key(struct run *r, uint8_t role, struct text key)
{
    for (size_t i = 0; i < r->want_count; i++)
        if (r->wants[i].role == role && !r->wants[i].inform &&
            !r->wants[i].why.key.size)
            name_set(&r->wants[i].why.key, key);
}

/* The case is resolved or closed: what earlier events of the record wanted
 * somebody called for is for the board. */
void wants_are_moot(struct run *r)
{
    for (size_t i = 0; i < r->want_mark; i++)
        r->wants[i].inform = true;
}

bool is_kept_away(const struct run *r, struct text who)
{
    for (uint8_t i = 0; i < r->c->excluded_count; i++)
        if (name_is(&r->c->excluded[i], who))
            return true;
    return false;
}

bool is_excluded(const struct run *r, const struct name *who)
{
    return is_kept_away(r, name_text(who));
}

static bool is_paged(const struct run *r, const struct name *who)
{
    for (size_t i = 0; i < r->made_count; i++)
        if (!r->made[i].inform && name_equal(&r->made[i].person, who))
            return true;
    return false;
}

/* Of a roster as the directory has it, by what was journaled since. */
static size_t replace_absent(const struct run *r, int64_t at_ms,
                             struct name *who, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct name one;
        bool twice = false;

        if (!answers_for(r, name_text(&who[i]), at_ms, &one))
            continue;
        for (size_t j = 0; j < kept && !twice; j++)
            twice = name_equal(&who[j], &one);
        if (!twice)
            who[kept++] = one;
    }
    return kept;
}

/* Who can be called in a role: nobody as his own supervisor (5), nobody who
 * is kept from the customer. The first role is the owner. */
size_t contacts_of(const struct run *r, uint8_t role, int64_t at_ms,
                   struct name *out)
{
    const struct case_record *c = r->c;
    size_t count, kept = 0;

    if (role <= 1)
        return c->owner.size &&
               answers_for(r, name_text(&c->owner), at_ms, &out[0]) &&
               !is_excluded(r, &out[0]);
    count = directory_on_call(r->directory, name_text(&c->station),
                              name_text(&c->region), role, at_ms, out,
                              CONTACTS_MAX);
    if (r->view->find_stand_in)
        count = replace_absent(r, at_ms, out, count);
    for (size_t i = 0; i < count; i++)
        if (!name_equal(&out[i], &c->owner) && !is_excluded(r, &out[i]))
            out[kept++] = out[i];
    return kept;
}

static bool is_wanted(const struct run *r, uint8_t role)
{
    for (size_t i = 0; i < r->want_count; i++)
        if (r->wants[i].role == role && !r->wants[i].inform)
            return true;
    return false;
}

static uint8_t role_above(const struct run *r, uint8_t role)
{
    uint8_t tier = (uint8_t)(role_rank(r->policy, role) + 1);

    return tier <= r->policy->tier_count ? tier : 0;
}

/* Which of the contacts: the first, the one after those already called, or
 * the one after a certain person. */
static size_t pick(const struct run *r, const struct want *w, uint8_t role,
                   struct name *who, size_t *count)
{
    size_t after = *count;

    for (size_t i = 0; w->other.size && i < *count; i++)
        if (name_is(&who[i], w->other))
            after = i;
    if (after < *count) {
        memmove(&who[after], &who[after + 1],
                (*count - after - 1) * sizeof who[0]);
        --*count;
        return after < *count ? after : 0;
    }
    return w->next && *count ? r->c->called[role] % *count : 0;
}

static bool is_made(const struct run *r, uint8_t role)
{
    for (size_t i = 0; i < r->made_count; i++)
        if (!r->made[i].inform && r->made[i].role == role)
            return true;
    return false;
}

static void keep_unpaged(const struct run *r, struct name *who, size_t *count)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++)
        if (!is_paged(r, &who[i]))
            who[kept++] = who[i];
    *count = kept;
}

static void keep_meant(const struct run *r, const struct want *w,
                       struct name *who, size_t *count)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++)
        if (!is_left_out(r, w->except, &who[i]))
            who[kept++] = who[i];
    *count = kept;
}

static void note_call(struct run *r, uint8_t role, const struct want *w,
                      size_t index, int64_t at_ms)
{
    uint32_t called = r->c->called[role];
    uint32_t now = w->next ? called + 1 : (uint32_t)index + 1;

    if (role <= 1 || now <= called)
        return;
    emit(r, &(struct decision){.kind = DECISION_CALLED,
                               .at_ms = at_ms,
                               .tier = role,
                               .number = now > UINT8_MAX ? 1 : now});
}

static bool is_snoozed(const struct run *r, const struct want *w,
                       const struct name *who)
{
    const struct case_record *c = r->c;

    return w->rung && c->severity > 1 && c->snoozed_until_ms > r->in->now_ms &&
           name_equal(who, &c->snoozed_by);
}

static void make(struct run *r, const struct want *w, uint8_t role,
                 const struct name *who, bool inform)
{
    if (r->made_count == MADE_MAX) {
        r->limit = true;
        return;
    }
    if (is_paged(r, who))
        return;
    r->made[r->made_count++] = (struct made){
        .person = *who, .role = role, .inform = inform, .want = w};
}

/* What a role beside the ladder is called; a tier says it by its number. */
static struct text side_name(const struct run *r, const struct want *w,
                             uint8_t role)
{
    uint8_t named = w && w->reference ? w->reference : role;

    return named > r->policy->tier_count ? r->policy->roles[named].name
                                         : (struct text){NULL, 0};
}

static void nobody(struct run *r, const struct want *w, uint8_t role)
{
    emit(r, &(struct decision){.kind = DECISION_NOBODY,
                               .at_ms = w->why.at_ms,
                               .tier = role,
                               .role = side_name(r, NULL, role),
                               .rule = w->why.rule});
}

/* Finds the person; an empty slot is a visible fact, and the next tier's. */
static void find_person(struct run *r, const struct want *w)
{
    struct name who[CONTACTS_MAX];
    uint8_t role = w->role;

    if (w->person.size && name_set(&who[0], w->person) &&
        !is_excluded(r, &who[0]) &&
        (role < 2 || w->about.size || !name_equal(&who[0], &r->c->owner))) {
        make(r, w, role, &who[0], false);
        return;
    }
    if (w->about.size)
        return; /* his, or nobody's */
    while (role && !is_made(r, role)) {
        size_t count = contacts_of(r, role, r->in->now_ms, who), index;

        if (role > 1)
            keep_unpaged(r, who, &count);
        if (w->except)
            keep_meant(r, w, who, &count);
        index = pick(r, w, role, who, &count);
        if (count) {
            note_call(r, role, w, index, w->why.at_ms);
            make(r, w, role, &who[index], is_snoozed(r, w, &who[index]));
            return;
        }
        nobody(r, w, role);
        role = role_above(r, role);
        if (is_wanted(r, role))
            return;
    }
}

/* After an outage one page, at the tier where the case should be by now; the
 * tiers below see it on their boards. A crisis rings at each of its tiers. */
static void judge(struct run *r)
{
    uint8_t top = 0;

    for (size_t i = 0; i < r->want_count; i++)
        if (r->wants[i].judged && r->wants[i].top > top)
            top = r->wants[i].top;
    for (size_t i = 0; i < r->want_count && r->c->severity > 1; i++)
        if (r->wants[i].judged && r->wants[i].top < top)
            r->wants[i].inform = true;
}

static struct text page_id(struct run *r, char *buffer)
{
    uint32_t size = 0;

    buffer[size++] = 'p';
    size += text_digits(buffer + size, r->in->sequence);
    buffer[size++] = '.';
    size += text_digits(buffer + size, ++r->page_number);
    return (struct text){buffer, size};
}

static void withdraw(struct run *r, uint8_t index, int64_t at_ms)
{
    const struct open_page *p = &r->c->pages[index];

    emit(r, &(struct decision){.kind = DECISION_WITHDRAW,
                               .at_ms = at_ms,
                               .tier = p->tier,
                               .person = name_text(&p->person),
                               .page_id = name_text(&p->id)});
}

/* A person's earlier page of the same tier is answered by the new one. */
static void make_room(struct run *r, const struct made *m)
{
    for (uint8_t i = 0; i < r->c->page_count && !r->limit; i++)
        if (r->c->pages[i].tier == m->role &&
            name_equal(&r->c->pages[i].person, &m->person))
            withdraw(r, i, m->want->why.at_ms);
    if (r->c->page_count == CASE_PAGES_MAX && !r->limit)
        withdraw(r, 0, m->want->why.at_ms);
}

static void tell(struct run *r, const struct made *m)
{
    const struct want *w = m->want;
    const struct person *p =
        directory_person(r->directory, name_text(&m->person));
    const struct clock_instance *ladder =
        ladder_below(r, role_rank(r->policy, m->role));
    struct decision d = {.kind = m->inform ? DECISION_INFORM : DECISION_PAGE,
                         .at_ms = w->why.at_ms,
                         .tier = m->role,
                         .person = name_text(&m->person),
                         .method = p ? p->method : (struct text){NULL, 0},
                         .role = side_name(r, w, m->role),
                         .value = w->about,
                         .rule = w->why.rule,
                         .key = name_text(&w->why.key),
                         .number = r->c->called[m->role],
                         .late_by_ms = w->why.late_by_ms,
                         .from_ms = w->why.from_ms,
                         .span_ms = w->why.span_ms,
                         .open_time = w->why.open_time};
    char buffer[48];

    if (!m->inform) {
        if (w->escalates)
            emit(r, &(struct decision){.kind = DECISION_ESCALATE,
                                       .at_ms = d.at_ms,
                                       .tier = m->role,
                                       .number = m->role,
                                       .previous = w->previous,
                                       .rule = d.rule});
        make_room(r, m);
        d.page_id = page_id(r, buffer);
        if (ladder && ladder->step_count)
            d.due_ms = ladder->steps[0].due_ms;
    }
    emit(r, &d);
}

static void inform(struct run *r, const struct want *w)
{
    struct name who[CONTACTS_MAX];
    size_t count = contacts_of(r, w->role, r->in->now_ms, who);

    if (w->except)
        keep_meant(r, w, who, &count);
    if (w->person.size)
        count = name_set(&who[0], w->person);
    if (!count)
        who[0] = (struct name){0};
    for (size_t i = 0; i < r->made_count; i++)
        if (name_equal(&r->made[i].person, &who[0]))
            return;
    make(r, w, w->role, &who[0], true);
}

/* A ladder waits for an answer to a page; it begins when the page is made, or
 * when a mute lets it go. */
static int64_t page_from(const struct run *r, const struct made *m)
{
    const struct want *w = m->want;

    if (m->held)
        return m->held->until_ms;
    return late_by(r, w->why.at_ms) ? r->in->now_ms : w->why.at_ms;
}

void pages_flush(struct run *r)
{
    judge(r);
    if (r->c->status == CASE_CLOSED && r->in->kind == INPUT_EVENT &&
        r->in->source == SOURCE_IMPORT) {
        r->want_mark = r->want_count;
        wants_are_moot(r); /* a row of a log about a case that is over */
    }
    for (size_t i = 0; i < r->want_count && !r->limit; i++)
        if (!r->wants[i].inform)
            find_person(r, &r->wants[i]);
    for (size_t i = 0; i < r->want_count && !r->limit; i++)
        if (r->wants[i].inform)
            inform(r, &r->wants[i]);
    for (size_t i = 0; i < r->made_count && r->view->mute_count; i++)
        r->made[i].held = mute_holds(r, &r->made[i]);
    for (uint8_t role = ROLES_MAX; role > 0; role--)
        for (size_t i = 0; i < r->made_count && !r->limit; i++)
            if (r->made[i].role == role && !r->made[i].inform &&
                !r->made[i].want->rung)
                ladder_arm(r, role, page_from(r, &r->made[i]));
    for (size_t i = 0; i < r->made_count && !r->limit; i++) {
        if (r->made[i].held)
            mute_hold(r, &r->made[i]);
        else
            tell(r, &r->made[i]);
    }
}

/* Withdraws the pages that nobody need answer any more. */
void pages_prune(struct run *r, int64_t at_ms)
{
    for (int i = r->c->page_count - 1; i >= 0 && !r->limit; i--) {
        uint8_t rank = role_rank(r->policy, r->c->pages[i].tier);
        if (rank && !ladder_below(r, rank))
            withdraw(r, (uint8_t)i, at_ms);
    }
}

void pages_withdraw_all(struct run *r, int64_t at_ms)
{
    while (r->c->page_count && !r->limit)
        withdraw(r, (uint8_t)(r->c->page_count - 1), at_ms);
}

/* Those as whom he helps: no answer is waited for. */
void pages_withdraw_helper(struct run *r, struct text person, int64_t at_ms)
{
    for (int i = r->c->page_count - 1; i >= 0 && !r->limit; i--)
        if (!role_rank(r->policy, r->c->pages[i].tier) &&
            name_is(&r->c->pages[i].person, person))
            withdraw(r, (uint8_t)i, at_ms);
}

/* Who is kept from the customer has nothing to answer any more. */
void pages_withdraw_person(struct run *r, struct text person, int64_t at_ms)
{
    for (int i = r->c->page_count - 1; i >= 0 && !r->limit; i--)
        if (name_is(&r->c->pages[i].person, person))
            withdraw(r, (uint8_t)i, at_ms);
}

void pages_withdraw_owner(struct run *r, struct text person, int64_t at_ms)
{
    for (int i = r->c->page_count - 1; i >= 0 && !r->limit; i--)
        if (r->c->pages[i].tier == 1 && name_is(&r->c->pages[i].person, person))
            withdraw(r, (uint8_t)i, at_ms);
}
