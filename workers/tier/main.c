/* yinuo-tier - a tier worker: takes the pages of one tier from the broker,
 * reaches people through channels, and tells the router how it went.
 *
 *   yinuo-tier --run DIR --tier NAME --channels log,exec,smtp ...
 *
 * It keeps nothing of its own; it may be killed at any moment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/option.h"
#include "base/signals.h"
#include "base/socket.h"
#include "workers/tier/channel.h"

enum {
    ROUND_MESSAGES = 64,
    WATCH_MAX = 64, /* descriptors of all channels */
    WAIT_MAX_MS = 60000,
    STOP_TRIES_MS = 7000, /* with what follows less than LIMIT_STOP_WAIT_MS */
    STOP_RECEIPTS_MS = 1500
};

struct options {
    const char *run, *connect, *tier, *channels, *name;
    struct channel_settings channel;
    int64_t credit, tries, retry_wait_ms;
    const char *log, *level;
    bool json;
};

struct program {
    struct options options;
    char names[256]; /* of channels, cut apart */
    char endpoint[LIMIT_PATH_BYTES];
    char identity[64];
    void *context;
    void *sock;
    int signals;
    bool stop;
    size_t count;
    const struct channel_type *type[TIER_CHANNELS_MAX];
    struct tier_channel channel[TIER_CHANNELS_MAX];
    struct tier_core *core;
};

static int64_t now_ms(void)
{
    return clock_monotonic_ms(clock_system());
}

/* ---- the port ---- */

static enum status port_send(void *state, struct frames *f)
{
    struct program *p = state;
    return p->sock ? socket_send(p->sock, f) : STATUS_BUSY;
}

static void port_reopen(void *state)
{
    struct program *p = state;
    struct error err;
    socket_close(&p->sock);
    if (socket_open(&p->sock, p->context, ZMQ_DEALER, NULL, &err) !=
            STATUS_OK ||
        socket_connect(p->sock, p->endpoint, &err) != STATUS_OK) {
        log_error("TIER-CONNECT", "%s -> tried again soon", err.text);
        socket_close(&p->sock);
    }
}

static void done(void *context, const struct tier_result *result)
{
    struct program *p = context;
    tier_core_done(p->core, result, now_ms());
}

/* ---- start ---- */

static void take_name(struct program *p)
{
    snprintf(p->identity, sizeof(p->identity), "%.60s",
             p->options.name ? p->options.name : "");
    if (!*p->identity)
        snprintf(p->identity, sizeof(p->identity), "tier-%.58s",
                 p->options.tier);
}

static enum status open_channel(struct program *p, const char *name,
                                struct error *err)
{
    const struct channel_type *type = channel_find(name);
    if (!type)
        return error_set(err, STATUS_INVALID, "there is no channel \"%.60s\"",
                         name);
    if (p->count == TIER_CHANNELS_MAX)
        return error_set(err, STATUS_INVALID, "too many channels");
    for (size_t i = 0; i < p->count; i++)
        if (p->type[i] == type)
            return error_set(err, STATUS_INVALID, "channel %s stands twice",
                             name);
    struct tier_channel *c = &p->channel[p->count];
    p->type[p->count++] = type; /* closed again whatever open says */
    c->name = type->name;
    c->methods = type->methods;
    c->running_max = type->running_max;
    c->start = type->start;
    if (type->open(&c->state, &p->options.channel, err) != STATUS_OK)
        return error_wrap(err, "channel %s", name);
    return STATUS_OK;
}

static enum status open_channels(struct program *p, struct error *err)
{
    char *rest = p->names, *name;
    p->options.channel.clock = clock_system();
    p->options.channel.report = (struct channel_report){done, p};
    p->options.channel.tier = p->options.tier;
    if (snprintf(p->names, sizeof(p->names), "%s", p->options.channels) >=
        (int)sizeof(p->names))
        return error_set(err, STATUS_INVALID, "--channels is too long");
    while ((name = strsep(&rest, ",")) != NULL) {
        enum status status = *name ? open_channel(p, name, err) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return p->count ? STATUS_OK
                    : error_set(err, STATUS_INVALID, "--channels names none");
}

static enum status open_log(const struct options *o, struct error *err)
{
    struct log_settings log = {
        .program = "tier", .path = o->log, .level = LOG_INFO, .json = o->json};
    if (o->level && log_level_parse(o->level, &log.level) != STATUS_OK)
        return error_set(err, STATUS_INVALID, "no such log level: %s",
                         o->level);
    return log_open(&log, err);
}

static enum status connect_front(struct program *p, struct error *err)
{
    int size = p->options.connect ? snprintf(p->endpoint, sizeof(p->endpoint),
                                             "%s", p->options.connect)
                                  : snprintf(p->endpoint, sizeof(p->endpoint),
                                             "ipc://%s/front", p->options.run);
    if (size < 0 || (size_t)size >= sizeof(p->endpoint))
        return error_set(err, STATUS_TOO_LARGE, "the path is too long");
    enum status status = socket_context_new(&p->context, err);
    if (status == STATUS_OK)
        status = socket_open(&p->sock, p->context, ZMQ_DEALER, NULL, err);
    if (status == STATUS_OK)
        status = socket_connect(p->sock, p->endpoint, err);
    return status;
}

static enum status start(struct program *p, struct error *err)
{
    const struct options *o = &p->options;
    enum status status = signals_open(&p->signals, true, err);
    if (status == STATUS_OK)
        status = open_log(o, err);
    take_name(p);
    if (status == STATUS_OK)
        status = open_channels(p, err);
    if (status == STATUS_OK)
        status = connect_front(p, err);
    if (status != STATUS_OK)
        return status;
    struct tier_settings settings = {.port = {port_send, port_reopen, p},
                                     .clock = clock_system(),
                                     .identity = p->identity,
                                     .program = "yinuo-tier " YINUO_VERSION,
                                     .tier = p->options.tier,
                                     .channels = p->channel,
                                     .channel_count = p->count,
                                     .credit = (uint32_t)o->credit,
                                     .tries = (uint32_t)o->tries,
                                     .retry_wait_ms = o->retry_wait_ms};
    p->core = tier_core_new(&settings, now_ms());
    return p->core ? STATUS_OK : error_set(err, STATUS_NO_MEMORY, "no memory");
}

/* ---- the loop ---- */

static bool drain(struct program *p)
{
    struct frames f;
    frames_init(&f);
    for (int i = 0; p->sock && i < ROUND_MESSAGES; i++) {
        enum status status = socket_receive(p->sock, &f);
        if (status == STATUS_TOO_LARGE)
            continue;
        if (status != STATUS_OK)
            return i > 0;
        tier_core_take(p->core, &f, now_ms());
    }
    return p->sock != NULL;
}

static int64_t step_channels(struct program *p)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < p->count; i++) {
        if (!p->type[i]->step)
            continue;
        int64_t at = p->type[i]->step(p->channel[i].state, now_ms());
        next = at < next ? at : next;
    }
    return next;
}

static void wait(struct program *p, int64_t until_ms)
{
    zmq_pollitem_t items[WATCH_MAX + 2];
    struct pollfd watch[WATCH_MAX];
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++)
        if (p->type[i]->watch)
            n += p->type[i]->watch(p->channel[i].state, watch + n,
                                   WATCH_MAX - n);
    for (size_t i = 0; i < n; i++)
        items[i] = (zmq_pollitem_t){
            NULL, watch[i].fd,
            (short)((watch[i].events & POLLIN ? ZMQ_POLLIN : 0) |
                    (watch[i].events & POLLOUT ? ZMQ_POLLOUT : 0)),
            0};
    items[n] = (zmq_pollitem_t){NULL, p->signals, ZMQ_POLLIN, 0};
    items[n + 1] = (zmq_pollitem_t){p->sock, -1, ZMQ_POLLIN, 0};
    int64_t left = until_ms - now_ms();
    left = left < 0 ? 0 : left > WAIT_MAX_MS ? WAIT_MAX_MS : left;
    (void)zmq_poll(items, (int)(n + 1 + (p->sock != NULL)), (long)left);
    p->stop |= signals_read(p->signals);
}

/* One round; says when the next one is due. */
static int64_t round_once(struct program *p)
{
    bool more = drain(p);
    int64_t next = step_channels(p);
    int64_t core = tier_core_tick(p->core, now_ms());
    return more ? 0 : core < next ? core : next;
}

/* Tries that run may end, then their receipts may find somebody. */
static void wind_down(struct program *p)
{
    int64_t begun = now_ms(), until = begun + STOP_TRIES_MS;
    int64_t receipts_until = begun + STOP_RECEIPTS_MS;
    tier_core_stop(p->core, begun);
    while (!tier_core_idle(p->core)) {
        int64_t next = round_once(p), now = now_ms();
        bool running = tier_core_running(p->core) > 0;
        if (running)
            receipts_until = now + STOP_RECEIPTS_MS;
        int64_t end = running ? until : receipts_until;
        if (now >= end)
            return;
        wait(p, next < end ? next : end);
    }
}

static void serve(struct program *p)
{
    while (!p->stop)
        wait(p, round_once(p));
    log_info("TIER-STOPPING", "asked to stop -> tries end, receipts go out");
    wind_down(p);
    tier_core_bye(p->core);
}

static void finish(struct program *p)
{
    for (size_t i = 0; i < p->count; i++)
        p->type[i]->close(&p->channel[i].state);
    socket_close(&p->sock);
    socket_context_free(&p->context);
    tier_core_free(&p->core);
    if (p->signals >= 0)
        close(p->signals);
    log_close();
}

/* ---- options ---- */

static void read_options(struct options *o, int argc, char **argv)
{
    struct channel_settings *c = &o->channel;
    /* clang-format off */
    const struct option_row rows[] = {
        {"run", 'r', OPTION_TEXT, N_("DIR"), N_("run directory of the broker"), &o->run},
        {"connect", 0, OPTION_TEXT, N_("ENDPOINT"), N_("another door of the broker"), &o->connect},
        {"tier", 't', OPTION_TEXT, N_("NAME"), N_("which of the policy's tiers, as \"yinuo tiers\" names them"), &o->tier},
        {"name", 0, OPTION_TEXT, N_("ID"), N_("who the broker takes us for (tier-NAME)"), &o->name},
        {"channels", 'c', OPTION_TEXT, N_("LIST"), N_("log,exec,smtp in the order of falling back (log)"), &o->channels},
        {"timeout", 0, OPTION_SPAN, N_("SPAN"), N_("of one try of a channel (10s)"), &c->timeout_ms},
        {"tries", 0, OPTION_INT, N_("N"), N_("of one channel at one page (4)"), &o->tries},
        {"retry-wait", 0, OPTION_SPAN, N_("SPAN"), N_("before the second try, doubled for each (1s)"), &o->retry_wait_ms},
        {"credit", 0, OPTION_INT, N_("N"), N_("pages taken at one time (64)"), &o->credit},
        {"log-dir", 0, OPTION_TEXT, N_("DIR"), N_("channel log: appends to DIR/TIER.log"), &c->log_dir},
        {"exec", 0, OPTION_TEXT, N_("PROGRAM"), N_("channel exec: run with the page as JSON on its input"), &c->program},
        {"smtp", 0, OPTION_TEXT, N_("URL"), N_("channel smtp: smtp://HOST:PORT or smtps://HOST"), &c->smtp_url},
        {"smtp-from", 0, OPTION_TEXT, N_("ADDRESS"), N_("channel smtp: the sender (yinuo@localhost)"), &c->smtp_from},
        {"smtp-user", 0, OPTION_TEXT, N_("NAME"), N_("channel smtp: log in as"), &c->smtp_user},
        {"smtp-password-file", 0, OPTION_TEXT, N_("FILE"), N_("channel smtp: its first line"), &c->smtp_password_file},
        {"smtp-tls", 0, OPTION_TEXT, N_("HOW"), N_("channel smtp: must, try or no (try)"), &c->smtp_tls},
        {"smtp-ca", 0, OPTION_TEXT, N_("FILE"), N_("channel smtp: certificates to trust"), &c->smtp_ca},
        {"log", 0, OPTION_TEXT, N_("FILE"), N_("append log lines to it"), &o->log},
        {"log-level", 0, OPTION_TEXT, N_("LEVEL"), N_("debug, info, warn or error"), &o->level},
        {"log-json", 0, OPTION_FLAG, NULL, N_("write log lines as JSON"), &o->json},
        {0}};
    /* clang-format on */
    const struct option_set set = {
        .usage = "yinuo-tier --run DIR --tier NAME [OPTION]...",
        .summary = N_("Takes the pages of one tier and reaches its people."),
        .rows = rows};
    int first = option_parse_or_exit(&set, argc, argv);
    bool numbers = o->tries >= 1 && o->tries <= 20 && o->credit >= 1 &&
                   o->credit <= TIER_PAGES_MAX / 2 && o->retry_wait_ms >= 0 &&
                   c->timeout_ms >= 10;
    if (first == argc && (o->run || o->connect) && o->tier && numbers)
        return;
    fprintf(stderr, "yinuo-tier: %s\n",
            !o->tier || !(o->run || o->connect)
                ? _("--run DIR and --tier NAME are needed")
                : _("there is a word or number that does not belong here"));
    option_help(&set, stderr);
    _exit(2);
}

int main(int argc, char **argv)
{
    static struct program p = {.signals = -1,
                               .options = {.channels = "log",
                                           .tries = 4,
                                           .credit = TIER_CREDIT,
                                           .retry_wait_ms = 1000,
                                           .channel = {.timeout_ms = 10000}}};
    struct error err = {0};
    i18n_init();
    error_in_language(true);
    read_options(&p.options, argc, argv);
    enum status st = start(&p, &err);
    error_in_language(false);
    if (st != STATUS_OK) {
        fprintf(stderr, "yinuo-tier: %s\n", err.text);
        finish(&p);
        return child_exit_code(st);
    }
    log_info("TIER-READY", "%s waits at %s -> its people are reached",
             p.identity, p.endpoint);
    serve(&p);
    log_info("TIER-STOPPED", "asked to stop -> what is left comes again");
    finish(&p);
    return 0;
}
