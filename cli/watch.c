/* watch - follow the stream: one line of story per record.
 *
 * Subscribes first, then fetches, so that nothing falls between the two: what
 * the tail brings while fetching is dropped by its number. A hole in the
 * numbers, a tick ahead of us or a lost connection means fetch again from the
 * last number. Each record is shown once, in order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/socket.h"
#include "cli/interrupt.h"
#include "cli/known.h"
#include "cli/question.h"
#include "cli/session.h"
#include "cli/telling.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/message_json.h"

enum {
    FETCH_LIMIT = 200,
    POLL_MS = 1000,     /* without a tail: how long a fetch may be held */
    ALIVE_MS = 2000,    /* PING when idle for so long */
    SILENCE_MS = 10000, /* without a tick: look whether we have missed some */
    CASE_COLUMNS = 14
};

static const char *from, *case_wanted, *kind_wanted, *station_wanted;
static int64_t limit = INT64_MAX;
static bool no_follow, any_name;

/* clang-format off */
const struct option_row watch_options[] = {
    {"from",    'f', OPTION_TEXT, N_("CURSOR"),  N_("go on behind this one; 0: from the start"), &from},
    {"case",    'c', OPTION_TEXT, N_("CASE"),    N_("only of this case"),                &case_wanted},
    {"kind",    'k', OPTION_TEXT, N_("KIND"),    N_("only events of this kind"),         &kind_wanted},
    {"station", 's', OPTION_TEXT, N_("STATION"), N_("only of this station"),             &station_wanted},
    {"any",      0,  OPTION_FLAG, NULL,          N_("kinds and stations that nobody knows, too"), &any_name},
    {"limit",   'l', OPTION_INT,  N_("NUMBER"),  N_("end after so many records"),        &limit},
    {"no-follow", 0, OPTION_FLAG, NULL,          N_("end where the stream ends now"),    &no_follow},
    {0}};
/* clang-format on */

struct watch {
    struct cli *cli;
    void *context, *tail; /* NULL: this broker has no tail for us */
    uint32_t partition;
    uint64_t last;  /* shown, or passed over by a filter */
    uint64_t known; /* the stream's last, as far as we were told */
    int64_t shown;  /* records */
    int64_t alive_ms, heard_ms;
    char cursor[64];
};

static bool done(const struct watch *w)
{
    return interrupt_came() || (limit && w->shown >= limit) ||
           ferror(w->cli->out.file) || out_reader_gone(&w->cli->out);
}

/* "p0-4711" or a number of partition 0. */
static int parse_cursor(struct watch *w)
{
    unsigned long long seq = 0;
    unsigned partition = 0;
    int used = 0;

    if (sscanf(from, "p%u-%llu%n", &partition, &seq, &used) != 2 || from[used])
        if (sscanf(from, "%llu%n", &seq, &used) != 1 || from[used])
            return cli_usage(w->cli, _("\"%s\" is no cursor: p0-4711"), from);
    w->partition = partition;
    w->last = seq;
    return CLI_DONE;
}

static bool wanted(const Yinuo__V1__StreamRecord *r)
{
    const Yinuo__V1__Event *event = r->event;

    if (case_wanted && strcmp(telling_case(r), case_wanted) != 0)
        return false;
    if (kind_wanted &&
        (!event || !event->kind || strcmp(event->kind, kind_wanted) != 0))
        return false;
    if (station_wanted && (!event || !event->station ||
                           strcmp(event->station, station_wanted) != 0))
        return false;
    return true;
}

static void print_text(const struct out *o, const Yinuo__V1__StreamRecord *r,
                       int64_t wall_ms)
{
    struct bytes text = {0}, effects = {0};
    char clock[WHEN_SIZE];
    int severity = telling_severity(r);

    telling_head(r, &text);
    telling_effects(r, r->at_ms, &effects);
    if (effects.size)
        bytes_append_format(&text, " → %s", bytes_text(&effects));
    when_clock(wall_ms, r->at_ms, clock);
    out_text(o, OUT_FAINT, clock);
    out_printf(o, "  ");
    out_cell(o, OUT_STRONG, telling_case(r), CASE_COLUMNS, false);
    out_printf(o, " ");
    out_cell(o, out_severity_style(severity),
             severity ? severity_name(severity) : "", 2, false);
    out_printf(o, "  ");
    if (o->terminal) { /* a program gets one line per record */
        out_wrap(o, strlen(clock) + CASE_COLUMNS + 7, true, bytes_text(&text));
    } else {
        out_text(o, OUT_PLAIN, bytes_text(&text));
        out_printf(o, "\n");
    }
    bytes_fini(&text);
    bytes_fini(&effects);
}

/* One record, if it is the next one. False: it leaves a hole, fetch. */
static bool show(struct watch *w, const Yinuo__V1__StreamRecord *r)
{
    const struct out *o = &w->cli->out;

    if (r->seq <= w->last)
        return true;
    if (r->seq != w->last + 1)
        return false;
    w->last = r->seq;
    if (!wanted(r) || done(w))
        return true;
    w->shown++;
    if (o->json) {
        json_t *line = message_to_json(&r->base, when_zone());
        char cursor[64];
        snprintf(cursor, sizeof cursor, "p%u-%llu", w->partition,
                 (unsigned long long)r->seq);
        json_object_set_new(line, "cursor", json_string(cursor));
        out_json_line(o, line);
    } else {
        print_text(o, r, cli_now_ms(w->cli));
    }
    return true;
}

static Yinuo__V1__StreamRecord *decode(const ProtobufCBinaryData *bytes,
                                       struct arena *arena)
{
    return codec_decode(&yinuo__v1__stream_record__descriptor,
                        slice_of(bytes->data, bytes->len), arena, NULL);
}

static bool show_all(struct watch *w, const Yinuo__V1__Records *records,
                     struct arena *arena)
{
    for (size_t i = 0; i < records->n_records && !done(w); i++) {
        const Yinuo__V1__StreamRecord *r = decode(&records->records[i], arena);
        if (!r || !show(w, r))
            return false;
    }
    return true;
}

/* What a fetch without a filter answers has no holes but those that were never
 * records of ours; complete_to says how far it reaches. */
static int take_records(struct watch *w, const Yinuo__V1__Records *records,
                        struct arena *arena)
{
    if (records->code != REFUSAL_NONE) {
        out_error(&w->cli->out, "%s",
                  records->text && *records->text
                      ? records->text
                      : _(refusal_sentence(records->code)));
        return refusal_exit(records->code);
    }
    for (size_t i = 0; i < records->n_records && !done(w); i++) {
        const Yinuo__V1__StreamRecord *r = decode(&records->records[i], arena);
        if (!r) {
            out_error(&w->cli->out, "%s", _("a record cannot be read"));
            return CLI_FAILED;
        }
        if (r->seq > w->last)
            w->last = r->seq - 1; /* the router vouches for the hole */
        (void)show(w, r);
    }
    if (!done(w) && records->complete_to > w->last)
        w->last = records->complete_to;
    if (records->last_seq > w->known)
        w->known = records->last_seq;
    if (w->known < w->last)
        w->known = w->last;
    return CLI_DONE;
}

/* One fetch behind w->last. */
static int fetch(struct watch *w, bool hold)
{
    Yinuo__V1__Fetch request = YINUO__V1__FETCH__INIT;
    const Yinuo__V1__Records *records;
    struct arena arena;
    int code = CLI_DONE;

    snprintf(w->cursor, sizeof w->cursor, "p%u-%llu", w->partition,
             (unsigned long long)w->last);
    request.cursor = w->cursor;
    request.has_limit = 1;
    request.limit = FETCH_LIMIT;
    request.has_wait_ms = hold;
    request.wait_ms = hold ? POLL_MS / 2 : 0;
    arena_init(&arena, 64 * LIMIT_DECODE_BYTES);
    session_more_time(w->cli);
    records =
        client_call(w->cli->client, WIRE_FETCH, w->partition, &request.base,
                    w->cli->until_ms, &arena, &w->cli->error);
    w->alive_ms = clock_monotonic_ms(w->cli->clock);
    if (records)
        code = take_records(w, records, &arena);
    else if (exit_of_status(w->cli->error.status) == CLI_UNREACHED)
        code = CLI_UNREACHED; /* told by the caller, once */
    else if (!interrupt_came())
        code = session_failed(w->cli);
    arena_fini(&arena);
    return code;
}

/* Fetches until we are where the stream is; waits out an absent system. */
static int catch_up(struct watch *w, bool hold)
{
    bool told = false;
    int code;

    do {
        code = fetch(w, hold);
        if (code == CLI_UNREACHED && no_follow && !interrupt_came())
            return session_failed(w->cli); /* who wants an end is not kept */
        if (code == CLI_UNREACHED && !told && !interrupt_came())
            out_note(&w->cli->out, "%s",
                     _("(nobody answers; going on when somebody does)"));
        told |= code == CLI_UNREACHED;
    } while (!done(w) && (code == CLI_UNREACHED ||
                          (code == CLI_DONE && w->last < w->known)));
    if (told && code == CLI_DONE && !interrupt_came())
        out_note(&w->cli->out, _("(back, behind %s)"), w->cursor);
    w->heard_ms = clock_monotonic_ms(w->cli->clock);
    return interrupt_came() ? CLI_DONE : code;
}

static void open_tail(struct watch *w)
{
    char endpoint[LIMIT_PATH_BYTES], topic[WIRE_TOPIC_SIZE];
    size_t size = wire_topic(w->partition, topic);

    if (!session_endpoint(w->cli, "stream", endpoint) ||
        socket_context_new(&w->context, NULL) != STATUS_OK)
        return;
    if (socket_open(&w->tail, w->context, ZMQ_SUB, NULL, NULL) != STATUS_OK ||
        socket_subscribe(w->tail, slice_of(topic, size), NULL) != STATUS_OK ||
        socket_connect(w->tail, endpoint, NULL) != STATUS_OK)
        socket_close(&w->tail);
}

/* One message of the tail. False: there is a hole before it. */
static bool on_tail(struct watch *w, const struct frames *frames)
{
    struct slice head = frames_slice(frames, 1), body = frames_slice(frames, 3);
    struct wire_header header;
    struct wire_span span;
    struct arena arena;
    bool whole = true;

    if (frames->count < 4 ||
        wire_header_decode(head.data, head.size, &header) != REFUSAL_NONE ||
        wire_span_decode(frames_slice(frames, 2).data,
                         frames_slice(frames, 2).size, &span) != REFUSAL_NONE)
        return true;
    w->heard_ms = clock_monotonic_ms(w->cli->clock);
    if (span.last > w->known)
        w->known = span.last;
    if (header.kind == WIRE_TICK)
        return span.last <= w->last;
    if (header.kind != WIRE_STREAM || span.last <= w->last)
        return true;
    if (span.first > w->last + 1)
        return false;
    arena_init(&arena, 64 * LIMIT_DECODE_BYTES);
    const Yinuo__V1__Records *records =
        codec_decode(&yinuo__v1__records__descriptor, body, &arena, NULL);
    whole = records && show_all(w, records, &arena);
    arena_fini(&arena);
    return whole;
}

/* Waits for the tail; false when a fetch is needed. */
static bool follow_tail(struct watch *w)
{
    zmq_pollitem_t item = {w->tail, 0, ZMQ_POLLIN, 0};
    int64_t now_ms = clock_monotonic_ms(w->cli->clock);
    struct frames frames;
    bool whole = true;

    (void)out_flush(&w->cli->out);
    if (now_ms - w->alive_ms >= ALIVE_MS) {
        client_keep_alive(w->cli->client);
        w->alive_ms = now_ms;
    }
    if (zmq_poll(&item, 1, 200) <= 0)
        return now_ms - w->heard_ms < SILENCE_MS;
    frames_init(&frames);
    while (whole && !done(w) && socket_receive(w->tail, &frames) == STATUS_OK) {
        whole = on_tail(w, &frames);
        frames_fini(&frames);
    }
    frames_fini(&frames);
    return whole;
}

/* Where a watch without --from begins: the end of the stream as it is now. */
static int find_end(struct watch *w)
{
    struct rows none = {0};
    struct question q;
    int code;

    question_init(&q, "status");
    code = question_ask(w->cli, &q, &yinuo__v1__status_row__descriptor, &none);
    for (size_t i = 0; code == CLI_DONE && i < none.count; i++) {
        const Yinuo__V1__StatusRow *r = none.list[i];
        if (r->section && r->name && strcmp(r->section, "journal") == 0 &&
            strcmp(r->name, "last_seq") == 0)
            w->last = w->known = (uint64_t)r->value;
    }
    rows_fini(&none);
    return code;
}

static int run(struct watch *w)
{
    int code = catch_up(w, false);

    while (code == CLI_DONE && !done(w) && !no_follow) {
        if (!w->tail)
            code = catch_up(w, true);
        else if (!follow_tail(w))
            code = catch_up(w, false);
    }
    return code;
}

int run_watch(struct cli *cli, int argc, char **argv)
{
    struct watch w = {.cli = cli};
    int code = limit < 1 ? cli_usage(cli, _("--limit: at least 1"))
                         : session_ready(cli);

    (void)argc, (void)argv;
    if (code == CLI_DONE && from)
        code = parse_cursor(&w);
    if (code == CLI_DONE && kind_wanted && !any_name)
        code = known_kind(cli, kind_wanted);
    if (code == CLI_DONE && station_wanted && !any_name)
        code = known_place(cli, station_wanted, NULL);
    if (code == CLI_DONE)
        open_tail(&w);
    if (code == CLI_DONE && !from)
        code = find_end(&w);
    if (code == CLI_DONE)
        code = run(&w);
    if (interrupt_came() && cli->out.terminal)
        out_printf(&cli->out, "\n");
    (void)out_flush(&cli->out);
    if (code == CLI_DONE && !cli->out.json && interrupt_came())
        out_note(&cli->out, _("To go on here: yinuo watch --from p%u-%llu"),
                 w.partition, (unsigned long long)w.last);
    socket_close(&w.tail);
    socket_context_free(&w.context);
    return code;
}
