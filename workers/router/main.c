/* yinuo-router - the router worker of one partition: ledger, clock, sockets and
 * signals around router.h.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/option.h"
#include "base/signals.h"
#include "base/socket.h"
#include "base/time_text.h"
#include "workers/router/internal.h"

enum {
    ROUND_MESSAGES = 512, /* received before a turn */
    GREET_MS = 250,       /* between greetings while the broker is silent */
    COPIED_BYTES = 512,
};

struct options {
    const char *run, *ledger, *drill, *log, *level;
    struct option_list policy;
    int64_t partition, keep_records;
    bool json;
};

struct program {
    struct options options;
    void *context, *sock;
    int signals;
    bool stop, welcome;
    bool look; /* there may be something that no descriptor tells of */
    struct bytes bundle; /* on its way to the broker, if it reads them */
    bool bundles;
    struct frames in; /* a bundle that is being read, and what is left of it */
    struct slice rest;
    int64_t greeted_ms, heard_ms;
    struct ledger *ledger;
    struct router *router;
    char identity[32];
    char drill_mark[LIMIT_PATH_BYTES]; /* "": there is none */
};

static int64_t now_ms(void)
{
    return clock_monotonic_ms(clock_system());
}

/* --- what leaves --- */

static struct wire_peer own_peer(const struct program *p, uint64_t session)
{
    return (struct wire_peer){.session = session,
                              .role = WIRE_ROLE_ROUTER,
                              .identity = p->identity,
                              .identity_size = strlen(p->identity)};
}

static enum status put_head(struct frames *f, const struct program *p,
                            const struct outgoing *m)
{
    uint8_t head[WIRE_HEADER_SIZE], who[WIRE_PEER_MAX];
    struct wire_peer peer = own_peer(p, m->session);
    enum status st = frames_add(f, slice_of(who, wire_peer_encode(&peer, who)));

    wire_header_encode(&m->header, head);
    if (st == STATUS_OK)
        st = frames_add(f, slice_of(head, sizeof head));
    if (st == STATUS_OK && m->has_span) {
        uint8_t span[WIRE_SPAN_SIZE];
        wire_span_encode(&m->span, span);
        st = frames_add(f, slice_of(span, sizeof span));
    }
    return st;
}

/* A small body is copied, and its buffer used again for the next answer; a
 * large one is handed over. */
static enum status put_body(struct frames *f, struct bytes *body)
{
    return body->size <= COPIED_BYTES ? frames_add(f, bytes_slice(body))
                                      : frames_add_bytes(f, body);
}

/* The broker is fed without waiting for it: what it cannot take now is lost on
 * the way and asked for again (answers), leased again (pages) or fetched
 * (stream). */
static void send_alone(struct program *p, struct outgoing *m)
{
    struct frames f;

    frames_init(&f);
    p->look = true;
    if (put_head(&f, p, m) != STATUS_OK ||
        put_body(&f, &m->body) != STATUS_OK ||
        socket_send(p->sock, &f) != STATUS_OK)
        log_debug("ROUTER-UNSENT",
                  "a message of kind %u was not taken -> its asker asks again",
                  m->header.kind);
    frames_fini(&f);
}

static void flush(void *context)
{
    struct program *p = context;
    struct outgoing m = {
        .header = {.version = WIRE_VERSION,
                   .kind = WIRE_BUNDLE,
                   .partition = (uint32_t)p->options.partition},
        .body = p->bundle};

    if (!p->bundle.size)
        return;
    send_alone(p, &m);
    p->bundle = m.body;
    bytes_reset(&p->bundle);
}

static bool goes_in_bundle(const struct program *p, const struct outgoing *m)
{
    enum wire_to to = wire_kind_row(m->header.kind)->to;

    return p->bundles && (to == WIRE_TO_CLIENT || to == WIRE_TO_LANE) &&
           m->header.partition == p->options.partition &&
           m->body.size <= WIRE_BUNDLE_BODY;
}

/* What is small is gathered until all has been said. */
static void send_one(void *context, struct outgoing *m)
{
    struct program *p = context;
    struct wire_peer peer = own_peer(p, m->session);
    bool bundled = goes_in_bundle(p, m);

    if (!bundled || p->bundle.size + m->body.size > WIRE_BUNDLE_BYTES)
        flush(p);
    if (bundled)
        wire_bundle_add(&p->bundle, &peer, &m->header, bytes_slice(&m->body));
    else
        send_alone(p, m);
}

/* --- what comes --- */

static bool broker_reads_bundles(struct slice body, struct arena *arena)
{
    const Yinuo__V1__Welcome *w =
        codec_decode(&yinuo__v1__welcome__descriptor, body, arena, NULL);

    return w && w->bundles;
}

static void from_broker(struct program *p, const struct wire_header *header,
                        struct slice body)
{
    struct arena arena;

    arena_init(&arena, LIMIT_DECODE_BYTES);
    if (header->kind == WIRE_LANE) {
        Yinuo__V1__Lane *lane =
            codec_decode(&yinuo__v1__lane__descriptor, body, &arena, NULL);
        if (lane)
            router_lane(p->router, (uint32_t)lane->tier, lane->workers);
    } else if (header->kind == WIRE_WELCOME) {
        if (!p->welcome)
            log_info("ROUTER-WELCOME",
                     "the broker knows partition %lld -> work may come",
                     (long long)p->options.partition);
        p->welcome = true;
        p->bundles = broker_reads_bundles(body, &arena);
        router_welcome(p->router);
    } else if (header->kind == WIRE_ERROR) {
        Yinuo__V1__Refused *e =
            codec_decode(&yinuo__v1__refused__descriptor, body, &arena, NULL);
        uint32_t code = e ? e->code : REFUSAL_INTERNAL;
        if (code == REFUSAL_STALE_EPOCH) {
            log_error("ROUTER-REPLACED",
                      "another router owns the partition -> this one ends");
            p->stop = true;
        } else if (code == REFUSAL_NOT_READY) {
            p->welcome = false;
            p->greeted_ms = 0;
        } else {
            log_warn("ROUTER-REFUSED",
                     "the broker refused a message: %s -> it is lost",
                     refusal_name(code));
        }
    }
    arena_fini(&arena);
}

/* The next message of the bundle. */
static void take_bundled(struct program *p)
{
    struct wire_bundled one;

    if (wire_bundle_next(&p->rest, &one) != REFUSAL_NONE)
        log_warn("ROUTER-MALFORMED",
                 "a bundle cannot be read to its end -> the rest is dropped");
    else if (one.peer.role != WIRE_ROLE_BROKER)
        router_receive(p->router, &one.peer, &one.header, one.body);
    if (!p->rest.size)
        frames_fini(&p->in);
}

static void take(struct program *p, struct frames *f)
{
    struct wire_peer peer;
    struct wire_header header;
    struct slice who = frames_slice(f, 0), head = frames_slice(f, 1),
                 body = frames_slice(f, 2);

    p->heard_ms = now_ms();
    if (f->count != 3 ||
        wire_peer_decode(who.data, who.size, &peer) != REFUSAL_NONE ||
        wire_header_decode(head.data, head.size, &header) != REFUSAL_NONE) {
        log_warn("ROUTER-MALFORMED",
                 "%zu frames that make no message -> dropped", f->count);
        return;
    }
    if (peer.role != WIRE_ROLE_BROKER) {
        router_receive(p->router, &peer, &header, body);
    } else if (header.kind == WIRE_BUNDLE && body.size > 0) {
        frames_move(&p->in, f);
        p->rest = frames_slice(&p->in, 2);
    } else {
        from_broker(p, &header, body);
    }
}

static bool drain(struct program *p)
{
    struct frames f;
    int n = 0;

    frames_init(&f);
    for (; n < ROUND_MESSAGES && router_has_room(p->router) &&
           !router_wants_turn(p->router);
         n++) {
        if (p->rest.size) {
            take_bundled(p);
            continue;
        }
        if (!p->look)
            break;
        enum status st = socket_receive(p->sock, &f);
        if (st == STATUS_TOO_LARGE)
            continue;
        p->look = st == STATUS_OK;
        if (st != STATUS_OK)
            break;
        take(p, &f);
        frames_fini(&f);
    }
    return n > 0;
}

static void greet(struct program *p)
{
    int64_t now = now_ms();
    bool silent = now - p->heard_ms > LIMIT_SILENCE_MS;

    if ((p->welcome && !silent) || now - p->greeted_ms < GREET_MS)
        return;
    p->welcome = false;
    p->greeted_ms = now;
    router_greet(p->router);
    flush(p);
    p->bundles = false;
}

/* Any frame counts as a sign of life; without one a PING asks for it. */
static void ping(struct program *p)
{
    static int64_t pinged_ms;
    int64_t now = now_ms();
    struct outgoing m = {
        .header = {.version = WIRE_VERSION,
                   .kind = WIRE_PING,
                   .partition = (uint32_t)p->options.partition}};

    if (now - p->heard_ms < LIMIT_HEARTBEAT_MS ||
        now - pinged_ms < LIMIT_HEARTBEAT_MS)
        return;
    pinged_ms = now;
    send_alone(p, &m);
    bytes_fini(&m.body);
}

/* --- the loop --- */

/* While there is no room nothing is received, so nothing wakes for it. */
static void wait(struct program *p, int64_t wait_ms)
{
    bool room = router_has_room(p->router);
    struct pollfd items[] = {
        {room ? socket_fd(p->sock) : -1, POLLIN, 0},
        {p->signals, POLLIN, 0},
        {router_fd(p->router), POLLIN, 0},
        {router_journal_fd(p->router), POLLIN, 0},
    };

    if (room && (p->rest.size || p->look))
        wait_ms = 0;
    int n = poll(items, 4, (int)wait_ms);
    p->look |= n <= 0 || items[0].revents != 0;
    if (n > 0 && items[1].revents)
        p->stop |= signals_read(p->signals);
}

static void serve(struct program *p)
{
    int64_t rest = 0;

    p->look = true;
    while (!p->stop) {
        greet(p); /* before the first turn, which may have much to fire */
        bool more = drain(p);
        rest = router_turn(p->router, !more);
        ping(p);
        if (!more)
            wait(p, rest);
        else if (rest == 0)
            p->stop |= signals_read(p->signals);
    }
}

/* --- start and end --- */

static enum status connect_back(struct program *p, struct error *err)
{
    char endpoint[LIMIT_PATH_BYTES];
    struct socket_settings settings = {.hwm = 16384};
    int size =
        snprintf(endpoint, sizeof endpoint, "ipc://%s/back", p->options.run);

    if (size < 0 || (size_t)size >= sizeof endpoint)
        return error_set(err, STATUS_TOO_LARGE,
                         "the path of the run directory is too long");
    enum status st = socket_context_new(&p->context, err);
    if (st == STATUS_OK)
        st = socket_open(&p->sock, p->context, ZMQ_DEALER, &settings, err);
    if (st == STATUS_OK)
        st = socket_connect(p->sock, endpoint, err);
    return st;
}

static enum status open_router(struct program *p, struct error *err)
{
    char slot[LIMIT_PATH_BYTES];
    struct ledger_options lo = {.dir = p->options.ledger,
                                .journal_thread = true};
    struct router_options ro = {.partition = (uint32_t)p->options.partition,
                                .packs = p->options.policy.list,
                                .pack_count = p->options.policy.count,
                                .slot_path = slot,
                                .keep_records =
                                    (uint64_t)p->options.keep_records,
                                .bundles = true,
                                .send = send_one,
                                .sent = flush,
                                .send_context = p};

    if (p->options.drill) {
        if (time_text_parse(p->options.drill, "UTC", &ro.drill_start_ms, err) !=
            STATUS_OK)
            return error_wrap(err, "--drill-clock");
        ro.drill = true;
    }
    enum status st = ledger_open(&lo, &p->ledger, err);
    if (st == STATUS_OK)
        st = file_join(slot, sizeof slot, p->options.ledger, "slot", err);
    ro.ledger = p->ledger;
    if (st == STATUS_OK)
        st = router_open(&ro, &p->router, err);
    return st;
}

/* Who writes down what happens here asks whether the wall clock's time is the
 * ledger's, also before he has reached anybody: RUN/drill says that it is not.
 */
static void mark_drill(struct program *p)
{
    const char *start = p->options.drill;
    struct error err = {0};
    enum status st = file_join(p->drill_mark, sizeof p->drill_mark,
                               p->options.run, "drill", &err);

    if (st == STATUS_OK && start)
        st = file_write_atomic(p->drill_mark, slice_of_text(start), 0600, &err);
    else if (st == STATUS_OK)
        (void)unlink(p->drill_mark); /* of one that was killed */
    if (st != STATUS_OK)
        log_warn("DRILL-MARK", "%s -> yinuo publish goes by the wall clock",
                 err.text);
    if (st != STATUS_OK || !start)
        *p->drill_mark = 0;
}

static enum status start(struct program *p, struct error *err)
{
    struct log_settings log = {.program = "router",
                               .path = p->options.log,
                               .level = LOG_INFO,
                               .json = p->options.json};
    enum status st = STATUS_OK;

    if (!p->options.run || !p->options.ledger)
        return error_set(err, STATUS_INVALID, "--run and --ledger are needed");
    if (p->options.level)
        st = log_level_parse(p->options.level, &log.level);
    if (st != STATUS_OK)
        return error_set(err, STATUS_INVALID, "no such log level: %s",
                         p->options.level);
    snprintf(p->identity, sizeof p->identity, "router-%lld",
             (long long)p->options.partition);
    st = signals_open(&p->signals, false, err);
    if (st == STATUS_OK)
        st = log_open(&log, err);
    if (st == STATUS_OK)
        st = connect_back(p, err);
    if (st == STATUS_OK)
        st = open_router(p, err);
    if (st != STATUS_OK)
        return st;
    mark_drill(p);
    struct router_figures f;
    router_figures(p->router, &f);
    log_info("ROUTER-STARTED",
             "recovered %llu records in %lld us -> sequence %llu",
             (unsigned long long)f.recovered, (long long)f.recovery_us,
             (unsigned long long)f.last_seq);
    return STATUS_OK;
}

static void stop(struct program *p)
{
    if (*p->drill_mark)
        (void)unlink(p->drill_mark);
    router_close(&p->router);
    flush(p);
    bytes_fini(&p->bundle);
    frames_fini(&p->in);
    ledger_close(&p->ledger);
    socket_close(&p->sock);
    socket_context_free(&p->context);
    if (p->signals > 0)
        close(p->signals);
    log_close();
}

int main(int argc, char **argv)
{
    struct program p = {.signals = -1};
    struct error err = {0};
    const struct option_row rows[] = {
        {"run", 'r', OPTION_TEXT, N_("DIR"), N_("run directory of the broker"),
         &p.options.run},
        {"ledger", 'L', OPTION_TEXT, N_("DIR"),
         N_("the ledger of this partition"), &p.options.ledger},
        {"policy", 'p', OPTION_LIST, N_("DIR"),
         N_("a policy pack, or a directory of packs; loaded if it differs from "
            "what runs"),
         &p.options.policy},
        {"partition", 0, OPTION_INT, N_("NUMBER"),
         N_("which partition this is (0)"), &p.options.partition},
        {"keep-records", 0, OPTION_INT, N_("NUMBER"),
         N_("of the journal, behind a snapshot; records of open cases stay "
            "(all)"),
         &p.options.keep_records},
        {"drill-clock", 0, OPTION_TEXT, N_("TIME"),
         N_("stand at TIME and move by clock.advance alone"), &p.options.drill},
        {"log", 0, OPTION_TEXT, N_("FILE"), N_("append the log to FILE"),
         &p.options.log},
        {"log-level", 0, OPTION_TEXT, N_("LEVEL"),
         N_("debug, info, warn or error"), &p.options.level},
        {"log-json", 0, OPTION_FLAG, NULL, N_("log one JSON object a line"),
         &p.options.json},
        {0}};
    const struct option_set set = {
        .usage = "yinuo-router --run DIR --ledger DIR [--policy DIR]...",
        .summary = N_("The router worker of one partition."),
        .rows = rows};

    i18n_init();
    error_in_language(true);
    (void)option_parse_or_exit(&set, argc, argv);
    enum status st = start(&p, &err);
    error_in_language(false);
    if (st == STATUS_OK)
        serve(&p);
    else
        fprintf(stderr, "yinuo-router: %s\n", err.text);
    stop(&p);
    return child_exit_code(st);
}
