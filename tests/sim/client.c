/* client - what every client of the front door says. */
#include <stdlib.h>

#include "tests/sim/sim.h"

bool client_say(struct party *p, enum wire_kind kind, uint64_t request_id,
                const ProtobufCMessage *message)
{
    uint8_t head[WIRE_HEADER_SIZE];
    struct wire_header header = {WIRE_VERSION, (uint8_t)kind, PARTITION,
                                 request_id};
    struct bytes body = {0};
    struct frames f;

    wire_header_encode(&header, head);
    frames_init(&f);
    if (codec_encode(message, &body) != STATUS_OK ||
        frames_add(&f, slice_of(head, sizeof head)) != STATUS_OK ||
        frames_add(&f, bytes_slice(&body)) != STATUS_OK)
        abort();
    bytes_fini(&body);
    return net_send(p, p->sim->broker, DOOR_FRONT, &f);
}

bool client_hello(struct party *p, enum wire_role role, uint32_t tier)
{
    Yinuo__V1__Hello hello = YINUO__V1__HELLO__INIT;

    hello.identity = p->name;
    hello.has_role = hello.has_version_min = hello.has_version_max = 1;
    hello.role = (Yinuo__V1__Role)role;
    hello.version_min = hello.version_max = WIRE_VERSION;
    hello.has_tier = tier != 0;
    hello.tier = tier;
    return client_say(p, WIRE_HELLO, 1, &hello.base);
}
