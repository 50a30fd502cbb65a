/* oracle - what must hold, watched from outside.
 *
 * It reads every record as soon as the journal has made it durable, keeps a
 * model of its own from the decisions in it, and objects through sim_fail():
 *
 *   leaves    nothing leaves the router before its record is durable: no
 *             acknowledgement, answer, page, receipt, stream record
 *   once      an event of a producer is in the journal once, in order, with
 *             the bytes that the station stored; a command once
 *   timers    a generation is armed once and fires at most once, when it is
 *             due and not before, and only while it is armed
 *   owner     an open case has one owner, who is the one of the last decision
 *   crisis    an open S1 case that was paged and not answered has a ladder
 *             armed, due within a repetition
 *   pages     a page has a receipt, was withdrawn, or is in the outbox; one
 *             that counts as delivered was shown, and by `log` only once
 *   rows      cases, timers and outbox of the state are what the model says
 *   intents   an effect on many cases does each of them once, and comes to
 *             its end; what a person has in hand is what the index says
 *   replay    a state made of the records alone, from zero, has the hash of
 *             the live one
 *   stream    the reader gets each record once, in order, with its bytes
 *   past      what was durable before a crash is there after it
 *
 * Memory   Owns model and shadow; borrows the ledger while the router lives.
 * Source   issue 2, points 3 and 10; field-notes 6.2.
 */
#ifndef TESTS_SIM_ORACLE_H
#define TESTS_SIM_ORACLE_H

#include "ledger/ledger.h"
#include "tests/sim/sim.h"
#include "workers/router/outgoing.h"

struct oracle *oracle_new(struct sim *s);
void oracle_free(struct oracle **o);

/* The router has opened its ledger; it is about to recover. */
void oracle_reopened(struct oracle *o, struct ledger *l);
void oracle_gone(struct oracle *o);

/* After every step. */
void oracle_look(struct oracle *o);

/* A message is about to leave the router. */
void oracle_leaves(struct oracle *o, const struct outgoing *m);

/* A station has stored an event, and later believes that all up to a number
 * is final; refused ones are told apart. */
void oracle_stored(struct oracle *o, const char *identity, uint64_t epoch,
                   uint64_t sequence, struct slice event);
void oracle_settled(struct oracle *o, const char *identity, uint64_t epoch,
                    uint64_t to);
void oracle_refused(struct oracle *o, const char *identity, uint64_t epoch,
                    uint64_t sequence, uint32_t code);

/* The outbox of this epoch is gone. */
void oracle_lost(struct oracle *o, const char *identity, uint64_t epoch);

/* Does the firing that kills still wait for this case? It does until it was
 * quarantined, and after that as long as what was due then is. */
bool oracle_poisoned(struct oracle *o, const char *case_id);

/* A desk got this answer. */
void oracle_answered(struct oracle *o, const Yinuo__V1__Answer *a);

/* The reader has taken this record in, as bytes of a StreamRecord. */
void oracle_streamed(struct oracle *o, uint64_t sequence, struct slice bytes);

/* A tier worker shows this page to a person; by_log: by the channel that shows
 * each page once. */
void oracle_shown(struct oracle *o, const char *page_id, bool by_log);

/* Cases that are not closed, for people who tidy up: the n-th; NULL behind the
 * last. */
const char *oracle_open_case(struct oracle *o, size_t n, bool *resolved);
uint64_t oracle_last(const struct oracle *o);
struct digest oracle_chain(const struct oracle *o);

bool oracle_at_rest(struct oracle *o, char *why, size_t room);
void oracle_end(struct oracle *o);

#endif
