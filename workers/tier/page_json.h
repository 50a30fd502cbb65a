/* page_json - a page for programs: what the exec channel writes to a program's
 * input, one JSON object on one line.
 *
 * The fields of Page by the rules of proto/message_json.h, and beside them
 *   partition    number
 *   channels     {"mail": "wang@example.com", ...}, where there are addresses
 *   short, text  the words for people, short and full
 *
 * Memory   Appends to the caller's buffer, whose status tells failures.
 * Threads  One: the language is the process's.
 */
#ifndef TIER_PAGE_JSON_H
#define TIER_PAGE_JSON_H

#include "base/bytes.h"
#include "proto/yinuo.pb-c.h"

MUST_CHECK enum status page_json(const Yinuo__V1__Page *page,
                                 uint32_t partition, struct bytes *out);

#endif
