#include "base/slice.h"

#include <string.h>

struct slice slice_of_text(const char *text)
{
    return slice_of(text, text ? strlen(text) : 0);
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

int slice_compare(struct slice a, struct slice b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;

    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

bool slice_starts_with(struct slice whole, struct slice start)
{
    return whole.size >= start.size &&
           slice_equal(slice_of(whole.data, start.size), start);
}

struct slice slice_from(struct slice whole, size_t offset)
{
    if (offset >= whole.size)
        return SLICE_EMPTY;
    return slice_of(whole.data + offset, whole.size - offset);
}

bool slice_to_text(struct slice from, char *out, size_t room)
{
    if (room == 0)
        return false;
    out[0] = '\0';
    if (from.size >= room)
        return false;
    if (from.size > 0) {
        if (memchr(from.data, 0, from.size))
            return false;
        memcpy(out, from.data, from.size);
    }
    out[from.size] = '\0';
    return true;
}
