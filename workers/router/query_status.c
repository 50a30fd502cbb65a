/* status: what the router knows of itself, in rows. docs/queries.md names
 * them; the totals are those of `yinuo simulate`. */
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "workers/router/queries.h"

struct rows {
    struct reply *reply;
    const char *section;
};

static void row(struct rows *s, const char *name, int64_t value,
                const char *text, const char *unit, bool alarm)
{
    Yinuo__V1__StatusRow line = YINUO__V1__STATUS_ROW__INIT;

    line.section = (char *)s->section;
    line.name = (char *)name;
    line.has_value = text == NULL;
    line.value = value;
    line.text = (char *)text;
    line.unit = (char *)unit;
    line.has_alarm = alarm;
    line.alarm = alarm;
    reply_message(s->reply, &line.base);
}

static void count(struct rows *s, const char *name, uint64_t value)
{
    row(s, name, (int64_t)value, NULL, "count", false);
}

static void words(struct rows *s, const char *name, const char *text)
{
    row(s, name, 0, text, NULL, false);
}

static void about_router(struct rows *s, const struct router *r)
{
    s->section = "router";
    words(s, "version", YINUO_VERSION);
    count(s, "pid", (uint64_t)getpid());
    count(s, "partition", r->options.partition);
    count(s, "owner_epoch", r->ledger->epoch);
    row(s, "started", r->opened_ms, NULL, "time", false);
    row(s, "now", r->time.now_ms, NULL, "time", journal_clock_doubts(&r->time));
    words(s, "drill", r->time.drill ? "on" : "off");
    row(s, "recovery", r->recovery_us / 1000, NULL, "ms", false);
    count(s, "recovered", r->recovered);
#define X(name, word) count(s, word, r->counts.name);
    ROUTER_COUNTS(X)
#undef X
}

static void about_journal(struct rows *s, const struct router *r)
{
    struct journal_position p;
    struct journal_stats stats;
    char chain[DIGEST_TEXT_SIZE];

    journal_position(r->ledger->journal, &p);
    journal_stats(r->ledger->journal, &stats);
    digest_format(&p.chain, chain);
    s->section = "journal";
    count(s, "first_seq", p.first);
    count(s, "last_seq", p.last);
    count(s, "segments", stats.segments);
    row(s, "bytes", (int64_t)stats.bytes, NULL, "bytes", false);
    words(s, "chain", chain);
    row(s, "free_bytes", (int64_t)space_free_bytes(r->ledger->space), NULL,
        "bytes", space_level(r->ledger->space) != SPACE_OK);
    words(s, "space", space_level_name(space_level(r->ledger->space)));
}

static void about_state(struct rows *s, const struct router *r)
{
    struct state_stats stats;

    state_stats(r->ledger->state, &stats);
    s->section = "state";
    count(s, "applied_seq", state_applied(r->ledger->state));
    count(s, "durable_seq", state_durable(r->ledger->state));
    count(s, "cases", world_summary(r->world)->cases_opened);
    count(s, "cases_open", world_summary(r->world)->cases_open);
    row(s, "memory", (int64_t)(stats.active_bytes + stats.frozen_bytes), NULL,
        "bytes", false);
    row(s, "checkpoint_write", stats.last_write_ms, NULL, "ms", false);
}

static void about_timers(struct rows *s, struct router *r)
{
    const struct summary *t = world_summary(r->world);
    int64_t next_ms = world_next_due_ms(r->world);
    int64_t overdue_ms =
        next_ms < r->time.now_ms ? r->time.now_ms - next_ms : 0;

    s->section = "timers";
    count(s, "armed_total", t->timers_armed);
    row(s, "oldest_overdue", overdue_ms, NULL, "ms",
        overdue_ms > LIMIT_CLOCK_STEP_MS);
    if (next_ms != INT64_MAX)
        row(s, "next_due", next_ms, NULL, "time", false);
    count(s, "fired", t->timers_fired);
    count(s, "late", t->timers_late);
}

static void about_totals(struct rows *s, const struct router *r)
{
    const struct summary *t = world_summary(r->world);

    s->section = "events";
    count(s, "accepted", t->events - t->rejected);
    count(s, "rejected", t->rejected);
    count(s, "gates_bypassed", t->gates_bypassed);
    count(s, "duplicates", r->counts.duplicates);
    row(s, "quarantined", (int64_t)t->quarantined, NULL, "count",
        t->quarantined > 0);
    s->section = "cases";
    count(s, "opened", t->cases_opened);
    count(s, "closed", t->cases_closed);
    count(s, "reopened", t->cases_reopened);
    count(s, "reopen_total", t->reopen_total);
    count(s, "reassigned", t->reassigned_cases);
    count(s, "reassign_total", t->reassign_total);
    s->section = "promises";
    count(s, "made", t->promises_made);
    count(s, "kept", t->promises_kept);
    count(s, "missed", t->promises_missed);
}

static void about_pages(struct rows *s, const struct router *r)
{
    const struct summary *t = world_summary(r->world);
    const struct policyset *set = world_policies(r->world);
    const struct policy *p = policyset_for(set, (struct text){NULL, 0});
    char name[64];

    s->section = "pages";
    count(s, "waiting", leases_waiting(r->leases));
    count(s, "leased", leases_flying(r->leases));
    count(s, "delivered", t->receipts);
    count(s, "failed", t->receipts_failed);
    for (uint8_t tier = 1; tier <= p->tier_count; tier++) {
        snprintf(name, sizeof name, "%.*s", (int)p->roles[tier].name.size,
                 p->roles[tier].name.data);
        count(s, name, t->pages[tier]);
    }
    s->section = "escalations";
    for (uint8_t tier = 2; tier <= p->tier_count; tier++) {
        snprintf(name, sizeof name, "%.*s", (int)p->roles[tier].name.size,
                 p->roles[tier].name.data);
        count(s, name, t->escalations[tier]);
    }
    s->section = "policy";
    for (size_t i = 0; i < set->pack_count; i++) {
        char version[64];
        const struct policy *one = set->packs[i].policy;
        snprintf(name, sizeof name, "%.*s", (int)one->name.size,
                 one->name.data);
        snprintf(version, sizeof version, "%.*s", (int)one->version.size,
                 one->version.data);
        words(s, name, version);
    }
}

void query_status(struct router *r, const struct asker *from,
                  const Yinuo__V1__Query *q)
{
    static struct reply reply;
    struct rows rows = {.reply = &reply};

    reply_begin(&reply, r, from, q, "StatusRow");
    reply.limit = LIMIT_QUERY_ROWS;
    about_router(&rows, r);
    about_journal(&rows, r);
    about_state(&rows, r);
    about_timers(&rows, r);
    about_totals(&rows, r);
    about_pages(&rows, r);
    reply_end(&reply, NULL);
}
