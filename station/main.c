/* yinuo-station - the station agent: events from local sources into a durable
 * outbox, and on to the broker.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/option.h"
#include "station/intake.h"

static volatile sig_atomic_t stop;

struct options {
    const char *outbox, *identity, *station, *region, *time_zone;
    const char *spool, *socket, *log;
    struct option_list brokers;
    int64_t partition;
    int64_t wait_ms;
    bool once;
    bool json;
};

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static void catch_signals(void)
{
    struct sigaction act = {.sa_handler = on_signal};
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void read_options(struct options *o, int argc, char **argv)
{
    const struct option_row rows[] = {
        {"outbox", 'o', OPTION_TEXT, N_("DIR"), N_("where events wait"),
         &o->outbox},
        {"identity", 'i', OPTION_TEXT, N_("ID"), N_("who publishes"),
         &o->identity},
        {"broker", 'b', OPTION_LIST, N_("ENDPOINT"),
         N_("front door of a broker; may be repeated"), &o->brokers},
        {"station", 0, OPTION_TEXT, N_("ID"),
         N_("station of events that name none (the identity)"), &o->station},
        {"region", 0, OPTION_TEXT, N_("ID"),
         N_("region of events that name none"), &o->region},
        {"time-zone", 0, OPTION_TEXT, N_("ZONE"),
         N_("of times without an offset (UTC)"), &o->time_zone},
        {"partition", 0, OPTION_INT, N_("NUMBER"), N_("where they belong (0)"),
         &o->partition},
        {"spool", 0, OPTION_TEXT, N_("DIR"),
         N_("take the .jsonl files of this directory"), &o->spool},
        {"once", 0, OPTION_FLAG, NULL, N_("end when the spool has been read"),
         &o->once},
        {"listen", 0, OPTION_TEXT, N_("PATH"),
         N_("take lines from programs on this unix socket"), &o->socket},
        {"wait", 0, OPTION_SPAN, N_("SPAN"),
         N_("at the end wait so long until all have arrived (10s)"),
         &o->wait_ms},
        {"log", 0, OPTION_TEXT, N_("FILE"), N_("append log lines to it"),
         &o->log},
        {"log-json", 0, OPTION_FLAG, NULL, N_("write log lines as JSON"),
         &o->json},
        {0}};
    const struct option_set set = {
        .usage = "yinuo-station --outbox DIR --identity ID [OPTION]...",
        .summary = N_("Takes events, as JSON Lines, from standard input, a "
                      "spool or a socket."),
        .rows = rows};
    o->wait_ms = 10000;
    int first = option_parse_or_exit(&set, argc, argv);
    if (first == argc && o->outbox && o->identity && o->partition >= 0 &&
        o->partition <= UINT32_MAX && !(o->spool && o->socket))
        return;
    fputs("yinuo-station: ", stderr);
    fputs(!o->outbox || !o->identity
              ? _("--outbox and --identity must be given")
              : _("these words do not belong together"),
          stderr);
    fputc('\n', stderr);
    option_help(&set, stderr);
    _exit(2);
}

static enum yinuo_result open_client(const struct options *o, struct yinuo **y,
                                     struct yinuo_error *error)
{
    struct yinuo_config config = {.identity = o->identity,
                                  .outbox = o->outbox,
                                  .station = o->station,
                                  .region = o->region,
                                  .time_zone = o->time_zone,
                                  .partitions = {(uint32_t)o->partition},
                                  .partition_count = 1};
    for (size_t i = 0; i < o->brokers.count && i < YINUO_BROKERS_MAX; i++)
        config.brokers[i] = o->brokers.list[i];
    return yinuo_open(y, &config, error);
}

/* In short waits: who asks us to end is not kept waiting. */
static enum yinuo_result wait_for_all(struct yinuo *y, int64_t wait_ms)
{
    enum { LOOK_MS = 200 };
    enum yinuo_result result = YINUO_TIMEOUT;
    do {
        result = yinuo_flush(y, wait_ms < LOOK_MS ? wait_ms : LOOK_MS);
        wait_ms -= LOOK_MS;
    } while (result == YINUO_TIMEOUT && wait_ms > 0 && !stop);
    return result;
}

static int report(struct intake *in, const struct options *o)
{
    struct yinuo_status status = {0};
    enum yinuo_result arrived = YINUO_OK;
    if (!stop && !o->socket && o->brokers.count > 0)
        arrived = wait_for_all(in->y, o->wait_ms);
    (void)yinuo_status(in->y, &status);
    log_write(LOG_INFO, "STATION-DONE",
              LOG_FIELDS(LOG_INT("stored", in->stored),
                         LOG_INT("refused", in->refused),
                         LOG_INT("waiting", status.waiting),
                         LOG_INT("dead_letters", status.dead_letters)),
              arrived == YINUO_TIMEOUT
                  ? "not all have arrived -> they wait in the outbox"
                  : "the sources have ended -> so does the agent");
    return in->broken || in->refused ? 1 : arrived == YINUO_TIMEOUT ? 5 : 0;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    struct error err = {0};
    struct yinuo_error failed = {0};
    struct intake in = {.stop = &stop};
    enum status status = STATUS_OK;
    i18n_init();
    error_in_language(true);
    read_options(&o, argc, argv);
    struct log_settings log = {
        .program = "station", .path = o.log, .level = LOG_INFO, .json = o.json};
    if (log_open(&log, &err) != STATUS_OK ||
        open_client(&o, &in.y, &failed) != YINUO_OK) {
        fprintf(stderr, "yinuo-station: %s\n",
                failed.text[0] ? failed.text : err.text);
        return 1;
    }
    error_in_language(false);
    catch_signals();
    if (o.spool)
        status = intake_spool(&in, o.spool, o.once, &err);
    else if (o.socket)
        status = intake_socket(&in, o.socket, &err);
    else
        intake_stdin(&in);
    if (status != STATUS_OK)
        fprintf(stderr, "yinuo-station: %s\n", err.text);
    int code = report(&in, &o);
    yinuo_close(&in.y);
    log_close();
    return status != STATUS_OK ? 1 : code;
}
