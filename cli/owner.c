/* owner - whose case it is: take, transfer, accept, decline, assign. */
#include "cli/order.h"
#include "cli/session.h"
#include "cli/when.h"
#include "proto/kinds.h"

static const char *request;
static bool alternative;

/* clang-format off */
const struct option_row take_options[] = {{0}};
const struct option_row transfer_options[] = {{0}};
const struct option_row accept_options[] = {{0}};
const struct option_row decline_options[] = {
    {"request",     0, OPTION_TEXT, N_("GROUND"), N_("a customer's request: out_of_scope, skill ..."), &request},
    {"alternative", 0, OPTION_FLAG, NULL,         N_("with --request: something else was offered"), &alternative},
    {0}};
const struct option_row assign_options[] = {{0}};
/* clang-format on */

int run_take(struct cli *cli, int argc, char **argv)
{
    struct order o;
    int code = order_begin(cli, &o, "take", "case.taken", argv[0]);

    (void)argc;
    if (code == CLI_DONE)
        code = order_send(cli, &o);
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s is yours now."), o.case_id);
    order_fini(&o);
    return code;
}

int run_transfer(struct cli *cli, int argc, char **argv)
{
    struct order o;
    int code = order_begin(cli, &o, "transfer", "owner.assigned", argv[0]);

    (void)argc;
    if (code == CLI_DONE) {
        order_text(&o, "to", argv[1]);
        order_text(&o, "from", o.found.it ? o.found.it->owner : NULL);
        order_text(&o, "reason", cli->reason);
        o.command.to = argv[1];
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o,
                   _("%s is offered to %s; it stays with %s until accepted."),
                   o.case_id, argv[1],
                   o.found.it && o.found.it->owner ? o.found.it->owner
                                                   : cli->who.person);
    order_fini(&o);
    return code;
}

int run_accept(struct cli *cli, int argc, char **argv)
{
    struct order o;
    int code = order_begin(cli, &o, "accept", "transfer.accepted", argv[0]);

    (void)argc;
    if (code == CLI_DONE) {
        order_text(&o, "by", cli->who.person);
        order_text(&o, "from", o.found.it ? o.found.it->owner : NULL);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s is yours now."), o.case_id);
    order_fini(&o);
    return code;
}

static int check_request(struct cli *cli)
{
    const struct kind_field *field =
        kind_field(KIND_REQUEST_DECLINED, "reason");

    if (request && field && !kind_field_takes(field, request))
        return cli_usage(cli, _("--request: one of %s"), field->values);
    if (alternative && !request)
        return cli_usage(cli, _("--alternative goes with --request"));
    return CLI_DONE;
}

int run_decline(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    int code = check_request(cli);

    (void)argc;
    if (code == CLI_DONE)
        code = cli_need_reason(cli);
    if (code == CLI_DONE)
        code = order_begin(cli, &o, "decline",
                           request ? "request.declined" : "transfer.declined",
                           argv[0]);
    if (code == CLI_DONE) {
        order_text(&o, "reason", request ? request : cli->reason);
        if (request)
            order_flag(&o, "alternative_offered", alternative);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE && request)
        order_tell(cli, &o, _("%s: the request is declined; it is reviewed."),
                   o.case_id);
    else if (code == CLI_DONE)
        order_tell(cli, &o, _("%s is declined and stays where it is."),
                   o.case_id);
    order_fini(&o);
    return code;
}

int run_assign(struct cli *cli, int argc, char **argv)
{
    struct order o;
    int code = order_begin(cli, &o, "assign", "case.reassigned", argv[0]);

    (void)argc;
    if (code == CLI_DONE) {
        order_text(&o, "to", argv[1]);
        order_text(&o, "from", o.found.it ? o.found.it->owner : NULL);
        order_text(&o, "reason", cli->reason);
        order_text(&o, "by", cli->who.person);
        o.command.to = argv[1];
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s belongs to %s now."), o.case_id, argv[1]);
    order_fini(&o);
    return code;
}
