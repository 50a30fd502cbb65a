/* slice - bytes that belong to somebody else.
 *
 * Memory   A slice owns nothing; it is valid as long as what it points into.
 *          data may be NULL when size is 0.
 * Threads  Any.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
    const uint8_t *data;
    size_t size;
};

#define SLICE_EMPTY ((struct slice){NULL, 0})

static inline struct slice slice_of(const void *data, size_t size)
{
    return (struct slice){(const uint8_t *)data, size};
}

/* Without the terminating zero; NULL gives the empty slice. */
struct slice slice_of_text(const char *text);

bool slice_equal(struct slice a, struct slice b);

/* As memcmp; of two where one begins the other, the shorter comes first. */
int slice_compare(struct slice a, struct slice b);

bool slice_starts_with(struct slice whole, struct slice start);

/* The bytes from an offset on; empty when it lies behind the end. */
struct slice slice_from(struct slice whole, size_t offset);

/* A zero-terminated copy in out, false (and "") when it does not fit or holds
 * a zero byte. */
bool slice_to_text(struct slice from, char *out, size_t room);

#endif
