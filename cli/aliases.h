/* aliases - short names that a pack gives to events, for `yinuo record`.
 *
 *   yinuo record warn LN-4 "he will not wait"
 *   = yinuo record customer.dissatisfied LN-4 level=2 signal=said words=...
 *
 * Memory   An alias that was found owns its words: aliases_fini, also of zero.
 * Threads  One.
 */
#ifndef CLI_ALIASES_H
#define CLI_ALIASES_H

#include "base/arena.h"
#include "cli/cli.h"

enum { ALIAS_WORDS_MAX = 64 };

struct alias_words {
    struct arena arena;
    const char *kind;
    const char *case_id;           /* NULL: none */
    char *fields[ALIAS_WORDS_MAX]; /* FIELD=VALUE */
    int count;
};

/* Is argv[0] an alias of the pack in force? Then *out is what it stands for,
 * with the arguments behind it. dirs: packs to look in instead. False: no. */
bool aliases_find(struct cli *cli, const struct option_list *dirs, int argc,
                  char **argv, struct alias_words *out);
void aliases_fini(struct alias_words *a);

/* All of them, a line each; nothing where no pack is to be had. */
void aliases_print(struct cli *cli, const struct option_list *dirs);

/* `yinuo policy show NAME`: a card of the pack; exit code. */
int aliases_card(struct cli *cli, const struct option_list *dirs,
                 const char *name);

#endif
