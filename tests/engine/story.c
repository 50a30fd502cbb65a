#include "story.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <setjmp.h>

#include <cmocka.h>

/* --- the world as the engine sees it ------------------------------------ */

static bool find_case(void *context, struct text id, struct case_record *out)
{
    const struct story *s = context;

    if (s->c.status == CASE_NONE || !name_is(&s->c.id, id))
        return false;
    *out = s->c;
    return true;
}

static const struct policy *the_policy(void *context, struct text unused)
{
    const struct story *s = context;

    (void)unused;
    return s->policy;
}

static bool same_steps(const struct clock_instance *a,
                       const struct clock_instance *b)
{
    for (uint8_t i = 0; i < a->step_count; i++)
        if (a->steps[i].due_ms != b->steps[i].due_ms ||
            a->steps[i].from_ms != b->steps[i].from_ms ||
            a->steps[i].page != b->steps[i].page ||
            a->steps[i].severity != b->steps[i].severity ||
            a->steps[i].step != b->steps[i].step ||
            a->steps[i].tier != b->steps[i].tier)
            return false;
    return true;
}

static bool same_instance(const struct clock_instance *a,
                          const struct clock_instance *b)
{
    return a->clock == b->clock && name_equal(&a->key, &b->key) &&
           a->generation == b->generation && a->armed_at_ms == b->armed_at_ms &&
           a->due_ms == b->due_ms && a->paused_at_ms == b->paused_at_ms &&
           a->severity == b->severity && a->step_count == b->step_count &&
           same_steps(a, b);
}

static bool same_promise(const struct promise *a, const struct promise *b)
{
    return name_equal(&a->id, &b->id) && a->due_ms == b->due_ms &&
           a->made_at_ms == b->made_at_ms && a->dated == b->dated &&
           a->accepted == b->accepted && a->state == b->state;
}

static bool same_item(const struct item *a, const struct item *b)
{
    return name_equal(&a->key, &b->key) && name_equal(&a->owner, &b->owner) &&
           name_equal(&a->by, &b->by) && a->list == b->list &&
           a->state == b->state && a->tier == b->tier &&
           a->number == b->number && a->at_ms == b->at_ms &&
           a->due_ms == b->due_ms && a->ended_at_ms == b->ended_at_ms;
}

static bool same_lists(const struct case_record *a, const struct case_record *b)
{
    if (a->clock_count != b->clock_count ||
        a->promise_count != b->promise_count ||
        a->page_count != b->page_count ||
        a->excluded_count != b->excluded_count ||
        a->item_count != b->item_count)
        return false;
    for (uint8_t i = 0; i < a->item_count; i++)
        if (!same_item(&a->items[i], &b->items[i]))
            return false;
    for (uint8_t i = 0; i < a->clock_count; i++)
        if (!same_instance(&a->clocks[i], &b->clocks[i]))
            return false;
    for (uint8_t i = 0; i < a->promise_count; i++)
        if (!same_promise(&a->promises[i], &b->promises[i]))
            return false;
    for (uint8_t i = 0; i < a->page_count; i++)
        if (!name_equal(&a->pages[i].id, &b->pages[i].id) ||
            !name_equal(&a->pages[i].person, &b->pages[i].person) ||
            a->pages[i].tier != b->pages[i].tier ||
            a->pages[i].at_ms != b->pages[i].at_ms)
            return false;
    if (a->group_count != b->group_count ||
        memcmp(a->groups, b->groups, a->group_count * sizeof a->groups[0]) != 0)
        return false;
    return memcmp(a->excluded, b->excluded,
                  a->excluded_count * sizeof a->excluded[0]) == 0;
}

bool same_case(const struct case_record *a, const struct case_record *b)
{
#define SAME(member) (memcmp(&a->member, &b->member, sizeof a->member) == 0)
    return SAME(id) && SAME(station) && SAME(region) && SAME(product_line) &&
           SAME(customer) && SAME(asset) && SAME(rules) && SAME(owner) &&
           SAME(offered_to) && SAME(parent) && SAME(gathered_by) &&
           SAME(merged_into) && SAME(snoozed_by) && SAME(status) &&
           SAME(severity) && SAME(severity_before) && SAME(opened_at_ms) &&
           SAME(raised_at_ms) && SAME(last_contact_at_ms) &&
           SAME(resolved_at_ms) && SAME(closed_at_ms) && SAME(updated_at_ms) &&
           SAME(waiting_until_ms) && SAME(snoozed_until_ms) &&
           SAME(owner_frozen) && SAME(locks) && SAME(acknowledged_tiers) &&
           SAME(acknowledged_by) && SAME(acknowledged_at_ms) && SAME(called) &&
           SAME(unreachable) && SAME(next_generation) &&
           SAME(opened_sequence) && SAME(last_sequence) && SAME(counters) &&
           same_lists(a, b);
#undef SAME
}

/* --- the trace -------------------------------------------------------------
 */

static void say(struct story *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct story *s, const char *format, ...)
{
    size_t used = strlen(s->text);
    va_list args;

    va_start(args, format);
    vsnprintf(s->text + used, sizeof s->text - used, format, args);
    va_end(args);
}

static void say_time(struct story *s, int64_t at_ms)
{
    time_t seconds = (time_t)(at_ms / 1000);
    int64_t day = (at_ms - DAY_ZERO) / 86400000;
    char text[32];
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%a %H:%M", &tm);
    if (day >= 7)
        say(s, "+%" PRId64 " ", day);
    say(s, "%s ", text);
    if (at_ms % 60000)
        say(s, "(+%" PRId64 " ms) ", at_ms % 60000);
}

#define P(t) (int)(t).size, (t).data ? (t).data : ""

static const char *role_name(const struct story *s, uint8_t role)
{
    return role <= s->policy->role_count ? s->policy->roles[role].name.data
                                         : "?";
}

static void tell_page(struct story *s, const struct decision *d)
{
    say_time(s, d->at_ms);
    say(s, "%s %s %.*s %.*s", decision_kind_name(d->kind),
        role_name(s, d->tier), P(d->person), P(d->rule));
    if (d->late_by_ms)
        say(s, " late by %" PRId64 " min", d->late_by_ms / 60000);
    say(s, "\n");
}

static void tell(struct story *s, const struct decision *d)
{
    switch (d->kind) {
    case DECISION_PAGE:
        if (s->show & SHOW_PAGES)
            tell_page(s, d);
        break;
    case DECISION_INFORM:
        if (s->show & SHOW_INFORMS)
            tell_page(s, d);
        break;
    case DECISION_FIRE:
        if (!(s->show & SHOW_FIRES))
            break;
        say_time(s, d->at_ms);
        say(s, "fire %.*s %.*s\n", P(d->clock), P(d->rule));
        break;
    case DECISION_SEVERITY:
        if (!(s->show & SHOW_SEVERITY))
            break;
        say_time(s, d->at_ms);
        say(s, "severity S%" PRId64 "\n", d->number);
        break;
    case DECISION_ASSIGN:
        if (!(s->show & SHOW_OWNER))
            break;
        say_time(s, d->at_ms);
        say(s, "owner %.*s\n", P(d->person));
        break;
    case DECISION_PROMISE:
        if (!(s->show & SHOW_PROMISES))
            break;
        say_time(s, d->at_ms);
        say(s, "promise %.*s %s\n", P(d->key),
            promise_state_name((enum promise_state)d->number));
        break;
    case DECISION_WITHDRAW:
        if (!(s->show & SHOW_WITHDRAWALS))
            break;
        say_time(s, d->at_ms);
        say(s, "withdraw %s %.*s\n", role_name(s, d->tier), P(d->person));
        break;
    case DECISION_REFUSE:
    case DECISION_NOBODY:
        say_time(s, d->at_ms);
        if (d->kind == DECISION_NOBODY)
            say(s, "nobody %s\n", role_name(s, d->tier));
        else
            say(s, "refuse %.*s %.*s\n", P(d->value), P(d->rule));
        break;
    default:
        break;
    }
}

void reads(const struct story *s, const char *expected)
{
    if (strcmp(s->text, expected) == 0)
        return;
    fprintf(stderr, "--- expected\n%s--- actual\n%s", expected, s->text);
    fail();
}

void tells(const struct story *s, const char *line)
{
    if (strstr(s->text, line))
        return;
    fprintf(stderr, "--- missing: %s\n--- in\n%s", line, s->text);
    fail();
}

void tells_not(const struct story *s, const char *line)
{
    if (!strstr(s->text, line))
        return;
    fprintf(stderr, "--- must not: %s\n--- in\n%s", line, s->text);
    fail();
}

void story_forget(struct story *s)
{
    s->text[0] = '\0';
}

/* --- time ------------------------------------------------------------------
 */

static void promise_answer(struct story *s, const struct decision *d)
{
    size_t n = s->answer_count;

    if (!s->answer_after_ms || n == STORY_ANSWERS_MAX)
        return;
    s->answers[n].at_ms = s->now_ms + s->answer_after_ms;
    name_set(&s->answers[n].person, d->person);
    s->answer_count++;
}

/* What was decided, again, on the case as it was before: recovery. */
static void check_apply(const struct story *s, const struct case_record *before)
{
    static struct case_record again;

    again = *before;
    for (size_t i = 0; i < s->out->decisions.count; i++)
        case_apply(&again, &s->out->decisions.list[i]);
    case_stamp(&again, s->sequence);
    if (!same_case(&again, &s->out->scratch)) {
        fprintf(stderr, "apply and scratch differ after\n%s", s->text);
        fail();
    }
}

void story_decide(struct story *s, struct input *in)
{
    static struct case_record before;
    const struct view view = {.context = s,
                              .find_case = find_case,
                              .policy_for = the_policy,
                              .policy_version = the_policy,
                              .directory = s->directory};

    in->sequence = ++s->sequence;
    in->case_id = TEXT("CASE");
    in->station = text_of(s->station);
    in->region = text_of(s->region);
    in->received_at_ms = in->now_ms;
    s->now_ms = in->now_ms;
    s->result = engine_decide(&view, in, s->out);
    for (size_t i = 0; i < s->out->decisions.count; i++) {
        const struct decision *d = &s->out->decisions.list[i];
        tell(s, d);
        if (d->kind == DECISION_PAGE && s->out->touched)
            promise_answer(s, d);
    }
    if (!s->out->touched)
        return;
    before = s->c;
    check_apply(s, &before);
    s->c = s->out->scratch;
}

static void send(struct story *s, int64_t at_ms, int64_t now_ms,
                 const char *kind, const struct field *fields, size_t count)
{
    struct input in = {.kind = INPUT_EVENT,
                       .now_ms = now_ms,
                       .at_ms = at_ms,
                       .source = SOURCE_STATION,
                       .event = policy_kind(s->policy, text_of(kind)),
                       .fields = fields + 1,
                       .field_count = count - 1};

    for (size_t i = 1; i < count; i++) {
        struct text value = fields[i].value.text;
        if (text_equal(fields[i].name, TEXT("reporter")))
            in.reporter = value;
        if (text_equal(fields[i].name, TEXT("source")) &&
            text_equal(value, TEXT("import")))
            in.source = SOURCE_IMPORT;
        if (text_equal(fields[i].name, TEXT("source")) &&
            text_equal(value, TEXT("system")))
            in.source = SOURCE_SYSTEM;
    }
    story_decide(s, &in);
}

void story_fire(struct story *s, int64_t now_ms)
{
    struct input in = {.kind = INPUT_FIRING,
                       .now_ms = now_ms,
                       .at_ms = now_ms,
                       .as_of_ms = now_ms};

    story_decide(s, &in);
}

static size_t first_answer(const struct story *s)
{
    size_t first = 0;

    for (size_t i = 1; i < s->answer_count; i++)
        if (s->answers[i].at_ms < s->answers[first].at_ms)
            first = i;
    return first;
}

static void give_answer(struct story *s, size_t i)
{
    struct name who = s->answers[i].person;
    int64_t at_ms = s->answers[i].at_ms;
    struct input in = {.kind = INPUT_EVENT,
                       .now_ms = at_ms,
                       .at_ms = at_ms,
                       .source = SOURCE_STATION,
                       .event = policy_kind(s->policy, TEXT("notify.ack")),
                       .reporter = name_text(&who)};

    s->answers[i] = s->answers[--s->answer_count];
    for (uint8_t p = 0; p < s->c.page_count; p++)
        if (name_equal(&s->c.pages[p].person, &who)) {
            story_decide(s, &in);
            return;
        }
}

/* Timers and answers before at_ms; at that instant events go first. */
static void run_before(struct story *s, int64_t at_ms, bool timers_too)
{
    for (;;) {
        int64_t due = s->hold_timers ? INT64_MAX : case_next_due(&s->c);
        size_t i = first_answer(s);
        int64_t answer = s->answer_count ? s->answers[i].at_ms : INT64_MAX;

        if (answer <= due && answer <= at_ms)
            give_answer(s, i);
        else if (due < at_ms || (timers_too && due == at_ms))
            story_fire(s, due > s->now_ms ? due : s->now_ms);
        else
            return;
    }
}

void story_until(struct story *s, int64_t at_ms)
{
    run_before(s, at_ms, true);
    s->now_ms = at_ms;
}

void story_event(struct story *s, int64_t at_ms, const char *kind,
                 const struct field *fields, size_t count)
{
    run_before(s, at_ms, false);
    send(s, at_ms, at_ms, kind, fields, count);
}

void story_late_event(struct story *s, int64_t at_ms, int64_t now_ms,
                      const char *kind, const struct field *fields,
                      size_t count)
{
    run_before(s, now_ms, false);
    send(s, at_ms, now_ms, kind, fields, count);
}

void story_begin(struct story *s, const char *station)
{
    memset(s, 0, offsetof(struct story, text));
    s->text[0] = '\0';
    s->policy = &service;
    s->directory = &people;
    s->station = station;
    s->region = "R";
    s->show = SHOW_PAGES;
    s->out = malloc(sizeof *s->out);
    if (!s->out)
        fail();
    case_init(&s->c);
}

void story_end(struct story *s)
{
    free(s->out);
}
