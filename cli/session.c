#include "cli/session.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/duty.h"
#include "cli/interrupt.h"
#include "cli/question.h"
#include "proto/roles.h"
#include "proto/wire.h"

enum { IPC_PATH_MAX = 100 }; /* sun_path has 108, ZeroMQ needs some */

bool session_endpoint(const struct cli *cli, const char *door,
                      char out[LIMIT_PATH_BYTES])
{
    int size;

    if (cli->connect) {
        const char *slash = strrchr(cli->connect, '/');
        bool file = strncmp(cli->connect, "ipc://", 6) == 0 && slash;
        if (strcmp(door, "front") == 0)
            size = snprintf(out, LIMIT_PATH_BYTES, "%s", cli->connect);
        else if (file)
            size = snprintf(out, LIMIT_PATH_BYTES, "%.*s/%s",
                            (int)(slash - cli->connect), cli->connect, door);
        else
            return false;
    } else {
        size = snprintf(out, LIMIT_PATH_BYTES, "ipc://%s/run/%s",
                        cli->home_path, door);
    }
    return size < LIMIT_PATH_BYTES &&
           (strncmp(out, "ipc://", 6) != 0 || size < IPC_PATH_MAX);
}

static enum wire_role wire_role_of(const struct cli *cli)
{
    if (cli->command->who == WHO_OPERATOR)
        return WIRE_ROLE_ADMIN;
    return cli->who.person[0] ? WIRE_ROLE_SUPERVISOR : WIRE_ROLE_VIEWER;
}

enum status session_try(struct cli *cli)
{
    char endpoint[LIMIT_PATH_BYTES];
    struct client_options options = {
        .endpoint = endpoint,
        .identity = cli->who.person[0] ? cli->who.person : "yinuo",
        .person = cli->who.person,
        .role = wire_role_of(cli),
        .clock = cli->clock,
        .random = cli->random,
        .until_ms = cli->until_ms};

    if (cli->client)
        return STATUS_OK;
    if (!session_endpoint(cli, "front", endpoint))
        return error_set(&cli->error, STATUS_INVALID,
                         _("the path of the home is too long for a socket: "
                           "%.200s"),
                         cli->home_path);
    /* the socket's file tells at once that nothing was ever started here */
    if (!cli->connect && file_is_denied(endpoint + strlen("ipc://")))
        return error_set(&cli->error, STATUS_UNREACHABLE,
                         _("%.200s belongs to another user of this machine"),
                         cli->home_path);
    if (!cli->connect && !file_exists(endpoint + strlen("ipc://")))
        return error_set(&cli->error, STATUS_UNREACHABLE,
                         _("nothing runs at %.200s: start it with \"yinuo "
                           "up\", or give --home"),
                         cli->home_path);
    interrupt_catch();
    return client_open(&options, &cli->client, &cli->error);
}

int session_ready(struct cli *cli)
{
    if (session_try(cli) != STATUS_OK)
        return session_failed(cli);
    return CLI_DONE;
}

int session_role(struct cli *cli, const char *text, uint32_t *role)
{
    char all[512] = "";
    size_t used = 0;
    int code;

    *role = 0;
    if (!text || !*text)
        return CLI_DONE;
    code = session_ready(cli);
    if (code != CLI_DONE)
        return code;
    *role = role_of(text);
    if (*role)
        return CLI_DONE;
    for (uint32_t i = 1; i <= roles_count() && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s",
                                 i > 1 ? ", " : "", role_name(i));
    return cli_usage(cli, _("\"%s\" is no tier; there are: %s"), text, all);
}

int64_t session_now_ms(struct cli *cli)
{
    Yinuo__V1__Query query = YINUO__V1__QUERY__INIT;
    int64_t now_ms = cli_now_ms(cli);
    const Yinuo__V1__Reply *reply;
    const uint32_t *partitions;
    struct arena arena;
    size_t count;

    if (session_try(cli) != STATUS_OK)
        return now_ms;
    arena_init(&arena, LIMIT_DECODE_BYTES);
    partitions = client_partitions(cli->client, &count);
    query.name = (char *)"on_call.overrides"; /* each reply tells the time */
    query.has_limit = 1;
    query.limit = 1;
    reply = client_call(cli->client, WIRE_QUERY, partitions[0], &query.base,
                        cli->until_ms, &arena, NULL);
    if (reply && reply->has_now_ms && reply->now_ms)
        now_ms = reply->now_ms;
    arena_fini(&arena);
    return now_ms;
}

int session_need_person(struct cli *cli)
{
    if (cli->who.person[0])
        return CLI_DONE;
    return cli_usage(cli,
                     _("nobody acts: give --as PERSON, set YINUO_PERSON, "
                       "or write \"person: ID\" into %s"),
                     cli->who.config.path);
}

int session_check_person(struct cli *cli)
{
    struct rows rows = {0};
    struct question q;
    int code;

    question_init(&q, "person");
    question_text(&q, "person", cli->who.person);
    session_more_time(cli);
    code = question_ask(cli, &q, &yinuo__v1__roster_row__descriptor, &rows);
    rows_fini(&rows);
    return code;
}

void session_more_time(struct cli *cli)
{
    cli->until_ms = clock_monotonic_ms(cli->clock) + CLI_WAIT_MS;
}

int session_failed(struct cli *cli)
{
    bool writes = cli->command->access == COMMAND_WRITE;
    enum status status = cli->error.status;

    if (status == STATUS_REFUSED && cli->client) {
        out_error(&cli->out, "%s", cli->error.text);
        return refusal_exit(client_refusal(cli->client));
    }
    if (status == STATUS_CANCELLED) {
        out_note(&cli->out, "%s",
                 writes ? _("\nInterrupted: not known whether it was recorded. "
                            "It may be given again.")
                        : _("\nInterrupted."));
        return CLI_FAILED;
    }
    if (exit_of_status(status) != CLI_UNREACHED)
        return cli_failed(cli);
    if (writes)
        out_error(&cli->out, _("not recorded: %s"), cli->error.text);
    else
        out_error(&cli->out, _("not reached: %s"), cli->error.text);
    duty_show(cli);
    return CLI_UNREACHED;
}
