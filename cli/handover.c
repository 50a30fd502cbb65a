/* handover - a person's whole work changes hands, item by item; and cases that
 * are part of others. An item is a case that the handover lists. */
#include <string.h>

#include "cli/order.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/when.h"
#include "proto/message_json.h"

static const char *successor;
static bool forced;

/* clang-format off */
const struct option_row handover_start_options[] = {
    {"to",     't', OPTION_TEXT, N_("PERSON"), N_("each item is offered to this person"),           &successor},
    {"forced", 'f', OPTION_FLAG, NULL,         N_("he is gone: everything is the head's at once"), &forced},
    {0}};
const struct option_row handover_show_options[] = {{0}};
const struct option_row handover_accept_options[] = {{0}};
const struct option_row handover_sign_options[] = {{0}};
const struct option_row handover_inform_options[] = {{0}};
const struct option_row case_link_options[] = {{0}};
const struct option_row case_unlink_options[] = {{0}};
/* clang-format on */

int run_handover_start(struct cli *cli, int argc, char **argv)
{
    struct order o;
    int code =
        order_begin_any(cli, &o, "handover", "handover.started", NULL, true);

    (void)argc;
    if (code == CLI_DONE) {
        order_text(&o, "person", argv[0]);
        order_text(&o, "successor", successor);
        if (forced)
            order_flag(&o, "forced", true);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("The handover of %s is %s."), argv[0],
                   o.answer && o.answer->case_id ? o.answer->case_id : "-");
    order_fini(&o);
    return code;
}

/* --- the list --- */

static int64_t counter_of(const Yinuo__V1__Case *c, const char *name)
{
    for (size_t i = 0; i < c->n_counters; i++)
        if (c->counters[i]->name && !strcmp(c->counters[i]->name, name))
            return c->counters[i]->value;
    return 0;
}

static const char *text_or(const char *text, const char *otherwise)
{
    return text && *text ? text : otherwise;
}

static void print_items(struct cli *cli, const struct rows *rows)
{
    static const struct table_column columns[] = {
        {N_("item"), false, 12},         {N_("customer"), false, 8},
        {N_("promises"), true, 0},       {N_("owner"), false, 8},
        {N_("offered to"), false, 8},    {N_("accepted"), false, 0},
        {N_("customer told"), false, 0},
    };
    struct table t;

    table_init(&t, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__Case *c = rows->list[i];
        bool taken = counter_of(c, "handed") > 1;
        bool told = counter_of(c, "told") > 0;
        unsigned promises = 0;

        for (size_t p = 0; p < c->n_promises; p++)
            promises +=
                c->promises[p]->state && !strcmp(c->promises[p]->state, "open");
        table_add(&t, c->case_id, OUT_PLAIN);
        table_add(&t, c->customer_id, OUT_PLAIN);
        table_addf(&t, OUT_PLAIN, "%u", promises);
        table_add(&t, c->owner, OUT_PLAIN);
        table_add(&t, c->pending_owner, OUT_PLAIN);
        table_add(&t, taken ? _("yes") : _("no"), OUT_PLAIN);
        table_add(&t, told ? _("yes") : _("no"), OUT_PLAIN);
    }
    table_print(&t, &cli->out);
    table_fini(&t);
}

static void print_progress(struct cli *cli, const Yinuo__V1__Case *c)
{
    int64_t items = counter_of(c, "items");
    int64_t told = counter_of(c, "customers_informed");

    out_note(
        &cli->out,
        _("%s, %s: %lld of %lld accepted, %s; %lld%% of the customers told."),
        c->case_id, text_or(c->owner, "-"),
        (long long)counter_of(c, "items_accepted"), (long long)items,
        counter_of(c, "signed") ? _("signed") : _("not signed"),
        (long long)(items ? told * 100 / items : 100));
}

static void as_json(struct cli *cli, const Yinuo__V1__Case *c,
                    const struct rows *rows)
{
    json_t *object = json_object(), *items = json_array();

    for (size_t i = 0; i < rows->count; i++)
        json_array_append_new(items,
                              message_to_json(rows->list[i], when_zone()));
    json_object_set_new(object, "handover",
                        message_to_json(&c->base, when_zone()));
    json_object_set_new(object, "items", items);
    out_json(&cli->out, object);
}

int run_handover_show(struct cli *cli, int argc, char **argv)
{
    struct found found = {0};
    struct rows rows = {0};
    struct question q;
    int code = find_case(cli, argv[0], &found);

    (void)argc;
    if (code == CLI_DONE) {
        question_init(&q, "case.list");
        question_text(&q, "gathered_by", found.it->case_id);
        question_text(&q, "state", "any");
        code = question_ask(cli, &q, &yinuo__v1__case__descriptor, &rows);
    }
    if (code == CLI_DONE && cli->out.json) {
        as_json(cli, found.it, &rows);
    } else if (code == CLI_DONE) {
        print_items(cli, &rows);
        print_progress(cli, found.it);
    }
    rows_fini(&rows);
    found_fini(&found);
    return code;
}

/* --- what is done to it --- */

/* One event of a handover or of one of its cases, by whoever sends it. */
static int say(struct cli *cli, const char *what, const char *kind,
               const char *id, bool of_item, const char *told)
{
    struct order o;
    int code = order_begin(cli, &o, what, kind, id);

    if (code == CLI_DONE) {
        if (of_item)
            order_text(&o, "item", o.case_id);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, told, o.case_id);
    order_fini(&o);
    return code;
}

int run_handover_accept(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return say(cli, "accept", "handover.item_accepted", argv[0], true,
               _("%s is yours now."));
}

int run_handover_sign(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return say(cli, "handover", "handover.completed", argv[0], false,
               _("The handover %s is signed."));
}

int run_handover_inform(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return say(cli, "handover", "handover.customer_informed", argv[0], true,
               _("The customer of %s knows who answers now."));
}

/* --- part of another case --- */

int run_case_link(struct cli *cli, int argc, char **argv)
{
    struct found parent = {0};
    struct order o = {0};
    int code = cli_need_reason(cli);

    (void)argc;
    if (code == CLI_DONE)
        code = find_case(cli, argv[1], &parent);
    if (code == CLI_DONE)
        code = order_begin(cli, &o, "link", "case.linked", argv[0]);
    if (code == CLI_DONE) {
        order_text(&o, "parent", parent.it->case_id);
        order_text(&o, "reason", cli->reason);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s is part of %s now."), o.case_id,
                   parent.it->case_id);
    order_fini(&o);
    found_fini(&parent);
    return code;
}

int run_case_unlink(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    int code = cli_need_reason(cli);

    (void)argc;
    if (code == CLI_DONE)
        code = order_begin(cli, &o, "link", "case.unlinked", argv[0]);
    if (code == CLI_DONE) {
        order_text(&o, "reason", cli->reason);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s stands by itself again."), o.case_id);
    order_fini(&o);
    return code;
}
