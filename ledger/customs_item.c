/* An item of a case's list as proto CaseItem, in rows and in decisions. */
#include "ledger/customs.h"
#include "ledger/customs_internal.h"

void customs_put_item(struct pb_out *o, const struct item *i, struct text list)
{
    const char *state = item_state_name(i->state);

    pb_text(o, 1, i->key.data, i->key.size);
    pb_text(o, 2, list.data, list.size);
    pb_text(o, 3, state, strlen(state));
    pb_text(o, 4, i->owner.data, i->owner.size);
    pb_text(o, 5, i->by.data, i->by.size);
    pb_number(o, 6, i->tier);
    pb_number(o, 7, i->number);
    pb_number(o, 8, i->at_ms);
    pb_number(o, 9, i->due_ms);
    pb_number(o, 10, i->ended_at_ms);
    pb_number(o, 11, i->list);
}

static struct text words_of(const struct pb_field *f)
{
    return (struct text){(const char *)f->bytes.data, (uint32_t)f->bytes.size};
}

static bool state_of(struct text word, enum item_state *state)
{
#define X(name, code, text_)                                                   \
    if (text_equal(word, TEXT(text_))) {                                       \
        *state = ITEM_##name;                                                  \
        return true;                                                           \
    }
    ITEM_STATES(X)
#undef X
    return false;
}

static bool get_words(const struct pb_field *f, struct item *i)
{
    if (f->wire != PB_BYTES)
        return false;
    switch (f->number) {
    case 1:
        return name_set(&i->key, words_of(f));
    case 3:
        return state_of(words_of(f), &i->state);
    case 4:
        return name_set(&i->owner, words_of(f));
    case 5:
        return name_set(&i->by, words_of(f));
    default:
        return true;
    }
}

static void get_number(const struct pb_field *f, struct item *i)
{
    switch (f->number) {
    case 6:
        i->tier = (uint8_t)f->value;
        break;
    case 7:
        i->number = (int64_t)f->value;
        break;
    case 8:
        i->at_ms = (int64_t)f->value;
        break;
    case 9:
        i->due_ms = (int64_t)f->value;
        break;
    case 10:
        i->ended_at_ms = (int64_t)f->value;
        break;
    case 11:
        i->list = (uint16_t)f->value;
        break;
    default:
        break;
    }
}

bool customs_get_item(struct slice bytes, struct item *i)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f = {0};

    memset(i, 0, sizeof *i);
    while (pb_next(&in, &f)) {
        if (f.number >= 1 && f.number <= 5) {
            if (!get_words(&f, i))
                return false;
        } else {
            get_number(&f, i);
        }
    }
    return !in.bad && i->state;
}
