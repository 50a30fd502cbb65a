#include "ledger_support.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void scratch_make(struct scratch *s)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(s->dir, sizeof s->dir, "%s/yinuo-ledger-XXXXXX",
             tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->dir));
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void scratch_remove(struct scratch *s)
{
    nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const struct scratch *s, const char *name)
{
    static char paths[32][2 * LIMIT_PATH_BYTES];
    static unsigned turn;
    char *path = paths[turn++ % 32];

    snprintf(path, sizeof paths[0], "%s/%s", s->dir, name);
    return path;
}

struct record sample_record(uint64_t seq)
{
    static char inputs[4096][64];
    static char decisions[4096][256];
    char *input = inputs[seq % 4096], *decision = decisions[seq % 4096];
    int n = snprintf(input, sizeof inputs[0], "input of %llu",
                     (unsigned long long)seq);
    int m = snprintf(decision, sizeof decisions[0], "decided %llu %*s",
                     (unsigned long long)seq, (int)(seq * 7 % 200), "");

    return (struct record){
        .seq = seq,
        .journal_ms = 1700000000000 + (int64_t)seq,
        .wall_ms = 1700000000001 + (int64_t)seq,
        .kind = (uint16_t)(seq % 5),
        .flags = (uint32_t)seq,
        .producer = seq * 3,
        .parts = {[RECORD_INPUT] = slice_of(input, (size_t)n),
                  [RECORD_PERSONAL] = seq % 3 == 0
                                          ? slice_of_text("sealed words")
                                          : SLICE_EMPTY,
                  [RECORD_DECISIONS] = slice_of(decision, (size_t)m)}};
}

void append_samples(struct journal *j, uint64_t epoch, size_t count)
{
    struct record *batch = calloc(count, sizeof *batch);
    struct journal_position p;
    uint64_t ticket, durable;
    struct error err = {0};

    journal_position(j, &p);
    for (size_t i = 0; i < count; i++)
        batch[i] = sample_record(p.last + 1 + i);
    enum status status = journal_append(j, batch, count, epoch, &ticket, &err);

    if (status != STATUS_OK)
        fail_msg("append: %s", err.text);
    assert_int_equal(journal_next(j, ticket, &durable, &err), STATUS_OK);
    assert_true(durable >= p.last + count);
    free(batch);
}

struct comparing {
    uint64_t next;
};

static enum status compare(void *state, const struct record *r,
                           struct slice bytes, struct error *err)
{
    struct comparing *c = state;
    struct record want = sample_record(c->next);

    (void)bytes;
    (void)err;
    assert_int_equal(r->seq, c->next);
    assert_int_equal(r->journal_ms, want.journal_ms);
    assert_int_equal(r->wall_ms, want.wall_ms);
    assert_int_equal(r->kind, want.kind);
    assert_int_equal(r->flags, want.flags);
    assert_int_equal(r->producer, want.producer);
    for (int i = 0; i < RECORD_PARTS; i++)
        assert_true(slice_equal(r->parts[i], want.parts[i]));
    c->next++;
    return STATUS_OK;
}

void assert_samples(struct journal *j, uint64_t first, uint64_t last)
{
    struct comparing c = {first};
    struct error err = {0};

    if (journal_each(j, first, compare, &c, &err) != STATUS_OK)
        fail_msg("read: %s", err.text);
    assert_int_equal(c.next, last + 1);
}

void open_state(struct state **s, const char *path, bool in_line)
{
    struct state_options o = {.path = path, .inline_checkpoints = in_line};
    struct error err = {0};

    if (state_open(&o, s, &err) != STATUS_OK)
        fail_msg("open: %s", err.text);
}

int scratch_setup(void **state)
{
    struct scratch *s = calloc(1, sizeof *s);

    scratch_make(s);
    *state = s;
    return 0;
}

int scratch_teardown(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}
