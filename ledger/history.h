/* history - every record of a ledger, of events or of stories, one after the
 * other, in one form: what reports, audits and the case file are made of.
 *
 *   journal   what was recorded, with the decisions of then
 *   events    JSON Lines decided on in virtual time under the packs
 *   stories   scenario files (docs/scenarios.md), each by itself
 *
 * A record has seq, at_ms, its event, firing or receipt, and its decisions.
 * Words of customers are there as far as their keys are.
 *
 * Memory   A record is the visitor's until he returns.
 * Errors   As journal_each and simulate_run; what visit returns is passed on.
 * Threads  One at a time.
 */
#ifndef LEDGER_HISTORY_H
#define LEDGER_HISTORY_H

#include "ledger/simulate.h"
#include "proto/codec.h"

struct history_options {
    const char *journal;                   /* a ledger's directory, or NULL: */
    const struct simulate_options *events; /* packs, files, answers, until */
    struct summary *counted; /* of event files, in the end; may be NULL */
};

typedef enum status history_visit(void *context,
                                  const Yinuo__V1__StreamRecord *r,
                                  struct error *err);

/* Is this file a story, by its name? */
bool history_is_story(const char *path);

/* The packs that it is read with; of a journal, those in force at its end. */
MUST_CHECK enum status history_policies(const struct history_options *options,
                                        struct policyset **set,
                                        struct error *err);

/* begin, which may be NULL, is called before each story: its cases are its
 * own. What a pack has to be warned of history_policies has told. */
MUST_CHECK enum status
history_each(const struct history_options *options, history_visit *visit,
             void (*begin)(void *context, const char *story), void *context,
             struct error *err);

#endif
