/* messages - what a pack says to people about its rules, clocks and kinds.
 *
 * A pack may have messages/LANGUAGE.yaml (en, zh_CN, ...):
 *
 *   rules:
 *     FALL: {why: A patient has fallen, do: Have him seen ...}
 *   clocks:
 *     plan: {why: "No plan has been agreed with the customer for {span}", ...}
 *   kinds:
 *     media.requested: ...
 *   hints:
 *     vague_words: {why: "\"{word}\" promises nothing", do: Name a time}
 *   roles:
 *     station_head: station head
 *   clock_words, kind_words, list_words, counter_words, factor_words:
 *     no_contact: no contact
 *
 * why is one sentence: why a person hears of it. do is what is expected of him;
 * it may be left out. Both may hold {span}, {due}, {key}, {owner} and {tier},
 * which whoever shows them fills in. Names in braces that are not known are an
 * error. They are part of the pack, and of its blob, but not of the rules that
 * a case is pinned to.
 *
 * Memory   The set's.
 * Errors   Findings, as for the rest of a pack.
 * Threads  Immutable once loaded.
 * Source   Issue 2, workers/tier/.
 */
#ifndef POLICY_MESSAGES_H
#define POLICY_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/text.h"

/* clang-format off */
#define MESSAGE_GROUPS(X)                                                      \
    X(RULES,  "rules")  /* ids of rules and steps: FALL, PLAN  */           \
    X(CLOCKS, "clocks") /* names of clocks                        */           \
    X(KINDS,  "kinds")  /* kinds of events                        */           \
    X(HINTS,  "hints")  /* to the author: the say of a hint       */           \
    X(ROLES,  "roles")  /* tiers and side roles: why is their word */          \
    X(CLOCK_WORDS,   "clock_words")   /* what a clock is called    */          \
    X(KIND_WORDS,    "kind_words")    /* a kind of event           */          \
    X(LIST_WORDS,    "list_words")    /* a list of the case        */          \
    X(COUNTER_WORDS, "counter_words")                                          \
    X(FACTOR_WORDS,  "factor_words")  /* factors, causes, finders  */

#define MESSAGE_FIELDS(X)                                                      \
    X(SPAN,  "span")  /* how long the clock counted */                         \
    X(DUE,   "due")   /* when it was due, local     */                         \
    X(KEY,   "key")   /* which promise ...          */                         \
    X(OWNER, "owner") /* of the case                */                         \
    X(TIER,  "tier")  /* who is told                */                         \
    X(WORD,  "word")  /* of a hint: what was found  */                         \
    X(NUMBER, "number") /* of a hint                */
/* clang-format on */

#define X(name, word) MESSAGE_##name,
enum message_group { MESSAGE_GROUPS(X) MESSAGE_GROUPS_END };
enum message_field { MESSAGE_FIELDS(X) MESSAGE_FIELDS_END };
#undef X

struct message {
    enum message_group group;
    struct text name;
    struct text why, what; /* what: may be empty */
};

/* One file. */
struct message_book {
    struct text pack;     /* the policy's name */
    struct text language; /* zh_CN */
    const struct message *list;
    size_t count;
};

struct messages {
    const struct message_book *books;
    size_t count;
};

/* In that language, else in English, else NULL. Another pack's words are never
 * taken. language NULL is English. */
const struct message *messages_find(const struct messages *m, struct text pack,
                                    const char *language,
                                    enum message_group group, struct text name);

/* In that language alone. */
const struct message *messages_in(const struct messages *m, struct text pack,
                                  struct text language,
                                  enum message_group group, struct text name);

/* Groups of words alone: why is the word, there is no do. */
static inline bool message_is_word(enum message_group group)
{
    return group >= MESSAGE_ROLES && group < MESSAGE_GROUPS_END;
}

/* The field that begins at the brace at text[at]: its number, and behind it
 * in *end. MESSAGE_FIELDS_END: there is none. */
enum message_field messages_field(struct text text, size_t at, size_t *end);

#endif
