/* id - names for things, made anywhere, that sort by when they were made.
 *
 * 16 bytes: 48 bits of wall milliseconds, big-endian, then 80 random bits. As
 * text 26 characters of Crockford's base32, digits first, so that text and
 * bytes sort alike: 06C2FJ8QK0... Reading takes lower case, and o for 0, i and
 * l for 1.
 *
 * Errors   INVALID: wrong length, a letter that is not in the alphabet, or more
 *          than 128 bits.
 * Threads  Any.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdint.h>

#include "base/error.h"
#include "base/random.h"

enum { ID_BYTES = 16, ID_TEXT_SIZE = 27 }; /* text with the zero */

struct id {
    uint8_t bytes[ID_BYTES];
};

struct id id_make(int64_t wall_ms, const struct random *random);

void id_format(const struct id *id, char out[ID_TEXT_SIZE]);
MUST_CHECK enum status id_parse(const char *text, struct id *id);

/* When it was made. */
int64_t id_at_ms(const struct id *id);

#endif
