#include "cli/publishing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/fields.h"
#include "cli/interrupt.h"
#include "cli/retell.h"
#include "cli/session.h"
#include "cli/when.h"
#include "proto/event_json.h"
#include "station/yinuo.h"

enum { HELD_MAX = 256, FLUSH_MS = 250, REST_MS = 500, FULL_WAIT_MS = 1000 };

struct publishing {
    struct cli *cli;
    struct yinuo *y;
    char *held[HELD_MAX]; /* lines not stored yet */
    unsigned held_line[HELD_MAX];
    size_t held_count;
    const char *source; /* where lines come from, "" or a file's name */
    unsigned line;      /* of the source, read last; 0: it has none */
    uint64_t bad;       /* lines that were refused before they were stored */
    uint64_t stored, letters; /* by this run; dead letters before it */
};

static void own_identity(char out[64])
{
    char host[64] = "";

    if (gethostname(host, sizeof host - 1) != 0 || !*host)
        strcpy(host, "local");
    snprintf(out, 64, "yinuo@%.50s", host);
}

/* A name for a directory: other letters become '_'. */
static void safe_name(const char *identity, char out[72])
{
    snprintf(out, 72, "%.70s", identity);
    for (char *c = out; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                    "0123456789.@-",
                    *c) ||
            (c == out && *c == '.'))
            *c = '_';
}

static int outbox_dir(struct cli *cli, const char *identity,
                      char out[LIMIT_PATH_BYTES])
{
    char name[72], below[96];

    safe_name(identity, name);
    snprintf(below, sizeof below, "outbox/%s", name);
    return cli_path(cli, below, out);
}

static int failed(struct cli *cli, const struct yinuo_error *error)
{
    char lead[160];
    enum status status = error->result == YINUO_NO_MEMORY ? STATUS_NO_MEMORY
                         : error->result == YINUO_INVALID ? STATUS_INVALID
                         : error->result == YINUO_FULL    ? STATUS_FULL
                         : error->result == YINUO_IO      ? STATUS_IO
                                                          : STATUS_INTERNAL;

    fields_lead(error->field, error->text, lead);
    (void)error_set(&cli->error, status, "%s%s", lead, RETOLD(error->text));
    return cli_failed(cli);
}

int publishing_open_as(struct cli *cli, const char *identity,
                       struct publishing **out)
{
    char own[64], dir[LIMIT_PATH_BYTES], front[LIMIT_PATH_BYTES];
    struct yinuo_config config = {.outbox = dir, .time_zone = when_zone()};
    struct yinuo_error error = {0};
    struct yinuo_status status;
    struct publishing *p = calloc(1, sizeof *p);
    int code;

    if (!p)
        abort();
    p->cli = cli;
    own_identity(own);
    config.identity = identity ? identity : own;
    config.role = identity ? YINUO_ROLE_STATION : YINUO_ROLE_ADMIN;
    if (session_endpoint(cli, "front", front))
        config.brokers[0] = front;
    code = outbox_dir(cli, config.identity, dir);
    if (code == CLI_DONE && file_make_dirs(dir, 0700, &cli->error) != STATUS_OK)
        code = cli_failed(cli);
    if (code == CLI_DONE && yinuo_open(&p->y, &config, &error) != YINUO_OK)
        code = failed(cli, &error);
    if (code == CLI_DONE && yinuo_status(p->y, &status) == YINUO_OK)
        p->letters = status.dead_letters;
    *out = p;
    if (code != CLI_DONE)
        publishing_close(out);
    return code;
}

int publishing_open(struct cli *cli, struct publishing **p)
{
    return publishing_open_as(cli, NULL, p);
}

void publishing_close(struct publishing **out)
{
    struct publishing *p = *out;

    if (!p)
        return;
    for (size_t i = 0; i < p->held_count; i++)
        free(p->held[i]);
    yinuo_close(&p->y);
    free(p);
    *out = NULL;
}

uint64_t publishing_stored(const struct publishing *p)
{
    return p->stored;
}

static void forget_held(struct publishing *p)
{
    for (size_t i = 0; i < p->held_count; i++)
        free(p->held[i]);
    p->held_count = 0;
}

/* Waits while the outbox is full and something still leaves it. */
static enum yinuo_result store(struct publishing *p, size_t *bad,
                               struct yinuo_error *error)
{
    enum yinuo_result result;

    do {
        result = yinuo_publish_lines(p->y, (const char *const *)p->held,
                                     p->held_count, NULL, bad, error);
        if (result == YINUO_FULL)
            (void)yinuo_flush(p->y, FULL_WAIT_MS);
    } while (result == YINUO_FULL && !interrupt_came());
    return result;
}

/* A line that can never be an event is told and left out; the others of its
 * batch are stored. */
static void leave_out(struct publishing *p, size_t bad,
                      const struct yinuo_error *error)
{
    char where[LIMIT_PATH_BYTES + 16] = "";

    if (p->held_line[bad])
        snprintf(where, sizeof where, "%s:%u: ", p->source, p->held_line[bad]);
    out_error(&p->cli->out, "%s%s", where, RETOLD(error->text));
    p->bad++;
    free(p->held[bad]);
    p->held_count--;
    memmove(p->held + bad, p->held + bad + 1,
            (p->held_count - bad) * sizeof *p->held);
    memmove(p->held_line + bad, p->held_line + bad + 1,
            (p->held_count - bad) * sizeof *p->held_line);
}

static enum status store_held(struct publishing *p, struct error *err)
{
    enum yinuo_result result = YINUO_OK;
    struct yinuo_error error = {0};
    size_t bad = 0;

    while (p->held_count) {
        bad = p->held_count;
        result = store(p, &bad, &error);
        if (result != YINUO_INVALID || bad >= p->held_count)
            break;
        leave_out(p, bad, &error);
        result = YINUO_OK;
    }
    if (result == YINUO_OK)
        p->stored += p->held_count;
    forget_held(p);
    if (result != YINUO_OK)
        return error_set(err, STATUS_INVALID, "%s", RETOLD(error.text));
    return STATUS_OK;
}

void publishing_at(struct publishing *p, const char *source, unsigned line)
{
    p->source = source;
    p->line = line;
}

uint64_t publishing_bad(const struct publishing *p)
{
    return p->bad;
}

enum status publishing_line(void *context, struct slice line, struct error *err)
{
    struct publishing *p = context;

    p->held[p->held_count] = strndup((const char *)line.data, line.size);
    if (!p->held[p->held_count])
        abort();
    p->held_line[p->held_count] = p->line;
    p->held_count++;
    return p->held_count == HELD_MAX ? store_held(p, err) : STATUS_OK;
}

int publishing_event(struct cli *cli, struct publishing *p,
                     const Yinuo__V1__Event *event)
{
    json_t *object = event_to_json(event, when_zone());
    struct bytes text = {0};
    enum status status = json_append(&text, object);

    if (status == STATUS_OK)
        status = publishing_line(p, bytes_slice(&text), &cli->error);
    if (status == STATUS_OK)
        status = store_held(p, &cli->error);
    json_decref(object);
    bytes_fini(&text);
    if (status == STATUS_OK && p->bad)
        return CLI_FAILED; /* it has been told why */
    return status == STATUS_OK ? CLI_DONE : cli_failed(cli);
}

static void progress(struct cli *cli, const struct yinuo_status *s, bool end)
{
    if (cli->out.errors_terminal && (s->waiting > HELD_MAX || end))
        fprintf(cli->out.errors, end ? "\r\033[K" : "\r%" PRIu64 " %s\033[K",
                s->waiting, _("to go"));
}

static bool print_letter(void *state, const struct yinuo_letter *l)
{
    struct cli *cli = state;
    char lead[160];

    fields_lead(l->field, l->text, lead);
    if (cli->out.json)
        out_json_line(&cli->out,
                      json_pack("{s:I, s:s, s:s, s:s, s:s}", "sequence",
                                (json_int_t)l->sequence, "code", l->code,
                                "text", l->text, "field", l->field, "event",
                                l->json ? l->json : ""));
    else
        out_note(&cli->out, "%s %s%s: %s", l->code, lead, RETOLD(l->text),
                 l->json ? l->json : "");
    return true;
}

int publishing_letters(struct cli *cli, struct publishing *p)
{
    if (yinuo_dead_letters(p->y, print_letter, cli) != YINUO_OK) {
        out_error(&cli->out, "%s", _("the dead letters cannot be read"));
        return CLI_FAILED;
    }
    return CLI_DONE;
}

int publishing_finish(struct cli *cli, struct publishing *p)
{
    struct yinuo_status s = {0};
    int64_t until_ms = clock_monotonic_ms(cli->clock) + CLI_WAIT_MS;
    uint64_t final = 0;

    if (store_held(p, &cli->error) != STATUS_OK)
        return cli_failed(cli);
    interrupt_catch();
    while (yinuo_flush(p->y, FLUSH_MS) == YINUO_TIMEOUT && !interrupt_came() &&
           clock_monotonic_ms(cli->clock) < until_ms) {
        if (yinuo_status(p->y, &s) == YINUO_OK && s.final != final) {
            final = s.final; /* it moves: have patience */
            until_ms = clock_monotonic_ms(cli->clock) + CLI_WAIT_MS;
        }
        progress(cli, &s, false);
    }
    progress(cli, &s, true);
    if (yinuo_status(p->y, &s) != YINUO_OK)
        return CLI_FAILED;
    if (s.dead_letters > p->letters) {
        out_error(&cli->out,
                  P_("%" PRIu64 " event was refused: yinuo publish --letters",
                     "%" PRIu64 " events were refused: yinuo publish "
                     "--letters",
                     s.dead_letters - p->letters),
                  s.dead_letters - p->letters);
        return CLI_FAILED;
    }
    if (!s.waiting)
        return CLI_DONE;
    out_note(&cli->out,
             P_("%" PRIu64 " event waits in the outbox: %s",
                "%" PRIu64 " events wait in the outbox: %s", s.waiting),
             s.waiting, *s.text ? RETOLD(s.text) : _("nobody was reached"));
    return CLI_UNREACHED;
}

void publishing_rest(struct cli *cli)
{
    char own[64], dir[LIMIT_PATH_BYTES];
    struct publishing *p = NULL;
    struct out quiet = cli->out;

    own_identity(own);
    if (outbox_dir(cli, own, dir) != CLI_DONE || !file_exists(dir))
        return;
    cli->out.errors = fopen("/dev/null", "w"); /* it is only a try */
    if (cli->out.errors && publishing_open(cli, &p) == CLI_DONE)
        (void)yinuo_flush(p->y, REST_MS);
    publishing_close(&p);
    if (cli->out.errors)
        fclose(cli->out.errors);
    cli->out = quiet;
}
