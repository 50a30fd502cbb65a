/* text - words inside the engine: borrowed, or kept in place up to a bound.
 *
 * Memory   struct text borrows; struct name owns its bytes, inline.
 * Errors   name_set() cuts nothing: a longer word is refused with false, and
 *          the door has refused it long before (LIMIT_ID_BYTES).
 * Threads  None.
 */
#ifndef ENGINE_TEXT_H
#define ENGINE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { NAME_BYTES_MAX = 63 };

struct text {
    const char *data; /* not terminated; NULL only when size is 0 */
    uint32_t size;
};

/* An id: of a case, person, station, promise. Bytes past size are zero. */
struct name {
    uint8_t size;
    char data[NAME_BYTES_MAX];
};

#define TEXT(literal) ((struct text){literal, sizeof(literal) - 1})

static inline struct text text_of(const char *terminated)
{
    return (struct text){terminated, (uint32_t)strlen(terminated)};
}

static inline struct text name_text(const struct name *n)
{
    return (struct text){n->data, n->size};
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool name_equal(const struct name *a, const struct name *b)
{
    return text_equal(name_text(a), name_text(b));
}

static inline bool name_is(const struct name *n, struct text t)
{
    return text_equal(name_text(n), t);
}

static inline bool name_set(struct name *n, struct text t)
{
    if (t.size > NAME_BYTES_MAX)
        return false;
    memset(n, 0, sizeof *n);
    n->size = (uint8_t)t.size;
    if (t.size)
        memcpy(n->data, t.data, t.size);
    return true;
}

enum { TEXT_DIGITS_MAX = 20 };

/* A number as words, in so many bytes. */
static inline uint32_t text_digits(char *buffer, uint64_t n)
{
    uint32_t size = 1;

    for (uint64_t m = n; m >= 10; m /= 10)
        size++;
    for (uint32_t i = size; i > 0; i--, n /= 10)
        buffer[i - 1] = (char)('0' + n % 10);
    return size;
}

#endif
