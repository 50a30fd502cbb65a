/* Any bytes as any message: what decodes, encodes and decodes again; what is an
 * event can be checked, shown as JSON and read back, and taken apart. The first
 * byte chooses the message. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "proto/event_json.h"
#include "proto/message_json.h"
#include "proto/personal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const types[] = {
#define TYPE(prefix) &yinuo__v1__##prefix##__descriptor,
#include "proto/types.def"
#undef TYPE
};

static void try_event(Yinuo__V1__Event *event, struct arena *arena)
{
    struct fault fault;
    Yinuo__V1__Event *personal;
    bool good = event_check(event, 0, &fault) == REFUSAL_NONE;
    json_t *json = event_to_json(event, "Asia/Shanghai");
    Yinuo__V1__Event *back = event_from_json(json, NULL, arena, &fault);
    json_decref(json);
    if (good)
        assert(back || arena->full || fault.code != REFUSAL_NONE);
    if (personal_split(event, arena, &personal) && personal)
        assert(personal_join(event, personal, arena) || arena->full);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct fault fault;
    struct bytes bytes = {0};
    if (size == 0)
        return 0;
    const ProtobufCMessageDescriptor *type =
        types[data[0] % (sizeof types / sizeof *types)];
    arena_init(&arena, LIMIT_DECODE_BYTES);
    ProtobufCMessage *message =
        codec_decode(type, slice_of(data + 1, size - 1), &arena, &fault);
    if (message) {
        assert(codec_encode(message, &bytes) == STATUS_OK);
        assert(codec_check(type, bytes_slice(&bytes), &fault) == REFUSAL_NONE);
        json_decref(message_to_json(message, NULL));
        if (type == &yinuo__v1__event__descriptor)
            try_event((Yinuo__V1__Event *)message, &arena);
    } else {
        assert(fault.code != REFUSAL_NONE && *fault.text);
    }
    bytes_fini(&bytes);
    arena_fini(&arena);
    return 0;
}
