/* yinuo.h - hand events over and forget them: Yinuo's client library.
 *
 *   struct yinuo *y;
 *   struct yinuo_error error;
 *   struct yinuo_config config = {.identity = "ST-LN-03",
 *                                 .outbox = "/var/lib/yinuo/outbox",
 *                                 .brokers = {"ipc:///run/yinuo/front"}};
 *   if (yinuo_open(&y, &config, &error) != YINUO_OK) ...
 *   struct yinuo_event *e = yinuo_event_new("complaint.opened");
 *   yinuo_event_set_text(e, "case_id", "C-17");
 *   if (yinuo_publish(y, e, NULL, &error) == YINUO_OK)
 *       ... it is on this machine's disk, and will arrive once ...
 *   yinuo_event_free(&e);
 *   yinuo_close(&y);
 *
 * An event is in a durable outbox when publishing returns. A thread of the
 * library delivers: through absence and restarts of the broker, in order,
 * without a loss, and counted once at the other side. What the other side
 * refuses for good becomes a dead letter, with the reason.
 *
 * Several processes may publish into one outbox; the first delivers, and when
 * it ends another one takes over. Several outboxes of one identity must not be:
 * the newest shuts the others out.
 *
 * Units    Moments and spans in milliseconds; moments since 1970 in UTC.
 * Memory   Texts handed in are copied. Texts handed out are valid until the
 *          next call with the same object, or during the callback.
 * Errors   enum yinuo_result; 0 is good. The error's sentence is for people.
 * Threads  struct yinuo: any. An event: one at a time. Do not fork while it is
 *          open, and do not open an outbox twice in one process.
 */
#ifndef YINUO_H
#define YINUO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    YINUO_BROKERS_MAX = 8,
    YINUO_PARTITIONS_MAX = 8,
    YINUO_BATCH_MAX = 1024, /* events of one yinuo_publish_lines */
};

/* Append only. */
enum yinuo_result {
    YINUO_OK = 0,
    YINUO_INVALID = 1, /* the event or an argument; see error.field */
    YINUO_FULL = 2,    /* the outbox or the disk; try again later */
    YINUO_TIMEOUT = 3, /* not everything has arrived yet */
    YINUO_IO = 4,      /* the disk failed: close it and open it again */
    YINUO_IN_USE = 5,  /* this process has the outbox open already */
    YINUO_NOT_FOUND = 6,
    YINUO_OTHER_OWNER = 7, /* the outbox belongs to another identity */
    YINUO_NO_MEMORY = 8,
    YINUO_FAILED = 9, /* anything else */
};

struct yinuo_error {
    enum yinuo_result result;
    char text[256];  /* one sentence */
    char field[128]; /* of the event, where there is one: "due" */
    char code[32];   /* refusal code where there is one: "missing_field" */
};

/* Who connects; `yinuo_role_station` is what a station is. */
enum yinuo_role {
    YINUO_ROLE_STATION = 1,
    YINUO_ROLE_SUPERVISOR = 4,
    YINUO_ROLE_ADMIN = 6,
};

/* Zero stands for the usual everywhere. */
struct yinuo_config {
    const char *identity; /* who publishes; must be set */
    const char *outbox;   /* directory; must be set */
    const char
        *brokers[YINUO_BROKERS_MAX]; /* tried in turn; none: only store */
    enum yinuo_role role;
    const char *station;   /* of events that name none; NULL: the identity if it
                              is a station, else none */
    const char *region;    /* of events that name none */
    const char *time_zone; /* of moments without an offset; NULL: UTC */
    uint32_t partitions[YINUO_PARTITIONS_MAX]; /* that it publishes to */
    size_t partition_count;                    /* 0: partition 0 alone */
    uint64_t events_max; /* waiting in the outbox; 1,000,000 */
    uint64_t bytes_max;  /* of them; 1 GiB */
};

struct yinuo;
struct yinuo_event;

enum yinuo_result yinuo_open(struct yinuo **out,
                             const struct yinuo_config *config,
                             struct yinuo_error *error);

/* Ends the delivery; what has not arrived stays in the outbox. NULL is fine. */
void yinuo_close(struct yinuo **y);

/* ---- an event ---- */

/* NULL without memory. Fields have the names of the protocol's JSON: station,
 * case_id, promise_id, due ... `at` is now and `id` is made where not set. */
struct yinuo_event *yinuo_event_new(const char *kind);
void yinuo_event_free(struct yinuo_event **event);

/* Failures stay in the event, and publishing tells them. */
void yinuo_event_set_text(struct yinuo_event *e, const char *name,
                          const char *value);
void yinuo_event_set_number(struct yinuo_event *e, const char *name,
                            int64_t value);
void yinuo_event_set_real(struct yinuo_event *e, const char *name,
                          double value);
void yinuo_event_set_flag(struct yinuo_event *e, const char *name, bool value);
void yinuo_event_set_moment(struct yinuo_event *e, const char *name,
                            int64_t at_ms);
void yinuo_event_set_list(struct yinuo_event *e, const char *name,
                          const char *const *values, size_t count);
/* Said, but nothing: a promise without a date has `due` as nothing. */
void yinuo_event_set_nothing(struct yinuo_event *e, const char *name);

/* ---- publishing: durable when it returns YINUO_OK ---- */

/* What is told about one that was stored. */
struct yinuo_receipt {
    uint32_t partition;
    uint64_t sequence;
    char id[64];
};

/* The receipt may be NULL. The event stays the caller's. */
enum yinuo_result yinuo_publish(struct yinuo *y, const struct yinuo_event *e,
                                struct yinuo_receipt *receipt,
                                struct yinuo_error *error);

/* One flat JSON object, as docs/protocol.md describes it. */
enum yinuo_result yinuo_publish_json(struct yinuo *y, const char *json,
                                     size_t size, struct yinuo_receipt *receipt,
                                     struct yinuo_error *error);

/* Many, each a JSON object, stored together or not at all; the first bad one
 * is named by *bad. receipts has room for count, or is NULL. */
enum yinuo_result yinuo_publish_lines(struct yinuo *y, const char *const *lines,
                                      size_t count,
                                      struct yinuo_receipt *receipts,
                                      size_t *bad, struct yinuo_error *error);

/* To one of the partitions of the configuration, from now on. */
enum yinuo_result yinuo_use_partition(struct yinuo *y, uint32_t partition);

/* Waits until everything stored so far is final: journaled or refused.
 * TIMEOUT: not yet. */
enum yinuo_result yinuo_flush(struct yinuo *y, int64_t wait_ms);

/* ---- how it is going ---- */

struct yinuo_status {
    uint64_t stored;  /* events ever, all partitions */
    uint64_t final;   /* of them journaled or refused */
    uint64_t waiting; /* the rest */
    uint64_t waiting_bytes;
    uint64_t dead_letters; /* there now */
    uint64_t epoch;        /* of this outbox */
    int64_t oldest_at_ms;  /* when the oldest waiting one was stored; 0: none */
    int64_t silent_ms;     /* since the last answer; -1: none yet */
    bool delivering;       /* this process delivers */
    bool connected;        /* and the broker has welcomed it */
    bool stuck;            /* nothing moves until somebody looks at it */
    char text[192];        /* the last trouble, for people; "" is none */
    char broker[64];
};

enum yinuo_result yinuo_status(struct yinuo *y, struct yinuo_status *out);

/* ---- dead letters ---- */

struct yinuo_letter {
    uint32_t partition;
    uint64_t sequence;
    int64_t at_ms;     /* when it was refused */
    const char *code;  /* "unknown_case" */
    const char *text;  /* for people */
    const char *field; /* "" where it is the whole event */
    const char *json;  /* the event; NULL if it cannot be shown */
};

/* Oldest first; returning false ends it. */
enum yinuo_result yinuo_dead_letters(struct yinuo *y,
                                     bool (*each)(void *state,
                                                  const struct yinuo_letter *l),
                                     void *state);
enum yinuo_result yinuo_drop_dead_letter(struct yinuo *y, uint32_t partition,
                                         uint64_t sequence);

/* "full", "timeout" ... */
const char *yinuo_result_name(enum yinuo_result result);

#ifdef __cplusplus
}
#endif

#endif
