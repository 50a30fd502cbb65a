#include "base/id.h"

#include <assert.h>
#include <string.h>

enum { TIME_BYTES = 6, TEXT_LENGTH = ID_TEXT_SIZE - 1 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

struct id id_make(int64_t wall_ms, const struct random *random)
{
    struct id id;

    assert(wall_ms >= 0);
    for (int i = 0; i < TIME_BYTES; i++)
        id.bytes[i] = (uint8_t)(wall_ms >> (8 * (TIME_BYTES - 1 - i)));
    random_fill(random, id.bytes + TIME_BYTES, ID_BYTES - TIME_BYTES);
    return id;
}

/* 130 bits of text hold 128 bits of id: the first letter has two to spare. */
void id_format(const struct id *id, char out[ID_TEXT_SIZE])
{
    unsigned __int128 bits = 0;

    for (int i = 0; i < ID_BYTES; i++)
        bits = bits << 8 | id->bytes[i];
    for (int i = TEXT_LENGTH - 1; i >= 0; i--) {
        out[i] = alphabet[(unsigned)bits & 31];
        bits >>= 5;
    }
    out[TEXT_LENGTH] = '\0';
}

static int value_of(char c)
{
    const char *found;

    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    if (c == 'O')
        c = '0';
    if (c == 'I' || c == 'L')
        c = '1';
    found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

enum status id_parse(const char *text, struct id *id)
{
    unsigned __int128 bits = 0;

    if (strnlen(text, ID_TEXT_SIZE) != TEXT_LENGTH)
        return STATUS_INVALID;
    for (int i = 0; i < TEXT_LENGTH; i++) {
        int value = value_of(text[i]);

        if (value < 0 || (i == 0 && value > 7))
            return STATUS_INVALID;
        bits = bits << 5 | (unsigned)value;
    }
    for (int i = ID_BYTES - 1; i >= 0; i--) {
        id->bytes[i] = (uint8_t)bits;
        bits >>= 8;
    }
    return STATUS_OK;
}

int64_t id_at_ms(const struct id *id)
{
    int64_t ms = 0;

    for (int i = 0; i < TIME_BYTES; i++)
        ms = ms << 8 | id->bytes[i];
    return ms;
}
