/* Random flat objects come back from JSON -> Event -> bytes -> Event -> JSON
 * with the same keys and values. The seed is printed where one does not. */
#include "support.h"

#include "proto/event_json.h"
#include "proto/personal.h"

enum { OBJECTS = 3000 };

static uint64_t state_of_dice;

static uint32_t dice(uint32_t sides)
{
    state_of_dice ^= state_of_dice << 13;
    state_of_dice ^= state_of_dice >> 7;
    state_of_dice ^= state_of_dice << 17;
    return (uint32_t)(state_of_dice >> 33) % sides;
}

static json_t *random_text(void)
{
    static const char *const texts[] = {
        "",
        "none",
        "C-9",
        "打人",
        "2012-06-04T10:05:00Z",
        "true",
        "7",
        "a longer text with \"quotes\", \\ and \n in it",
        "S2",
        "é",
        "𝄞",
    };
    return json_string(texts[dice(sizeof texts / sizeof *texts)]);
}

static json_t *random_list(void)
{
    json_t *list = json_array();
    for (uint32_t n = dice(4); n > 0; n--)
        json_array_append_new(list, dice(6) > 0 ? random_text()
                                                : json_integer(dice(9)));
    return list;
}

static json_t *random_value(void)
{
    switch (dice(8)) {
    case 0:
        return json_integer((json_int_t)state_of_dice);
    case 1:
        return json_integer(dice(10));
    case 2:
        return json_real(dice(1000) / 8.0);
    case 3:
        return json_boolean(dice(2));
    case 4:
        return json_null();
    case 5:
        return random_list();
    default:
        return random_text();
    }
}

/* Mostly names that mean something to the kind, to find the seams. */
static const char *random_key(const struct kind *kind, char *own)
{
    size_t count;
    const struct kind_field *fields = kind_fields(kind->code, &count);
    if (count > 0 && dice(3) > 0)
        return fields[dice((uint32_t)count)].name;
    static const char *const keys[] = {"customer_name", "due",  "words",
                                       "attributes",    "text", "kind_code",
                                       "promise_id",    "客户"};
    if (dice(2))
        return keys[dice(sizeof keys / sizeof *keys)];
    snprintf(own, 16, "key %u", dice(100));
    return own;
}

static json_t *random_event(void)
{
    size_t count;
    char own[16];
    const struct kind *all = kinds_all(&count);
    const struct kind *kind = &all[dice((uint32_t)count)];
    json_t *object = json_object();
    json_object_set_new(object, "kind", json_string(kind->name));
    json_object_set_new(object, "at", json_string("2012-06-04T10:05:00Z"));
    for (uint32_t n = dice(12); n > 0; n--)
        json_object_set_new(object, random_key(kind, own), random_value());
    return object;
}

static json_t *there_and_back(const json_t *object)
{
    struct fault fault = {0};
    struct bytes bytes = {0};
    Yinuo__V1__Event *event = event_from_json(object, NULL, &arena, &fault);
    Yinuo__V1__Event *personal;
    if (!event)
        fail_msg("%s", fault.text);
    assert_true(personal_split(event, &arena, &personal));
    assert_int_equal(codec_encode(&event->base, &bytes), STATUS_OK);
    event = event_decode(bytes_slice(&bytes), &arena, &fault);
    if (!event)
        fail_msg("%s", fault.text);
    if (personal)
        assert_true(personal_join(event, personal, &arena));
    bytes_fini(&bytes);
    return event_to_json(event, NULL);
}

/* Typed real fields do not tell 5 from 5.0, nor does JSON. */
static bool same(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return json_is_integer(a) && json_is_integer(b)
                   ? json_integer_value(a) == json_integer_value(b)
                   : json_number_value(a) == json_number_value(b);
    return json_equal(a, b);
}

static void any_object_survives(void **state)
{
    for (uint64_t seed = 1; seed <= OBJECTS; seed++) {
        state_of_dice = seed * UINT64_C(0x9e3779b97f4a7c15);
        json_t *object = random_event();
        json_t *back = there_and_back(object);
        const char *key;
        json_t *value;
        json_object_foreach(object, key, value)
        {
            const json_t *other = json_object_get(back, key);
            if (!other || !same(value, other))
                fail_msg("seed %u: %s of\n%s\n%s", (unsigned)seed, key,
                         json_dumps(object, JSON_COMPACT),
                         json_dumps(back, JSON_COMPACT));
        }
        assert_int_equal(json_object_size(back), json_object_size(object));
        json_decref(object);
        json_decref(back);
        arena_reset(&arena);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(any_object_survives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
