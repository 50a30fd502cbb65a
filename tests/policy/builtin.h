/* builtin - the builtin kinds of event by name.
 *
 * Memory   A static table; valid always.
 */
#ifndef TESTS_POLICY_BUILTIN_H
#define TESTS_POLICY_BUILTIN_H

#include <stddef.h>

const char *const *builtin_kinds(size_t *count);

#endif
