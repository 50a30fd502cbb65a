/* A station and a real broker process: nothing is lost and nothing comes twice,
 * whoever is killed.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/yinuo.h"
#include "tests/support/fake_router.h"
#include "tests/support/process.h"

enum { FLUSH_MS = 40000 };

static char dir[64], run[80], outbox[80], front[128];
static struct fake_router router;
static pid_t broker;
static struct yinuo *y;

static void start_broker(void)
{
    char log[96], door[96];
    const char *words[] = {"--run", run, NULL};
    snprintf(log, sizeof(log), "%s/broker.log", dir);
    snprintf(door, sizeof(door), "%s/front", run);
    unlink(door);
    broker = process_start("yinuo-broker", words, log, -1);
    assert_true(broker > 0);
    assert_true(process_wait_for_file(door, 5000));
}

static int begin(void **state)
{
    (void)state;
    process_make_dir(dir);
    snprintf(run, sizeof(run), "%s/run", dir);
    snprintf(outbox, sizeof(outbox), "%s/outbox", dir);
    snprintf(front, sizeof(front), "ipc://%s/front", run);
    memset(&router, 0, sizeof(router));
    start_broker();
    fake_router_start(&router, run);
    return 0;
}

static int end(void **state)
{
    (void)state;
    yinuo_close(&y);
    fake_router_stop(&router);
    if (broker > 0)
        process_kill(broker, SIGTERM);
    broker = 0;
    process_drop_dir(dir);
    return 0;
}

static void open_station(void)
{
    struct yinuo_error error;
    struct yinuo_config config = {
        .identity = "ST-1", .outbox = outbox, .brokers = {front}};
    enum yinuo_result result = yinuo_open(&y, &config, &error);
    if (result != YINUO_OK)
        print_error("%s\n", error.text);
    assert_int_equal(result, YINUO_OK);
}

static void publish(unsigned from, unsigned count)
{
    char lines[64][96];
    const char *list[64];
    size_t bad;
    struct yinuo_error error;
    assert_true(count <= 64);
    for (unsigned i = 0; i < count; i++) {
        snprintf(lines[i], sizeof(lines[i]),
                 "{\"id\":\"e-%u\",\"kind\":\"case.touched\",\"case_id\":"
                 "\"C-%u\"}",
                 from + i, (from + i) % 50);
        list[i] = lines[i];
    }
    enum yinuo_result result =
        yinuo_publish_lines(y, list, count, NULL, &bad, &error);
    if (result != YINUO_OK)
        print_error("%s\n", error.text);
    assert_int_equal(result, YINUO_OK);
}

/* e-1 to e-count, each once, in order. */
static void journal_has(unsigned count)
{
    char id[32];
    fake_router_stop(&router);
    assert_int_equal(router.count, count);
    for (unsigned i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "e-%u", i + 1);
        assert_string_equal(router.journal[i].id, id);
        assert_int_equal(router.journal[i].sequence, i + 1);
    }
}

static void events_arrive_once_and_in_order(void **state)
{
    struct yinuo_status status;
    (void)state;
    open_station();
    for (unsigned i = 0; i < 50; i++)
        publish(i * 40 + 1, 40);
    assert_int_equal(yinuo_flush(y, FLUSH_MS), YINUO_OK);
    assert_int_equal(yinuo_status(y, &status), YINUO_OK);
    assert_int_equal(status.stored, 2000);
    assert_int_equal(status.final, 2000);
    assert_int_equal(status.waiting_bytes, 0);
    assert_true(status.connected && status.delivering && !status.stuck);
    journal_has(2000);
}

static void killing_the_broker_loses_and_doubles_nothing(void **state)
{
    unsigned next = 1;
    (void)state;
    open_station();
    for (int kills = 0; kills < 6; kills++) {
        for (int i = 0; i < 10; i++, next += 20) {
            publish(next, 20);
            process_nap(3);
        }
        assert_int_equal(process_kill(broker, SIGKILL), 128 + SIGKILL);
        publish(next, 20); /* while it is away */
        next += 20;
        start_broker();
    }
    assert_int_equal(yinuo_flush(y, FLUSH_MS), YINUO_OK);
    journal_has(next - 1);
}

static void a_router_that_comes_and_goes_gets_each_event_once(void **state)
{
    unsigned next = 1;
    (void)state;
    open_station();
    for (int stops = 0; stops < 4; stops++) {
        for (int i = 0; i < 10; i++, next += 20)
            publish(next, 20);
        process_nap(20);
        fake_router_stop(&router);
        publish(next, 20);
        next += 20;
        fake_router_start(&router, run);
    }
    assert_int_equal(yinuo_flush(y, FLUSH_MS), YINUO_OK);
    journal_has(next - 1);
}

static void without_a_broker_events_wait_for_the_next_start(void **state)
{
    struct yinuo_status status;
    (void)state;
    process_kill(broker, SIGKILL);
    open_station();
    publish(1, 50);
    assert_int_equal(yinuo_flush(y, 200), YINUO_TIMEOUT);
    yinuo_close(&y);
    start_broker();
    open_station();
    publish(51, 50);
    assert_int_equal(yinuo_flush(y, FLUSH_MS), YINUO_OK);
    assert_int_equal(yinuo_status(y, &status), YINUO_OK);
    assert_int_equal(status.oldest_at_ms, 0);
    journal_has(100);
}

static bool take_letter(void *state, const struct yinuo_letter *l)
{
    snprintf(state, 512, "%s %d %s", l->code, (int)l->sequence,
             l->json ? l->json : "");
    return true;
}

static void a_refused_event_can_be_read_as_a_dead_letter(void **state)
{
    char text[512] = "";
    static const char bad[] = "{\"id\":\"e-x\",\"kind\":\"bad.kind\"}";
    struct yinuo_receipt receipt;
    struct yinuo_error error;
    (void)state;
    open_station();
    publish(1, 1);
    assert_int_equal(
        yinuo_publish_json(y, bad, sizeof(bad) - 1, &receipt, &error),
        YINUO_OK);
    assert_int_equal(receipt.sequence, 2);
    assert_int_equal(yinuo_flush(y, FLUSH_MS), YINUO_OK);
    assert_int_equal(yinuo_dead_letters(y, take_letter, text), YINUO_OK);
    assert_non_null(strstr(text, "unknown_kind 2 {"));
    assert_non_null(strstr(text, "\"kind\":\"bad.kind\""));
    assert_int_equal(yinuo_drop_dead_letter(y, 0, 2), YINUO_OK);
}

static void what_is_no_event_is_refused_before_it_is_stored(void **state)
{
    struct yinuo_error error;
    struct yinuo_status status;
    static const char no_kind[] = "{\"id\":\"e-1\"}";
    static const char no_json[] = "{\"id\":";
    (void)state;
    open_station();
    assert_int_equal(
        yinuo_publish_json(y, no_kind, sizeof(no_kind) - 1, NULL, &error),
        YINUO_INVALID);
    assert_string_equal(error.field, "kind");
    assert_int_equal(
        yinuo_publish_json(y, no_json, sizeof(no_json) - 1, NULL, &error),
        YINUO_INVALID);
    struct yinuo_event *e = yinuo_event_new("promise.made");
    yinuo_event_set_text(e, "what", "\xff not UTF-8");
    assert_int_equal(yinuo_publish(y, e, NULL, &error), YINUO_INVALID);
    assert_string_equal(error.field, "what");
    yinuo_event_free(&e);
    assert_int_equal(yinuo_status(y, &status), YINUO_OK);
    assert_int_equal(status.stored, 0);
}

/* ---- the agent ---- */

static pid_t start_agent(const char *socket_path)
{
    char log[96];
    const char *words[] = {"--outbox", outbox,      "--identity",
                           "ST-1",     "--broker",  front,
                           "--listen", socket_path, NULL};
    snprintf(log, sizeof(log), "%s/station.log", dir);
    unlink(socket_path);
    pid_t pid = process_start("yinuo-station", words, log, -1);
    assert_true(process_wait_for_file(socket_path, 5000));
    return pid;
}

static int call(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    for (int i = 0; i < 200; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
            return fd;
        close(fd);
        process_nap(10);
    }
    return -1;
}

/* Asks the agent to store one event; false when it is gone. */
static bool hand_over(int fd, unsigned number)
{
    char line[128], answer[256];
    int size =
        snprintf(line, sizeof(line),
                 "{\"id\":\"e-%u\",\"kind\":\"case.touched\"}\n", number);
    if (send(fd, line, (size_t)size, MSG_NOSIGNAL) != size)
        return false;
    ssize_t got = recv(fd, answer, sizeof(answer) - 1, 0);
    if (got <= 0)
        return false;
    assert_int_equal(strncmp(answer, "ok e-", 5), 0);
    return true;
}

static void killing_the_agent_loses_nothing_that_it_acknowledged(void **state)
{
    static bool told[2000];
    static unsigned seen[2000];
    char path[96];
    unsigned next = 1;
    (void)state;
    memset(told, 0, sizeof(told));
    memset(seen, 0, sizeof(seen));
    snprintf(path, sizeof(path), "%s/agent", dir);
    for (int kills = 0; kills < 6; kills++) {
        pid_t agent = start_agent(path);
        int fd = call(path);
        for (unsigned i = 0; i < 30u + (unsigned)kills * 17; i++, next++)
            told[next] = hand_over(fd, next);
        /* one more under way while it dies */
        char line[] = "{\"id\":\"lost\",\"kind\":\"case.touched\"}\n";
        (void)!send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL);
        assert_int_equal(process_kill(agent, SIGKILL), 128 + SIGKILL);
        close(fd);
    }
    open_station();
    assert_int_equal(yinuo_flush(y, FLUSH_MS), YINUO_OK);
    fake_router_stop(&router);
    for (size_t i = 0; i < router.count; i++) {
        unsigned number = 0;
        if (sscanf(router.journal[i].id, "e-%u", &number) == 1)
            seen[number]++;
        assert_int_equal(router.journal[i].sequence, i + 1);
    }
    for (unsigned i = 1; i < next; i++)
        assert_int_equal(seen[i], told[i] ? 1 : 0);
}

static void the_agent_reads_lines_and_tells_which_are_none(void **state)
{
    int pipes[2];
    char log[96];
    const char *words[] = {"--outbox", outbox, "--identity", "ST-1",
                           "--broker", front,  NULL};
    static const char input[] = "{\"id\":\"e-1\",\"kind\":\"case.touched\"}\n"
                                "\n"
                                "this is no JSON\n"
                                "{\"id\":\"e-2\",\"kind\":\"case.touched\"}\n"
                                "{\"kind\":7}\n"
                                "{\"id\":\"e-3\",\"kind\":\"case.touched\"}";
    (void)state;
    snprintf(log, sizeof(log), "%s/station.log", dir);
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    assert_int_equal(write(pipes[1], input, sizeof(input) - 1),
                     sizeof(input) - 1);
    pid_t agent = process_start("yinuo-station", words, log, pipes[0]);
    close(pipes[0]);
    close(pipes[1]);
    assert_int_equal(process_wait(agent), 1);
    journal_has(3);
}

static void write_file(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_spool_is_read_in_order_and_emptied(void **state)
{
    char log[96], spool[96], refused[200], first[200];
    const char *words[] = {"--outbox", outbox, "--identity", "ST-1",
                           "--broker", front,  "--spool",    spool,
                           "--once",   NULL};
    (void)state;
    snprintf(log, sizeof(log), "%s/station.log", dir);
    snprintf(spool, sizeof(spool), "%s/spool", dir);
    snprintf(refused, sizeof(refused), "%s/b.jsonl.refused", spool);
    snprintf(first, sizeof(first), "%s/a.jsonl", spool);
    assert_int_equal(
        process_wait(process_start("yinuo-station", words, log, -1)), 0);
    write_file("spool/b.jsonl", "{\"id\":\"e-3\",\"kind\":\"case.touched\"}\n"
                                "nonsense\n");
    write_file("spool/a.jsonl", "{\"id\":\"e-1\",\"kind\":\"case.touched\"}\n"
                                "{\"id\":\"e-2\",\"kind\":\"case.touched\"}\n");
    write_file("spool/.c.jsonl", "not yet");
    assert_int_equal(
        process_wait(process_start("yinuo-station", words, log, -1)), 1);
    assert_int_equal(access(first, F_OK), -1);
    assert_int_equal(access(refused, F_OK), 0);
    journal_has(3);
}

static void the_example_publishes_one_event(void **state)
{
    char program[] = "../tests/yinuo_example";
    const char *words[] = {outbox, front, NULL};
    (void)state;
    assert_int_equal(process_wait(process_start(program, words, NULL, -1)), 0);
    fake_router_stop(&router);
    assert_int_equal(router.count, 1);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(events_arrive_once_and_in_order),
        STORY(killing_the_broker_loses_and_doubles_nothing),
        STORY(a_router_that_comes_and_goes_gets_each_event_once),
        STORY(without_a_broker_events_wait_for_the_next_start),
        STORY(a_refused_event_can_be_read_as_a_dead_letter),
        STORY(what_is_no_event_is_refused_before_it_is_stored),
        STORY(killing_the_agent_loses_nothing_that_it_acknowledged),
        STORY(the_agent_reads_lines_and_tells_which_are_none),
        STORY(a_spool_is_read_in_order_and_emptied),
        STORY(the_example_publishes_one_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
