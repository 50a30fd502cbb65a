#include "base/digest.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hex.h"

_Static_assert(DIGEST_BYTES == crypto_generichash_BYTES, "BLAKE2b-256");

/* libsodium picks its fastest code when it is initialised. */
__attribute__((constructor)) static void start(void)
{
    if (sodium_init() < 0)
        abort();
}

void digest_begin(struct digest_stream *s)
{
    int rc = crypto_generichash_init(&s->state, NULL, 0, DIGEST_BYTES);

    assert(rc == 0);
}

void digest_add(struct digest_stream *s, struct slice bytes)
{
    int rc;

    if (bytes.size == 0)
        return;
    rc = crypto_generichash_update(&s->state, bytes.data, bytes.size);
    assert(rc == 0);
}

struct digest digest_end(struct digest_stream *s)
{
    struct digest d;
    int rc = crypto_generichash_final(&s->state, d.bytes, DIGEST_BYTES);

    assert(rc == 0);
    return d;
}

struct digest digest_of_two(struct slice a, struct slice b)
{
    struct digest_stream s;

    digest_begin(&s);
    digest_add(&s, a);
    digest_add(&s, b);
    return digest_end(&s);
}

struct digest digest_of(struct slice bytes)
{
    return digest_of_two(bytes, SLICE_EMPTY);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return sodium_memcmp(a->bytes, b->bytes, DIGEST_BYTES) == 0;
}

void digest_format(const struct digest *d, char out[DIGEST_TEXT_SIZE])
{
    hex_format(slice_of(d->bytes, DIGEST_BYTES), out);
}
