/* A journal decided on again gives what was decided, byte for byte; and tells
 * where it does not. */
#include "ledger_support.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ledger/import.h"
#include "ledger/ledger.h"
#include "ledger/simulate.h"

static const char *const pack[] = {"packs/incident-desk"};
static const char map[] = "packs/incident-desk/maps/incidents.yaml";
static const char *const day[] = {
    "packs/incident-desk/data/incidents-day.feed.csv.gz"};

/* Writes down what a runner does, as a router would. */
struct scribe {
    struct runner *runner;
    struct ledger *ledger;
    struct arena arena;
    uint64_t spoil;   /* the record whose decisions are made another */
    uint64_t records; /* decided on */
    struct summary summary;
};

static void journal_append_one(struct scribe *s, struct record *r)
{
    struct error err;
    uint64_t durable;

    if (ledger_append(s->ledger, r, 1, &durable, &err))
        fail_msg("%s", err.text);
    assert_int_equal(durable, r->seq);
}

/* Record 1 says which policy is in force; its blob lies beside the ledger. */
static void write_policy(struct scribe *s, const struct policyset *set)
{
    Yinuo__V1__StreamRecord part = YINUO__V1__STREAM_RECORD__INIT;
    Yinuo__V1__PolicyLoaded loaded = YINUO__V1__POLICY_LOADED__INIT;
    struct record r = {.seq = 1, .journal_ms = 1, .wall_ms = 1};
    struct bytes bytes = {0};
    char version[64];
    struct digest name;
    struct error err;

    if (blob_put(s->ledger->blobs_dir, set->blob, &name, &err))
        fail_msg("%s", err.text);
    assert_true(slice_to_text(slice_of(set->version.data, set->version.size),
                              version, sizeof version));
    loaded.version_hash = version;
    part.policy = &loaded;
    part.has_kind = 1;
    part.kind = YINUO__V1__RECORD_KIND__RECORD_POLICY;
    assert_int_equal(codec_encode(&part.base, &bytes), STATUS_OK);
    r.kind = (uint16_t)part.kind;
    r.parts[RECORD_INPUT] = bytes_slice(&bytes);
    journal_append_one(s, &r);
    bytes_fini(&bytes);
}

static void write_record(void *context, const struct runner_record *from)
{
    struct scribe *s = context;
    Yinuo__V1__StreamRecord part = YINUO__V1__STREAM_RECORD__INIT;
    struct bytes input = {0}, decisions = {0};
    struct record r = {.seq = from->sequence,
                       .journal_ms = from->now_ms,
                       .wall_ms = from->now_ms};

    part.event = (Yinuo__V1__Event *)(uintptr_t)from->event;
    part.firing = (Yinuo__V1__Firing *)(uintptr_t)from->firing;
    part.has_kind = 1;
    part.kind = from->firing ? YINUO__V1__RECORD_KIND__RECORD_FIRING
                             : YINUO__V1__RECORD_KIND__RECORD_EVENT;
    assert_int_equal(codec_encode(&part.base, &input), STATUS_OK);
    bytes_append(&decisions, from->decided->decisions);
    if (s->spoil == r.seq)
        decisions.data[decisions.size - 1] ^= 1;
    r.kind = (uint16_t)part.kind;
    r.parts[RECORD_INPUT] = bytes_slice(&input);
    r.parts[RECORD_DECISIONS] = bytes_slice(&decisions);
    journal_append_one(s, &r);
    s->records++;
    bytes_fini(&input);
    bytes_fini(&decisions);
}

static enum status add(void *state, struct slice line, struct error *err)
{
    struct scribe *s = state;
    json_t *json = NULL;
    struct fault fault;
    enum status status = json_parse(line, &json, err);

    if (status)
        return status;
    arena_reset(&s->arena);
    if (simulate_add(s->runner, json, &s->arena, &fault))
        fail_msg("%s", fault.text);
    json_decref(json);
    return STATUS_OK;
}

/* The first hours of the day: enough of everything, and quick with a commit for
 * each record. */
static void write_journal(struct scribe *s, const char *dir)
{
    struct runner_options options = {.answers = true,
                                     .answer_after_ms = 120000,
                                     .first_sequence = 2,
                                     .after = write_record,
                                     .context = s};
    struct ledger_options ledger = {.dir = dir};
    struct import_options import = {.map = map,
                                    .files = day,
                                    .file_count = 1,
                                    .sink = add,
                                    .sink_state = s,
                                    .complain = stdout};
    struct import_summary imported;
    struct error err;

    arena_init(&s->arena, 1 << 20);
    if (simulate_policies(pack, 1, stdout, &options.policies, &err) ||
        ledger_open(&ledger, &s->ledger, &err) ||
        runner_new(&options, &s->runner, &err))
        fail_msg("%s", err.text);
    write_policy(s, options.policies);
    if (import_run(&import, &imported, &err) ||
        runner_run(s->runner, INT64_C(1456833600000), &err))
        fail_msg("%s", err.text);
    s->summary = *world_summary(runner_world(s->runner));
    runner_free(&s->runner);
    ledger_close(&s->ledger);
    arena_fini(&s->arena);
}

static void replay(const char *dir, struct simulate_result *result)
{
    struct simulate_options options = {.journal = dir, .json = true};
    struct error err;
    FILE *nowhere = fopen("/dev/null", "w");

    if (simulate_run(&options, nowhere, result, &err))
        fail_msg("%s", err.text);
    fclose(nowhere);
}

static void a_journal_is_decided_again_to_the_byte(void **state)
{
    struct scratch *scratch = *state;
    struct scribe s = {0};
    struct simulate_result result;

    write_journal(&s, scratch_path(scratch, "ledger"));
    replay(scratch_path(scratch, "ledger"), &result);
    assert_int_equal(result.compared, s.records);
    assert_true(s.records > 200);
    assert_int_equal(result.different, 0);
    assert_int_equal(result.summary.cases_opened, s.summary.cases_opened);
    assert_int_equal(result.summary.timers_fired, s.summary.timers_fired);
    assert_int_equal(result.summary.acknowledgements,
                     s.summary.acknowledgements);
}

static void another_past_is_told_with_its_sequence(void **state)
{
    struct scratch *scratch = *state;
    struct scribe s = {.spoil = 2};
    struct simulate_result result;

    write_journal(&s, scratch_path(scratch, "ledger"));
    replay(scratch_path(scratch, "ledger"), &result);
    assert_true(result.different >=
                1); /* what follows from it is another, too */
    assert_int_equal(result.first_different, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_journal_is_decided_again_to_the_byte,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(another_past_is_told_with_its_sequence,
                                        scratch_setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
