/* words - the name that was probably meant.
 *
 * Edit distance with neighbouring letters swapped counted as one step; near
 * enough is a third of the word.
 *
 * Memory   Borrows; nothing is kept.
 */
#ifndef POLICY_WORDS_H
#define POLICY_WORDS_H

#include "engine/text.h"

struct nearest {
    struct text word; /* as written */
    struct text best; /* empty while nothing is near */
    unsigned distance;
};

void nearest_begin(struct nearest *n, struct text word);
void nearest_try(struct nearest *n, struct text candidate);

/* 0 for equal; words longer than 63 bytes are never near. */
unsigned words_distance(struct text a, struct text b);

#endif
