/* An intent as proto Intent, in its decision and in its row. */
#include <string.h>

#include "ledger/customs.h"
#include "ledger/customs_internal.h"

enum { INTENT_QUERY = 2, INTENT_FIELD = 5, INTENT_DEPTH = 6 };

/* Number in Intent, member, in ascending order. */
/* clang-format off */
#define INTENT_HEAD(T, N) T(1, id)
#define INTENT_TEXTS(T, N) T(3, subject) T(4, kind)
#define INTENT_TAIL(T, N)                                                       \
    T(7, cause_case) T(8, station) T(9, region) T(10, product_line)             \
    T(11, customer) T(12, asset) N(13, at_ms) N(14, cause) T(15, cursor)        \
    N(16, done)

#define PUT_TEXT(number, member) pb_text(o, number, i->member.data, i->member.size);
#define PUT_NUMBER(number, member) pb_number(o, number, (int64_t)i->member);
#define GET_TEXT(number, member)                                                \
    case number:                                                                \
        if (f.wire != PB_BYTES)                                                 \
            return false;                                                       \
        i->member = text_of_bytes(f.bytes);                                     \
        break;
#define GET_NUMBER(number, member)                                              \
    case number: i->member = (__typeof__(i->member))f.value; break;
/* clang-format on */

enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_TEXT, ATTRIBUTE_NUMBER };
enum { ATTRIBUTE_REAL = 4, ATTRIBUTE_FLAG, ATTRIBUTE_TIME };

static struct text text_of_bytes(struct slice bytes)
{
    return (struct text){(const char *)bytes.data, (uint32_t)bytes.size};
}

/* Zero and false are values here. */
static void put_always(struct pb_out *o, uint32_t number, int64_t v)
{
    pb_tag(o, number, PB_VARINT);
    pb_raw_varint(o, (uint64_t)v);
}

static void put_real(struct pb_out *o, int64_t thousandths)
{
    double real = (double)thousandths / 1000;
    uint64_t bits;

    memcpy(&bits, &real, sizeof bits);
    pb_tag(o, ATTRIBUTE_REAL, PB_FIXED64);
    if (o->end - o->at < 8) {
        o->full = true;
        return;
    }
    for (int n = 0; n < 8; n++)
        *o->at++ = (uint8_t)(bits >> (8 * n));
}

static void put_field(struct pb_out *o, const struct field *f)
{
    const struct value *v = &f->value;
    uint8_t *mark = pb_open(o, INTENT_FIELD);

    pb_text(o, ATTRIBUTE_NAME, f->name.data, f->name.size);
    if (v->kind == VALUE_TEXT)
        pb_bytes(o, ATTRIBUTE_TEXT, v->text.data, v->text.size);
    else if (v->kind == VALUE_NUMBER && v->thousandths % 1000 == 0)
        put_always(o, ATTRIBUTE_NUMBER, v->thousandths / 1000);
    else if (v->kind == VALUE_NUMBER)
        put_real(o, v->thousandths);
    else if (v->kind == VALUE_FLAG)
        put_always(o, ATTRIBUTE_FLAG, v->flag);
    else if (v->kind == VALUE_TIME)
        put_always(o, ATTRIBUTE_TIME, v->time_ms);
    pb_close(o, mark);
}

void customs_put_intent(struct pb_out *o, const struct intent *i)
{
    INTENT_HEAD(PUT_TEXT, PUT_NUMBER)
    pb_number(o, INTENT_QUERY, i->query);
    INTENT_TEXTS(PUT_TEXT, PUT_NUMBER)
    for (size_t n = 0; n < i->field_count; n++)
        put_field(o, &i->fields[n]);
    pb_number(o, INTENT_DEPTH, i->depth);
    INTENT_TAIL(PUT_TEXT, PUT_NUMBER)
}

static int64_t thousandths_of(uint64_t bits)
{
    double real;

    memcpy(&real, &bits, sizeof real);
    return (int64_t)(real * 1000 + (real < 0 ? -0.5 : 0.5));
}

static bool get_attribute(struct slice bytes, struct field *out)
{
    struct pb_in in = pb_in_of(bytes);
    struct value *v = &out->value;
    struct pb_field f = {0};

    *out = (struct field){.value = {.kind = VALUE_NONE}};
    while (pb_next(&in, &f)) {
        if (f.number <= ATTRIBUTE_TEXT && f.wire != PB_BYTES)
            return false;
        switch (f.number) {
        case ATTRIBUTE_NAME:
            out->name = text_of_bytes(f.bytes);
            break;
        case ATTRIBUTE_TEXT:
            v->kind = VALUE_TEXT;
            v->text = text_of_bytes(f.bytes);
            break;
        case ATTRIBUTE_NUMBER:
            v->kind = VALUE_NUMBER;
            v->thousandths = (int64_t)f.value * 1000;
            break;
        case ATTRIBUTE_REAL:
            v->kind = VALUE_NUMBER;
            v->thousandths = thousandths_of(f.value);
            break;
        case ATTRIBUTE_FLAG:
            v->kind = VALUE_FLAG;
            v->flag = f.value != 0;
            break;
        case ATTRIBUTE_TIME:
            v->kind = VALUE_TIME;
            v->time_ms = (int64_t)f.value;
            break;
        default:
            break;
        }
    }
    return !in.bad;
}

bool customs_get_intent(struct slice bytes, struct intent *i)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f = {0};

    memset(i, 0, sizeof *i);
    while (pb_next(&in, &f)) {
        switch (f.number) {
            INTENT_HEAD(GET_TEXT, GET_NUMBER)
            INTENT_TEXTS(GET_TEXT, GET_NUMBER)
            INTENT_TAIL(GET_TEXT, GET_NUMBER)
        case INTENT_QUERY:
            i->query = (enum intent_query)f.value;
            break;
        case INTENT_FIELD:
            if (i->field_count == INTENT_FIELDS_MAX || f.wire != PB_BYTES ||
                !get_attribute(f.bytes, &i->fields[i->field_count++]))
                return false;
            break;
        case INTENT_DEPTH:
            i->depth = (uint8_t)f.value;
            break;
        default:
            break;
        }
    }
    return !in.bad && i->id.size && i->id.size <= NAME_BYTES_MAX &&
           i->cursor.size <= NAME_BYTES_MAX &&
           i->subject.size <= NAME_BYTES_MAX;
}

bool customs_intent_read(struct slice bytes, struct intent *i)
{
    return customs_get_intent(bytes, i);
}
