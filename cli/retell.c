#include "cli/retell.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"

enum { PIECES_MAX = 4 };

/* What was put into a sentence. */
struct piece {
    const char *at;
    size_t size;
};

static const char *const sentences[] = {
#include "cli/retell.def"
};

/* Behind "%.60s". */
static const char *past_spec(const char *format)
{
    format++;
    return format + strspn(format, "0123456789.*lzh") + 1;
}

/* Where the words up to the next spec stand; at the end, if they are the last.
 */
static const char *find_words(const char *text, const char *words, size_t size)
{
    size_t rest = strlen(text);

    if (words[size])
        return memmem(text, rest, words, size);
    if (rest < size || strcmp(text + rest - size, words) != 0)
        return NULL;
    return text + rest - size;
}

/* How many pieces the format has put into the text; -1: it is another's. */
static int take_apart(const char *format, const char *text,
                      struct piece pieces[PIECES_MAX])
{
    size_t size = strcspn(format, "%");
    int count = 0;

    if (strncmp(format, text, size) != 0)
        return -1;
    format += size;
    text += size;
    while (*format) {
        const char *next;

        format = past_spec(format);
        size = strcspn(format, "%");
        next = find_words(text, format, size);
        if (!next || count == PIECES_MAX)
            return -1;
        pieces[count++] = (struct piece){text, (size_t)(next - text)};
        format += size;
        text = next + size;
    }
    return *text ? -1 : count;
}

static void put_together(const char *format, const struct piece *pieces,
                         int count, char *out, size_t room)
{
    size_t used = 0;

    *out = '\0';
    for (int i = 0; *format && used < room; i++) {
        size_t size = strcspn(format, "%");

        used += (size_t)snprintf(out + used, room - used, "%.*s", (int)size,
                                 format);
        format += size;
        if (!*format || i == count || used >= room)
            return;
        used += (size_t)snprintf(out + used, room - used, "%.*s",
                                 (int)pieces[i].size, pieces[i].at);
        format = past_spec(format);
    }
}

static bool tell(const char *text, char *out, size_t room)
{
    struct piece pieces[PIECES_MAX];

    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        int count = take_apart(sentences[i], text, pieces);

        if (count < 0)
            continue;
        put_together(_(sentences[i]), pieces, count, out, room);
        return true;
    }
    return false;
}

/* "promise.due: " */
static size_t lead_size(const char *text)
{
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.[]");

    return size && strncmp(text + size, ": ", 2) == 0 ? size + 2 : 0;
}

const char *retell(const char *text, char out[RETELL_BYTES])
{
    size_t lead = lead_size(text);

    if (!*text)
        return text;
    if (tell(text, out, RETELL_BYTES))
        return out;
    if (lead && lead < RETELL_BYTES / 2 &&
        tell(text + lead, out + lead, RETELL_BYTES - lead)) {
        memcpy(out, text, lead);
        return out;
    }
    return _(text); /* a sentence of ours, or as it came */
}
