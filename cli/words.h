/* words - what tiers, severities, states and clocks are called.
 *
 * name: stable, for programs and options. word: in the user's language.
 *
 * Memory   Constant, or static per call where the header says so.
 * Threads  Any.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stdbool.h>

#include "cli/out.h"

/* What the running policy calls a tier or side role; "-" for none. Their names
 * are proto/roles.h's. */
const char *tier_word(int tier);

/* Whom a step calls, by the bits of its page mask (bit 0 the owner, bit n tier
 * n), or by its tier: "owner, station head". out has room for 128. */
void targets_word(unsigned page, int tier, char out[128]);

/* "S2"; "-" for none. */
const char *severity_name(int severity);
/* "S2 urgent" */
const char *severity_word(int severity);
/* 1 to 4, or 0. */
int severity_of(const char *text);

/* open, waiting, resolved, closed. */
const char *state_word(const char *state);
bool state_known(const char *state);

/* "first contact" for first_contact, whatever a pack calls its clocks. */
const char *clock_word(const char *clock);
/* A list, counter, factor or cause of the pack. */
const char *list_word(const char *list);
const char *counter_word(const char *counter);
const char *factor_word(const char *factor);

/* From now on the pack in force may be asked for its words. */
struct cli;
void words_home(struct cli *cli);

/* The key of a clock: a ladder's is a tier, others are ids. */
const char *key_word(const char *key);

/* Why the engine refuses, as a sentence; NULL for words it has no sentence for,
 * a rule's. */
const char *reason_word(const char *reason);

/* The fields that a line of story names: "to", "reason" ... */
const char *field_word(const char *field);

/* open, kept, missed, withdrawn, reversed. */
const char *promise_word(const char *state);

/* open, taken, done, waived, approved ... */
const char *item_word(const char *state);

/* What happened: "media request" for media.requested. */
const char *kind_word(const char *kind);

#endif
