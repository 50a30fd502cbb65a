/* digest - BLAKE2b-256, for the chain of the journal and for blobs by hash.
 *
 * Threads  Any; a stream: one at a time.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum { DIGEST_BYTES = 32, DIGEST_TEXT_SIZE = 65 }; /* hex with the zero */

struct digest {
    uint8_t bytes[DIGEST_BYTES];
};

struct digest digest_of(struct slice bytes);

/* As if the two were one: digest of a, then b. */
struct digest digest_of_two(struct slice a, struct slice b);

bool digest_equal(const struct digest *a, const struct digest *b);
void digest_format(const struct digest *d, char out[DIGEST_TEXT_SIZE]);

struct digest_stream {
    crypto_generichash_state state;
};

void digest_begin(struct digest_stream *s);
void digest_add(struct digest_stream *s, struct slice bytes);
struct digest digest_end(struct digest_stream *s);

#endif
