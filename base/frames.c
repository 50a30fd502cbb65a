#include "base/frames.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void frames_init(struct frames *f)
{
    f->count = 0;
}

void frames_fini(struct frames *f)
{
    for (size_t i = 0; i < f->count; i++)
        zmq_msg_close(&f->list[i]);
    f->count = 0;
}

static enum status fits(const struct frames *f, size_t size)
{
    if (f->count == LIMIT_FRAMES || size > LIMIT_FRAME_BYTES)
        return STATUS_TOO_LARGE;
    return STATUS_OK;
}

uint8_t *frames_add_room(struct frames *f, size_t size)
{
    if (fits(f, size) != STATUS_OK ||
        zmq_msg_init_size(&f->list[f->count], size) != 0)
        return NULL;
    return zmq_msg_data(&f->list[f->count++]);
}

enum status frames_add(struct frames *f, struct slice bytes)
{
    enum status st = fits(f, bytes.size);
    uint8_t *room;

    if (st)
        return st;
    room = frames_add_room(f, bytes.size);
    if (!room)
        return STATUS_NO_MEMORY;
    if (bytes.size > 0)
        memcpy(room, bytes.data, bytes.size);
    return STATUS_OK;
}

static void give_back(void *data, void *hint)
{
    (void)hint;
    free(data);
}

enum status frames_add_bytes(struct frames *f, struct bytes *bytes)
{
    enum status st = fits(f, bytes->size);

    if (st)
        return st;
    if (bytes->size == 0)
        return frames_add(f, SLICE_EMPTY);
    if (zmq_msg_init_data(&f->list[f->count], bytes->data, bytes->size,
                          give_back, NULL) != 0)
        return STATUS_NO_MEMORY;
    f->count++;
    (void)bytes_take(bytes, NULL);
    return STATUS_OK;
}

enum status frames_add_frame(struct frames *f, struct frames *from, size_t i)
{
    assert(i < from->count);
    if (f->count == LIMIT_FRAMES)
        return STATUS_TOO_LARGE;
    zmq_msg_init(&f->list[f->count]);
    if (zmq_msg_copy(&f->list[f->count], &from->list[i]) != 0) {
        zmq_msg_close(&f->list[f->count]);
        return STATUS_NO_MEMORY;
    }
    f->count++;
    return STATUS_OK;
}

struct slice frames_slice(const struct frames *f, size_t i)
{
    zmq_msg_t *msg;

    if (i >= f->count)
        return SLICE_EMPTY;
    msg = (zmq_msg_t *)&f->list[i]; /* zmq_msg_data does not change it */
    return slice_of(zmq_msg_data(msg), zmq_msg_size(msg));
}

static void move_one(zmq_msg_t *to, zmq_msg_t *from)
{
    zmq_msg_init(to);
    zmq_msg_move(to, from);
    zmq_msg_close(from);
}

void frames_drop_front(struct frames *f, size_t n)
{
    assert(n <= f->count);
    for (size_t i = 0; i < n; i++)
        zmq_msg_close(&f->list[i]);
    for (size_t i = n; n > 0 && i < f->count; i++)
        move_one(&f->list[i - n], &f->list[i]);
    f->count -= n;
}

void frames_move(struct frames *to, struct frames *from)
{
    assert(to->count == 0);
    for (size_t i = 0; i < from->count; i++)
        move_one(&to->list[i], &from->list[i]);
    to->count = from->count;
    from->count = 0;
}

size_t frames_size(const struct frames *f)
{
    size_t size = 0;

    for (size_t i = 0; i < f->count; i++)
        size += frames_slice(f, i).size;
    return size;
}
