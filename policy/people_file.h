/* people_file - reads the files people.yaml of the packs of a set.
 *
 * Memory   The set's arena.
 * Errors   Findings.
 */
#ifndef POLICY_PEOPLE_FILE_H
#define POLICY_PEOPLE_FILE_H

#include "policy/blob.h"
#include "policy/loader.h"
#include "policy/people.h"

#define PEOPLE_FILE "people.yaml"

/* NULL only when memory is short, which is reported. */
const struct people_books *people_read(struct loader *l,
                                       const struct blob *blob);

#endif
