#include "cli/telling.h"

#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "cli/retell.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/decision.h"
#include "proto/event.h"
#include "proto/wire.h"

typedef Yinuo__V1__Decision decision;

/* The fields that a line of story has room for. */
static const char *const telling[] = {
    "promise_id", "due",    "level",   "to",        "tier",    "reason",
    "channel",    "outlet", "result",  "satisfied", "minutes", "for",
    "contained",  "amount", "purpose", "field",     "value",   "why"};

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static void put_value(struct bytes *out, const struct event_value *value,
                      int64_t now_ms)
{
    char clock[WHEN_SIZE];

    switch (value->type) {
    case EVENT_TEXT:
    case EVENT_JSON:
        bytes_append_text(out, value->text);
        break;
    case EVENT_NUMBER:
        bytes_append_format(out, "%lld", (long long)value->number);
        break;
    case EVENT_REAL:
        bytes_append_format(out, "%g", value->real);
        break;
    case EVENT_FLAG:
        bytes_append_text(out, value->number ? _("yes") : _("no"));
        break;
    case EVENT_TIME:
        when_clock(now_ms, value->number, clock);
        bytes_append_text(out, clock);
        break;
    case EVENT_LIST:
        for (size_t i = 0; i < value->count; i++)
            bytes_append_format(out, "%s%s", i ? ", " : "", value->list[i]);
        break;
    case EVENT_NULL:
        bytes_append_text(out, _("none"));
        break;
    }
}

/* Field names that need not be said beside their value. */
static bool is_plain(const char *name)
{
    return strcmp(name, "promise_id") == 0 || strcmp(name, "outlet") == 0;
}

static void head_of_event(const Yinuo__V1__StreamRecord *r, struct bytes *out)
{
    const Yinuo__V1__Event *event = r->event;
    struct event_value value;
    unsigned count = 0;

    bytes_append_text(out, kind_word(event->kind));
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++) {
        if (!event_get(event, telling[i], &value))
            continue;
        bytes_append_text(out, count++ ? ", " : " (");
        if (!is_plain(telling[i]))
            bytes_append_format(out, "%s ", field_word(telling[i]));
        put_value(out, &value, r->at_ms);
    }
    if (event->reporter && *event->reporter) {
        bytes_append_text(out, count++ ? ", " : " (");
        bytes_append_format(out, _("by %s"), event->reporter);
    }
    bytes_append_text(out, count ? ")" : "");
    if (event->note && *event->note)
        bytes_append_format(out, " “%s”", event->note);
}

static void head_of_firing(const Yinuo__V1__StreamRecord *r, struct bytes *out)
{
    unsigned count = 0;

    bytes_append_text(out, _("due:"));
    for (size_t i = 0; i < r->n_decisions; i++) {
        const decision *d = r->decisions[i];
        if (!DECISION_IS(d, FIRE))
            continue;
        bytes_append_format(out, "%s %s", count++ ? "," : "",
                            clock_word(d->clock));
        if (d->key && *d->key)
            bytes_append_format(out, " %s", key_word(d->key));
    }
    if (!count)
        bytes_append_text(out, _(" nothing any more"));
}

static void head_of_receipt(const Yinuo__V1__Receipt *receipt,
                            struct bytes *out)
{
    const char *format =
        receipt->outcome == YINUO__V1__OUTCOME__OUTCOME_FAILED
            ? _("page %s could not be delivered by %s")
        : receipt->outcome == YINUO__V1__OUTCOME__OUTCOME_WITHDRAWN
            ? _("page %s was taken back (%s)")
            : _("page %s was delivered by %s");

    bytes_append_format(out, format, text_of(receipt->page_id),
                        text_of(receipt->channel));
    if (receipt->error && *receipt->error)
        bytes_append_format(out, ": %s", receipt->error);
}

/* A command that waited in an outbox arrives as an event that says so. */
static bool is_late(const Yinuo__V1__Event *event)
{
    struct event_value value;

    return event && event_get(event, "late", &value) &&
           value.type == EVENT_FLAG && value.number;
}

void telling_head(const Yinuo__V1__StreamRecord *r, struct bytes *out)
{
    if (r->event)
        head_of_event(r, out);
    else if (r->firing)
        head_of_firing(r, out);
    else if (r->receipt)
        head_of_receipt(r->receipt, out);
    else if (r->policy)
        bytes_append_format(out, _("policy %s is in force"),
                            text_of(r->policy->version_hash));
    else if (r->directory)
        bytes_append_format(out, _("directory %s is in force"),
                            text_of(r->directory->version_hash));
    else if (r->clock)
        bytes_append_text(out, _("the drill clock was moved"));
    else if (r->quarantined)
        bytes_append_format(out, _("set aside: %s %s"),
                            text_of(r->quarantined->what),
                            text_of(r->quarantined->id));
    else if (r->system)
        bytes_append_format(out, "%s %s", text_of(r->system->name),
                            text_of(r->system->text));
    if (r->refused)
        bytes_append_format(out, _(", refused: %s"),
                            r->refused->text && *r->refused->text
                                ? RETOLD(r->refused->text)
                                : _(refusal_sentence(r->refused->code)));
    if (r->late || is_late(r->event))
        bytes_append_format(out, " (%s)", _("sent late"));
}

static void separate(struct bytes *out)
{
    if (out->size)
        bytes_append_text(out, " · ");
}

/* All decisions of one kind in one piece: "pages E1 (engineer), li.wei (...)".
 */
static void put_people(const Yinuo__V1__StreamRecord *r, unsigned kind,
                       const char *word, struct bytes *out)
{
    unsigned count = 0;

    for (size_t i = 0; i < r->n_decisions; i++) {
        const decision *d = r->decisions[i];
        if (d->kind != kind)
            continue;
        if (!count)
            separate(out);
        bytes_append_format(out, "%s%s (%s)", count ? ", " : word,
                            text_of(d->person), tier_word((int)d->tier));
        count++;
    }
}

static const char *promise_state(const decision *d)
{
    return d->promise && d->promise->state ? d->promise->state : "";
}

/* Who is on duty, for whom, until when; it ends where none is there. */
static void put_override(const decision *d, int64_t now_ms, struct bytes *out)
{
    const Yinuo__V1__DutyOverride *o = d->duty;
    char from[WHEN_SIZE], until[WHEN_SIZE];

    if (!o) {
        bytes_append_format(out, _("override %s ends"), text_of(d->key));
        return;
    }
    when_clock(now_ms, o->from_ms, from);
    when_clock(now_ms, o->until_ms, until);
    bytes_append_format(out, _("%s is %s from %s until %s"), text_of(o->person),
                        tier_word((int)o->tier), from, until);
    if (o->instead_of && *o->instead_of)
        bytes_append_format(
            out, o->swap ? _(", in exchange with %s") : _(", instead of %s"),
            o->instead_of);
}

/* A clock that the case's new rules have not. */
static void put_gone(const decision *d, struct bytes *out)
{
    const char *key = text_of(d->key);

    bytes_append_format(out, _("%s%s%s ends: the new rules do not have it"),
                        clock_word(d->clock), *key ? " " : "",
                        *key ? key_word(key) : "");
}

/* clang-format off */
/*    decision     said if             what; clock: until when */
#define SENTENCES(X)                                                                                                   \
    X(OPEN,        true,               "%s", _("opened"))                                                              \
    X(SEVERITY,    true,               "%s", severity_word((int)d->number))                                            \
    X(ASSIGN,      true,               _("owner is %s"), text_of(d->person))                                           \
    X(ACKNOWLEDGE, true,               _("acknowledged for %s"), tier_word((int)d->tier))                              \
    X(PROMISE,     true,               _("promise %s: %s"), text_of(d->key), promise_word(promise_state(d)))           \
    X(LOCK,        true,               _("lock %s set"), text_of(d->text))                                             \
    X(UNLOCK,      true,               _("lock %s released"), text_of(d->text))                                        \
    X(RESOLVE,     true,               "%s", _("resolved"))                                                            \
    X(CLOSE,       true,               "%s", _("closed"))                                                              \
    X(REOPEN,      true,               "%s", _("open again"))                                                          \
    X(RESUME,      true,               "%s", _("goes on"))                                                             \
    X(WAIT,        true,               _("waits %s%s"), *clock ? _("until ") : "", clock)                              \
    X(REFUSE,      *text_of(d->rule),  _("rule %s"), d->rule)                                                          \
    X(FAILED,      true,               _("%s was not reached by %s"), text_of(d->person), text_of(d->method))          \
    X(EMIT,        true,               "%s", kind_word(d->text))                                                       \
    X(NOBODY,      true,               _("nobody is on duty as %s"), tier_word((int)d->tier))                          \
    X(HELD,        true,               _("%s is not paged until %s (%s)"), text_of(d->person), clock, text_of(d->key)) \
    X(MUTE,        d->due_ms,          _("holds pages of S3 and S4 until %s"), clock)                                  \
    X(ROUTE,       true,               "%s", _("nobody can place it"))                                                 \
    X(REBASE,      true,               _("rules %s instead of %s"), text_of(d->text), text_of(d->key))                 \
    X(EXCLUDE,     true,               _("%s is kept from the customer"), text_of(d->person))
/* clang-format on */

static void put_one(const decision *d, int64_t now_ms, struct bytes *out)
{
    struct bytes piece = {0};
    char clock[WHEN_SIZE];

    when_clock(now_ms, d->due_ms, clock);
#define X(name, said_if, ...)                                                  \
    if (DECISION_IS(d, name) && (said_if))                                     \
        bytes_append_format(&piece, __VA_ARGS__);
    SENTENCES(X)
#undef X
    if (DECISION_IS(d, OVERRIDE))
        put_override(d, now_ms, &piece);
    if (DECISION_IS(d, CANCEL) && *text_of(d->text))
        put_gone(d, &piece);
    if (piece.size) {
        separate(out);
        bytes_append(out, bytes_slice(&piece));
    }
    bytes_fini(&piece);
}

void telling_effects(const Yinuo__V1__StreamRecord *r, int64_t now_ms,
                     struct bytes *out)
{
    int64_t late_ms = 0;
    char span[WHEN_SIZE];

    for (size_t i = 0; i < r->n_decisions; i++) {
        put_one(r->decisions[i], now_ms, out);
        if (r->decisions[i]->late_by_ms > late_ms)
            late_ms = r->decisions[i]->late_by_ms;
    }
    put_people(r, YINUO__V1__DECISION_KIND__DECISION_KIND_PAGE, _("pages "),
               out);
    put_people(r, YINUO__V1__DECISION_KIND__DECISION_KIND_INFORM, _("informs "),
               out);
    if (late_ms >= 60000) {
        when_span(late_ms, span);
        separate(out);
        bytes_append_format(out, _("late by %s"), span);
    }
}

const char *telling_case(const Yinuo__V1__StreamRecord *r)
{
    for (size_t i = 0; i < r->n_decisions; i++)
        if (r->decisions[i]->case_id && *r->decisions[i]->case_id)
            return r->decisions[i]->case_id;
    if (r->event && r->event->case_id)
        return r->event->case_id;
    if (r->firing && r->firing->case_id)
        return r->firing->case_id;
    if (r->receipt && r->receipt->case_id)
        return r->receipt->case_id;
    return "";
}

int telling_severity(const Yinuo__V1__StreamRecord *r)
{
    int severity = 0;

    for (size_t i = 0; i < r->n_decisions; i++)
        if (r->decisions[i]->severity)
            severity = (int)r->decisions[i]->severity;
    return severity;
}
