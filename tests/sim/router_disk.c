#include "tests/sim/router_disk.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/ledger_shim.h"

enum { SEGMENT_BYTES = 1 << 20 };

void router_disk_must(enum status st, const struct error *err)
{
    if (st == STATUS_OK)
        return;
    fprintf(stderr, "sim: %s\n", err->text);
    exit(2);
}

void router_disk_space(struct router_party *n, enum space_level level)
{
    struct space_options o = {
        .refuse_bytes = level == SPACE_OK ? 8192 : (uint64_t)1 << 60,
        .stop_bytes = level == SPACE_NONE ? (uint64_t)1 << 59 : 4096,
        .reserve_bytes = 4096};
    struct error err;

    space_close(&n->ledger->space);
    router_disk_must(space_open(n->dir, &o, &n->ledger->space, &err), &err);
}

static void state_settings(const struct router_party *n,
                           struct state_options *o)
{
    *o = (struct state_options){.clock = &n->clock,
                                .age_min_ms = n->party.sim->plan.state_age_ms,
                                .age_max_ms =
                                    2 * n->party.sim->plan.state_age_ms,
                                .inline_checkpoints = true};
}

/* As ledger_open() does it, over the journal in memory. */
static void open_memory(struct router_party *n)
{
    struct ledger *l = calloc(1, sizeof *l);
    struct state_options so;
    struct journal *inner;
    char path[LIMIT_PATH_BYTES];
    struct error err;

    if (!l)
        abort();
    l->epoch = ++n->epoch;
    l->clock = &n->clock;
    l->stop_bytes = 4096;
    snprintf(l->dir, sizeof l->dir, "%s", n->dir);
    router_disk_must(
        file_join(l->blobs_dir, sizeof l->blobs_dir, n->dir, "blobs", &err),
        &err);
    router_disk_must(file_join(l->snapshots_dir, sizeof l->snapshots_dir,
                               n->dir, "snapshots", &err),
                     &err);
    router_disk_must(journal_memory_open(n->memory, l->epoch, &inner, &err),
                     &err);
    l->journal = ledger_shim_new(inner, router_point, router_fail, n);
    state_settings(n, &so);
    router_disk_must(file_join(path, sizeof path, n->dir, "state.mdb", &err),
                     &err);
    so.path = path;
    router_disk_must(state_open(&so, &l->state, &err), &err);
    l->vault = n->vault;
    n->ledger = l;
    router_disk_must(space_open(n->dir,
                                &(struct space_options){8192, 4096, 4096},
                                &l->space, &err),
                     &err);
}

static void open_real(struct router_party *n)
{
    struct ledger_options o = {.dir = n->dir,
                               .clock = &n->clock,
                               .random = n->party.sim->random,
                               .space = {8192, 4096, 4096},
                               .segment_bytes = SEGMENT_BYTES};
    struct error err;

    state_settings(n, &o.state);
    router_disk_must(ledger_open(&o, &n->ledger, &err), &err);
    n->epoch = n->ledger->epoch;
    n->ledger->journal =
        ledger_shim_new(n->ledger->journal, router_point, router_fail, n);
}

void router_disk_close(struct router_party *n)
{
    if (!n->ledger)
        return;
    if (n->memory) {
        state_close(&n->ledger->state);
        journal_close(&n->ledger->journal);
        space_close(&n->ledger->space);
        free(n->ledger);
        n->ledger = NULL;
    } else {
        ledger_close(&n->ledger);
    }
}

void router_disk_open(struct router_party *n)
{
    if (n->memory)
        open_memory(n);
    else
        open_real(n);
}
