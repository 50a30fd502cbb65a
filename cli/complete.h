/* complete - what may stand where the cursor is, in a line for a shell.
 *
 *   struct complete c;
 *   complete_init(&c, cli, "yinuo case show D", "D", offer, context);
 *   complete_line(&c);                          offer(context, "DEMO-1", "...")
 *
 * The places of arguments and the values of options are those that the table of
 * commands names: STATION there is a station of the pack here. What a case, a
 * page or a mute is called is asked of the running system; nothing waits longer
 * than COMPLETE_WAIT_MS for it, and where nobody answers nothing is offered.
 *
 * A word is offered only if a shell takes it as it stands: ids come from
 * elsewhere, and nobody shall type a command of theirs by a key.
 *
 * Memory   complete_fini.
 * Errors   None: what cannot be known is not offered.
 * Threads  One.
 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include "base/arena.h"
#include "cli/cli.h"
#include "cli/vocabulary.h"

enum { COMPLETE_WORDS_MAX = 64, COMPLETE_WAIT_MS = 100 };

/* Names of files and directories are the shell's own: these words say so. */
#define COMPLETE_FILES ":files"
#define COMPLETE_DIRS ":dirs"

typedef void complete_offer(void *context, const char *word, const char *about);

struct complete {
    struct cli *cli;
    complete_offer *offer;
    void *context;
    struct arena arena, answers; /* of the line; of the system */
    struct vocabulary vocabulary;
    bool vocabulary_read;

    char *words[COMPLETE_WORDS_MAX]; /* of the line, the last one typed at */
    size_t count;
    size_t typed_before; /* of the last word: bytes that are not replaced */
    char *lead;          /* of the last word: "--state=", "station="; or "" */
    char *typed;         /* what stands behind it */

    const struct command *command;  /* NULL: not yet named */
    char *said[COMPLETE_WORDS_MAX]; /* the words that are no options */
    size_t said_count;
    size_t name_words; /* how many of them are the command's name */
    char *wants;       /* the option whose value is typed; its long name */
    bool options_over; /* "--" was said */
    bool files;        /* have been offered */
};

/* replaced: the end of the last word that the shell will replace; NULL: all of
 * it. */
void complete_init(struct complete *c, struct cli *cli, const char *line,
                   const char *replaced, complete_offer *offer, void *context);
void complete_fini(struct complete *c);

void complete_line(struct complete *c);

/* Is it known what stands at such a place of a command ("CASE", "S1|S2")? For
 * tests: nothing in the table of commands is a riddle. */
bool complete_knows(const char *command_id, const char *place);

/* --- between the two files --- */

/* Offers it if it goes on from what was typed. */
void complete_one(struct complete *c, const char *word, const char *about);
/* What "STATION" or "PERSON|TIER" may be. */
void complete_place(struct complete *c, const char *place);

#endif
