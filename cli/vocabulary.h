/* vocabulary - the names that the pack in force knows, for completion: short
 * names of events, cards, kinds, lists, persons, stations ...
 *
 * Reading a pack takes longer than a key may: its names are kept in the cache
 * under the pack's version and the language, and read from there until another
 * pack is in force. Of a system on another machine they are asked for again
 * after ten minutes, and persons and stations are those of the last known duty
 * list.
 *
 *   yinuo-words 1 VERSION\n
 *   GROUP \t NAME \t OF \t ABOUT \n      OF: the kind of an alias, else empty
 *
 * Memory   vocabulary_fini; texts are the vocabulary's.
 * Errors   None: what is not to be had is empty.
 * Threads  One.
 */
#ifndef CLI_VOCABULARY_H
#define CLI_VOCABULARY_H

#include "base/bytes.h"
#include "cli/cli.h"

/* clang-format off */
/*    name      word in the file */
#define VOCABULARY_GROUPS(X)                                                   \
    X(ALIAS,    "alias")                                                       \
    X(CARD,     "card")                                                        \
    X(KIND,     "kind")      /* that are not built in */                       \
    X(LIST,     "list")                                                        \
    X(SUBJECT,  "subject")   /* asset, customer, person+topic */               \
    X(ROLE,     "role")                                                        \
    X(PERSON,   "person")                                                      \
    X(STATION,  "station")                                                     \
    X(REGION,   "region")                                                      \
    X(LINE,     "line")
/* clang-format on */

#define X(name, word) VOCABULARY_##name,
enum vocabulary_group { VOCABULARY_GROUPS(X) VOCABULARY_GROUPS_END };
#undef X

struct vocabulary {
    struct bytes text;
};

struct vocabulary_word {
    enum vocabulary_group group;
    const char *name, *of, *about;
};

void vocabulary_read(struct cli *cli, struct vocabulary *v);
void vocabulary_fini(struct vocabulary *v);

/* The next one behind *at, which begins with 0. */
bool vocabulary_next(const struct vocabulary *v, size_t *at,
                     struct vocabulary_word *out);

#endif
