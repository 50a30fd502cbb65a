/* Stories are read with their places, and move to another day whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time_text.h"
#include "ledger/story.h"

static char path[] = "/tmp/yinuo-story-XXXXXX";

static enum status load(const char *text, const char *day, struct story **s,
                        struct error *err)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return story_load(path, day, s, err);
}

static const char story[] =
    "story: T-1\n"
    "title: A story\n"
    "zone: Asia/Shanghai\n"
    "day: 2012-06-11\n"
    "station: ST-1\n"
    "mode: A\n"
    "until: '2012-06-12 18:00'\n"
    "persons: {L2: head-1}\n"
    "events:\n"
    "  - {no: 2, at: '2012-06-12 09:00', received: '2012-06-12 09:30', kind: "
    "promise.made, due: '2012-06-12', words: '2012 was a year'}\n"
    "  - {no: 1, at: '10:00', kind: case.opened, caption: It begins.}\n"
    "  - {no: 3, at: '11:00', times: 3, every: 18min, kind: "
    "contact.attempted}\n"
    "must:\n"
    "  - {at: '10:00', page: [L2, e1], severity: S3, why: both}\n"
    "  - {at: '10:01', kind: close, waits: later}\n"
    "must_not:\n"
    "  - {kind: page, until: '10:00'}\n"
    "state:\n"
    "  - {at: '10:05', owner: L2}\n"
    "variants:\n"
    "  - {name: without 3, without: [3], mode: B, until: '11:00'}\n";

static void assert_moment(int64_t at_ms, const char *wanted)
{
    char text[TIME_TEXT_SIZE];

    time_text_utc(at_ms, text);
    assert_string_equal(text, wanted);
}

static void a_story_is_read_whole(void **state)
{
    struct story *s;
    const struct story_tale *t;
    struct error err;

    (void)state;
    if (load(story, NULL, &s, &err))
        fail_msg("%s", err.text);
    assert_int_equal(s->tale_count, 2);
    t = &s->tales[0];
    assert_int_equal(t->event_count, 5);
    assert_string_equal(t->events[0].caption, "It begins.");
    assert_moment(t->events[0].at_ms, "2012-06-11T02:00:00Z");
    assert_moment(t->events[3].at_ms, "2012-06-11T03:36:00Z");
    assert_int_equal(
        json_integer_value(json_object_get(t->events[3].json, "attempt_no")),
        3);
    assert_moment(t->events[4].received_ms, "2012-06-12T01:30:00Z");
    assert_int_equal(t->claim_count, 4);
    assert_string_equal(t->claims[0].person, "head-1");
    assert_string_equal(t->claims[1].person, "e1");
    assert_string_equal(t->claims[2].waits, "later");
    assert_int_equal(story_must_rows(s), 1);
    assert_string_equal(t->states[0].owner, "head-1");
    assert_int_equal(s->tales[1].event_count, 2);
    assert_true(s->tales[0].answer_ms == STORY_ANSWER_MS);
    assert_true(s->tales[1].answer_ms == STORY_NEVER);
    story_free(&s);
}

static void a_story_moves_to_another_day_with_all_its_dates(void **state)
{
    struct story *s;
    const struct story_tale *t;
    const json_t *promise;
    struct error err;

    (void)state;
    if (load(story, "2016-03-01", &s, &err))
        fail_msg("%s", err.text);
    t = &s->tales[0];
    promise = t->events[4].json;
    assert_moment(t->events[0].at_ms, "2016-03-01T02:00:00Z");
    assert_moment(t->until_ms, "2016-03-02T10:00:00Z");
    assert_moment(t->claims[0].from_ms, "2016-03-01T02:00:00Z");
    assert_string_equal(json_string_value(json_object_get(promise, "due")),
                        "2016-03-02T00:00:00+08:00");
    assert_string_equal(json_string_value(json_object_get(promise, "words")),
                        "2012 was a year");
    assert_string_equal(json_string_value(json_object_get(promise, "at")),
                        "2016-03-02T09:00:00+08:00");
    story_free(&s);
}

static void assert_refused(const char *text, const char *words)
{
    struct story *s = NULL;
    struct error err;

    assert_int_equal(load(text, NULL, &s, &err), STATUS_INVALID);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    assert_null(s);
}

#define HEAD "story: X\ntitle: x\nzone: UTC\nday: 2012-01-01\n"

static void a_story_that_makes_no_sense_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_refused("[1]\n", "a story is a mapping");
    assert_refused("story: {\n", ":2:");
    assert_refused("story: X\ntitle: x\nzone: UTC\n",
                   ":1:1: \"day\" is missing");
    assert_refused(HEAD "must_nto: []\n", ":5:1: unknown key \"must_nto\"");
    assert_refused(HEAD "title: y\n", ":5:1: \"title\" is given twice");
    assert_refused("story: X\nzone: Nowhere/Land\nday: 2012-01-01\n", ":2:7: ");
    assert_refused(HEAD "events: [{at: noon, kind: case.opened}]\n", ":5:15: ");
    assert_refused(HEAD "events:\n  - {kind: case.opened}\n",
                   ":6:5: \"at\" is missing");
    assert_refused(HEAD "must:\n  - {page: [a]}\n", ":6:5: \"at\" is missing");
    assert_refused(HEAD "must:\n  - {at: '10:00', why: x}\n", "who or what?");
    assert_refused(HEAD "must:\n  - {at: '10:00', kind: pages}\n",
                   "is no decision");
    assert_refused(HEAD "must:\n  - {at: '10:00', page: [a], severity: 3}\n",
                   "S1 to S4");
    assert_refused(HEAD "answers: {a: soon}\n", ":5:14: ");
    assert_refused(HEAD "variants: [{name: v, without: [7]}]\n",
                   "no event has the number 7");
}

static void who_answers_is_said_by_name(void **state)
{
    struct story *s;
    const struct story_tale *t;
    struct error err;

    (void)state;
    if (load(HEAD "persons: {L2: head}\n"
                  "answers: {L2: 5min, engineer: never, others: 1min}\n",
             NULL, &s, &err))
        fail_msg("%s", err.text);
    t = &s->tales[0];
    assert_int_equal(t->answer_count, 2);
    assert_string_equal(t->answers[0].who, "head");
    assert_true(t->answers[0].wait_ms == 300000);
    assert_true(t->answers[1].wait_ms == STORY_NEVER);
    assert_true(t->answer_ms == 60000);
    story_free(&s);
}

static void fields_may_name_persons_as_the_story_does(void **state)
{
    struct story *s;
    const json_t *event;
    struct error err;

    (void)state;
    if (load(HEAD "persons: {L2: head}\n"
                  "events:\n"
                  "  - {at: +1d 09:00, kind: case.opened, owner: L2, persons: "
                  "[L2, other], case_id: ~}\n",
             NULL, &s, &err))
        fail_msg("%s", err.text);
    assert_moment(s->tales[0].events[0].at_ms, "2012-01-02T09:00:00Z");
    event = s->tales[0].events[0].json;
    assert_string_equal(json_string_value(json_object_get(event, "owner")),
                        "head");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(event, "persons"), 0)),
        "head");
    assert_null(json_object_get(event, "case_id"));
    story_free(&s);
}

static int path_make(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int path_remove(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_is_read_whole),
        cmocka_unit_test(a_story_moves_to_another_day_with_all_its_dates),
        cmocka_unit_test(a_story_that_makes_no_sense_is_refused_with_its_place),
        cmocka_unit_test(who_answers_is_said_by_name),
        cmocka_unit_test(fields_may_name_persons_as_the_story_does),
    };

    return cmocka_run_group_tests(tests, path_make, path_remove);
}
