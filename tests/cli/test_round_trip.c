/* The program against a router that says what the test wants: what is sent,
 * what is printed, and the exit code. The program is the real one; the front
 * door is bound here, in the test's own thread. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/frames.h"
#include "base/socket.h"
#include "cli/exits.h"
#include "proto/codec.h"
#include "proto/event.h"
#include "proto/wire.h"
#include "tests/support/roles.h"

extern char **environ;

enum { OUTPUT_MAX = 65536, GIVE_UP_MS = 20000, STORY_NOW_S = 1795226400 };
#define NOW_MS (STORY_NOW_S * 1000LL) /* 2026-11-21T02:00:00Z, 10:00 there */

/* What the router does with a request: fills in a reply of its kind. */
struct stage {
    char home[64], front[128];
    void *context, *sock;
    struct arena arena;
    /* the script */
    size_t cases;    /* that begin with what was typed */
    bool page_waits; /* one page is in the inbox */
    unsigned busy;   /* so many commands are answered BUSY first */
    bool mute;       /* nothing is answered at all */
    Yinuo__V1__Answer answer;
    /* what came */
    unsigned commands, queries;
    char request_ids[8][64];
    Yinuo__V1__Command *command; /* the last */
    Yinuo__V1__Event *event;     /* in it */
    /* what the program did */
    char out[OUTPUT_MAX], err[OUTPUT_MAX];
    int64_t took_ms;
};

static int64_t now_ms(void)
{
    return clock_monotonic_ms(clock_system());
}

static int set_up(void **state)
{
    struct stage *s = calloc(1, sizeof *s);
    char run[128], endpoint[160];

    assert_non_null(s);
    strcpy(s->home, "/tmp/yinuo-cli-XXXXXX");
    assert_non_null(mkdtemp(s->home));
    snprintf(run, sizeof run, "%s/run", s->home);
    assert_int_equal(file_make_dirs(run, 0700, NULL), STATUS_OK);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/run/front", s->home);
    assert_int_equal(socket_context_new(&s->context, NULL), STATUS_OK);
    assert_int_equal(socket_open(&s->sock, s->context, ZMQ_ROUTER, NULL, NULL),
                     STATUS_OK);
    assert_int_equal(socket_bind(s->sock, endpoint, NULL), STATUS_OK);
    arena_init(&s->arena, 16 * LIMIT_DECODE_BYTES);
    yinuo__v1__answer__init(&s->answer);
    s->cases = 1;
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    char command[128];

    socket_close(&s->sock);
    socket_context_free(&s->context);
    arena_fini(&s->arena);
    snprintf(command, sizeof command, "rm -rf %s", s->home);
    assert_int_equal(system(command), 0);
    free(s);
    return 0;
}

/* ---- the router ---- */

static void send_back(struct stage *s, struct frames *from, uint8_t kind,
                      const struct wire_header *asked,
                      const ProtobufCMessage *body)
{
    struct wire_header header = {WIRE_VERSION, kind, asked->partition,
                                 asked->request_id};
    uint8_t head[WIRE_HEADER_SIZE];
    struct bytes bytes = {0};
    struct frames f;

    frames_init(&f);
    wire_header_encode(&header, head);
    assert_int_equal(codec_encode(body, &bytes), STATUS_OK);
    assert_int_equal(frames_add_frame(&f, from, 0), STATUS_OK);
    assert_int_equal(frames_add(&f, slice_of(head, sizeof head)), STATUS_OK);
    assert_int_equal(frames_add(&f, bytes_slice(&bytes)), STATUS_OK);
    (void)!socket_send(s->sock, &f);
    frames_fini(&f);
    bytes_fini(&bytes);
}

static void add_row(struct stage *s, Yinuo__V1__Reply *reply,
                    const ProtobufCMessage *row)
{
    struct bytes bytes = {0};

    if (!reply->rows)
        reply->rows = arena_array(&s->arena, 16, sizeof *reply->rows);
    assert_int_equal(codec_encode(row, &bytes), STATUS_OK);
    struct slice copy = arena_copy(&s->arena, bytes_slice(&bytes));
    reply->rows[reply->n_rows].data = (uint8_t *)(uintptr_t)copy.data;
    reply->rows[reply->n_rows++].len = copy.size;
    bytes_fini(&bytes);
}

static void add_case(struct stage *s, Yinuo__V1__Reply *reply, size_t n)
{
    static char *const ids[] = {(char *)"LN-4", (char *)"LN-41",
                                (char *)"LN-42"};
    Yinuo__V1__Case c = YINUO__V1__CASE__INIT;

    c.case_id = ids[n];
    c.owner = (char *)"li.wei";
    c.station = (char *)"ST-LN-04";
    c.region = (char *)"R-1";
    c.state = (char *)"open";
    c.has_severity = 1;
    c.severity = YINUO__V1__SEVERITY__SEVERITY_S2;
    add_row(s, reply, &c.base);
}

static void add_page(struct stage *s, Yinuo__V1__Reply *reply)
{
    Yinuo__V1__PageRow p = YINUO__V1__PAGE_ROW__INIT;

    p.page_id = (char *)"p4.1";
    p.case_id = (char *)"LN-4";
    p.why = (char *)"MD-01, media requested";
    p.station = (char *)"ST-LN-04";
    p.has_severity = p.has_created_at_ms = p.has_next_due_ms = 1;
    p.severity = YINUO__V1__SEVERITY__SEVERITY_S1;
    p.created_at_ms = NOW_MS - 3 * 60000;
    p.next_due_ms = NOW_MS + 2 * 60000;
    p.has_next_tier = 1;
    p.next_tier = 2;
    p.next_person = (char *)"wang.fang";
    add_row(s, reply, &p.base);
}

static void on_query(struct stage *s, struct frames *f,
                     const struct wire_header *header, struct slice body)
{
    Yinuo__V1__Reply reply = YINUO__V1__REPLY__INIT;
    const Yinuo__V1__Query *q =
        codec_decode(&yinuo__v1__query__descriptor, body, &s->arena, NULL);

    assert_non_null(q);
    s->queries++;
    reply.has_now_ms = 1;
    reply.now_ms = NOW_MS;
    if (strcmp(q->name, "case.find") == 0 || strcmp(q->name, "case.list") == 0)
        for (size_t i = 0; i < s->cases; i++)
            add_case(s, &reply, i);
    if (strcmp(q->name, "page.list") == 0 && s->page_waits)
        add_page(s, &reply);
    send_back(s, f, WIRE_REPLY, header, &reply.base);
}

static void on_command(struct stage *s, struct frames *f,
                       const struct wire_header *header, struct slice body)
{
    Yinuo__V1__Busy busy = YINUO__V1__BUSY__INIT;

    s->command =
        codec_decode(&yinuo__v1__command__descriptor, body, &s->arena, NULL);
    assert_non_null(s->command);
    if (s->command->has_event)
        s->event = event_decode(
            slice_of(s->command->event.data, s->command->event.len), &s->arena,
            NULL);
    if (s->commands < 8)
        snprintf(s->request_ids[s->commands], 64, "%s", s->command->request_id);
    s->commands++;
    if (s->busy) {
        s->busy--;
        busy.has_retry_wait_ms = 1;
        busy.retry_wait_ms = 20;
        send_back(s, f, WIRE_BUSY, header, &busy.base);
        return;
    }
    send_back(s, f, WIRE_ANSWER, header, &s->answer.base);
}

static void on_message(struct stage *s, struct frames *f)
{
    Yinuo__V1__Welcome welcome = YINUO__V1__WELCOME__INIT;
    Yinuo__V1__PartitionHead head = YINUO__V1__PARTITION_HEAD__INIT;
    Yinuo__V1__PartitionHead *heads[] = {&head};
    struct wire_header header;

    head.roles = support_roles();
    welcome.partitions = heads;
    welcome.n_partitions = 1;

    if (s->mute || f->count != 3 ||
        wire_header_decode(frames_slice(f, 1).data, frames_slice(f, 1).size,
                           &header) != REFUSAL_NONE)
        return;
    switch (header.kind) {
    case WIRE_HELLO:
        send_back(s, f, WIRE_WELCOME, &header, &welcome.base);
        break;
    case WIRE_QUERY:
        on_query(s, f, &header, frames_slice(f, 2));
        break;
    case WIRE_COMMAND:
        on_command(s, f, &header, frames_slice(f, 2));
        break;
    default:
        break;
    }
}

/* ---- the program ---- */

static pid_t start(struct stage *s, char **argv, int out[2], int err[2])
{
    posix_spawn_file_actions_t files;
    char cache[128], config[128], person[] = "YINUO_PERSON=li.wei";
    char tsan[512]; /* which of our libraries it cannot see into */
    char *set[] = {cache,
                   config,
                   person,
                   (char *)"TZ=Asia/Shanghai",
                   (char *)"LANG=C",
                   (char *)"COLUMNS=80",
                   (char *)"PATH=/usr/bin:/bin",
                   tsan,
                   NULL};
    char path[LIMIT_PATH_BYTES];
    const char *bin = getenv("YINUO_BIN");
    const char *options = getenv("TSAN_OPTIONS");
    pid_t pid;

    snprintf(tsan, sizeof tsan, "TSAN_OPTIONS=%s", options ? options : "");
    snprintf(cache, sizeof cache, "XDG_CACHE_HOME=%s/cache", s->home);
    snprintf(config, sizeof config, "XDG_CONFIG_HOME=%s/config", s->home);
    snprintf(path, sizeof path, "%s/yinuo", bin ? bin : "build/bin");
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    posix_spawn_file_actions_adddup2(&files, err[1], 2);
    argv[0] = path;
    assert_int_equal(posix_spawn(&pid, path, &files, NULL, argv, set), 0);
    posix_spawn_file_actions_destroy(&files);
    close(out[1]);
    close(err[1]);
    return pid;
}

static bool take(int fd, char *text)
{
    size_t used = strlen(text);
    ssize_t size = read(fd, text + used, OUTPUT_MAX - 1 - used);

    if (size > 0)
        text[used + (size_t)size] = 0;
    return size > 0;
}

/* Serves until the program has ended; returns its exit code. */
static int run(struct stage *s, ...)
{
    char *argv[32] = {NULL, (char *)"--home", s->home};
    int argc = 3, out[2], err[2], status = 0;
    bool open_out = true, open_err = true;
    int64_t began_ms = now_ms();
    va_list words;
    char *word;
    pid_t pid;

    s->out[0] = s->err[0] = 0;
    va_start(words, s);
    while ((word = va_arg(words, char *)))
        argv[argc++] = word;
    va_end(words);
    pid = start(s, argv, out, err);
    while ((open_out || open_err) && now_ms() - began_ms < GIVE_UP_MS) {
        zmq_pollitem_t items[] = {{s->sock, 0, ZMQ_POLLIN, 0},
                                  {NULL, out[0], open_out ? ZMQ_POLLIN : 0, 0},
                                  {NULL, err[0], open_err ? ZMQ_POLLIN : 0, 0}};
        struct frames f;
        (void)zmq_poll(items, 3, 100);
        frames_init(&f);
        while (socket_receive(s->sock, &f) == STATUS_OK) {
            on_message(s, &f);
            frames_fini(&f);
        }
        if (items[1].revents)
            open_out = take(out[0], s->out);
        if (items[2].revents)
            open_err = take(err[0], s->err);
    }
    s->took_ms = now_ms() - began_ms;
    if (open_out || open_err)
        kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(out[0]);
    close(err[0]);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define HAS(text, part)                                                        \
    do {                                                                       \
        if (!strstr(text, part))                                               \
            fail_msg("\"%s\" is not in: %s", part, text);                      \
    } while (0)

/* ---- the stories ---- */

static void ack_sends_one_event_and_says_what_it_did_not_stop(void **state)
{
    struct stage *s = *state;
    Yinuo__V1__RunningClock first = YINUO__V1__RUNNING_CLOCK__INIT;
    Yinuo__V1__RunningClock plan = YINUO__V1__RUNNING_CLOCK__INIT;
    Yinuo__V1__RunningClock *running[] = {&first, &plan};

    first.clock = (char *)"first_contact";
    first.has_due_ms = plan.has_due_ms = 1;
    first.due_ms = NOW_MS + 40 * 60000;
    plan.clock = (char *)"plan";
    plan.due_ms = NOW_MS + 3 * 3600000;
    s->answer.still_running = running;
    s->answer.n_still_running = 2;
    s->answer.has_tier = 1;
    s->answer.tier = 2;

    assert_int_equal(run(s, "ack", "LN", NULL), CLI_DONE);
    assert_string_equal(s->out,
                        "LN-4 acknowledged for station head.\n"
                        "Still running: first contact 10:40, plan 13:00.\n");
    assert_string_equal(s->err, "");
    assert_int_equal(s->commands, 1);
    assert_string_equal(s->command->verb, "ack");
    assert_string_equal(s->command->person, "li.wei");
    assert_string_equal(s->event->kind, "notify.ack");
    assert_string_equal(s->event->case_id, "LN-4");
    assert_string_equal(s->event->reporter, "li.wei");
    assert_string_equal(s->event->id, s->command->request_id);
    assert_false(s->event->has_at_ms);
}

static void ack_alone_answers_the_only_page(void **state)
{
    struct stage *s = *state;

    s->page_waits = true;
    assert_int_equal(run(s, "ack", NULL), CLI_DONE);
    assert_string_equal(s->command->page_id, "p4.1");
    assert_string_equal(s->command->case_id, "LN-4");
}

static void ack_without_a_page_finds_nothing(void **state)
{
    struct stage *s = *state;

    assert_int_equal(run(s, "ack", NULL), CLI_NOT_FOUND);
    assert_string_equal(s->err, "yinuo: no page waits for li.wei\n");
    assert_int_equal(s->commands, 0);
}

static void a_lost_race_names_the_winner(void **state)
{
    struct stage *s = *state;

    s->answer.has_code = 1;
    s->answer.code = REFUSAL_LOST_RACE;
    s->answer.winner = (char *)"wang.fang";
    s->answer.text = (char *)"acknowledged at 09:58";
    assert_int_equal(run(s, "ack", "LN-4", NULL), CLI_LOST);
    assert_string_equal(s->err, "yinuo: wang.fang was first.\n");
}

static void what_is_not_allowed_is_exit_code_6(void **state)
{
    struct stage *s = *state;

    s->answer.has_code = 1;
    s->answer.code = REFUSAL_NOT_ALLOWED;
    assert_int_equal(run(s, "severity", "LN-4", "S4", "--reason", "calm", NULL),
                     CLI_DENIED);
    assert_string_equal(s->err, "yinuo: You may not do this.\n");
    assert_string_equal(s->event->kind, "severity.changed");
}

static void busy_is_tried_again_with_the_same_request_id(void **state)
{
    struct stage *s = *state;

    s->busy = 2;
    assert_int_equal(run(s, "take", "LN-4", NULL), CLI_DONE);
    assert_int_equal(s->commands, 3);
    assert_string_equal(s->request_ids[0], s->request_ids[1]);
    assert_string_equal(s->request_ids[0], s->request_ids[2]);
}

static void silence_ends_after_three_seconds_with_nothing_recorded(void **state)
{
    struct stage *s = *state;

    s->mute = true;
    assert_int_equal(run(s, "take", "LN-4", NULL), CLI_UNREACHED);
    HAS(s->err, "yinuo: not recorded: nobody answers at ipc://");
    assert_true(s->took_ms >= 2900 && s->took_ms < 6000);
}

static void what_is_wrong_with_a_field_names_it_once(void **state)
{
    struct stage *s = *state;

    s->answer.has_code = 1;
    s->answer.code = REFUSAL_TIME_OUT_OF_RANGE;
    s->answer.field = (char *)"at";
    s->answer.text = (char *)"at: is in the future";
    assert_int_equal(run(s, "record", "customer.contacted", "LN-4", NULL),
                     CLI_FAILED);
    assert_string_equal(s->err, "yinuo: at: is in the future\n");
    s->answer.text = (char *)"is in the future";
    assert_int_equal(run(s, "record", "customer.contacted", "LN-4", NULL),
                     CLI_FAILED);
    assert_string_equal(s->err, "yinuo: at: is in the future\n");
    assert_int_equal(run(s, "record", "survey.scored", "LN-4", "score=x", NULL),
                     CLI_USAGE);
    HAS(s->err, "yinuo: score: \"x\" is not a number\n");
}

static void a_queued_command_is_kept_and_marked_late(void **state)
{
    struct stage *s = *state;

    s->mute = true;
    assert_int_equal(run(s, "note", "LN-4", "hello", "--queue", NULL),
                     CLI_DONE);
    HAS(s->out, "kept in the outbox");
}

static void nothing_ever_started_is_told_at_once(void **state)
{
    struct stage *s = *state;

    assert_int_equal(run(s, "status", "--home", "/nonexistent", NULL),
                     CLI_UNREACHED);
    HAS(s->err, "not reached: nothing runs at /nonexistent");
    assert_true(s->took_ms < 2000);
}

static void a_short_id_that_fits_several_lists_them(void **state)
{
    struct stage *s = *state;

    s->cases = 3;
    assert_int_equal(run(s, "take", "LN", NULL), CLI_USAGE);
    HAS(s->err, "LN is short for several cases:");
    HAS(s->err, "LN-42");
    assert_int_equal(s->commands, 0);
}

static void an_unknown_case_is_exit_code_3(void **state)
{
    struct stage *s = *state;

    s->cases = 0;
    assert_int_equal(run(s, "take", "XX", NULL), CLI_NOT_FOUND);
    assert_string_equal(s->err, "yinuo: there is no case XX\n");
}

static void a_reason_is_asked_for_where_it_is_needed(void **state)
{
    static const char *const needing[][4] = {
        {"unack", "LN-4"},   {"severity", "LN-4", "S3"},
        {"snooze", "LN-4"},  {"close", "LN-4"},
        {"decline", "LN-4"}, {"merge", "LN-4", "LN-5"}};
    struct stage *s = *state;

    for (size_t i = 0; i < sizeof needing / sizeof needing[0]; i++) {
        assert_int_equal(
            run(s, needing[i][0], needing[i][1], needing[i][2], NULL),
            CLI_USAGE);
        HAS(s->err, "this needs a reason: --reason WORDS");
    }
    assert_int_equal(s->commands, 0);
}

static void a_promise_has_its_time_of_day_in_the_ledgers_day(void **state)
{
    struct stage *s = *state;
    struct event_value due;

    assert_int_equal(run(s, "promise", "make", "LN-4", "--due", "18:00",
                         "--accepted", "call", "him", "back", NULL),
                     CLI_DONE);
    assert_string_equal(s->out, "LN-4: promise P1, due 18:00 (in 8 h).\n");
    assert_true(event_get(s->event, "due", &due));
    assert_int_equal(due.number, NOW_MS + 8 * 3600000LL);
    assert_string_equal(s->event->promise_fields->what, "call him back");
    assert_true(s->event->promise_fields->accepted_by_customer);
}

static void a_record_needs_its_needed_fields(void **state)
{
    struct stage *s = *state;

    assert_int_equal(run(s, "record", "promise.kept", "LN-4", NULL), CLI_USAGE);
    HAS(s->err, "promise.kept needs promise_id=...");
    assert_int_equal(
        run(s, "record", "promise.kept", "LN-4", "promise_idd=P1", NULL),
        CLI_USAGE);
    HAS(s->err, "did you mean promise_id?");
    assert_int_equal(
        run(s, "record", "promise.kept", "LN-4", "promise_id=P1", NULL),
        CLI_DONE);
    assert_string_equal(s->event->promise_fields->promise_id, "P1");
}

static void the_inbox_says_what_happens_if_nobody_answers(void **state)
{
    struct stage *s = *state;

    s->page_waits = true;
    s->cases = 0;
    assert_int_equal(run(s, NULL), CLI_DONE);
    assert_string_equal(
        s->out, "Pages without an answer (1)\n"
                "S1  LN-4  ST-LN-04  3 min ago\n"
                "    MD-01, media requested\n"
                "    If nobody answers: 10:02 (in 2 min) to station head "
                "wang.fang\n"
                "    yinuo ack p4.1\n");
}

static void json_has_the_documented_names(void **state)
{
    struct stage *s = *state;

    s->page_waits = true;
    assert_int_equal(run(s, "inbox", "--output", "json", NULL), CLI_DONE);
    HAS(s->out, "\"person\":\"li.wei\"");
    HAS(s->out, "\"now\":\"2026-11-21T10:00:00+08:00\"");
    HAS(s->out, "\"next_due\":\"2026-11-21T10:02:00+08:00\"");
    HAS(s->out, "\"next_tier\":\"station_head\"");
    assert_int_equal(run(s, "take", "LN-4", "-o", "json", NULL), CLI_DONE);
    HAS(s->out, "\"recorded\":true");
    HAS(s->out, "\"case_id\":\"LN-4\"");
}

static void a_dry_run_says_so_and_sends_so(void **state)
{
    struct stage *s = *state;

    assert_int_equal(run(s, "take", "LN-4", "--dry-run", NULL), CLI_DONE);
    assert_string_equal(s->out, "It would be allowed.\n");
    assert_true(s->command->dry_run);
    assert_int_equal(run(s, "may", "resolve", "LN-4", NULL), CLI_DONE);
    assert_int_equal(run(s, "may", "close", "LN-4", NULL), CLI_DONE);
    assert_true(s->command->dry_run); /* and no reason is asked for */
    assert_int_equal(run(s, "may", "frobnicate", "LN-4", NULL), CLI_USAGE);
    HAS(s->err, "\"frobnicate\" is no command");
}

static void what_is_not_utf8_is_refused_before_anything_is_sent(void **state)
{
    struct stage *s = *state;

    assert_int_equal(run(s, "note", "LN-4", "a\xff", NULL), CLI_USAGE);
    HAS(s->err, "is not valid UTF-8 text");
    assert_int_equal(s->queries, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(ack_sends_one_event_and_says_what_it_did_not_stop),
        STORY(ack_alone_answers_the_only_page),
        STORY(ack_without_a_page_finds_nothing),
        STORY(a_lost_race_names_the_winner),
        STORY(what_is_not_allowed_is_exit_code_6),
        STORY(busy_is_tried_again_with_the_same_request_id),
        STORY(silence_ends_after_three_seconds_with_nothing_recorded),
        STORY(what_is_wrong_with_a_field_names_it_once),
        STORY(a_queued_command_is_kept_and_marked_late),
        STORY(nothing_ever_started_is_told_at_once),
        STORY(a_short_id_that_fits_several_lists_them),
        STORY(an_unknown_case_is_exit_code_3),
        STORY(a_reason_is_asked_for_where_it_is_needed),
        STORY(a_promise_has_its_time_of_day_in_the_ledgers_day),
        STORY(a_record_needs_its_needed_fields),
        STORY(the_inbox_says_what_happens_if_nobody_answers),
        STORY(json_has_the_documented_names),
        STORY(a_dry_run_says_so_and_sends_so),
        STORY(what_is_not_utf8_is_refused_before_anything_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
