#include "base/random.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void system_fill(void *state, void *out, size_t size)
{
    (void)state;
    randombytes_buf(out, size);
}

const struct random *random_system(void)
{
    static const struct random source = {.fill = system_fill};

    if (sodium_init() < 0)
        abort(); /* no source of randomness: nothing here may go on */
    return &source;
}

uint64_t random_u64(const struct random *r)
{
    uint64_t value;

    random_fill(r, &value, sizeof value);
    return value;
}

uint64_t random_below(const struct random *r, uint64_t n)
{
    uint64_t uneven, value;

    assert(n > 0);
    uneven = (0 - n) % n; /* 2^64 mod n: values below would come too often */
    do {
        value = random_u64(r);
    } while (value < uneven);
    return value % n;
}

int random_one_in(const struct random *r, uint64_t n)
{
    return random_below(r, n) == 0;
}

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t next(uint64_t s[4])
{
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

static void seeded_fill(void *state, void *out, size_t size)
{
    struct random_seeded *r = state;
    uint8_t *at = out;

    while (size > 0) {
        uint64_t value = next(r->s);
        size_t n = size < sizeof value ? size : sizeof value;

        memcpy(at, &value, n);
        at += n;
        size -= n;
    }
}

/* splitmix64, as its authors advise for seeding. */
void random_seeded_init(struct random_seeded *r, uint64_t seed)
{
    r->random = (struct random){.fill = seeded_fill, .state = r};
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15;

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        r->s[i] = z ^ z >> 31;
    }
}
