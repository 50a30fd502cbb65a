/* publish - a station hands events over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/fields.h"
#include "cli/publishing.h"
#include "cli/session.h"
#include "cli/when.h"
#include "proto/event_json.h"

static const char *identity, *file;
static bool any_name, letters;

/* clang-format off */
const struct option_row publish_options[] = {
    {"identity", 'i', OPTION_TEXT, N_("STATION"), N_("publish as this station"),                    &identity},
    {"file",     'f', OPTION_TEXT, N_("FILE"),    N_("JSON lines; - is the standard input"),        &file},
    {"any",       0,  OPTION_FLAG, NULL,          N_("kinds and fields that are not built in, too"), &any_name},
    {"letters",   0,  OPTION_FLAG, NULL,          N_("list what was refused"),                      &letters},
    {0}};
/* clang-format on */

/* What a drill's clock shows, by which things happen here, or 0. A drill on
 * another machine is not known. */
static int64_t drill_ms(struct cli *cli)
{
    char mark[LIMIT_PATH_BYTES];

    if (cli->connect || cli_path(cli, "run/drill", mark) != CLI_DONE ||
        !file_exists(mark))
        return 0;
    return session_now_ms(cli);
}

static int publish_one(struct cli *cli, struct publishing *p, int argc,
                       char **argv)
{
    struct arena arena;
    struct id id = id_make(cli_now_ms(cli), cli->random);
    char text[ID_TEXT_SIZE];
    Yinuo__V1__Event *event = NULL;
    int64_t shown_ms = drill_ms(cli);
    int64_t now_ms = shown_ms ? shown_ms : cli_now_ms(cli);
    int code = fields_check_kind(cli, argv[0], any_name);

    arena_init(&arena, LIMIT_DECODE_BYTES);
    id_format(&id, text);
    if (code == CLI_DONE) {
        event = event_new(argv[0], &arena);
        if (!event)
            code = cli_usage(cli, _("\"%s\" is no kind of event"), argv[0]);
    }
    if (event) {
        event->id = text;
        event->has_at_ms = 1;
        event->at_ms = now_ms;
        event->has_source = 1;
        event->source = YINUO__V1__SOURCE__SOURCE_STATION;
        code = fields_set(cli, event, &arena, argc - 1, argv + 1, now_ms,
                          any_name);
    }
    if (event && code == CLI_DONE)
        code = fields_ask(cli, event, &arena, now_ms);
    if (event && code == CLI_DONE)
        code = publishing_event(cli, p, event);
    arena_fini(&arena);
    return code;
}

/* The line, with the moment that a drill's clock shows if it has none. */
static struct slice with_moment(struct slice line, json_t *value,
                                int64_t shown_ms, struct bytes *room)
{
    if (!shown_ms || !json_is_object(value) || json_object_get(value, "at"))
        return line;
    json_object_set_new(value, "at", moment_to_json(shown_ms, when_zone()));
    bytes_reset(room);
    return json_append(room, value) == STATUS_OK ? bytes_slice(room) : line;
}

/* Bad lines are told with file and line, and do not stop the good ones. */
static int publish_file(struct cli *cli, struct publishing *p)
{
    bool in = strcmp(file, "-") == 0;
    FILE *from = in ? cli->in : fopen(file, "re");
    char *line = NULL;
    struct bytes stamped = {0};
    int64_t shown_ms = drill_ms(cli);
    size_t room = 0, bad = 0;
    bool broken = false;
    ssize_t size;

    if (!from) {
        out_error(&cli->out, _("%s cannot be read"), file);
        return CLI_NOT_FOUND;
    }
    for (unsigned n = 1; (size = getline(&line, &room, from)) >= 0; n++) {
        json_t *value = NULL;
        while (size > 0 && strchr("\r\n", line[size - 1]))
            size--;
        if (size == 0)
            continue;
        struct slice text = slice_of(line, (size_t)size);
        if (n == 1)
            text = utf8_unmarked(text);
        enum status status = json_parse(text, &value, &cli->error);
        text = with_moment(text, value, shown_ms, &stamped);
        json_decref(value);
        if (status != STATUS_OK) {
            out_error(&cli->out, "%s:%u: %s", file, n, cli->error.text);
            bad++;
            continue;
        }
        publishing_at(p, file, n);
        if (publishing_line(p, text, &cli->error) != STATUS_OK) {
            broken = true; /* the outbox itself: no line will do better */
            break;
        }
    }
    if (!broken && ferror(from)) {
        (void)error_set(&cli->error, STATUS_IO, _("%s cannot be read"), file);
        broken = true;
    }
    free(line);
    bytes_fini(&stamped);
    if (!in)
        fclose(from);
    if (broken)
        return cli_failed(cli);
    return bad ? CLI_BAD_DATA : CLI_DONE;
}

static void tell(struct cli *cli, const struct publishing *p, bool delivered)
{
    unsigned long long count = publishing_stored(p);

    if (cli->out.json)
        out_json_line(&cli->out,
                      json_pack("{s:I, s:b}", "stored", (json_int_t)count,
                                "delivered", delivered));
    else
        out_printf(&cli->out,
                   delivered
                       ? P_("%llu event is on record.\n",
                            "%llu events are on record.\n", count)
                       : P_("%llu event is kept in the outbox.\n",
                            "%llu events are kept in the outbox.\n", count),
                   count);
}

int run_publish(struct cli *cli, int argc, char **argv)
{
    struct publishing *p = NULL;
    int code, end;

    if (file && argc)
        return cli_usage(cli, _("--file and a kind exclude each other"));
    if (!file && !argc && !letters)
        return cli_usage(cli, _("what happened? publish KIND, or --file FILE"));
    code = publishing_open_as(cli, identity, &p);
    if (code != CLI_DONE)
        return code;
    if (letters) {
        code = publishing_letters(cli, p);
        publishing_close(&p);
        return code;
    }
    if (file)
        code = publish_file(cli, p);
    else if (argc)
        code = publish_one(cli, p, argc, argv);
    if (code == CLI_DONE || code == CLI_BAD_DATA) {
        end = publishing_finish(cli, p);
        if (end == CLI_DONE || end == CLI_UNREACHED)
            tell(cli, p, end == CLI_DONE);
        if (code == CLI_DONE && publishing_bad(p))
            code = CLI_BAD_DATA;
        /* on this disk is what was asked for; the rest comes by itself */
        if (code == CLI_DONE && end != CLI_UNREACHED)
            code = end;
    }
    publishing_close(&p);
    return code;
}
