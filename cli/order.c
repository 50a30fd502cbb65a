#include "cli/order.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/duty.h"
#include "cli/fields.h"
#include "cli/items.h"
#include "cli/queue.h"
#include "cli/retell.h"
#include "cli/session.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/message_json.h"
#include "proto/wire.h"

enum { ORDER_BYTES_MAX = 4 * 1024 * 1024 };

static void start(struct cli *cli, struct order *o, const char *verb)
{
    struct id id = id_make(cli_now_ms(cli), cli->random);

    memset(o, 0, sizeof *o);
    arena_init(&o->arena, ORDER_BYTES_MAX);
    yinuo__v1__command__init(&o->command);
    id_format(&id, o->request_id);
    o->command.request_id = o->request_id;
    o->command.verb = (char *)(uintptr_t)verb;
    o->command.person = cli->who.person;
    o->command.has_dry_run = cli->dry_run;
    o->command.dry_run = cli->dry_run;
    o->command.reason = (char *)(uintptr_t)cli->reason;
    o->now_ms = cli_now_ms(cli);
}

static int set_at(struct cli *cli, struct order *o)
{
    bool day;

    if (!cli->at)
        return CLI_DONE;
    if (when_parse(cli->at, o->now_ms, &o->event->at_ms, &day, &cli->error) !=
        STATUS_OK)
        return cli_usage(cli, "--at: %s", cli->error.text);
    o->event->has_at_ms = 1;
    o->command.has_at_ms = 1;
    o->command.at_ms = o->event->at_ms;
    return CLI_DONE;
}

enum must { MUST_BE_THERE, MAY_BE_NEW, IS_NEW };

/* The case by its short id; with --queue what was typed must do. */
static int name_case(struct cli *cli, struct order *o, const char *typed,
                     enum must must)
{
    int code;

    o->case_id = typed;
    if (session_try(cli) != STATUS_OK) {
        if (!cli->queue || exit_of_status(cli->error.status) != CLI_UNREACHED)
            return session_failed(cli);
        o->unreached = true;
        return CLI_DONE;
    }
    if (typed && must != IS_NEW) {
        code = must == MAY_BE_NEW ? find_case_maybe(cli, typed, &o->found)
                                  : find_case(cli, typed, &o->found);
        if (code != CLI_DONE)
            return code;
        o->now_ms = o->found.now_ms;
        if (!o->found.it)
            return CLI_DONE;
        o->case_id = o->found.it->case_id;
        o->partition = o->found.partition;
    } else {
        o->now_ms = session_now_ms(cli);
    }
    return CLI_DONE;
}

static int begin(struct cli *cli, struct order *o, const char *verb,
                 const char *kind, const char *typed, enum must must)
{
    int code;

    start(cli, o, verb);
    code = session_need_person(cli);
    if (code == CLI_DONE)
        code = name_case(cli, o, typed, must);
    if (code != CLI_DONE)
        return code;
    o->event = event_new(kind, &o->arena);
    if (!o->event)
        return cli_usage(cli, _("\"%s\" is no kind of event"), kind);
    o->event->has_source = 1;
    o->event->source = YINUO__V1__SOURCE__SOURCE_STATION;
    order_text(o, "id", o->request_id);
    order_text(o, "reporter", cli->who.person);
    order_text(o, "case_id", o->case_id);
    order_text(o, "note", cli->reason);
    if (o->found.it) {
        order_text(o, "station", o->found.it->station);
        order_text(o, "region", o->found.it->region);
    }
    o->command.case_id = o->event->case_id;
    return set_at(cli, o);
}

int order_begin(struct cli *cli, struct order *o, const char *verb,
                const char *kind, const char *typed)
{
    return begin(cli, o, verb, kind, typed, MUST_BE_THERE);
}

int order_begin_any(struct cli *cli, struct order *o, const char *verb,
                    const char *kind, const char *typed, bool opens)
{
    return begin(cli, o, verb, kind, typed, opens ? IS_NEW : MAY_BE_NEW);
}

int order_begin_operator(struct cli *cli, struct order *o, const char *verb)
{
    start(cli, o, verb);
    return session_ready(cli);
}

void order_fini(struct order *o)
{
    found_fini(&o->found);
    arena_fini(&o->arena);
    memset(o, 0, sizeof *o);
}

static void to_attribute(struct order *o, const char *name,
                         const struct event_value *value)
{
    Yinuo__V1__Command *c = &o->command;
    Yinuo__V1__Attribute **list =
        arena_array(&o->arena, c->n_attributes + 1, sizeof *list);
    Yinuo__V1__Attribute *a = arena_alloc(&o->arena, sizeof *a);

    if (!list || !a) {
        o->fault.code = REFUSAL_TOO_LARGE;
        return;
    }
    yinuo__v1__attribute__init(a);
    a->name = arena_text(&o->arena, name);
    a->text =
        value->type == EVENT_TEXT ? arena_text(&o->arena, value->text) : NULL;
    a->has_real = value->type == EVENT_REAL;
    a->real = value->real;
    a->has_time_ms = value->type == EVENT_TIME;
    a->time_ms = value->number;
    a->has_number = value->type == EVENT_NUMBER;
    a->number = value->number;
    a->has_flag = value->type == EVENT_FLAG;
    a->flag = value->number != 0;
    if (c->n_attributes)
        memcpy(list, c->attributes, c->n_attributes * sizeof *list);
    list[c->n_attributes++] = a;
    c->attributes = list;
}

static void set(struct order *o, const char *name,
                const struct event_value *value)
{
    if (!o->event)
        to_attribute(o, name, value);
    else if (o->fault.code == REFUSAL_NONE)
        (void)event_set(o->event, name, value, &o->arena, &o->fault);
}

void order_text(struct order *o, const char *name, const char *text)
{
    if (text && *text)
        set(o, name, &(struct event_value){.type = EVENT_TEXT, .text = text});
}

void order_list(struct order *o, const char *name, const char *const *list,
                size_t count)
{
    set(o, name,
        &(struct event_value){
            .type = EVENT_LIST, .list = list, .count = count});
}

void order_flag(struct order *o, const char *name, bool flag)
{
    set(o, name, &(struct event_value){.type = EVENT_FLAG, .number = flag});
}

void order_number(struct order *o, const char *name, int64_t number)
{
    set(o, name, &(struct event_value){.type = EVENT_NUMBER, .number = number});
}

void order_time(struct order *o, const char *name, int64_t at_ms)
{
    if (at_ms)
        set(o, name,
            &(struct event_value){.type = EVENT_TIME, .number = at_ms});
}

void order_real(struct order *o, const char *name, double value)
{
    set(o, name, &(struct event_value){.type = EVENT_REAL, .real = value});
}

void order_null(struct order *o, const char *name)
{
    set(o, name, &(struct event_value){.type = EVENT_NULL});
}

/* Why not, in the user's language: the engine's own reason where it has one,
 * else the code's sentence and the rule. Words that only the router has, of a
 * field and what is wrong with it, are told again. */
static void refusal_words(const Yinuo__V1__Answer *a, struct bytes *out)
{
    const char *reason = a->reason ? a->reason : "";
    const char *sentence = refusal_sentence(a->code);

    if (*reason && reason_word(reason)) {
        bytes_append_text(out, reason_word(reason));
        return;
    }
    if (!*reason && a->text && *a->text && strcmp(a->text, sentence) != 0) {
        bytes_append_text(out, RETOLD(a->text));
        return;
    }
    bytes_append_text(out, _(sentence));
    if (*reason && refusal_by_name(reason) == REFUSALS_END) /* a rule's id */
        bytes_append_format(out, " (%s)", reason);
}

/* "Note: "soon" promises nothing. Name a day and a time." */
static void tell_hints(struct cli *cli, const Yinuo__V1__Answer *a)
{
    for (size_t i = 0; i < a->n_hints; i++) {
        const Yinuo__V1__Hint *h = a->hints[i];

        out_note(&cli->out, _("Note: %s%s%s%s%s%s"),
                 h->why && *h->why ? h->why : h->say,
                 h->what_to_do && *h->what_to_do ? ". " : "",
                 h->what_to_do ? h->what_to_do : "", h->rule ? " (" : "",
                 h->rule ? h->rule : "", h->rule ? ")" : "");
    }
}

/* Where more than one gate refuses, the others. */
static void tell_other_rules(struct cli *cli, const Yinuo__V1__Answer *a)
{
    for (size_t i = 1; i < a->n_rules; i++)
        out_note(&cli->out, _("Also refused by %s."), a->rules[i]);
}

static int refused(struct cli *cli, const Yinuo__V1__Answer *answer)
{
    struct bytes words = {0};
    const char *text;
    char lead[160];

    refusal_words(answer, &words);
    text = bytes_text(&words);
    fields_lead(answer->field, text, lead);
    if (answer->code == REFUSAL_LOST_RACE && answer->winner)
        out_error(&cli->out, _("%s was first."), answer->winner);
    else
        out_error(&cli->out, "%s%s",
                  refusal_exit(answer->code) == CLI_FAILED ? lead : "", text);
    for (size_t i = 0; i < answer->n_lines; i++)
        out_note(&cli->out, "%s", answer->lines[i]);
    tell_other_rules(cli, answer);
    tell_hints(cli, answer);
    if (cli->out.json)
        out_json(&cli->out, message_to_json(&answer->base, when_zone()));
    bytes_fini(&words);
    return refusal_exit(answer->code);
}

static int queue(struct cli *cli, struct order *o)
{
    int code;

    if (!o->event->has_at_ms) {
        o->event->has_at_ms = 1;
        o->event->at_ms = cli_now_ms(cli);
    }
    order_flag(o, "late", true);
    code = queue_event(cli, o->event);
    o->queued = code == CLI_DONE;
    if (o->queued)
        return code;
    /* a full disk: whoever thinks it is kept would call nobody */
    out_error(&cli->out, "%s", _("not recorded, and not kept either"));
    duty_show(cli);
    return CLI_UNREACHED;
}

static int call(struct cli *cli, struct order *o)
{
    session_more_time(cli);
    o->answer =
        client_call(cli->client, WIRE_COMMAND, o->partition, &o->command.base,
                    cli->until_ms, &o->arena, &cli->error);
    if (!o->answer) {
        if (cli->queue && o->event &&
            exit_of_status(cli->error.status) == CLI_UNREACHED)
            return queue(cli, o);
        return session_failed(cli);
    }
    if (refusal_exit(o->answer->code) != CLI_DONE)
        return refused(cli, o->answer);
    return CLI_DONE;
}

int order_send(struct cli *cli, struct order *o)
{
    struct bytes bytes = {0};
    int code;

    if (o->fault.code != REFUSAL_NONE)
        return cli_usage(cli, "%s",
                         *o->fault.text ? RETOLD(o->fault.text)
                                        : _(refusal_sentence(o->fault.code)));
    if (o->unreached)
        return queue(cli, o);
    if (!o->event)
        return call(cli, o);
    if (codec_encode(&o->event->base, &bytes) != STATUS_OK) {
        bytes_fini(&bytes);
        return cli_usage(cli, _("it is larger than the limit"));
    }
    o->command.has_event = 1;
    o->command.event.data = bytes.data;
    o->command.event.len = bytes.size;
    code = call(cli, o);
    o->command.has_event = 0;
    bytes_fini(&bytes);
    return code;
}

/* "Still running: first contact 02:40, plan 05:40." */
static void tell_running(struct cli *cli, const struct order *o)
{
    const Yinuo__V1__Answer *a = o->answer;
    struct bytes text = {0};
    char clock[WHEN_SIZE];

    if (!a->n_still_running)
        return;
    bytes_append_text(&text, _("Still running:"));
    for (size_t i = 0; i < a->n_still_running; i++) {
        const Yinuo__V1__RunningClock *r = a->still_running[i];
        when_clock(o->now_ms, r->due_ms, clock);
        bytes_append_format(&text, "%s %s%s%s %s", i ? "," : "",
                            clock_word(r->clock), r->key && *r->key ? " " : "",
                            r->key ? key_word(r->key) : "", clock);
    }
    bytes_append_text(&text, ".");
    out_wrap(&cli->out, 0, false, bytes_text(&text));
    bytes_fini(&text);
}

/* "R1 (refunds): open, regional rep, due 06-12 10:30" */
static void tell_items(struct cli *cli, const struct order *o)
{
    for (size_t i = 0; i < o->answer->n_items; i++) {
        const Yinuo__V1__CaseItem *it = o->answer->items[i];
        char due[WHEN_WORDS_SIZE] = "", line[320];

        if (it->due_ms && item_is_open(it))
            when_both(o->now_ms, it->due_ms, due);
        snprintf(line, sizeof line, "%.63s (%.60s): %.40s%s%.60s%s%.80s",
                 it->key, clock_word(it->list), item_word(it->state),
                 it->tier ? ", " : "", it->tier ? tier_word((int)it->tier) : "",
                 *due ? ", " : "", due);
        out_wrap(&cli->out, 2, false, line);
    }
}

static void tell_json(struct cli *cli, const struct order *o)
{
    json_t *object = o->queued ? json_object()
                               : message_to_json(&o->answer->base, when_zone());

    json_object_set_new(object, "recorded",
                        json_boolean(!o->queued && !cli->dry_run));
    json_object_set_new(object, "queued", json_boolean(o->queued));
    if (o->case_id && !json_object_get(object, "case_id"))
        json_object_set_new(object, "case_id", json_string(o->case_id));
    out_json_line(&cli->out, object);
}

void order_tell(struct cli *cli, const struct order *o, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    if (cli->out.json) {
        tell_json(cli, o);
        return;
    }
    if (o->queued) {
        out_printf(&cli->out, "%s\n",
                   _("Nobody was reached: kept in the outbox, to be sent when "
                     "somebody is. It will be marked late."));
        return;
    }
    if (cli->dry_run) {
        out_printf(&cli->out, "%s\n", _("It would be allowed."));
        tell_hints(cli, o->answer);
        return;
    }
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    out_text(&cli->out, OUT_PLAIN, text);
    free(text);
    out_printf(&cli->out, "\n");
    if (strcmp(o->command.verb, "ack") == 0)
        tell_running(cli, o);
    tell_items(cli, o);
    if (o->answer->code == REFUSAL_ALREADY_DONE)
        out_note(&cli->out, "%s", _("(It had been done before.)"));
    tell_hints(cli, o->answer);
    for (size_t i = 0; i < o->answer->n_lines; i++)
        out_wrap(&cli->out, 2, false, o->answer->lines[i]);
}
