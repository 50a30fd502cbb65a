/* frames - one multipart message, owned.
 *
 * Memory   frames_init takes nothing; fini closes what is in it and leaves it
 *          empty. Slices of a frame are valid until then.
 * Errors   TOO_LARGE: more than LIMIT_FRAMES frames or LIMIT_FRAME_BYTES in
 *          one; NO_MEMORY. The frames are as before.
 * Threads  One at a time.
 */
#ifndef BASE_FRAMES_H
#define BASE_FRAMES_H

#include <zmq.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/slice.h"

struct frames {
    size_t count;
    zmq_msg_t list[LIMIT_FRAMES];
};

void frames_init(struct frames *f);
void frames_fini(struct frames *f);

/* Copies the bytes in at the end. */
MUST_CHECK enum status frames_add(struct frames *f, struct slice bytes);

/* Without a copy: the buffer's memory is the frame's if this succeeds (and the
 * buffer is empty); otherwise still the caller's. */
MUST_CHECK enum status frames_add_bytes(struct frames *f, struct bytes *bytes);

/* Another reference to the frame i of from; large ones are shared. */
MUST_CHECK enum status frames_add_frame(struct frames *f, struct frames *from,
                                        size_t i);

/* Room of so many bytes at the end, to be filled in; NULL on failure. */
uint8_t *frames_add_room(struct frames *f, size_t size);

/* Empty when there is no frame i. */
struct slice frames_slice(const struct frames *f, size_t i);

/* Take the first n frames away. */
void frames_drop_front(struct frames *f, size_t n);

/* What is in from goes to the empty to; from is empty then. */
void frames_move(struct frames *to, struct frames *from);

size_t frames_size(const struct frames *f);

#endif
