#include "workers/router/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/log.h"
#include "base/reader.h"
#include "ledger/role_words.h"
#include "workers/router/internal.h"
#include "workers/router/maintain.h"

enum {
    TICK_MS = 1000,
    WAIT_MAX_MS = 1000,
    HAND_OVER_RECORDS = 256, /* fewer wait for what else is there */
    ARENA_BYTES = 2 * LIMIT_BATCH_BYTES,
};

/* --- start and end --- */

static enum status apply_tail(void *arg, const struct record *rec,
                              struct error *err)
{
    struct router *r = arg;

    r->recovered++;
    return apply_record(&r->apply, rec, err);
}

static enum status recover(struct router *r, struct error *err)
{
    uint64_t applied;
    struct journal_position position;
    struct world_options options = {
        .state = r->ledger->state, .blob = policies_blob, .blob_context = r};
    enum status st = world_new(&options, &r->world, err);

    if (st != STATUS_OK)
        return st;
    apply_init(&r->apply, r->ledger->state, r->world, r->ledger->blobs_dir);
    st = apply_policy(&r->apply, err);
    if (st == STATUS_OK || st == STATUS_NOT_FOUND)
        st = ledger_recover(r->ledger, apply_tail, r, &applied, err);
    if (st != STATUS_OK)
        return error_wrap(err, "recovery");
    journal_position(r->ledger->journal, &position);
    r->durable = position.last;
    r->next_seq = position.last + 1;
    return STATUS_OK;
}

/* The kernel's own name of this boot; zero where there is none. */
static void read_boot_id(uint8_t id[16])
{
    char text[64] = "", digits[33] = "";
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
    size_t n = 0;

    if (f && !fgets(text, sizeof text, f))
        text[0] = 0;
    if (f)
        fclose(f);
    for (const char *c = text; *c && n < 32; c++)
        if (*c != '-' && *c != '\n')
            digits[n++] = *c;
    memset(id, 0, 16);
    if (n != 32 || hex_parse(digits, id, 16) != STATUS_OK)
        memset(id, 0, 16);
}

static void find_pair(struct router *r, struct journal_clock_start *start)
{
    struct slice row;

    if (!state_get(r->ledger->state, STATE_META, slice_of_text("router.clock"),
                   &row) ||
        row.size != ROUTER_CLOCK_ROW ||
        memcmp(row.data, r->boot_id, sizeof r->boot_id) != 0)
        return;
    start->then_boot_ms = (int64_t)get_u64(row.data + 16);
    start->then_now_ms = (int64_t)get_u64(row.data + 24);
    start->same_boot = start->then_boot_ms <= clock_boottime_ms(r->clock);
}

static void start_clock(struct router *r)
{
    struct journal_position position;
    struct journal_clock_start start = {0};

    read_boot_id(r->boot_id);
    find_pair(r, &start);

    journal_position(r->ledger->journal, &position);
    start.last_ms = position.journal_ms;
    if (r->options.drill)
        journal_clock_init_drill(&r->time, r->options.drill_start_ms,
                                 position.journal_ms);
    else
        journal_clock_init(&r->time, &start, clock_boottime_ms(r->clock),
                           clock_wall_ms(r->clock));
}

enum status router_open(const struct router_options *options,
                        struct router **out, struct error *err)
{
    struct router *r = calloc(1, sizeof *r);
    enum status st = STATUS_OK;

    if (!r)
        return error_set(err, STATUS_NO_MEMORY, "open the router");
    r->options = *options;
    r->clock = options->clock ? options->clock : clock_system();
    r->random = options->random ? options->random : random_system();
    r->ledger = options->ledger;
    arena_init(&r->batches[0].arena, ARENA_BYTES);
    arena_init(&r->batches[1].arena, ARENA_BYTES);
    r->batch = &r->batches[0];
    arena_init(&r->parse, 8 * LIMIT_DECODE_BYTES);
    bytes_init(&r->roles_told, LIMIT_FRAME_BYTES);
    outbox_init(&r->out);
    outbox_init(&r->stream);
    outbox_init(&r->waiting);
    r->opened_ms = clock_wall_ms(r->clock);
    r->leases = leases_new(clock_monotonic_ms(r->clock));
    r->backlog = backlog_new();
    int64_t began_ns = clock_monotonic_ns(r->clock);
    if (options->slot_path)
        st = death_slot_open(options->slot_path, &r->slot, err);
    if (st == STATUS_OK)
        st = recover(r, err);
    if (st == STATUS_OK) {
        start_clock(r);
        batch_note_clock(r);
        st = policies_open(r, err);
    }
    if (st == STATUS_OK)
        st = reader_thread_new(r, &r->reader, err);
    if (st != STATUS_OK) {
        r->record_count = 0;
        router_close(&r);
        return st;
    }
    if (!options->inline_reader)
        r->maintenance = maintain_new(r, options->keep_records);
    batch_commit(r);
    r->recovery_us = (clock_monotonic_ns(r->clock) - began_ns) / 1000;
    *out = r;
    return STATUS_OK;
}

void router_close(struct router **router)
{
    struct router *r = *router;

    if (!r)
        return;
    if (r->reader) {
        batch_commit(r);
        batch_release(r);
        state_checkpoint(r->ledger->state, r->next_seq - 1);
        reader_thread_free(&r->reader);
        maintain_free(&r->maintenance);
    }
    scan_free(r->scans);
    if (r->world)
        apply_fini(&r->apply);
    world_free(&r->world);
    death_slot_close(&r->slot);
    backlog_free(&r->backlog);
    leases_free(&r->leases);
    outbox_fini(&r->waiting);
    outbox_fini(&r->stream);
    bytes_fini(&r->roles_told);
    bytes_fini(&r->part);
    outbox_fini(&r->out);
    arena_fini(&r->parse);
    arena_fini(&r->batches[1].arena);
    arena_fini(&r->batches[0].arena);
    free(r);
    *router = NULL;
}

/* --- one message --- */

static void asker_of(struct asker *a, const struct wire_peer *peer,
                     const struct wire_header *header)
{
    size_t size = peer->identity_size < sizeof a->identity
                      ? peer->identity_size
                      : sizeof a->identity - 1;

    memset(a, 0, sizeof *a);
    a->session = peer->session;
    a->role = peer->role;
    a->proven = peer->proven;
    memcpy(a->identity, peer->identity, size);
    a->request_id = header->request_id;
    a->partition = header->partition;
}

void router_receive(struct router *r, const struct wire_peer *peer,
                    const struct wire_header *header, struct slice body)
{
    struct asker from;

    asker_of(&from, peer, header);
    arena_reset(&r->parse);
    batch_begin(r);
    if (header->partition != r->options.partition) {
        outbox_refuse(&r->out, &from, REFUSAL_WRONG_PARTITION, NULL, NULL);
        return;
    }
    switch (header->kind) {
    case WIRE_EVENTS:
        on_events(r, &from, body);
        break;
    case WIRE_COMMAND:
        on_command(r, &from, body);
        break;
    case WIRE_QUERY:
        on_query(r, &from, body);
        break;
    case WIRE_FETCH:
        on_fetch(r, &from, body);
        break;
    case WIRE_RECEIPT:
        on_receipt(r, &from, body);
        break;
    default:
        r->counts.refused++;
        outbox_refuse(&r->out, &from, REFUSAL_UNKNOWN_KIND, NULL, NULL);
    }
}

bool router_wants_turn(struct router *r)
{
    return r->record_count >= HAND_OVER_RECORDS && batch_may_go(r);
}

bool router_has_room(const struct router *r)
{
    return r->record_count + LIMIT_BATCH_EVENTS + 8 <= LIMIT_BATCH_RECORDS &&
           r->record_bytes + 4 * LIMIT_FRAME_BYTES <= LIMIT_BATCH_BYTES;
}

/* --- one turn --- */

static void tick(struct router *r, int64_t mono_ms)
{
    Yinuo__V1__Tick body = YINUO__V1__TICK__INIT;

    if (mono_ms - r->ticked_ms < TICK_MS)
        return;
    r->ticked_ms = mono_ms;
    body.has_partition = body.has_last_seq = body.has_at_ms =
        body.has_owner_epoch = 1;
    body.partition = r->options.partition;
    body.last_seq = r->next_seq - 1 - r->record_count;
    body.at_ms = r->time.now_ms;
    body.owner_epoch = r->ledger->epoch;
    struct outgoing *m = outbox_add(&r->out, WIRE_TICK, r->options.partition);
    m->has_span = true;
    m->span.first = m->span.last = body.last_seq;
    if (codec_encode(&body.base, &m->body) != STATUS_OK)
        abort();
}

static void watch_clock(struct router *r)
{
    bool doubts = journal_clock_doubts(&r->time);

    if (doubts && !r->doubted)
        log_error("CLOCK-AHEAD",
                  "the wall clock is far ahead of the journal -> not believed "
                  "for %d s",
                  LIMIT_CLOCK_GRACE_MS / 1000);
    r->doubted = doubts;
}

/* How long nothing will happen by itself. */
static int64_t wait_ms(const struct router *r, int64_t mono_ms)
{
    int64_t wait = WAIT_MAX_MS,
            lease_ms = leases_next_ms(r->leases, mono_ms) - mono_ms;
    int64_t fire_ms = timers_wait_ms(r, mono_ms);

    if (r->drill.moving)
        return r->drill.speed > 0 ? 5 : 0;
    if (r->flying && r->record_count)
        return WAIT_MAX_MS; /* nothing goes on until the journal wakes us */
    if (fire_ms < wait)
        wait = fire_ms;
    if (r->welcome && lease_ms < wait)
        wait = lease_ms;
    if (r->scans || !r->requeued)
        wait = 0;
    return wait > 0 ? wait : 0;
}

int64_t router_turn(struct router *r, bool idle)
{
    if (!r->record_count)
        drill_step(r);
    bool more, deriving = derive_step(r);
    size_t fired = timers_fire(r, &more);
    batch_step(r);
    scan_step(r);
    reader_thread_collect(r->reader, &r->out);
    if (!r->requeued)
        pages_requeue(r);
    if (!r->record_count && r->welcome &&
        space_level(r->ledger->space) != SPACE_NONE)
        pages_send(r);
    int64_t mono_ms = clock_monotonic_ms(r->clock);
    tick(r, mono_ms);
    batch_release(r);
    if (r->options.sent)
        r->options.sent(r->options.send_context);
    (void)space_check(r->ledger->space);
    struct state_tick t = {.now_ms = mono_ms,
                           .durable_seq = r->durable,
                           .idle = idle && !fired,
                           .amid = r->record_count > 0,
                           .hold = space_level(r->ledger->space) == SPACE_NONE};
    r->pressure = state_tick(r->ledger->state, &t);
    if (r->maintenance)
        maintain_step(r->maintenance, mono_ms);
    batch_begin(r);
    watch_clock(r);
    if (deriving && router_has_room(r))
        return 0;
    return more || r->drill.firing ? 0 : wait_ms(r, mono_ms);
}

/* What the policy's roles are called, and the same as bytes. */
static Yinuo__V1__Roles *router_roles(struct router *r, struct bytes *packed)
{
    const struct policyset *set = world_policies(r->world);
    Yinuo__V1__Roles *roles = set ? role_words(set, &r->parse) : NULL;

    bytes_reset(packed);
    if (roles && codec_encode(&roles->base, packed) != STATUS_OK)
        abort();
    return roles;
}

/* Other packs may have other tiers: whoever comes from now on is told. */
void router_roles_changed(struct router *r)
{
    struct bytes now;
    bool same;

    if (!r->roles_told.size)
        return;
    bytes_init(&now, LIMIT_FRAME_BYTES);
    (void)router_roles(r, &now);
    same = slice_equal(bytes_slice(&now), bytes_slice(&r->roles_told));
    bytes_fini(&now);
    if (!same)
        router_greet(r);
}

void router_greet(struct router *r)
{
    Yinuo__V1__Register body = YINUO__V1__REGISTER__INIT;
    Yinuo__V1__PartitionHead head = YINUO__V1__PARTITION_HEAD__INIT,
                             *heads[] = {&head};
    uint32_t partition = r->options.partition;

    batch_commit(r); /* what the head says is durable and behind its stream */
    head.has_partition = head.has_last_seq = head.has_served = 1;
    head.partition = partition;
    head.last_seq = r->next_seq - 1;
    head.served = 1;
    head.roles = router_roles(r, &r->roles_told);
    body.n_partitions = 1;
    body.partitions = &partition;
    body.has_owner_epoch = body.has_pid = body.has_bundles = 1;
    body.bundles = r->options.bundles;
    body.owner_epoch = r->ledger->epoch;
    body.pid = (int32_t)getpid();
    body.n_heads = 1;
    body.heads = heads;
    struct outgoing *m = outbox_add(&r->out, WIRE_REGISTER, partition);
    if (codec_encode(&body.base, &m->body) != STATUS_OK)
        abort();
    r->welcome = false;
    batch_release(r);
}

void router_welcome(struct router *r)
{
    if (r->welcome)
        return;
    r->welcome = true;
    for (unsigned tier = 0; tier < LEASE_TIERS; tier++)
        leases_release_tier(r->leases, (uint8_t)tier);
}

void router_figures(const struct router *r, struct router_figures *f)
{
    *f = (struct router_figures){.last_seq = r->next_seq - 1,
                                 .records = r->counts.records,
                                 .batches = r->counts.batches,
                                 .recovery_us = r->recovery_us,
                                 .recovered = r->recovered,
                                 .now_ms = r->time.now_ms};
}

void router_lane(struct router *r, uint32_t tier, uint32_t workers)
{
    if (tier >= LEASE_TIERS)
        return;
    /* nobody has what was sent before the first one came, or what one had who
     * is gone: it is not waited for until its lease is over */
    if (workers < r->lane_workers[tier] || (workers && !r->lane_workers[tier]))
        leases_release_tier(r->leases, (uint8_t)tier);
    if (!workers && r->lane_workers[tier])
        log_warn("TIER-EMPTY",
                 "no worker serves tier %u any more -> its pages wait", tier);
    r->lane_workers[tier] = workers;
}

int router_journal_fd(const struct router *r)
{
    return journal_fd(r->ledger->journal);
}

int router_fd(const struct router *r)
{
    return reader_thread_fd(r->reader);
}
