/* Pages leave here: from the state's outbox, through a lease, to a tier lane.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ledger/customs.h"
#include "workers/router/internal.h"
#include "workers/router/next_call.h"
#include "workers/router/page_words.h"

enum {
    LOOK_BACK = 16,
    TOLD_MAX = 8,
    REQUEUE_ROWS = 8192,
    LATE_MS = 60000, /* that it takes to be told is no delay */
};

static void put(struct router *r, struct text page_id, uint8_t severity,
                uint8_t tier)
{
    struct lease_page page = {
        .number = lease_number(slice_of(page_id.data, page_id.size)),
        .severity = severity,
        .tier = tier < LEASE_TIERS ? tier : 0};

    if (page.number)
        leases_put(r->leases, &page);
}

static void withdraw(struct router *r, struct text page_id, const char *reason,
                     struct text by)
{
    Yinuo__V1__Withdraw body = YINUO__V1__WITHDRAW__INIT;

    if (!leases_drop(r->leases,
                     lease_number(slice_of(page_id.data, page_id.size))))
        return;
    body.page_id =
        arena_text_of(&r->parse, slice_of(page_id.data, page_id.size));
    body.reason = (char *)reason;
    body.by =
        by.size ? arena_text_of(&r->parse, slice_of(by.data, by.size)) : NULL;
    struct outgoing *m =
        outbox_add(&r->out, WIRE_WITHDRAW, r->options.partition);
    if (codec_encode(&body.base, &m->body) != STATUS_OK)
        abort();
}

void pages_note(struct router *r, const struct decisions *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct decision *one = &d->list[i];
        if (one->kind == DECISION_PAGE)
            put(r, one->page_id, one->severity, one->tier);
        else if (one->kind == DECISION_WITHDRAW)
            withdraw(r, one->page_id, "withdrawn", one->person);
        if (one->kind == DECISION_FIRE && one->late_by_ms > 0)
            r->counts.late++;
    }
}

/* All that waits is queued before any of it is sent, the most severe first; a
 * start with very many does it over several turns, between which timers fire.
 */
void pages_requeue(struct router *r)
{
    struct state_cursor c;
    struct slice key, value, last = slice_of(r->requeued_to, r->requeued_size);
    struct customs_room room;
    struct decision d;
    size_t n = 0;

    state_cursor_open(&c, r->ledger->state, STATE_OUTBOX, SLICE_EMPTY, last);
    while (n < REQUEUE_ROWS && state_cursor_next(&c, &key, &value)) {
        if (customs_decision_read(value, &room, &d))
            put(r, (struct text){(const char *)key.data, (uint32_t)key.size},
                d.severity, d.tier);
        memcpy(r->requeued_to, key.data, key.size);
        r->requeued_size = key.size;
        n++;
    }
    state_cursor_close(&c);
    r->requeued = n < REQUEUE_ROWS;
}

/* The customer's own words: of the record that made the page, or of the newest
 * one of the case that has any, or of the one that opened it. */
static char *customer_words(struct router *r, uint64_t seq, uint64_t opened)
{
    struct journal_page page;
    struct bytes plain = {0};
    struct error err;
    char *words = NULL;

    journal_page_init(&page);
    for (int i = 0; seq && !words && i <= LOOK_BACK; i++) {
        if (i == LOOK_BACK)
            seq = opened;
        const struct record *rec = batch_record(r, seq, &page);
        if (!rec)
            break;
        Yinuo__V1__StreamRecord *part =
            codec_decode(&yinuo__v1__stream_record__descriptor,
                         rec->parts[RECORD_INPUT], &r->parse, NULL);
        bytes_reset(&plain);
        if (rec->parts[RECORD_PERSONAL].size &&
            vault_unseal(r->ledger->vault, seq, rec->parts[RECORD_PERSONAL],
                         &plain, &err) == STATUS_OK)
            words = page_words_of(bytes_slice(&plain), &r->parse);
        seq = part ? part->previous_seq : 0;
    }
    bytes_fini(&plain);
    journal_page_fini(&page);
    return words;
}

static void hint(struct router *r, Yinuo__V1__Page *p, const char *channel,
                 struct text address)
{
    if (!address.size)
        return;
    Yinuo__V1__KeyValue *kv = arena_alloc(&r->parse, sizeof *kv);
    yinuo__v1__key_value__init(kv);
    kv->key = (char *)channel;
    kv->value = router_text(r, address);
    p->channel_hints[p->n_channel_hints++] = kv;
}

static void tell_person(struct router *r, Yinuo__V1__Page *p)
{
    const struct directory *d = world_directory(r->world);
    const struct person *who = directory_person(d, text_of_words(p->person));

    p->channel_hints = arena_array(&r->parse, 2, sizeof *p->channel_hints);
    p->language = (char *)"en";
    if (!who)
        return;
    p->person_name = router_text(r, who->name);
    if (who->language.size)
        p->language = router_text(r, who->language);
    hint(r, p, "phone", who->phone);
    hint(r, p, "mail", who->email);
}

/* Who has been told beside him, and who is next if he does not answer. */
static void tell_others(struct router *r, const struct case_record *c,
                        Yinuo__V1__Page *p)
{
    struct next_call next;

    p->also_told = arena_array(&r->parse, TOLD_MAX, sizeof *p->also_told);
    for (size_t i = 0; i < c->page_count && p->n_also_told < TOLD_MAX; i++)
        if (!name_is(&c->pages[i].person, text_of_words(p->person)))
            p->also_told[p->n_also_told++] =
                router_text(r, name_text(&c->pages[i].person));
    if (next_call(r, c, (uint8_t)p->tier, &next)) {
        p->has_next_at_ms = p->has_next_tier = 1;
        p->next_at_ms = next.at_ms;
        p->next_tier = next.tier;
        p->next_person = next.person;
    }
    p->has_do_by_ms = p->has_next_at_ms;
    p->do_by_ms = p->next_at_ms;
}

/* A page that has waited in the outbox (nobody was there, the tier gets no more
 * a second) is late by that much, whatever it was when it was made. A drill's
 * clock runs ahead of the people, who are not late by that. */
static void tell_time(const struct router *r, const Yinuo__V1__Decision *d,
                      Yinuo__V1__Page *p)
{
    int64_t waited_ms = r->time.now_ms - d->at_ms;

    p->late_by_ms = d->late_by_ms;
    if (!r->time.drill) {
        p->has_now_ms = 1;
        p->now_ms = r->time.now_ms;
        if (waited_ms > LATE_MS && waited_ms > p->late_by_ms)
            p->late_by_ms = waited_ms;
    }
    p->has_late_by_ms = p->late_by_ms > 0;
}

static void send(struct router *r, const struct lease_page *page,
                 const Yinuo__V1__Decision *d, uint32_t attempt)
{
    static struct case_record c;
    Yinuo__V1__Page p = YINUO__V1__PAGE__INIT;
    uint64_t seq = page->number >> 12;

    p.page_id = d->page_id;
    p.case_id = d->case_id;
    p.has_severity = p.has_tier = p.has_created_ms = p.has_attempt =
        p.has_journal_seq = 1;
    p.severity = d->severity;
    p.tier = d->tier;
    p.person = d->person;
    p.method = d->method;
    p.created_ms = d->at_ms;
    p.has_due_ms = d->has_due_ms;
    p.due_ms = d->due_ms;
    tell_time(r, d, &p);
    p.attempt = attempt;
    p.journal_seq = seq;
    p.rule = d->rule;
    tell_person(r, &p);
    if (d->case_id && world_find_case(r->world, text_of(d->case_id), &c)) {
        p.station = router_text(r, name_text(&c.station));
        p.region = router_text(r, name_text(&c.region));
        p.product_line = router_text(r, name_text(&c.product_line));
        tell_others(r, &c, &p);
        page_words(r, d, &c, &p);
        p.customer_words = customer_words(r, seq, c.opened_sequence);
    }
    p.answer_command = arena_format(&r->parse, "yinuo ack %s", d->page_id);
    struct outgoing *m = outbox_add(&r->out, WIRE_PAGE, r->options.partition);
    if (codec_encode(&p.base, &m->body) != STATUS_OK)
        abort();
}

void pages_send(struct router *r)
{
    int64_t now_ms = clock_monotonic_ms(r->clock);
    struct lease_page page;
    uint32_t attempt;
    char id[48];
    struct slice row;

    if (!r->requeued)
        return;
    r->counts.expired += leases_expire(r->leases, now_ms);
    for (unsigned tier = 0; tier < LEASE_TIERS; tier++) {
        while (leases_take(r->leases, (uint8_t)tier, now_ms, &page, &attempt)) {
            arena_reset(&r->parse);
            int size = snprintf(id, sizeof id, "p%llu.%llu",
                                (unsigned long long)(page.number >> 12),
                                (unsigned long long)(page.number & 4095));
            Yinuo__V1__Decision *d = NULL;
            if (state_get(r->ledger->state, STATE_OUTBOX,
                          slice_of(id, (size_t)size), &row))
                d = codec_decode(&yinuo__v1__decision__descriptor, row,
                                 &r->parse, NULL);
            if (d)
                send(r, &page, d, attempt);
            else
                leases_drop(r->leases, page.number);
        }
    }
}
