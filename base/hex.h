/* hex - bytes as lower-case hexadecimal digits.
 *
 * Errors   INVALID: an odd number of digits, another character, or another
 *          number of bytes than asked for.
 * Threads  Any.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/error.h"
#include "base/slice.h"

/* out has room for 2 * size + 1. */
void hex_format(struct slice bytes, char *out);

/* Exactly size bytes; upper case is read too. out is changed only on OK. */
MUST_CHECK enum status hex_parse(const char *text, uint8_t *out, size_t size);

#endif
