/* page_text - what a page says to a person, in his language.
 *
 * Always in this order: how severe, and the customer's own words; station and
 * case; why you; what to do, and by when; who else was told, and who is next
 * if you do not answer; the command that answers. English and 中文, by the
 * page's language. Moments are those of the page's time zone.
 *
 *   [S2 urgent] “…” ST-LN-03 C-9. Why you: A TV crew asks for an interview.
 *   Do: Hand over to the spokesperson, by 10:35 (in 30 minutes). Told: wang.
 *   Next: 10:45 regional_rep li. Answer: yinuo ack p12.0
 *
 * The customer's words and other texts lose their line breaks and control
 * characters, so that nobody can forge a line.
 *
 * Time     "in 30 minutes" counts from page.now_ms, the ledger's time when the
 *          page was sent (created_ms where it is absent), so that drills and
 *          late pages are right.
 * Memory   Appends to the caller's buffer, whose status tells failures.
 * Threads  One: the language is the process's.
 * Source   Issue 2, workers/tier/.
 */
#ifndef TIER_PAGE_TEXT_H
#define TIER_PAGE_TEXT_H

#include "base/bytes.h"
#include "proto/yinuo.pb-c.h"

enum {
    PAGE_TEXT_SHORT_MAX = 300, /* characters */
    PAGE_TEXT_SHORT_SIZE = PAGE_TEXT_SHORT_MAX * 4 + 1,
    PAGE_TEXT_SUBJECT_MAX = 100,
    PAGE_TEXT_SUBJECT_SIZE = PAGE_TEXT_SUBJECT_MAX * 4 + 1,
};

/* Lines without indentation, each ended by a newline. */
void page_text_full(const Yinuo__V1__Page *page, struct bytes *out);

/* At most PAGE_TEXT_SHORT_MAX characters on one line; the command and the ids
 * are never cut. */
void page_text_short(const Yinuo__V1__Page *page,
                     char out[PAGE_TEXT_SHORT_SIZE]);

/* For a mail: severity, station, case, why. */
void page_text_subject(const Yinuo__V1__Page *page,
                       char out[PAGE_TEXT_SUBJECT_SIZE]);

/* "en" or "zh_CN" for whatever the directory calls it. */
const char *page_text_language(const char *wanted);

#endif
