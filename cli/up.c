/* up - all programs of one machine, started in order and kept running.
 *
 * HOME/run     sockets, locks, a .pid file per program (0700)
 * HOME/ledger  the ledger of partition 0
 * HOME/log     what the programs say
 * HOME/pages   the channel log: a file of pages per tier
 *
 * No ZeroMQ context is made here, because children are forked all the time
 * (base/socket.h): whether the system answers is asked by a program of its
 * own, this one with "status". */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/lockfile.h"
#include "base/log.h"
#include "base/time_text.h"
#include "cli/cli.h"
#include "cli/rules.h"
#include "cli/when.h"

enum {
    ARGS_MAX = 48,
    PROGRAMS_MAX = 2 + ROLES_MAX,
    READY_WAIT_MS = 30000,
    READY_EVERY_MS = 150,
    STEP_MS = 500,
    WORDS_SIZE = 400,
    ROUTER = 1, /* in the order of starting; tiers are behind it */
};

static struct option_list policies, listens;
static const char *drill, *channels = "log", *level;
static const char *exec_program, *smtp_url, *smtp_from;
static int64_t keep_records;

/* What the tier workers are given as it is. */
static const struct {
    const char *option;
    const char **value;
} passed[] = {{"--exec", &exec_program},
              {"--smtp", &smtp_url},
              {"--smtp-from", &smtp_from}};

/* clang-format off */
const struct option_row up_options[] = {
    {"policy",     'p', OPTION_LIST, N_("DIR"),      N_("a pack or a directory of packs; may be repeated"), &policies},
    {"channels",   'c', OPTION_TEXT, N_("LIST"),     N_("how pages go out: log,exec,smtp (log)"),           &channels},
    {"exec",        0,  OPTION_TEXT, N_("PROGRAM"),  N_("channel exec: run with the page on its input"),    &exec_program},
    {"smtp",        0,  OPTION_TEXT, N_("URL"),      N_("channel smtp: smtp://HOST:PORT"),                  &smtp_url},
    {"smtp-from",   0,  OPTION_TEXT, N_("ADDRESS"),  N_("channel smtp: the sender"),                        &smtp_from},
    {"drill-clock", 0,  OPTION_TEXT, N_("TIME"),     N_("a drill: time stands, until \"clock advance\""), &drill},
    {"listen",     'l', OPTION_LIST, N_("ADDRESS"),  N_("one more front door, tcp://127.0.0.1:PORT"),       &listens},
    {"keep-records", 0, OPTION_INT,  N_("NUMBER"),   N_("of the journal, behind a snapshot (all)"),         &keep_records},
    {"log-level",   0,  OPTION_TEXT, N_("LEVEL"),    N_("debug, info, warn or error"),                      &level},
    {0}};
/* clang-format on */

struct program {
    char name[32];
    char path[LIMIT_PATH_BYTES];
    char log[LIMIT_PATH_BYTES];
    const char *argv[ARGS_MAX];
    size_t argc;
    pid_t pid;         /* as last told and written */
    unsigned restarts; /* as last told */
};

struct up {
    struct cli *cli;
    struct lockfile lock;
    struct child_group group;
    struct program programs[PROGRAMS_MAX];
    size_t count;
    char here[LIMIT_PATH_BYTES]; /* where our programs are */
    char run[LIMIT_PATH_BYTES], ledger[LIMIT_PATH_BYTES];
    char logs[LIMIT_PATH_BYTES], packs[LIMIT_PATH_BYTES];
    char pages[LIMIT_PATH_BYTES];
    char drill[TIME_TEXT_SIZE];
    char keep[24];
    bool final; /* a program gave up, and with it we do */
};

static void arg(struct program *p, const char *word)
{
    if (p->argc + 1 < ARGS_MAX)
        p->argv[p->argc++] = word;
}

static void arg_pair(struct program *p, const char *name, const char *value)
{
    arg(p, name);
    arg(p, value);
}

/* A program of ours, with what all of them take. NULL: a path is too long. */
static struct program *program(struct up *up, const char *file,
                               const char *name)
{
    struct program *p = &up->programs[up->count];
    char log[64];

    snprintf(p->name, sizeof p->name, "%s", name);
    snprintf(log, sizeof log, "%s.log", name);
    if (file_join(p->path, sizeof p->path, up->here, file, NULL) ||
        file_join(p->log, sizeof p->log, up->logs, log, NULL))
        return NULL;
    up->count++;
    arg(p, p->path);
    arg_pair(p, "--run", up->run);
    if (level)
        arg_pair(p, "--log-level", level);
    return p;
}

static bool plan_tier(struct up *up, struct text tier)
{
    char name[sizeof up->programs[0].name];
    struct program *p;

    snprintf(name, sizeof name, "%.*s", (int)tier.size, tier.data);
    p = program(up, "yinuo-tier", name);
    if (!p)
        return false;
    arg_pair(p, "--tier", p->name);
    arg_pair(p, "--channels", channels);
    arg_pair(p, "--log-dir", up->pages);
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
        if (*passed[i].value)
            arg_pair(p, passed[i].option, *passed[i].value);
    return true;
}

/* One worker per tier of the policy that will be in force. */
static int plan_tiers(struct up *up)
{
    struct cli *cli = up->cli;
    struct policyset *set = NULL;
    const struct policy *policy;
    const char *packs = up->packs;
    bool fits = true;
    int code = CLI_DONE;

    if (policies.count)
        code = rules_load(cli, (int)policies.count, (char **)policies.list,
                          &set, true);
    else if ((set = rules_in_force(cli)) == NULL)
        code = rules_load(cli, 1, (char **)&packs, &set, true);
    if (code != CLI_DONE)
        return code;
    policy = set->packs[0].policy;
    for (uint8_t tier = 1; fits && tier <= policy->tier_count; tier++)
        fits = plan_tier(up, policy->roles[tier].name);
    policyset_free(set);
    return fits ? CLI_DONE
                : cli_usage(cli, _("the path of the home is too long"));
}

static int plan(struct up *up)
{
    struct program *broker = program(up, "yinuo-broker", "broker");
    struct program *router = program(up, "yinuo-router", "router");

    if (!broker || !router)
        return cli_usage(up->cli, _("the path of the home is too long"));
    for (size_t i = 0; i < listens.count; i++)
        arg_pair(broker, "--listen", listens.list[i]);
    arg_pair(router, "--ledger", up->ledger);
    for (size_t i = 0; i < policies.count; i++)
        arg_pair(router, "--policy", policies.list[i]);
    if (policies.count == 0 && *up->packs)
        arg_pair(router, "--policy", up->packs);
    if (drill)
        arg_pair(router, "--drill-clock", up->drill);
    if (keep_records < 0)
        return cli_usage(up->cli, _("--keep-records is not negative"));
    snprintf(up->keep, sizeof up->keep, "%lld", (long long)keep_records);
    if (keep_records)
        arg_pair(router, "--keep-records", up->keep);
    return plan_tiers(up);
}

/* The packs that came with the program, for a home that has no ledger yet. */
static void find_packs(struct up *up)
{
    static const char *const places[] = {"../share/yinuo/packs", "../../packs"};
    char path[LIMIT_PATH_BYTES];

    for (size_t i = 0; i < 2 && !*up->packs; i++)
        if (file_join(path, sizeof path, up->here, places[i], NULL) ==
                STATUS_OK &&
            file_exists(path))
            strcpy(up->packs, path);
}

static enum status make_home(struct up *up)
{
    struct cli *cli = up->cli;
    const char *home = cli->home_path;
    char lock[LIMIT_PATH_BYTES];
    enum status status =
        file_program_dir(up->here, sizeof up->here, &cli->error);

    if (status == STATUS_OK)
        status = file_join(up->run, sizeof up->run, home, "run", &cli->error);
    if (status == STATUS_OK)
        status = file_join(up->ledger, sizeof up->ledger, home, "ledger",
                           &cli->error);
    if (status == STATUS_OK)
        status = file_join(up->logs, sizeof up->logs, home, "log", &cli->error);
    if (status == STATUS_OK)
        status =
            file_join(up->pages, sizeof up->pages, home, "pages", &cli->error);
    if (status == STATUS_OK)
        status = file_make_dirs(up->run, 0700, &cli->error);
    if (status == STATUS_OK)
        status = file_make_dirs(up->pages, 0750, &cli->error);
    if (status == STATUS_OK)
        status = file_make_dirs(up->logs, 0750, &cli->error);
    if (status == STATUS_OK)
        status = file_join(lock, sizeof lock, up->run, "up.lock", &cli->error);
    if (status == STATUS_OK)
        status = lockfile_take(&up->lock, lock, &cli->error);
    if (status == STATUS_BUSY) {
        (void)error_wrap(&cli->error, _("this home is up already"));
        cli->error.status = STATUS_EXISTS;
        return STATUS_EXISTS;
    }
    return status;
}

static int parse_drill(struct up *up)
{
    struct cli *cli = up->cli;
    int64_t at_ms;
    bool day;

    if (!drill)
        return CLI_DONE;
    if (when_parse(drill, cli_now_ms(cli), &at_ms, &day, &cli->error) !=
        STATUS_OK)
        return cli_usage(cli, "--drill-clock: %s", cli->error.text);
    time_text_utc(at_ms, up->drill);
    return CLI_DONE;
}

static void pid_path(const struct up *up, const struct program *p,
                     char out[LIMIT_PATH_BYTES])
{
    snprintf(out, LIMIT_PATH_BYTES, "%.*s/%s.pid", LIMIT_PATH_BYTES - 48,
             up->run, p->name);
}

static void write_pid(const struct up *up, const struct program *p, pid_t pid)
{
    char path[LIMIT_PATH_BYTES], text[32];

    pid_path(up, p, path);
    snprintf(text, sizeof text, "%d\n", (int)pid);
    if (pid == 0)
        (void)unlink(path);
    else
        (void)!file_write_atomic(path, slice_of_text(text), 0644, NULL);
}

static void say(const struct up *up, const char *what, const struct program *p,
                const char *more)
{
    const struct out *o = &up->cli->out;

    if (o->json)
        out_json_line(o, json_pack("{s:s, s:s, s:i, s:s}", "event", what,
                                   "program", p ? p->name : "", "pid",
                                   p ? (int)p->pid : (int)getpid(), "detail",
                                   more));
    else
        out_printf(o, "%s%s%s%s%s\n", p ? p->name : "", p ? ": " : "", _(what),
                   *more ? " " : "", more);
    (void)out_flush(o);
}

/* The last line that a program has said, so that a restart has its reason on
 * the screen and not only in a file. */
static void last_words(const struct program *p, char out[WORDS_SIZE])
{
    char tail[WORDS_SIZE] = "", *line;
    int fd = open(p->log, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = size > WORDS_SIZE - 1 ? size - (WORDS_SIZE - 1) : 0;
    ssize_t n = fd < 0 ? 0 : pread(fd, tail, WORDS_SIZE - 1, from);

    if (fd >= 0)
        close(fd);
    while (n > 0 && (tail[n - 1] == '\n' || tail[n - 1] == '\0'))
        n--;
    tail[n > 0 ? n : 0] = 0;
    line = strrchr(tail, '\n');
    snprintf(out, WORDS_SIZE, "%s", line ? line + 1 : tail);
}

static void say_death(struct up *up, struct program *p, const struct child *c)
{
    char why[64], words[WORDS_SIZE], more[WORDS_SIZE + 96];

    child_exit_text(c->exit_status, why, sizeof why);
    last_words(p, words);
    snprintf(more, sizeof more, "(%s)%s%s", why, *words ? ": " : "", words);
    say(up, N_("died"), p, more);
}

/* Tells what has changed since the last look, and keeps the pid files true. */
static void look(struct up *up)
{
    for (size_t i = 0; i < up->group.count; i++) {
        struct program *p = &up->programs[i];
        const struct child *c = &up->group.list[i];
        char more[96];
        if ((c->state == CHILD_WAITING || c->gave_up) && p->pid) {
            p->pid = 0;
            say_death(up, p, c);
            write_pid(up, p, 0);
        } else if (c->pid && c->pid != p->pid) {
            if (p->pid) /* died and came back between two looks */
                say_death(up, p, c);
            p->pid = c->pid;
            snprintf(more, sizeof more, "(pid %d)", (int)c->pid);
            say(up,
                c->restarts > p->restarts ? N_("started again") : N_("started"),
                p, more);
            p->restarts = c->restarts;
            write_pid(up, p, c->pid);
        }
    }
}

/* Does the system answer? A program asks, so that we stay without sockets. */
static bool answers(const struct up *up)
{
    char yinuo[LIMIT_PATH_BYTES];
    posix_spawn_file_actions_t files;
    char *argv[] = {yinuo,
                    (char *)"status",
                    (char *)"--home",
                    (char *)(uintptr_t)up->cli->home_path,
                    (char *)"--output",
                    (char *)"json",
                    NULL};
    pid_t pid;
    int exit_status = -1;

    if (file_join(yinuo, sizeof yinuo, up->here, "yinuo", NULL) != STATUS_OK)
        return false;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid, yinuo, &files, NULL, argv, environ) == 0)
        (void)waitpid(pid, &exit_status, 0);
    posix_spawn_file_actions_destroy(&files);
    return exit_status == 0;
}

static int start_all(struct up *up)
{
    struct cli *cli = up->cli;

    for (size_t i = 0; i < up->count; i++) {
        struct program *p = &up->programs[i];
        struct child_spec spec = {
            .name = p->name, .argv = p->argv, .output = p->log};
        if (child_group_add(&up->group, &spec, NULL, &cli->error) != STATUS_OK)
            return cli_failed(cli);
    }
    look(up);
    return CLI_DONE;
}

/* What ended and would end so again: says what is to be put right. Without a
 * tier worker the others go on, once they are at work. */
static bool gave_up(struct up *up, bool ready)
{
    struct cli *cli = up->cli;

    for (size_t i = 0; i < up->group.count; i++) {
        const struct child *c = &up->group.list[i];
        const struct program *p = &up->programs[i];

        if (!c->gave_up || (ready && i > ROUTER))
            continue;
        out_error(&cli->out,
                  _("%s cannot run until this is put right; all it said is in "
                    "%s"),
                  p->name, p->log);
        if (i == ROUTER)
            out_error(&cli->out,
                      _("if the ledger is damaged: \"yinuo journal verify "
                        "--ledger %s\" tells where, \"yinuo restore\" brings "
                        "back a backup"),
                      up->ledger);
        return true;
    }
    return false;
}

/* False: a signal came, or it did not come up; what the logs say helps. */
static bool wait_ready(struct up *up)
{
    int64_t until_ms = clock_monotonic_ms(up->cli->clock) + READY_WAIT_MS;

    while (child_group_step(&up->group, READY_EVERY_MS)) {
        look(up);
        up->final = gave_up(up, false);
        if (up->final)
            return false;
        if (answers(up))
            return true;
        if (clock_monotonic_ms(up->cli->clock) >= until_ms) {
            out_error(&up->cli->out, _("it does not answer; see %s"), up->logs);
            return false;
        }
    }
    return false;
}

static void stop_all(struct up *up)
{
    say(up, N_("stopping"), NULL, "");
    if (child_group_stop(&up->group, LIMIT_STOP_WAIT_MS) != STATUS_OK)
        out_error(&up->cli->out, "%s", _("a program had to be killed"));
    for (size_t i = 0; i < up->group.count; i++)
        write_pid(up, &up->programs[i], 0);
    say(up, N_("stopped"), NULL, "");
}

static int keep_running(struct up *up)
{
    if (wait_ready(up)) {
        say(up, N_("ready"), NULL, up->cli->home_path);
        while (!up->final && child_group_step(&up->group, STEP_MS)) {
            look(up);
            up->final = gave_up(up, true);
        }
        return up->final ? CLI_BAD_DATA : CLI_DONE;
    }
    return up->final              ? CLI_BAD_DATA
           : up->group.got_signal ? CLI_DONE
                                  : CLI_FAILED;
}

static int serve(struct up *up)
{
    struct cli *cli = up->cli;
    int code;

    if (child_group_init(&up->group, cli->clock, &cli->error) != STATUS_OK)
        return cli_failed(cli);
    code = start_all(up);
    if (code == CLI_DONE)
        code = keep_running(up);
    stop_all(up);
    child_group_fini(&up->group);
    return code;
}

int run_up(struct cli *cli, int argc, char **argv)
{
    struct up *up = calloc(1, sizeof *up);
    char log[LIMIT_PATH_BYTES];
    int code = CLI_DONE;

    (void)argc, (void)argv;
    if (!up)
        abort();
    up->cli = cli;
    if (make_home(up) != STATUS_OK)
        code = cli_failed(cli);
    if (code == CLI_DONE)
        code = parse_drill(up);
    find_packs(up);
    if (code == CLI_DONE)
        code = plan(up);
    if (code == CLI_DONE &&
        file_join(log, sizeof log, up->logs, "up.log", &cli->error) ==
            STATUS_OK &&
        log_open(&(struct log_settings){.program = "up",
                                        .path = log,
                                        .level = LOG_INFO},
                 &cli->error) != STATUS_OK)
        code = cli_failed(cli);
    if (code == CLI_DONE)
        code = serve(up);
    log_close();
    lockfile_release(&up->lock);
    free(up);
    return code;
}
