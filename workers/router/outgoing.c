#include "workers/router/outgoing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "proto/codec.h"

void outbox_init(struct outbox *o)
{
    memset(o, 0, sizeof *o);
}

void outbox_fini(struct outbox *o)
{
    for (size_t i = 0; i < o->capacity; i++)
        bytes_fini(&o->list[i].body);
    free(o->list);
    memset(o, 0, sizeof *o);
}

static void grow(struct outbox *o)
{
    size_t capacity = o->capacity ? o->capacity * 2 : 64;
    struct outgoing *list = realloc(o->list, capacity * sizeof *list);

    if (!list)
        abort();
    memset(list + o->capacity, 0, (capacity - o->capacity) * sizeof *list);
    o->list = list;
    o->capacity = capacity;
}

struct outgoing *outbox_add(struct outbox *o, enum wire_kind kind,
                            uint32_t partition)
{
    if (o->count == o->capacity)
        grow(o);
    struct outgoing *m = &o->list[o->count++];
    bytes_reset(&m->body);
    m->session = 0;
    m->has_span = false;
    m->header = (struct wire_header){
        .version = WIRE_VERSION, .kind = (uint8_t)kind, .partition = partition};
    return m;
}

void outbox_answer(struct outbox *o, const struct asker *to,
                   enum wire_kind kind, const ProtobufCMessage *body)
{
    struct outgoing *m = outbox_add(o, kind, to->partition);

    m->session = to->session;
    m->header.request_id = to->request_id;
    if (codec_encode(body, &m->body) != STATUS_OK)
        abort();
}

void outbox_refuse(struct outbox *o, const struct asker *to, enum refusal code,
                   const char *text, const char *field)
{
    Yinuo__V1__Refused body = YINUO__V1__REFUSED__INIT;

    body.has_code = 1;
    body.code = code;
    body.text = (char *)(text && *text ? text : refusal_sentence(code));
    body.field = (char *)field;
    outbox_answer(o, to, WIRE_ERROR, &body.base);
}

void outbox_busy(struct outbox *o, const struct asker *to, enum refusal code)
{
    Yinuo__V1__Busy body = YINUO__V1__BUSY__INIT;

    body.has_retry_wait_ms = body.has_code = 1;
    body.retry_wait_ms = LIMIT_BUSY_WAIT_MS;
    body.code = code;
    body.text = (char *)refusal_sentence(code);
    outbox_answer(o, to, WIRE_BUSY, &body.base);
}

void outbox_release(struct outbox *o, outbox_send *send, void *context)
{
    for (size_t i = 0; i < o->count; i++)
        send(context, &o->list[i]);
    o->count = 0;
}
