/* past - the records that reports, audits and the case file read: of a journal
 * on disk, of event files or stories decided on in virtual time, or of the
 * running system.
 *
 * Time     ms since the epoch.
 * Memory   A record is the visitor's until he returns.
 * Errors   Exit codes; the user has been told.
 * Threads  One.
 */
#ifndef CLI_PAST_H
#define CLI_PAST_H

#include "cli/cli.h"
#include "ledger/history.h"

/* The options that say where the records are; PAST_OPTIONS go into a table of
 * options, before {0}. */
extern struct option_list past_packs;
extern const char *past_journal, *past_answer, *past_until;

/* clang-format off */
#define PAST_OPTIONS                                                           \
    {"policy",  'p', OPTION_LIST, N_("DIR"),  N_("the pack, for event files and for words"),        &past_packs},   \
    {"journal", 'j', OPTION_TEXT, N_("DIR"),  N_("read this ledger on disk"),                       &past_journal}, \
    {"answer",  'a', OPTION_TEXT, N_("HOW"),  N_("of event files: never, or after:2m"),             &past_answer},  \
    {"until",   'u', OPTION_TEXT, N_("TIME"), N_("of event files: end then"),                       &past_until}
/* clang-format on */

struct past {
    struct simulate_options events;
    struct history_options history;
    struct summary counted; /* of event files */
    bool running;           /* the records are fetched */
};

/* files: events or stories; none and no --journal: the running system. */
int past_init(struct cli *cli, struct past *p, int argc, char **argv);

/* The packs they are read with; NULL where they are not to be had here, which
 * is no failure for a running system. */
int past_policies(struct cli *cli, const struct past *p,
                  struct policyset **set);

/* begin, which may be NULL, is called before each story. */
int past_each(struct cli *cli, const struct past *p, history_visit *visit,
              void (*begin)(void *context, const char *story), void *context);

/* How a reading of event files ends of which so many were refused: bad data if
 * all were, which is told; no events are fine. */
int past_end(struct cli *cli, uint64_t events, uint64_t refused);

#endif
