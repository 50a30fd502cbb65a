#include "cli/case_why_full.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/i18n.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/decision.h"
#include "proto/event_json.h"

typedef Yinuo__V1__StreamRecord stream_record;
typedef Yinuo__V1__Decision decision;

static void add(json_t *lines, const char *head, struct bytes *text)
{
    if (text->size)
        json_array_append_new(lines, json_pack("{s:s, s:s}", "head", head,
                                               "text", bytes_text(text)));
    bytes_fini(text);
}

static const char *text(const char *t)
{
    return t ? t : "";
}

/* The clock as it was armed last, up to that record. */
static const Yinuo__V1__CaseClock *armed(const struct rows *rows, size_t at,
                                         const decision *firing)
{
    for (size_t i = at + 1; i-- > 0;) {
        const stream_record *r = rows->list[i];
        for (size_t n = r->n_decisions; n-- > 0;) {
            const decision *d = r->decisions[n];
            if (DECISION_IS(d, ARM) && d->instance && i < at &&
                strcmp(text(d->clock), text(firing->clock)) == 0 &&
                strcmp(text(d->key), text(firing->key)) == 0)
                return d->instance;
        }
    }
    return NULL;
}

static void stretches(json_t *lines, const Yinuo__V1__CaseClock *k,
                      const decision *firing, int64_t now_ms)
{
    struct bytes counted = {0}, not_counted = {0};
    char from[WHEN_SIZE], until[WHEN_SIZE];
    int64_t begin_ms = firing->from_ms;
    int64_t end_ms = firing->due_ms ? firing->due_ms : firing->at_ms;

    for (size_t i = 0; i < k->n_pauses; i++) {
        const Yinuo__V1__Stretch *s = k->pauses[i];
        if (s->until_ms <= firing->from_ms || s->from_ms >= end_ms)
            continue;
        when_clock(now_ms, s->from_ms, from);
        when_clock(now_ms, s->until_ms, until);
        bytes_append_format(&not_counted, "%s%s – %s",
                            not_counted.size ? ", " : "", from, until);
        if (s->from_ms > begin_ms) {
            when_clock(now_ms, begin_ms, until);
            bytes_append_format(&counted, "%s%s – %s", counted.size ? ", " : "",
                                until, from);
        }
        begin_ms = s->until_ms;
    }
    if (begin_ms && begin_ms < end_ms) {
        when_clock(now_ms, begin_ms, from);
        when_clock(now_ms, end_ms, until);
        bytes_append_format(&counted, "%s%s – %s", counted.size ? ", " : "",
                            from, until);
    }
    add(lines, _("counted"), &counted);
    add(lines, _("not counted"), &not_counted);
}

static void inputs(json_t *lines, const stream_record *r)
{
    struct bytes out = {0};
    const char *key;
    json_t *event, *value;

    if (!r->event)
        return;
    event = event_to_json(r->event, when_zone());
    json_object_foreach(event, key, value)
    {
        char *one = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        bytes_append_format(&out, "%s%s %s", out.size ? ", " : "",
                            field_word(key), one ? one : "");
        free(one);
    }
    json_decref(event);
    add(lines, _("inputs"), &out);
}

static bool decided_by(const stream_record *r, struct text id)
{
    for (size_t i = 0; i < r->n_decisions; i++)
        if (r->decisions[i]->rule &&
            text_equal(text_of(r->decisions[i]->rule), id))
            return true;
    return false;
}

static void not_taken(json_t *lines, const stream_record *r,
                      const struct policy *policy)
{
    struct bytes out = {0};
    uint16_t kind;

    if (!policy || !r->event || !r->event->kind)
        return;
    kind = policy_kind(policy, text_of(r->event->kind));
    for (size_t i = 0;
         kind < policy->kind_count && i < policy->kinds[kind].rule_count; i++) {
        struct text id = policy->kinds[kind].rules[i].id;
        bool again = false;

        for (size_t n = 0; n < i; n++)
            again |= text_equal(policy->kinds[kind].rules[n].id, id);
        if (id.size && !again && !decided_by(r, id))
            bytes_append_format(&out, "%s%.*s", out.size ? ", " : "",
                                (int)id.size, id.data);
    }
    add(lines, _("not taken"), &out);
}

json_t *case_why_full(const struct rows *rows, size_t at,
                      const decision *firing, const struct policy *policy)
{
    const stream_record *r = rows->list[at];
    const Yinuo__V1__CaseClock *k = armed(rows, at, firing);
    json_t *lines = json_array();

    inputs(lines, r);
    if (k && firing->from_ms)
        stretches(lines, k, firing, rows->now_ms);
    not_taken(lines, r, policy);
    return lines;
}
