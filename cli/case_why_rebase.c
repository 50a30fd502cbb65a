#include "cli/case_why_rebase.h"

#include <string.h>

#include "cli/telling.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/decision.h"
#include "proto/event.h"
#include "proto/message_json.h"

typedef Yinuo__V1__Decision decision;

const decision *why_rebase_of(const Yinuo__V1__StreamRecord *r)
{
    for (size_t i = 0; i < r->n_decisions; i++)
        if (DECISION_IS(r->decisions[i], REBASE))
            return r->decisions[i];
    return NULL;
}

const char *why_rules_at(const struct rows *rows, size_t i, const char *now)
{
    while (++i < rows->count) {
        const decision *d = why_rebase_of(rows->list[i]);
        if (d)
            return d->key ? d->key : "";
    }
    return now ? now : "";
}

static const char *reason_of(const Yinuo__V1__StreamRecord *r)
{
    struct event_value v;

    return r->event && event_get(r->event, "why", &v) && v.type == EVENT_TEXT
               ? v.text
               : "";
}

static void line(const struct out *o, const char *head, const char *text)
{
    if (!*text)
        return;
    out_printf(o, "  ");
    out_cell(o, OUT_FAINT, head, 12, false);
    out_wrap(o, 14, true, text);
}

/* "plan: due 03-05 09:00; sampling ends: the new rules do not have it" */
static void clocks_of(const Yinuo__V1__StreamRecord *r, int64_t now_ms,
                      struct bytes *out)
{
    char clock[WHEN_SIZE];

    for (size_t i = 0; i < r->n_decisions; i++) {
        const decision *d = r->decisions[i];
        const char *key = d->key && *d->key ? key_word(d->key) : "";

        if (!DECISION_IS(d, ARM) && !DECISION_IS(d, CANCEL))
            continue;
        bytes_append_format(out, "%s%s%s%s", out->size ? "; " : "",
                            clock_word(d->clock), *key ? " " : "", key);
        when_clock(now_ms, d->due_ms, clock);
        if (DECISION_IS(d, CANCEL))
            bytes_append_text(out, _(" ends: the new rules do not have it"));
        else if (d->due_ms)
            bytes_append_format(out, _(" is due %s"), clock);
        else
            bytes_append_text(out, _(" has no step left"));
    }
}

void why_rebase_print(const struct out *o, const Yinuo__V1__StreamRecord *r,
                      const decision *d, int64_t now_ms)
{
    struct bytes text = {0};
    char when[WHEN_SIZE];

    when_clock(now_ms, r->at_ms, when);
    out_text(o, OUT_STRONG, _("moved to other rules"));
    out_printf(o, "  %s", when);
    out_printf(o, _(" [record %llu]"), (unsigned long long)r->seq);
    out_printf(o, "\n");
    line(o, _("by"), d->person ? d->person : "");
    line(o, _("reason"), reason_of(r));
    bytes_append_format(&text, _("%s, before that %s"), d->text ? d->text : "-",
                        d->key ? d->key : "-");
    line(o, _("policy"), bytes_text(&text));
    bytes_reset(&text);
    clocks_of(r, now_ms, &text);
    line(o, _("clocks"), bytes_text(&text));
    bytes_fini(&text);
}

json_t *why_rebase_json(const Yinuo__V1__StreamRecord *r, const decision *d)
{
    json_t *object = decision_to_json(d, r->seq, r->previous_seq, when_zone());

    json_object_set_new(object, "reason", json_string(reason_of(r)));
    json_object_set_new(object, "from", json_string(d->key ? d->key : ""));
    json_object_set_new(object, "to", json_string(d->text ? d->text : ""));
    return object;
}
