#include "base/bytes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

void bytes_init(struct bytes *b, size_t limit)
{
    *b = (struct bytes){.limit = limit};
}

void bytes_fini(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){.limit = b->limit};
}

void bytes_reset(struct bytes *b)
{
    b->size = 0;
    b->status = STATUS_OK;
}

/* Make room for more bytes behind the contents, spare ones not counted. */
static bool grow(struct bytes *b, size_t more, size_t spare)
{
    size_t limit = b->limit > 0 ? b->limit : SIZE_MAX / 2;
    size_t need, capacity;
    uint8_t *data;

    if (b->status)
        return false;
    if (b->size > limit || more > limit - b->size) {
        b->status = STATUS_TOO_LARGE;
        return false;
    }
    need = b->size + more + spare;
    if (need <= b->capacity)
        return true;
    capacity = b->capacity > 0 ? b->capacity : FIRST_CAPACITY;
    while (capacity < need)
        capacity *= 2;
    data = realloc(b->data, capacity);
    if (!data) {
        b->status = STATUS_NO_MEMORY;
        return false;
    }
    b->data = data;
    b->capacity = capacity;
    return true;
}

uint8_t *bytes_reserve(struct bytes *b, size_t more)
{
    return grow(b, more, 1) ? b->data + b->size : NULL;
}

enum status bytes_append(struct bytes *b, struct slice more)
{
    if (!grow(b, more.size, 0))
        return b->status;
    if (more.size > 0)
        memcpy(b->data + b->size, more.data, more.size);
    b->size += more.size;
    return STATUS_OK;
}

enum status bytes_append_u8(struct bytes *b, uint8_t value)
{
    return bytes_append(b, slice_of(&value, 1));
}

enum status bytes_append_text(struct bytes *b, const char *text)
{
    return bytes_append(b, slice_of_text(text));
}

enum status bytes_append_format(struct bytes *b, const char *format, ...)
{
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    if (!grow(b, (size_t)size, 1))
        return b->status;
    va_start(args, format);
    vsnprintf((char *)b->data + b->size, (size_t)size + 1, format, args);
    va_end(args);
    b->size += (size_t)size;
    return STATUS_OK;
}

const char *bytes_text(struct bytes *b)
{
    enum status before = b->status;

    b->status = STATUS_OK;
    if (!grow(b, 0, 1))
        return NULL;
    b->status = before;
    b->data[b->size] = 0;
    return (const char *)b->data;
}

uint8_t *bytes_take(struct bytes *b, size_t *size)
{
    uint8_t *data = b->data;

    if (size)
        *size = b->size;
    *b = (struct bytes){.limit = b->limit};
    return data;
}
