#include "base/hex.h"

#include <string.h>

void hex_format(struct slice bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = digits[bytes.data[i] >> 4];
        out[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    out[2 * bytes.size] = '\0';
}

enum { NO_DIGIT = 16 };

static unsigned value_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A' + 10);
    return NO_DIGIT;
}

enum status hex_parse(const char *text, uint8_t *out, size_t size)
{
    if (strlen(text) != 2 * size)
        return STATUS_INVALID;
    for (size_t i = 0; i < 2 * size; i++) {
        if (value_of(text[i]) == NO_DIGIT)
            return STATUS_INVALID;
    }
    for (size_t i = 0; i < size; i++)
        out[i] =
            (uint8_t)(value_of(text[2 * i]) << 4 | value_of(text[2 * i + 1]));
    return STATUS_OK;
}
