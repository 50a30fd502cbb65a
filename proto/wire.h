/* wire - the frames between Yinuo's programs: header, peer envelope, the tables
 * of message kinds, roles and refusal codes.
 *
 * A message is [header 16 bytes][body: one protobuf message of
 * proto/yinuo.proto], two ZeroMQ frames. All numbers are big-endian:
 *
 *   offset  0   1   2        3     4 5 6 7    8 ... 15
 *          'Y' 'n' version  kind  partition  request id
 *
 *   59 6e 01 07 00 00 00 02 00 00 00 00 00 00 00 2a
 *   is version 1, EVENTS, partition 2, request 42.
 *
 * An answer carries the partition and the request id of what it answers.
 * Between broker and router one frame more stands in front, the peer envelope:
 * who sent it, as the broker has authenticated him. The router echoes the
 * session, so that the broker finds the way back:
 *
 *   offset  0 ... 7   8     9 ...
 *           session   role  identity, 0 to 64 bytes
 *
 * The top bit of the role says that the identity is proven by a key; without
 * it the peer said so himself. A router's own messages (REGISTER, PING, PAGE,
 * WITHDRAW, STREAM, TICK, BYE) carry session 0, role router, its own name.
 *
 * STREAM has one frame more, between header and body: the sequences of the
 * records in its body, one record each, without a hole. So nobody on the way
 * needs to decode it. The body is a Records with nothing but `records` set, so
 * that bodies one after the other are the bytes of one longer Records.
 *
 *   offset  0 ... 7         8 ... 15
 *           first sequence  last sequence
 *
 * Between broker and router many small messages travel as one, a BUNDLE, where
 * both have said (REGISTER, WELCOME) that they read it: each is the byte that
 * tells the size of its peer envelope, the envelope, the header and the body.
 * To the router only requests are in it, from it what goes to clients and
 * lanes, all of its own partition; their order is that of the bundle.
 *
 * On the live tail the topic stands in front, "p2-" for partition 2, as a
 * cursor begins: [topic][header][span][body]. TICK has the same span, twice
 * the last sequence.
 *
 * Units    Sizes in bytes.
 * Memory   Nothing is allocated but by wire_bundle_add; decoded identities and
 *          bodies point into the frame.
 * Errors   enum refusal, REFUSAL_NONE (0) is good; arguments untouched else.
 * Threads  Pure functions and constant tables.
 * Source   Design section 6.
 */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    WIRE_VERSION = 1,
    WIRE_HEADER_SIZE = 16,
    WIRE_PEER_MIN = 9,
    WIRE_IDENTITY_MAX = 64,
    WIRE_PEER_MAX = WIRE_PEER_MIN + WIRE_IDENTITY_MAX,
    WIRE_SPAN_SIZE = 16,
    WIRE_TOPIC_SIZE = 16,         /* of the text, with its zero */
    WIRE_BUNDLE_BYTES = 64 << 10, /* then it is sent */
    WIRE_BUNDLE_BODY = 16 << 10,  /* larger ones travel alone */
};

/* clang-format off */

/* The numbers are those of `Role` in yinuo.proto. Append only.
 *  name         code  text          who that is                             */
#define WIRE_ROLES(X)                                                          \
    X(BROKER,     0, "broker")     /* the switch itself; nobody may ask for it */ \
    X(STATION,    1, "station")    /* publishes as itself, and escalates     */ \
    X(WORKER,     2, "worker")     /* a tier worker                          */ \
    X(ROUTER,     3, "router")     /* owns partitions                        */ \
    X(SUPERVISOR, 4, "supervisor") /* a person of a tier and some regions    */ \
    X(VIEWER,     5, "viewer")     /* reads                                  */ \
    X(ADMIN,      6, "admin")      /* operates                               */

#define WIRE_BY(role) (1u << WIRE_ROLE_##role)
#define WIRE_PEOPLE (WIRE_BY(SUPERVISOR) | WIRE_BY(ADMIN))
#define WIRE_READERS (WIRE_PEOPLE | WIRE_BY(VIEWER) | WIRE_BY(STATION))
#define WIRE_CLIENTS (WIRE_READERS | WIRE_BY(WORKER))
#define WIRE_ANYBODY (WIRE_CLIENTS | WIRE_BY(ROUTER) | WIRE_BY(BROKER))

/* Codes are on the wire: append only, never renumber.
 * `to` is where the broker sends it on: BROKER keeps it, ROUTER is the one of
 * the header's partition, CLIENT the one who asked (by the session), LANE a
 * worker of the page's tier, STREAM everybody who listens.
 *  name          code  sent by             to      answered by  body         */
#define WIRE_KINDS(X)                                                          \
    X(HELLO,        1, WIRE_CLIENTS,        BROKER, WELCOME,     Hello)         \
    X(WELCOME,      2, WIRE_BY(BROKER),     CLIENT, NOTHING,     Welcome)       \
    X(PING,         3, WIRE_ANYBODY,        BROKER, PONG,        Ping)          \
    X(PONG,         4, WIRE_ANYBODY,        BROKER, NOTHING,     Pong)          \
    X(BUSY,         5, WIRE_BY(BROKER) | WIRE_BY(ROUTER),                       \
                                            CLIENT, NOTHING,     Busy)          \
    X(ERROR,        6, WIRE_BY(BROKER) | WIRE_BY(ROUTER),                       \
                                            CLIENT, NOTHING,     Refused)       \
    X(EVENTS,       7, WIRE_BY(STATION) | WIRE_PEOPLE,                          \
                                            ROUTER, EVENTS_ACK,  EventBatch)    \
    X(EVENTS_ACK,   8, WIRE_BY(ROUTER),     CLIENT, NOTHING,     EventsAnswer)  \
    X(COMMAND,      9, WIRE_PEOPLE | WIRE_BY(STATION),                          \
                                            ROUTER, ANSWER,      Command)       \
    X(ANSWER,      10, WIRE_BY(ROUTER),     CLIENT, NOTHING,     Answer)        \
    X(QUERY,       11, WIRE_READERS,        ROUTER, REPLY,       Query)         \
    X(REPLY,       12, WIRE_BY(ROUTER) | WIRE_BY(BROKER),                       \
                                            CLIENT, NOTHING,     Reply)         \
    X(CREDIT,      13, WIRE_BY(WORKER),     BROKER, NOTHING,     Credit)        \
    X(PAGE,        14, WIRE_BY(ROUTER),     LANE,   RECEIPT,     Page)          \
    X(RECEIPT,     15, WIRE_BY(WORKER),     ROUTER, RECEIPT_ACK, Receipt)       \
    X(RECEIPT_ACK, 16, WIRE_BY(ROUTER),     CLIENT, NOTHING,     ReceiptAnswer) \
    X(FETCH,       17, WIRE_READERS,        ROUTER, RECORDS,     Fetch)         \
    X(RECORDS,     18, WIRE_BY(ROUTER) | WIRE_BY(BROKER),                       \
                                            CLIENT, NOTHING,     Records)       \
    X(TICK,        19, WIRE_BY(ROUTER) | WIRE_BY(BROKER),                       \
                                            STREAM, NOTHING,     Tick)          \
    X(STREAM,      20, WIRE_BY(ROUTER),     STREAM, NOTHING,     Records)       \
    X(REGISTER,    21, WIRE_BY(ROUTER),     BROKER, WELCOME,     Register)      \
    X(WITHDRAW,    22, WIRE_BY(ROUTER),     LANE,   RECEIPT,     Withdraw)      \
    X(LANE,        23, WIRE_BY(BROKER),     ROUTER, NOTHING,     Lane)          \
    X(BYE,         24, WIRE_ANYBODY,        BROKER, NOTHING,     Ping)          \
    X(BUNDLE,      25, WIRE_BY(ROUTER) | WIRE_BY(BROKER),                       \
                                            BROKER, NOTHING,     Bundle)

/* Codes are on the wire, in the journal and in scripts: append only.
 * `again` says whether the same message may be sent again later with hope;
 * `exit` is the command line's exit code.
 *  name             code  text                again  exit  sentence          */
#define WIRE_REFUSALS(X)                                                       \
    X(NONE,              0, "ok",                false, 0, N_("Done."))         \
    X(MALFORMED,         1, "malformed",         false, 1, N_("The message cannot be read.")) \
    X(TOO_LARGE,         2, "too_large",         false, 1, N_("It is larger than the limit.")) \
    X(WRONG_VERSION,     3, "wrong_version",     false, 1, N_("This protocol version is not spoken here.")) \
    X(WRONG_PARTITION,   4, "wrong_partition",   false, 1, N_("This partition is not kept here.")) \
    X(NOT_UTF8,          5, "not_utf8",          false, 1, N_("A text is not valid UTF-8, or has a NUL in it.")) \
    X(UNKNOWN_KIND,      6, "unknown_kind",      false, 1, N_("Nobody knows this kind.")) \
    X(UNKNOWN_CASE,      7, "unknown_case",      false, 3, N_("There is no such case.")) \
    X(CASE_EXISTS,       8, "case_exists",       false, 1, N_("There is a case with this id already.")) \
    X(MISSING_FIELD,     9, "missing_field",     false, 1, N_("A field that is needed is missing.")) \
    X(BAD_FIELD,        10, "bad_field",         false, 1, N_("A field has a value that cannot be right.")) \
    X(TIME_OUT_OF_RANGE, 11, "time_out_of_range", false, 1, N_("A time is too far in the past or in the future.")) \
    X(ID_TOO_LONG,      12, "id_too_long",       false, 1, N_("An id is longer than the limit.")) \
    X(NOT_ALLOWED,      13, "not_allowed",       false, 6, N_("You may not do this.")) \
    X(UNKNOWN_PERSON,   14, "unknown_person",    false, 6, N_("This person is not on the roster.")) \
    X(GAP,              15, "gap",               true,  1, N_("Earlier numbers are missing; send them first.")) \
    X(STALE_EPOCH,      16, "stale_epoch",       false, 1, N_("A newer outbox of this producer is known.")) \
    X(DUPLICATE_DIFFERS, 17, "duplicate_differs", false, 1, N_("Something else was received under this number before.")) \
    X(BUSY,             18, "busy",              true,  5, N_("Too much to do; try again later.")) \
    X(STORAGE_FULL,     19, "storage_full",      true,  5, N_("The disk is full; try again later.")) \
    X(LOST_RACE,        20, "lost_race",         false, 4, N_("Somebody or something else was first.")) \
    X(GATE_REFUSED,     21, "gate_refused",      false, 1, N_("A rule of the policy does not let this happen yet.")) \
    X(NOT_FOUND,        22, "not_found",         false, 3, N_("There is no such thing.")) \
    X(ALREADY_DONE,     23, "already_done",      false, 0, N_("This was done before.")) \
    X(NO_POLICY,        24, "no_policy",         false, 7, N_("No policy is loaded for this region.")) \
    X(INTERNAL,         25, "internal",          true,  1, N_("Something went wrong inside; it has been noted.")) \
    X(TOO_MANY,         26, "too_many",          false, 1, N_("It has more parts than the limit.")) \
    X(NO_ROUTER,        27, "no_router",         true,  5, N_("The router of this partition is not there; try again later.")) \
    X(TOO_OLD,          28, "too_old",           false, 1, N_("What the cursor names is no longer kept; take a snapshot.")) \
    X(REASON_NEEDED,    29, "reason_needed",     false, 2, N_("This needs a reason.")) \
    X(CASE_CLOSED,      30, "case_closed",       false, 1, N_("The case is closed.")) \
    X(UNKNOWN_STATION,  31, "unknown_station",   false, 1, N_("This station is not in the directory.")) \
    X(QUARANTINED,      32, "quarantined",       false, 1, N_("It has been set aside, because deciding it failed twice.")) \
    X(BAD_POLICY,       33, "bad_policy",        false, 7, N_("The policy has errors; the running one stays.")) \
    X(NOT_READY,        34, "not_ready",         true,  5, N_("Say hello first.")) \
    X(CHANGED_MEANWHILE, 35, "changed_meanwhile", false, 4, N_("The case has changed since you looked.")) \
    X(AMBIGUOUS,        36, "ambiguous",         false, 2, N_("The short id fits several; give more of it.")) \
    X(UNSUPPORTED,      37, "unsupported",       false, 1, N_("This is not supported here.")) \
    X(BAD_CURSOR,       38, "bad_cursor",        false, 2, N_("This is not a cursor of this partition."))

/* clang-format on */

#define X(name, code, text) WIRE_ROLE_##name = code,
enum wire_role { WIRE_ROLES(X) WIRE_ROLES_END };
#undef X

#define X(name, code, by, to, answer, body) WIRE_##name = code,
enum wire_kind { WIRE_NOTHING = 0, WIRE_KINDS(X) WIRE_KINDS_END };
#undef X

#define X(name, code, text, again, exit, sentence) REFUSAL_##name = code,
enum refusal { WIRE_REFUSALS(X) REFUSALS_END };
#undef X

/* Where the broker sends a message on. */
enum wire_to {
    WIRE_TO_BROKER,
    WIRE_TO_ROUTER,
    WIRE_TO_CLIENT,
    WIRE_TO_LANE,
    WIRE_TO_STREAM,
};

struct wire_header {
    uint8_t version;     /* WIRE_VERSION */
    uint8_t kind;        /* enum wire_kind; may be one not known here */
    uint32_t partition;  /* 0 where it does not matter */
    uint64_t request_id; /* the asker's own, echoed; 0: no answer wanted */
};

struct wire_peer {
    uint64_t session;     /* the broker's number of this connection */
    uint8_t role;         /* enum wire_role */
    const char *identity; /* not terminated; points into the frame */
    size_t identity_size; /* bytes, at most WIRE_IDENTITY_MAX */
    bool proven;          /* by a key; else he said so himself */
};

/* The records of one STREAM message; last < first stands for none. */
struct wire_span {
    uint64_t first;
    uint64_t last;
};

/* One message of a bundle. */
struct wire_bundled {
    struct wire_peer peer;
    struct wire_header header;
    struct slice body;
};

/* Everything that is enumerated about one message kind. */
struct wire_kind_row {
    uint8_t code;
    const char *name; /* "EVENTS" */
    unsigned sent_by; /* bits 1 << enum wire_role */
    enum wire_to to;
    uint8_t answer;   /* enum wire_kind, WIRE_NOTHING: none */
    const char *body; /* message name in yinuo.proto, "EventBatch" */
};

void wire_header_encode(const struct wire_header *header,
                        uint8_t out[WIRE_HEADER_SIZE]);

/* Refuses what is not ours (MALFORMED) and other versions (WRONG_VERSION), of
 * which *header is filled in, so that the answer can name the request. A kind
 * that is not in the table passes: see wire_kind_row(). */
enum refusal wire_header_decode(const void *frame, size_t size,
                                struct wire_header *header);

/* Returns the size used, WIRE_PEER_MIN + identity_size. */
size_t wire_peer_encode(const struct wire_peer *peer,
                        uint8_t out[WIRE_PEER_MAX]);

enum refusal wire_peer_decode(const void *frame, size_t size,
                              struct wire_peer *peer);

void wire_span_encode(const struct wire_span *span,
                      uint8_t out[WIRE_SPAN_SIZE]);

/* MALFORMED also where last < first - 1. */
enum refusal wire_span_decode(const void *frame, size_t size,
                              struct wire_span *span);

/* Another message at the end; bundle->status says whether it has room. */
void wire_bundle_add(struct bytes *bundle, const struct wire_peer *peer,
                     const struct wire_header *header, struct slice body);

/* Takes the next message off the front of a bundle that is not empty. After a
 * refusal nothing more of it can be read, and rest is empty. */
enum refusal wire_bundle_next(struct slice *rest, struct wire_bundled *out);

/* "p2-"; returns its length. */
size_t wire_topic(uint32_t partition, char out[WIRE_TOPIC_SIZE]);

/* NULL for a kind that is not in the table. */
const struct wire_kind_row *wire_kind_row(uint8_t kind);

/* May a peer in this role send this kind? False for unknown ones. */
bool wire_may_send(enum wire_role role, uint8_t kind);

/* NULL where there is no such role. */
const char *wire_role_name(unsigned role);

/* WIRE_ROLES_END where there is no such name. */
enum wire_role wire_role_by_name(const char *name);

/* The stable word, the sentence (translate it with gettext), the exit code of
 * the command line, and whether sending again later may help. Codes that are
 * not known here, from a newer peer, are treated as internal. */
const char *refusal_name(unsigned code);
const char *refusal_sentence(unsigned code);
int refusal_exit(unsigned code);
bool refusal_again(unsigned code);

/* REFUSALS_END where there is no such name. */
enum refusal refusal_by_name(const char *name);

#endif
