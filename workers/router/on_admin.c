/* What operators order; and the drill clock, which they move. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ledger/intents.h"
#include "workers/router/internal.h"

enum { LINES_MAX = 64 };

static const Yinuo__V1__Attribute *attribute(const Yinuo__V1__Command *c,
                                             const char *name)
{
    for (size_t i = 0; i < c->n_attributes; i++)
        if (c->attributes[i]->name && strcmp(c->attributes[i]->name, name) == 0)
            return c->attributes[i];
    return NULL;
}

/* --- policy.load, directory.load --- */

static void load(struct router *r, const struct asker *from,
                 const Yinuo__V1__Command *c)
{
    const Yinuo__V1__Attribute *dir = attribute(c, "dir");
    Yinuo__V1__Answer a = YINUO__V1__ANSWER__INIT;
    struct error err = {0};
    const char *by = c->person ? c->person : from->identity;
    bool changed = false, rules_too = strcmp(c->verb, "policy.load") == 0;

    if (!dir || !dir->text) {
        answer_no(r, from, c, REFUSAL_MISSING_FIELD, NULL, "dir");
        return;
    }
    if (space_level(r->ledger->space) != SPACE_OK) {
        outbox_busy(&r->out, from, REFUSAL_STORAGE_FULL);
        return;
    }
    struct findings *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    findings_init(f);
    const char *dirs[] = {dir->text};
    enum status st =
        rules_too ? policies_load(r, dirs, 1, by, f, &changed, &err)
                  : policies_directories(r, dir->text, by, f, &changed, &err);
    a.request_id = c->request_id;
    a.has_code = 1;
    a.code = st == STATUS_OK ? REFUSAL_NONE : REFUSAL_BAD_POLICY;
    a.text = (char *)(st != STATUS_OK ? refusal_sentence(REFUSAL_BAD_POLICY)
                      : changed       ? "Loaded."
                                      : "This policy is in force already.");
    a.lines = arena_array(&r->parse, LINES_MAX, sizeof *a.lines);
    for (size_t i = 0; i < f->count && a.n_lines < LINES_MAX; i++) {
        char line[512];
        finding_format(&f->list[i], line, sizeof line);
        a.lines[a.n_lines++] = arena_text(&r->parse, line);
    }
    if (st != STATUS_OK && !f->count)
        a.lines[a.n_lines++] = arena_text(&r->parse, err.text);
    outbox_answer(&r->out, from, WIRE_ANSWER, &a.base);
    findings_fini(f);
    free(f);
}

/* --- clock.advance --- */

static void drill_begin(struct router *r, const struct asker *from,
                        const Yinuo__V1__Command *c)
{
    const Yinuo__V1__Attribute *until = attribute(c, "until"),
                               *speed = attribute(c, "speed");

    if (!r->time.drill) {
        answer_no(r, from, c, REFUSAL_UNSUPPORTED,
                  "This router's clock is real: it cannot be moved.", NULL);
        return;
    }
    if (!until || !until->has_time_ms) {
        answer_no(r, from, c, REFUSAL_MISSING_FIELD, NULL, "until");
        return;
    }
    if (r->drill.moving && strcmp(r->drill.command_id, c->request_id) == 0) {
        r->drill.asker = *from; /* asked again: answered once, when it stands */
        return;
    }
    if (r->drill.moving) {
        answer_no(r, from, c, REFUSAL_BUSY, NULL, NULL);
        return;
    }
    struct drill *d = &r->drill;
    d->moving = true;
    d->firing = false;
    d->asker = *from;
    strncpy(d->command_id, c->request_id, sizeof d->command_id - 1);
    d->until_ms = until->time_ms;
    d->speed = speed && speed->has_real     ? speed->real
               : speed && speed->has_number ? (double)speed->number
                                            : 0;
    d->from_ms = r->time.now_ms;
    d->from_mono_ms = clock_monotonic_ms(r->clock);
}

static Yinuo__V1__KeyValue *number_row(struct router *r, const char *key,
                                       int64_t value)
{
    Yinuo__V1__KeyValue *kv = arena_alloc(&r->parse, sizeof *kv);

    yinuo__v1__key_value__init(kv);
    kv->key = (char *)key;
    kv->value = arena_format(&r->parse, "%lld", (long long)value);
    return kv;
}

static void drill_stand(struct router *r, bool by_timer)
{
    Yinuo__V1__Answer a = YINUO__V1__ANSWER__INIT;
    Yinuo__V1__KeyValue *values[4];
    int64_t next_ms = world_next_due_ms(r->world);

    values[0] = number_row(r, "now_ms", r->time.now_ms);
    values[1] = number_row(r, "last_seq", (int64_t)r->next_seq - 1);
    values[2] = number_row(r, "stopped_by", 0);
    values[2]->value = (char *)(by_timer ? "timer" : "until");
    a.n_values = 3;
    if (next_ms != INT64_MAX)
        values[a.n_values++] = number_row(r, "next_due_ms", next_ms);
    a.values = values;
    a.request_id = r->drill.command_id;
    a.has_code = a.has_journal_seq = a.has_at_ms = 1;
    a.journal_seq = r->next_seq - 1;
    a.at_ms = r->time.now_ms;
    outbox_answer(&r->out, &r->drill.asker, WIRE_ANSWER, &a.base);
    r->drill.moving = false;
}

bool drill_may_fire(const struct router *r)
{
    return !r->time.drill || (r->drill.moving && r->drill.firing);
}

static int64_t paced(const struct router *r, int64_t target_ms)
{
    const struct drill *d = &r->drill;

    if (!(d->speed > 0))
        return target_ms;
    double gone_ms =
        (double)(clock_monotonic_ms(r->clock) - d->from_mono_ms) * d->speed;
    int64_t at_ms = d->from_ms + (int64_t)llround(gone_ms);
    return at_ms < target_ms ? at_ms : target_ms;
}

/* The hands move to the next due instant or to the end of the order, whichever
 * is first, and stand there until all that is due is in the journal. Called
 * between batches. */
void drill_step(struct router *r)
{
    struct drill *d = &r->drill;
    int64_t due_ms;

    if (!d->moving || world_has_steps(r->world))
        return; /* what an instant wants is done before time moves on */
    due_ms = world_next_due_ms(r->world);
    if (d->firing) {
        if (due_ms > r->time.now_ms)
            drill_stand(r, true);
        return;
    }
    int64_t target_ms = due_ms < d->until_ms ? due_ms : d->until_ms;
    journal_clock_set(&r->time, paced(r, target_ms));
    if (r->time.now_ms < target_ms)
        return;
    if (due_ms <= r->time.now_ms)
        d->firing = true;
    else
        drill_stand(r, false);
}

/* The wall clock is far ahead and not believed: an operator knows better. */
static void adopt(struct router *r, const struct asker *from,
                  const Yinuo__V1__Command *c)
{
    Yinuo__V1__Answer a = YINUO__V1__ANSWER__INIT;

    if (r->time.drill) {
        answer_no(r, from, c, REFUSAL_UNSUPPORTED,
                  "A drill clock moves by clock.advance alone.", NULL);
        return;
    }
    bool doubted = journal_clock_doubts(&r->time);
    if (doubted) {
        journal_clock_adopt(&r->time, clock_wall_ms(r->clock));
        deed_note(r, "clock.adopted", c->person ? c->person : from->identity);
    }
    a.request_id = c->request_id;
    a.has_code = a.has_at_ms = 1;
    a.code = doubted ? REFUSAL_NONE : REFUSAL_ALREADY_DONE;
    a.text = (char *)(doubted ? "The wall clock is believed from now on."
                              : "The wall clock is believed already.");
    a.at_ms = r->time.now_ms;
    outbox_answer(&r->out, from, WIRE_ANSWER, &a.base);
}

bool admin_command(struct router *r, const struct asker *from,
                   const Yinuo__V1__Command *c)
{
    bool is_load = c->verb && (!strcmp(c->verb, "policy.load") ||
                               !strcmp(c->verb, "directory.load"));
    bool is_clock = c->verb && !strcmp(c->verb, "clock.advance");
    bool is_adopt = c->verb && !strcmp(c->verb, "clock.adopt");
    bool is_rebase = c->verb && !strcmp(c->verb, "policy.rebase");

    if (!is_load && !is_clock && !is_adopt && !is_rebase)
        return false;
    if (from->role != WIRE_ROLE_ADMIN)
        answer_no(r, from, c, REFUSAL_NOT_ALLOWED, NULL, NULL);
    else if (is_load)
        load(r, from, c);
    else if (is_rebase)
        rebase_command(r, from, c);
    else if (is_adopt)
        adopt(r, from, c);
    else
        drill_begin(r, from, c);
    return true;
}
