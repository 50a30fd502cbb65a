/* duty - the last known duty list, for when nobody is reached.
 *
 * Each successful contact refreshes it, at most once a minute. It lies in
 * XDG_CACHE_HOME/yinuo (else ~/.cache/yinuo), one file per home, readable by
 * its user alone, since it holds telephone numbers of colleagues.
 *
 * Errors   None to the outside: without a cache it says so, nothing fails.
 * Threads  One.
 */
#ifndef CLI_DUTY_H
#define CLI_DUTY_H

#include "cli/cli.h"
#include "cli/question.h"

enum { DUTY_FRESH_MS = 60 * 1000, DUTY_ROWS = 512 };

/* Asks and keeps it, if connected and the kept one is older than a minute. */
void duty_refresh(struct cli *cli);

/* {"at_ms": ..., "duty": [...]} as last known, to be released; NULL: nothing.
 */
json_t *duty_known(const struct cli *cli);

/* On the error side: who is on duty, with numbers, and as of when. As JSON an
 * object on the output: recorded, error, duty_at, duty. */
void duty_show(struct cli *cli);

/* question_ask of who is on duty at a station and in a region, each may be
 * NULL. A station that the directory does not list is one where a case is of
 * it; otherwise CLI_NOT_FOUND, and the user has been told what was probably
 * meant. */
int duty_ask(struct cli *cli, struct question *q, const char *station,
             const char *region, struct rows *rows);

/* The rows as a table, or as a JSON array that the caller takes over. */
void duty_table(const struct out *o, const struct rows *rows);
json_t *duty_json(const struct rows *rows);

#endif
