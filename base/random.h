/* random - chance, from whoever is in charge of it.
 *
 * The programs hand in random_system() (libsodium), tests and the simulator a
 * seeded one, so that a run can be had again from its seed.
 *
 * Threads  random_system: any. A seeded one: one at a time.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    void (*fill)(void *state, void *out, size_t size);
    void *state;
};

const struct random *random_system(void);

static inline void random_fill(const struct random *r, void *out, size_t size)
{
    r->fill(r->state, out, size);
}

uint64_t random_u64(const struct random *r);

/* 0 to n - 1, each alike; n is at least 1. */
uint64_t random_below(const struct random *r, uint64_t n);

/* True once in n times on average. */
int random_one_in(const struct random *r, uint64_t n);

/* xoshiro256**, for tests only: its output can be foretold. */
struct random_seeded {
    struct random random; /* hand out its address */
    uint64_t s[4];
};

void random_seeded_init(struct random_seeded *r, uint64_t seed);

#endif
