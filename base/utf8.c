#include "base/utf8.h"

#include <stdio.h>
#include <string.h>
#include <unistr.h>
#include <uniwidth.h>

static const char ellipsis[] = "…";
enum { ELLIPSIS_BYTES = sizeof ellipsis - 1, BAD = 0xfffd };

bool utf8_valid(struct slice text)
{
    if (text.size == 0)
        return true;
    return u8_check(text.data, text.size) == NULL &&
           !memchr(text.data, 0, text.size);
}

bool utf8_clean(struct slice text)
{
    const uint8_t *at = text.data, *end = text.data + text.size;

    if (!utf8_valid(text))
        return false;
    while (at < end) {
        ucs4_t c;

        at += u8_mbtouc(&c, at, (size_t)(end - at));
        if ((c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0))
            return false;
    }
    return true;
}

/* The character at text and its size; 0 at the end. A byte that is no part of
 * a character counts as one, so that nothing here can run away. */
static size_t next(const char *text, ucs4_t *c)
{
    size_t left = strnlen(text, 8);

    if (left == 0)
        return 0;
    return (size_t)u8_mbtouc(c, (const uint8_t *)text, left);
}

static size_t columns_of(ucs4_t c)
{
    int width = uc_width(c, "UTF-8");

    return width > 0 ? (size_t)width : 0;
}

struct slice utf8_unmarked(struct slice text)
{
    if (text.size < 3 || memcmp(text.data, "\xef\xbb\xbf", 3) != 0)
        return text;
    return slice_of(text.data + 3, text.size - 3);
}

size_t utf8_count(const char *text)
{
    if (!utf8_valid(slice_of_text(text)))
        return 0;
    return u8_mbsnlen((const uint8_t *)text, strlen(text));
}

size_t utf8_width(const char *text)
{
    size_t columns = 0, size;
    ucs4_t c;

    for (; (size = next(text, &c)) > 0; text += size)
        columns += columns_of(c);
    return columns;
}

size_t utf8_prefix(const char *text, size_t n)
{
    size_t at = 0, size;
    ucs4_t c;

    for (; n > 0 && (size = next(text + at, &c)) > 0; n--)
        at += size;
    return at;
}

/* Where text must be cut to have at most n characters (or columns) and so many
 * bytes. */
static size_t cut_at(const char *text, size_t n, size_t bytes, bool by_columns)
{
    size_t at = 0, used = 0, size;
    ucs4_t c;

    while ((size = next(text + at, &c)) > 0) {
        size_t more = by_columns ? columns_of(c) : 1;

        if (used + more > n || at + size > bytes)
            break;
        used += more;
        at += size;
    }
    return at;
}

static void cut(const char *text, size_t n, bool by_columns, char *out,
                size_t room)
{
    size_t size = strlen(text);

    if (room == 0)
        return;
    if (cut_at(text, n, room - 1, by_columns) == size) {
        memcpy(out, text, size + 1);
        return;
    }
    if (n == 0 || room <= ELLIPSIS_BYTES) {
        out[0] = '\0';
        return;
    }
    size = cut_at(text, n - 1, room - 1 - ELLIPSIS_BYTES, by_columns);
    memcpy(out, text, size);
    memcpy(out + size, ellipsis, ELLIPSIS_BYTES + 1);
}

void utf8_truncate(const char *text, size_t n, char *out, size_t room)
{
    cut(text, n, false, out, room);
}

void utf8_pad(const char *text, size_t columns, char *out, size_t room)
{
    size_t width, size;

    cut(text, columns, true, out, room);
    if (room == 0)
        return;
    width = utf8_width(out);
    size = strlen(out);
    for (; width < columns && size + 1 < room; width++)
        out[size++] = ' ';
    out[size] = '\0';
}
