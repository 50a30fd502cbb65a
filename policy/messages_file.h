/* messages_file - reads the files messages/LANGUAGE.yaml of the packs of a set.
 *
 * Memory   The set's arena.
 * Errors   Findings.
 */
#ifndef POLICY_MESSAGES_FILE_H
#define POLICY_MESSAGES_FILE_H

#include "policy/blob.h"
#include "policy/loader.h"
#include "policy/messages.h"

#define MESSAGES_FOLDER "messages/"

bool messages_is_file(struct text name);

/* NULL only when memory is short, which is reported. */
const struct messages *messages_read(struct loader *l, const struct blob *blob);

#endif
