#include "ledger/ledger.h"

#include <stdlib.h>
#include <string.h>

enum { KEEP_SNAPSHOTS = 2 };

/* The chain digest of one record. */
static enum status chain_of(struct journal *j, uint64_t seq,
                            struct digest *chain, struct error *err)
{
    struct journal_page page;

    memset(chain, 0, sizeof *chain);
    if (seq == 0)
        return STATUS_OK;
    journal_page_init(&page);
    enum status status = journal_read(
        j, seq, &(struct journal_limits){.records = 1}, &page, err);

    if (status == STATUS_OK)
        *chain = record_chain(journal_page_bytes(&page, 0));
    journal_page_fini(&page);
    return status;
}

static enum status make_snapshot(struct ledger *l, struct state_reader *r,
                                 struct error *err)
{
    struct digest chain;
    enum status status =
        chain_of(l->journal, state_reader_applied(r), &chain, err);

    return status == STATUS_OK
               ? snapshot_write(l->snapshots_dir, r, &chain, NULL, err)
               : status;
}

enum status ledger_snapshot(struct ledger *l, struct snapshot_info *info,
                            struct error *err)
{
    struct snapshot_info found;
    struct state_reader *r;
    enum status status = state_reader_of(l->state, &r, err);

    if (status != STATUS_OK)
        return status;
    uint64_t seq = state_reader_applied(r);

    if (snapshot_verify(l->snapshots_dir, seq, &found, NULL) != STATUS_OK) {
        status = make_snapshot(l, r, err);
        if (status == STATUS_OK)
            status = snapshot_verify(l->snapshots_dir, seq, &found, err);
    }
    state_reader_close(&r);
    if (status != STATUS_OK)
        return status;
    l->verified_snapshot = seq;
    if (info != NULL)
        *info = found;
    return snapshot_prune(l->snapshots_dir, KEEP_SNAPSHOTS, err);
}

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* The newest record that nobody needs any more, and who says so. */
static uint64_t unneeded(const struct ledger_retention *r, uint64_t last,
                         const char **held)
{
    uint64_t upto = minus(last, r->keep_records);

    *held = NULL;
    for (size_t i = 0; i < r->consumer_count; i++) {
        const struct ledger_consumer *c = &r->consumers[i];
        uint64_t allows = minus(c->needs, 1);

        if (!c->uncapped && r->cap_records > 0 &&
            allows < minus(last, r->cap_records))
            allows = minus(last, r->cap_records);
        if (allows >= upto)
            continue;
        upto = allows;
        *held = c->name;
    }
    return upto;
}

enum status ledger_retain(struct ledger *l, const struct ledger_retention *r,
                          uint64_t *first, const char **held, struct error *err)
{
    struct journal_position p;
    const char *who;
    uint64_t snapshot = l->verified_snapshot;

    journal_position(l->journal, &p);
    uint64_t upto = unneeded(r, p.last, &who);

    /* Neither may what is trimmed be needed to bring the state back. */
    if (upto > snapshot)
        upto = snapshot;
    if (upto > state_durable(l->state))
        upto = state_durable(l->state);
    if (held != NULL)
        *held = who;
    return journal_trim(l->journal, upto, first, err);
}
