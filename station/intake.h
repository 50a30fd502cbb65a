/* intake - where the station agent gets its events from: JSON Lines on standard
 * input, files in a spool directory, or a unix socket.
 *
 * What is stored is on the disk. A line that can never be an event is told with
 * its reason and passed over. While the outbox is full, everybody waits.
 *
 * Threads  One.
 */
#ifndef STATION_INTAKE_H
#define STATION_INTAKE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "station/client.h"

enum { INTAKE_LINES = 256, INTAKE_LINE_BYTES = LIMIT_EVENT_JSON_BYTES + 2 };

struct intake {
    struct yinuo *y;
    volatile sig_atomic_t *stop; /* not 0: end soon */
    uint64_t stored;
    uint64_t refused; /* lines */
    bool broken;      /* the outbox failed: end */
};

struct intake_outcome {
    enum yinuo_result result;
    struct yinuo_receipt receipt;
    struct yinuo_error error; /* INVALID */
};

/* Stores a batch; each line has its outcome. The mark goes with the last of
 * them; may be NULL. */
void intake_batch(struct intake *in, const char *const *lines, size_t count,
                  const struct outbox_mark *mark, struct intake_outcome *out);

/* Waits so long or until a signal; false when it is time to end. */
bool intake_wait(struct intake *in, int64_t wait_ms);

/* Until end of file or stop. */
void intake_stdin(struct intake *in);

/* Files whose names end in .json or .jsonl, in the order of their names; rename
 * them into the directory when they are complete. A file goes away once all of
 * it is stored; lines that are no events stay behind in NAME.refused, each
 * behind its reason. With once, ends when nothing is there. */
enum status intake_spool(struct intake *in, const char *dir, bool once,
                         struct error *err);

/* Each line is answered: "ok ID SEQUENCE" once it is on the disk, or
 * "error CODE FIELD TEXT". */
enum status intake_socket(struct intake *in, const char *path,
                          struct error *err);

#endif
