/* client - what the files of the library share; not for its users.
 *
 * The delivering thread owns its socket and the delivery; everything that
 * others want to know of it is copied into `seen` under the lock.
 */
#ifndef STATION_CLIENT_H
#define STATION_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>

#include "station/delivery.h"
#include "station/outbox.h"
#include "station/yinuo.h"

struct client_seen {
    bool delivering;
    bool connected;
    bool stuck;
    int64_t answered_ms; /* monotonic; 0: never */
    char text[DELIVERY_TEXT];
    char broker[64];
};

struct yinuo {
    struct outbox outbox;
    char brokers[YINUO_BROKERS_MAX][256];
    size_t broker_count;
    uint8_t role;
    char station[LIMIT_ID_BYTES + 1];
    char region[LIMIT_ID_BYTES + 1];
    char time_zone[64];
    uint32_t partitions[YINUO_PARTITIONS_MAX];
    size_t partition_count;
    _Atomic uint32_t partition; /* published to */

    pthread_t thread;
    bool running;
    int wake; /* eventfd */
    atomic_bool stop;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* monotonic clock; something became final */
    struct client_seen seen;
};

/* courier.c */
enum status courier_start(struct yinuo *y, struct error *err);
void courier_stop(struct yinuo *y);
void courier_wake(struct yinuo *y);

/* client.c */
enum yinuo_result client_fail(struct yinuo_error *error, enum status status,
                              const char *text);

/* publish.c: yinuo_publish_lines with a mark (may be NULL); count may be 0. */
enum yinuo_result client_publish(struct yinuo *y, const char *const *lines,
                                 size_t count, const struct outbox_mark *mark,
                                 struct yinuo_receipt *receipts, size_t *bad,
                                 struct yinuo_error *error);

#endif
