/* fields - an event's fields as they are typed: amount=120 camera=yes
 * due=18:00.
 *
 * What is not known is suggested, what is missing is asked for at a terminal.
 *
 * Memory   Values are copied into the event's arena.
 * Errors   Exit codes; the user has been told.
 * Threads  One.
 */
#ifndef CLI_FIELDS_H
#define CLI_FIELDS_H

#include "cli/cli.h"
#include "proto/event.h"

/* The kind, if it is a built-in one, else CLI_USAGE with what was probably
 * meant; any lets others pass (a pack may have its own). */
int fields_check_kind(struct cli *cli, const char *kind, bool any);

/* Each word is FIELD=VALUE. now_ms is what "18:00" counts from. */
int fields_set(struct cli *cli, Yinuo__V1__Event *event, struct arena *arena,
               int argc, char **argv, int64_t now_ms, bool any);

/* None of the words FIELD=VALUE may be about the same field as another. */
int fields_check_twice(struct cli *cli, int argc, char **argv);

/* Asks for those that the kind wants and that are not there; where nobody can
 * be asked the ones that it needs are CLI_USAGE. */
int fields_ask(struct cli *cli, Yinuo__V1__Event *event, struct arena *arena,
               int64_t now_ms);

/* The fields that a kind is known to have, then those of every event; their
 * names, at most so many. */
size_t fields_names(uint32_t kind_code, const char **names, size_t room);

/* "at: " to stand before words about that field; "" where they begin with it
 * already, or there is none. */
void fields_lead(const char *field, const char *words, char out[160]);

/* One field, as typed. */
int fields_set_one(struct cli *cli, Yinuo__V1__Event *event,
                   struct arena *arena, const char *name, const char *typed,
                   int64_t now_ms);

#endif
