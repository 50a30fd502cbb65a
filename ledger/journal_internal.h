/* journal_internal - what the implementations of the journal share. */
#ifndef LEDGER_JOURNAL_INTERNAL_H
#define LEDGER_JOURNAL_INTERNAL_H

#include "ledger/journal.h"

/* Copies one encoded record behind those of the page; decode it afterwards. */
MUST_CHECK enum status journal_page_add(struct journal_page *page,
                                        struct slice bytes, struct error *err);

/* Decodes all that was added; the first has sequence from. On CORRUPT the page
 * keeps the records before the bad one. */
MUST_CHECK enum status journal_page_decode(struct journal_page *page,
                                           uint64_t from, struct error *err);

#endif
