/* maintain - what has to be done now and then: telling the world about sealed
 * segments, and letting go of records that a snapshot stands for.
 *
 * A head (the end of a sealed segment) goes out on the stream as a note, so
 * that whoever keeps it can check the journal with `journal verify --head`
 * later.
 *
 * With keep_records set, older records go, segment by segment: the oldest
 * record of an open case is looked for, some cases at a time between batches;
 * a snapshot is written and verified in a thread of its own; then the journal
 * is trimmed. Without it nothing is ever trimmed.
 *
 * Time     Monotonic ms.
 * Threads  The router's, but for the snapshot.
 * Source   design section 5, retention.
 */
#ifndef ROUTER_MAINTAIN_H
#define ROUTER_MAINTAIN_H

#include "workers/router/internal.h"

struct maintenance *maintain_new(struct router *r, uint64_t keep_records);
/* Waits for a snapshot under way. */
void maintain_free(struct maintenance **m);

/* Between batches; short. */
void maintain_step(struct maintenance *m, int64_t mono_ms);

#endif
