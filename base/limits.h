/* limits - everything has one, and all of them are here.
 *
 * Reaching a limit is an answer to the sender, never a crash, a stall or a loss
 * (design 3.7). Where two limits must agree, the end of this file asserts it.
 *
 * Units    As the name says; _BYTES counts bytes, _MS milliseconds, other
 *          names count things.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* clang-format off */

/* On the wire */
#define LIMIT_FRAME_BYTES          (256 * 1024)  /* ZMQ_MAXMSGSIZE, one frame       */
#define LIMIT_FRAMES               16            /* of one multipart message        */
#define LIMIT_EVENT_BYTES          (16 * 1024)   /* one encoded event               */
#define LIMIT_EVENT_JSON_BYTES     (64 * 1024)   /* one event as a JSON line        */
#define LIMIT_BATCH_EVENTS         64            /* events of one EVENTS message    */
#define LIMIT_ATTRIBUTES           64            /* per event                       */
#define LIMIT_LIST_ITEMS           64            /* of one list field               */
#define LIMIT_ID_BYTES             63            /* any id, as UTF-8                */
#define LIMIT_NAME_BYTES           128           /* event kinds, attribute keys, rules */
#define LIMIT_TEXT_BYTES           4096          /* any free words                  */
#define LIMIT_DECODE_BYTES         (1024 * 1024) /* arena for decoding one message  */
#define LIMIT_FETCH_RECORDS        512           /* records of one RECORDS answer   */
#define LIMIT_QUERY_ROWS           512           /* rows of one REPLY               */

/* Connections */
#define LIMIT_PEERS                4096          /* sessions of one broker          */
#define LIMIT_PEER_QUEUE_BYTES     (4 * 1024 * 1024) /* unsent, per peer            */
#define LIMIT_PEER_CREDIT          1024          /* requests under way, per peer    */
#define LIMIT_SOCKET_HWM           4096          /* a backstop; credit comes first  */
#define LIMIT_SEND_WAIT_MS         1000          /* ZMQ_SNDTIMEO                    */
#define LIMIT_RECONNECT_MS         100           /* first pause before reconnecting */
#define LIMIT_RECONNECT_MAX_MS     5000
#define LIMIT_HEARTBEAT_MS         2000          /* PING when idle for so long      */
#define LIMIT_SILENCE_MS           10000         /* then the peer counts as gone    */
#define LIMIT_BUSY_WAIT_MS         500           /* what BUSY asks to wait          */
#define LIMIT_STREAM_RING_RECORDS  65536         /* live tail kept by the broker    */

/* Engine and state */
#define LIMIT_TIMERS_PER_CASE      128
#define LIMIT_PAGES_PER_CASE       64            /* standing at one time            */
#define LIMIT_DECISIONS_PER_INPUT  512           /* DECISIONS_MAX of the engine     */
#define LIMIT_OUTBOX_PAGES         100000        /* pages without receipt           */
#define LIMIT_CASE_BYTES           (64 * 1024)   /* canonical bytes of a case       */
#define LIMIT_CAUSES               16            /* events derived from one event   */

/* Ledger */
#define LIMIT_KEY_BYTES            511           /* LMDB's own                      */
#define LIMIT_BATCH_RECORDS        1024          /* of one journal commit           */
#define LIMIT_BATCH_BYTES          (8 * 1024 * 1024)
#define LIMIT_BATCH_WAIT_MS        3             /* before a commit, when busy      */
#define LIMIT_RECORD_BYTES         (1024 * 1024) /* header and all parts            */
#define LIMIT_SEGMENT_BYTES        (256LL * 1024 * 1024)
#define LIMIT_READER_AGE_MS        200           /* of one read transaction         */
#define LIMIT_READERS              126
#define LIMIT_DISK_RESERVE_BYTES   (256LL * 1024 * 1024) /* refuse new events below */
#define LIMIT_DISK_STOP_BYTES      (32LL * 1024 * 1024)  /* refuse everything below */
#define LIMIT_ANSWER_KEPT_MS       (7LL * 24 * 3600 * 1000) /* of commands          */
#define LIMIT_RETENTION_TXN        1000          /* rows deleted in one transaction */

/* Station */
#define LIMIT_STATION_OUTBOX_EVENTS 1000000
#define LIMIT_STATION_OUTBOX_BYTES  (1024LL * 1024 * 1024)
#define LIMIT_STATION_UNACKED       1024         /* sent, not yet acknowledged      */

/* Time */
#define LIMIT_CLOCK_STEP_MS        60000         /* forward steps above need a grace */
#define LIMIT_CLOCK_GRACE_MS       300000        /* before a far step is believed   */
#define LIMIT_BACKLOG_WAIT_MS      60000         /* timers wait for a late backlog  */
#define LIMIT_LEASE_MS             30000         /* of a page, at a tier worker     */
#define LIMIT_SPAN_MS              (3660LL * 24 * 3600 * 1000) /* ten years         */

/* Processes and files */
#define LIMIT_CHILDREN             32
#define LIMIT_RESTART_MS           200           /* first pause before a restart    */
#define LIMIT_RESTART_MAX_MS       30000
#define LIMIT_STOP_WAIT_MS         10000         /* between SIGTERM and SIGKILL     */
#define LIMIT_CONFIG_BYTES         (4 * 1024 * 1024) /* one YAML or JSON file       */
#define LIMIT_CONFIG_DEPTH         32
#define LIMIT_PATH_BYTES           1024

/* clang-format on */

_Static_assert(LIMIT_EVENT_BYTES + 1024 <= LIMIT_FRAME_BYTES,
               "one event with its header fits one frame");
_Static_assert(LIMIT_FRAME_BYTES <= LIMIT_DECODE_BYTES,
               "a frame can be decoded in its arena");
_Static_assert(LIMIT_CASE_BYTES <= LIMIT_FRAME_BYTES,
               "a case can be sent in one frame");
_Static_assert(LIMIT_EVENT_BYTES + LIMIT_CASE_BYTES <= LIMIT_RECORD_BYTES,
               "an event and what it makes of a case fit one record");
_Static_assert(LIMIT_RECORD_BYTES <= LIMIT_BATCH_BYTES,
               "a record fits a batch");
_Static_assert(LIMIT_TEXT_BYTES < LIMIT_EVENT_BYTES, "a text fits an event");
_Static_assert(LIMIT_ID_BYTES <= LIMIT_NAME_BYTES &&
                   LIMIT_NAME_BYTES < LIMIT_KEY_BYTES,
               "ids and names fit a key");
_Static_assert(LIMIT_HEARTBEAT_MS * 3 < LIMIT_SILENCE_MS,
               "three heartbeats may be lost");
_Static_assert(LIMIT_DISK_STOP_BYTES < LIMIT_DISK_RESERVE_BYTES,
               "timers and receipts go on after events are refused");
_Static_assert(LIMIT_BATCH_BYTES < LIMIT_DISK_STOP_BYTES,
               "the batch under way fits in what is left");
_Static_assert(LIMIT_BATCH_EVENTS <= LIMIT_BATCH_RECORDS,
               "events of a message fit one commit");

#endif
