#include "workers/router/internal.h"

static void answer(struct router *r, const struct asker *to,
                   const char *page_id, enum refusal code, uint64_t seq)
{
    Yinuo__V1__ReceiptAnswer a = YINUO__V1__RECEIPT_ANSWER__INIT;

    a.page_id = (char *)page_id;
    a.has_code = a.has_journal_seq = 1;
    a.code = code;
    a.journal_seq = seq;
    outbox_answer(&r->out, to, WIRE_RECEIPT_ACK, &a.base);
}

/* A page counts as told once its receipt is in the journal; a second receipt,
 * or one of a page that was withdrawn meanwhile, changes nothing. */
void on_receipt(struct router *r, const struct asker *from, struct slice bytes)
{
    struct fault fault;
    struct deed d;
    struct slice row;
    Yinuo__V1__Receipt *receipt =
        codec_decode(&yinuo__v1__receipt__descriptor, bytes, &r->parse, &fault);

    if (!receipt || !receipt->page_id) {
        r->counts.refused++;
        outbox_refuse(
            &r->out, from, receipt ? REFUSAL_MISSING_FIELD : fault.code,
            receipt ? NULL : fault.text, receipt ? "page_id" : fault.field);
        return;
    }
    if (!state_get(r->ledger->state, STATE_OUTBOX,
                   slice_of_text(receipt->page_id), &row)) {
        answer(r, from, receipt->page_id, REFUSAL_ALREADY_DONE, 0);
        return;
    }
    Yinuo__V1__Decision *page =
        codec_decode(&yinuo__v1__decision__descriptor, row, &r->parse, NULL);
    receipt->case_id = page ? page->case_id : NULL;
    deed_init(&d);
    d.part.kind = YINUO__V1__RECORD_KIND__RECORD_RECEIPT;
    d.part.receipt = receipt;
    d.mark = death_mark_of('r', slice_of_text(receipt->page_id), 0);
    deed_do(r, &d);
    leases_drop(r->leases, lease_number(slice_of_text(receipt->page_id)));
    answer(r, from, receipt->page_id, d.code, d.seq);
}
