/* Any text as an event: what is read survives its own bytes. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/limits.h"
#include "proto/event_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_object(const json_t *json)
{
    struct arena arena;
    struct fault fault;
    struct bytes bytes = {0};
    arena_init(&arena, LIMIT_DECODE_BYTES);
    Yinuo__V1__Event *event =
        event_from_json(json, "Asia/Shanghai", &arena, &fault);
    if (event) {
        event_check(event, 0, &fault);
        assert(codec_encode(&event->base, &bytes) == STATUS_OK);
        Yinuo__V1__Event *again =
            event_decode(bytes_slice(&bytes), &arena, &fault);
        if (again) {
            json_t *back = event_to_json(again, "Asia/Shanghai");
            assert(json_object_size(back) == json_object_size(json));
            json_decref(back);
        } else {
            assert(fault.code != REFUSAL_MALFORMED);
        }
    }
    bytes_fini(&bytes);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json;
    if (size > LIMIT_EVENT_JSON_BYTES ||
        json_parse(slice_of(data, size), &json, NULL) != STATUS_OK)
        return 0;
    try_object(json);
    json_decref(json);
    return 0;
}
