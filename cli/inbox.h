/* inbox - the pages that wait for a person.
 *
 * Threads  One.
 */
#ifndef CLI_INBOX_H
#define CLI_INBOX_H

#include "cli/question.h"

/* All pages that wait for the acting person; station may be NULL. */
int inbox_pages(struct cli *cli, const char *station, struct rows *rows);

/* One entry: severity, ids, why, what is next, the command to answer. */
void inbox_page(const struct out *o, const Yinuo__V1__PageRow *page,
                int64_t now_ms);

#endif
