/* yinuo-broker - the message switch: sockets, clock and signals around
 * broker/core.h.
 *
 * One thread. A lock on the run directory is taken before anything is bound,
 * because two processes can bind one ipc:// path without an error.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/lockfile.h"
#include "base/log.h"
#include "base/option.h"
#include "base/signals.h"
#include "base/socket.h"
#include "broker/core.h"

enum {
    ROUND_MESSAGES = 256, /* of one socket, before the next has its turn */
    BACK_HWM = 16384,     /* beyond both windows together */
    STREAM_HWM = 256,     /* messages of the live tail, per reader */
    SIDES = 3,            /* enum broker_side */
    HELD_MS = 2, /* until a socket that took nothing more is tried again */
};

struct options {
    const char *run;
    struct option_list listen;
    struct option_list listen_stream;
    const char *log;
    const char *level;
    bool json;
    int64_t held_mb;
    int64_t ring_mb;
};

struct program {
    struct options options;
    struct lockfile lock;
    void *context;
    void *sock[SIDES];
    bool look[SIDES]; /* there may be something that no descriptor tells of */
    int signals;
    bool stop;
    struct access access;
    struct broker *broker;
};

static int64_t now_ms(void)
{
    return clock_monotonic_ms(clock_system());
}

static enum status port_send(void *state, enum broker_side side,
                             struct frames *f)
{
    struct program *p = state;
    p->look[side] = true;
    return socket_send(p->sock[side], f);
}

/* What the transport has proven, or NULL. */
static const char *user_id(struct frames *f)
{
    const char *id = zmq_msg_gets(&f->list[f->count - 1], "User-Id");
    return id && *id ? id : NULL;
}

/* ---- start ---- */

static enum status own_directory(const char *path, struct error *err)
{
    struct stat st;
    enum status status = file_make_dirs(path, 0700, err);
    if (status != STATUS_OK)
        return status;
    if (stat(path, &st) != 0)
        return error_set_errno(err, errno, "%s", path);
    if (st.st_uid != geteuid())
        return error_set(err, STATUS_DENIED, "%s belongs to somebody else",
                         path);
    if ((st.st_mode & 07777) != 0700 && chmod(path, 0700) != 0)
        return error_set_errno(err, errno, "%s", path);
    return STATUS_OK;
}

static enum status take_lock(struct program *p, struct error *err)
{
    char path[LIMIT_PATH_BYTES];
    enum status status =
        file_join(path, sizeof(path), p->options.run, "broker.lock", err);
    if (status == STATUS_OK)
        status = lockfile_take(&p->lock, path, err);
    if (status != STATUS_OK)
        (void)error_wrap(err, "another broker has this run directory");
    return status;
}

static enum status open_door(struct program *p, enum broker_side side, int type,
                             const struct socket_settings *settings,
                             const char *name, struct error *err)
{
    char endpoint[LIMIT_PATH_BYTES];
    enum status status =
        socket_open(&p->sock[side], p->context, type, settings, err);
    int size = snprintf(endpoint, sizeof(endpoint), "ipc://%s/%s",
                        p->options.run, name);
    if (size < 0 || (size_t)size >= sizeof(endpoint))
        return error_set(err, STATUS_TOO_LARGE, "the path is too long");
    if (status == STATUS_OK)
        status = socket_bind(p->sock[side], endpoint, err);
    return status;
}

static enum status listen_more(void *sock, const struct option_list *list,
                               struct error *err)
{
    char endpoint[LIMIT_PATH_BYTES];
    for (size_t i = 0; i < list->count; i++) {
        enum status status = socket_bind(sock, list->list[i], err);
        if (status == STATUS_OK)
            status = socket_endpoint(sock, endpoint, sizeof(endpoint), err);
        if (status != STATUS_OK)
            return status;
        log_info("BROKER-LISTENS", "bound %s -> peers may connect", endpoint);
    }
    return STATUS_OK;
}

static enum status open_doors(struct program *p, struct error *err)
{
    const struct socket_settings back = {.hwm = BACK_HWM};
    const struct socket_settings stream = {
        .hwm = STREAM_HWM, .xpub_manual = true, .no_drop = false};
    enum status status = socket_context_new(&p->context, err);
    if (status == STATUS_OK)
        status = open_door(p, BROKER_BACK, ZMQ_ROUTER, &back, "back", err);
    if (status == STATUS_OK)
        status = open_door(p, BROKER_STREAM, ZMQ_XPUB, &stream, "stream", err);
    if (status == STATUS_OK)
        status = open_door(p, BROKER_FRONT, ZMQ_ROUTER, NULL, "front", err);
    if (status == STATUS_OK)
        status =
            listen_more(p->sock[BROKER_STREAM], &p->options.listen_stream, err);
    if (status == STATUS_OK)
        status = listen_more(p->sock[BROKER_FRONT], &p->options.listen, err);
    return status;
}

/* A shell gives 1024, which a thousand stations use up. */
static void make_room(void)
{
    enum { OWN = 64 }; /* descriptors of sockets, log and signals */
    uint64_t n = socket_raise_descriptors();

    if (n < LIMIT_PEERS + OWN)
        log_warn("BROKER-DESCRIPTORS",
                 "the system allows %" PRIu64 " descriptors, %d are wanted -> "
                 "more peers than that end this process: raise \"ulimit -Hn\"",
                 n, LIMIT_PEERS + OWN);
}

static enum status start(struct program *p, struct error *err)
{
    struct broker_settings settings = {
        .port = {port_send, p},
        .clock = clock_system(),
        .access = &p->access,
        .name = "yinuo-broker " YINUO_VERSION,
        .held_bytes_max = (size_t)p->options.held_mb * 1024 * 1024,
        .ring_bytes = (size_t)p->options.ring_mb * 1024 * 1024,
    };
    struct log_settings log = {.program = "broker",
                               .path = p->options.log,
                               .level = LOG_INFO,
                               .json = p->options.json};
    enum status status = STATUS_OK;
    if (p->options.level && log_level_parse(p->options.level, &log.level))
        return error_set(err, STATUS_INVALID, "no such log level: %s",
                         p->options.level);
    status = signals_open(&p->signals, false, err);
    if (status == STATUS_OK)
        status = own_directory(p->options.run, err);
    if (status == STATUS_OK)
        status = take_lock(p, err);
    if (status == STATUS_OK)
        status = log_open(&log, err);
    if (status != STATUS_OK)
        return status;
    make_room();
    p->broker = broker_new(&settings, now_ms());
    if (!p->broker)
        return error_set(err, STATUS_NO_MEMORY, "no memory");
    return open_doors(p, err);
}

/* ---- the loop ---- */

/* Manual XPUB: what is set here is granted to the reader who asked last. */
static void grant(struct program *p, struct frames *f)
{
    void *sock = p->sock[BROKER_STREAM];
    struct slice said = frames_slice(f, 0);
    struct slice topic = slice_from(said, 1);
    struct error err;
    if (f->count != 1 || said.size == 0)
        return;
    if (said.data[0] == 0)
        zmq_setsockopt(sock, ZMQ_UNSUBSCRIBE,
                       topic.size ? topic.data : said.data, topic.size);
    else if (said.data[0] == 1 &&
             broker_subscribe(p->broker, topic, user_id(f), now_ms()) &&
             socket_subscribe(sock, topic, &err) != STATUS_OK)
        log_warn("STREAM-GRANT", "%s -> a reader gets nothing", err.text);
}

static void take(struct program *p, enum broker_side side, struct frames *f,
                 int64_t now)
{
    if (side == BROKER_FRONT)
        broker_front(p->broker, f, user_id(f), now);
    else if (side == BROKER_BACK)
        broker_back(p->broker, f, user_id(f), now);
    else
        grant(p, f);
    frames_fini(f);
}

static void drain(struct program *p, enum broker_side side)
{
    struct frames f;
    int64_t now = now_ms();
    frames_init(&f);
    for (int i = 0; i < ROUND_MESSAGES && p->look[side]; i++) {
        enum status status = socket_receive(p->sock[side], &f);
        if (status == STATUS_OK)
            take(p, side, &f, now);
        else if (status != STATUS_TOO_LARGE)
            p->look[side] = false;
    }
}

static void wait(struct program *p, int64_t until_ms)
{
    struct pollfd items[SIDES + 1];
    int64_t left = until_ms - now_ms();
    for (int side = 0; side < SIDES; side++)
        items[side] = (struct pollfd){socket_fd(p->sock[side]), POLLIN, 0};
    items[SIDES] = (struct pollfd){p->signals, POLLIN, 0};
    int n = poll(items, SIDES + 1, (int)(left > 0 ? left : 0));
    for (int side = 0; side < SIDES; side++)
        p->look[side] = n <= 0 || items[side].revents != 0;
    if (n <= 0)
        return;
    if (items[SIDES].revents)
        p->stop |= signals_read(p->signals);
}

/* What was sent last may have taken an edge: those sides are looked at again
 * before anybody waits. */
static void serve(struct program *p)
{
    int64_t next_ms = now_ms();
    for (int side = 0; side < SIDES; side++)
        p->look[side] = true;
    while (!p->stop) {
        drain(p, BROKER_BACK);
        drain(p, BROKER_FRONT);
        drain(p, BROKER_STREAM);
        int64_t now = now_ms();
        broker_round(p->broker, now);
        if (broker_held(p->broker) && next_ms > now + HELD_MS)
            next_ms = now + HELD_MS;
        if (now >= next_ms) {
            next_ms = broker_tick(p->broker, now);
            p->stop |= signals_read(p->signals);
        }
        if (!p->look[BROKER_BACK] && !p->look[BROKER_FRONT] &&
            !p->look[BROKER_STREAM])
            wait(p, next_ms);
    }
}

static void stop(struct program *p)
{
    for (size_t i = 0; i < SIDES; i++)
        socket_close(&p->sock[i]);
    socket_context_free(&p->context);
    broker_free(&p->broker);
    if (p->signals >= 0)
        close(p->signals);
    lockfile_release(&p->lock);
    log_close();
}

static void read_options(struct options *o, int argc, char **argv)
{
    const struct option_row rows[] = {
        {"run", 'r', OPTION_TEXT, N_("DIR"), N_("run directory"), &o->run},
        {"listen", 'l', OPTION_LIST, N_("ENDPOINT"),
         N_("one more front door, tcp://127.0.0.1:PORT"), &o->listen},
        {"listen-stream", 0, OPTION_LIST, N_("ENDPOINT"),
         N_("one more door of the live tail"), &o->listen_stream},
        {"queue-mb", 0, OPTION_INT, N_("N"),
         N_("most memory of all queues, in MiB (64)"), &o->held_mb},
        {"ring-mb", 0, OPTION_INT, N_("N"),
         N_("tail of the stream kept per partition, in MiB (32)"), &o->ring_mb},
        {"log", 0, OPTION_TEXT, N_("FILE"), N_("append log lines to it"),
         &o->log},
        {"log-level", 0, OPTION_TEXT, N_("LEVEL"),
         N_("debug, info, warn or error"), &o->level},
        {"log-json", 0, OPTION_FLAG, NULL, N_("write log lines as JSON"),
         &o->json},
        {0}};
    const struct option_set set = {.usage =
                                       "yinuo-broker --run DIR [OPTION]...",
                                   .summary = N_("The message switch."),
                                   .rows = rows};
    int first = option_parse_or_exit(&set, argc, argv);
    if (first == argc && o->run && o->held_mb >= 0 && o->ring_mb >= 0 &&
        o->held_mb <= 65536 && o->ring_mb <= 65536)
        return;
    fprintf(stderr, "yinuo-broker: %s\n",
            o->run ? _("there is a word or number that does not belong here")
                   : _("--run DIR is missing"));
    option_help(&set, stderr);
    _exit(2);
}

int main(int argc, char **argv)
{
    struct program p = {.signals = -1};
    struct error err = {0};
    i18n_init();
    error_in_language(true);
    read_options(&p.options, argc, argv);
    enum status st = start(&p, &err);
    error_in_language(false);
    if (st != STATUS_OK) {
        fprintf(stderr, "yinuo-broker: %s\n", err.text);
        stop(&p);
        return child_exit_code(st);
    }
    log_info("BROKER-READY", "the doors in %s are open -> peers may connect",
             p.options.run);
    serve(&p);
    log_info("BROKER-STOPPED", "asked to stop -> the doors are closed");
    stop(&p);
    return 0;
}
