#include "policy/hours.h"

#include "policy/calendars.h"

enum { STRETCHES_MAX = HOURS_BREAKS_MAX + 1 };

struct stretches {
    struct hours_break list[STRETCHES_MAX + 1];
    size_t count;
};

static struct stretches taken_apart(const struct hours *h)
{
    struct stretches s = {.count = 0};
    uint16_t from = h->open_minute;

    if (h->close_minute <= h->open_minute)
        return s;
    for (size_t i = 0; i < HOURS_BREAKS_MAX &&
                       h->breaks[i].from_minute < h->breaks[i].until_minute;
         i++) {
        s.list[s.count++] =
            (struct hours_break){from, h->breaks[i].from_minute};
        from = h->breaks[i].until_minute;
    }
    s.list[s.count++] = (struct hours_break){from, h->close_minute};
    return s;
}

bool hours_add(struct hours *hours, uint16_t from, uint16_t until)
{
    struct stretches s = taken_apart(hours);
    size_t at = s.count;

    if (from >= until || s.count == STRETCHES_MAX)
        return false;
    for (; at > 0 && s.list[at - 1].from_minute > from; at--)
        s.list[at] = s.list[at - 1];
    s.list[at] = (struct hours_break){from, until};
    s.count++;
    for (size_t i = 1; i < s.count; i++)
        if (s.list[i].from_minute <= s.list[i - 1].until_minute)
            return false;
    *hours =
        HOURS_OPEN(s.list[0].from_minute, s.list[s.count - 1].until_minute);
    for (size_t i = 1; i < s.count; i++)
        hours->breaks[i - 1] = (struct hours_break){s.list[i - 1].until_minute,
                                                    s.list[i].from_minute};
    return true;
}

bool hours_are_open(const struct hours *h, unsigned minute)
{
    struct stretches s = taken_apart(h);

    for (size_t i = 0; i < s.count; i++)
        if (minute >= s.list[i].from_minute && minute < s.list[i].until_minute)
            return true;
    return false;
}

static struct text trimmed(struct text word)
{
    while (word.size && word.data[0] == ' ')
        word = (struct text){word.data + 1, word.size - 1};
    while (word.size && word.data[word.size - 1] == ' ')
        word.size--;
    return word;
}

/* "09:00-18:00" */
static bool read_stretch(struct text word, struct hours *hours)
{
    uint16_t from, until;

    word = trimmed(word);
    return word.size == 11 && word.data[5] == '-' &&
           minute_of_text((struct text){word.data, 5}, &from) &&
           minute_of_text((struct text){word.data + 6, 5}, &until) &&
           hours_add(hours, from, until);
}

static bool read_words(struct text word, struct hours *hours)
{
    while (word.size) {
        struct text one = {word.data, 0};

        while (one.size < word.size && word.data[one.size] != ',')
            one.size++;
        if (!read_stretch(one, hours))
            return false;
        word = one.size == word.size ? (struct text){NULL, 0}
                                     : (struct text){word.data + one.size + 1,
                                                     word.size - one.size - 1};
    }
    return true;
}

bool hours_read(struct loader *l, yaml_node_t *node, struct hours *hours)
{
    *hours = HOURS_CLOSED;
    if (node->type == YAML_MAPPING_NODE)
        return node_is_text(l, node, "opening hours such as 09:00-18:00");
    for (size_t i = 0; i < node_count(node); i++) {
        yaml_node_t *item = node_item(l, node, i);

        if (!node_is_text(l, item, "opening hours such as 09:00-18:00"))
            return false;
        if (text_equal(node_text(item), TEXT("closed")) &&
            node_count(node) == 1)
            return true;
        if (read_words(node_text(item), hours))
            continue;
        report_error(l, node_place(item), UNSAID,
                     "write 09:00-18:00, closed, or 09:00-12:00, 13:00-18:00",
                     "\"%.*s\" are no opening hours",
                     TEXT_ARG(node_text(item)));
        return false;
    }
    return true;
}
