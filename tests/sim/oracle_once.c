/* oracle_once - events of producers and commands of people: each in the journal
 * once, in order, and everybody told the same. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "tests/sim/oracle_state.h"

/* --- producers --- */

struct watched_producer *oracle_producer(struct oracle *o, const char *identity,
                                         uint64_t epoch)
{
    char name[128];

    snprintf(name, sizeof name, "%s/%" PRIu64, identity, epoch);
    int at = names_add(&o->producers, name, NULL);
    if ((size_t)at >= o->producer_room) {
        size_t had = o->producer_room;
        o->producer_room = had ? 2 * had : 8;
        o->producer =
            realloc(o->producer, o->producer_room * sizeof *o->producer);
        if (!o->producer)
            abort();
        memset(o->producer + had, 0,
               (o->producer_room - had) * sizeof *o->producer);
    }
    return &o->producer[at];
}

void oracle_stored(struct oracle *o, const char *identity, uint64_t epoch,
                   uint64_t sequence, struct slice event)
{
    struct watched_producer *p = oracle_producer(o, identity, epoch);

    if (sequence > p->room) {
        p->room = p->room ? 2 * p->room : 64;
        p->stored = realloc(p->stored, p->room * sizeof *p->stored);
        if (!p->stored)
            abort();
    }
    p->stored[sequence - 1] = (struct stored_event){.crc = crc32c_of(event)};
    p->stored_to = sequence;
}

void oracle_settled(struct oracle *o, const char *identity, uint64_t epoch,
                    uint64_t to)
{
    struct watched_producer *p = oracle_producer(o, identity, epoch);

    if (to > p->journaled)
        sim_fail(o->sim,
                 "ONCE: %s holds %" PRIu64
                 " for final, the journal has %" PRIu64,
                 identity, to, p->journaled);
}

void oracle_refused(struct oracle *o, const char *identity, uint64_t epoch,
                    uint64_t sequence, uint32_t code)
{
    struct watched_producer *p = oracle_producer(o, identity, epoch);

    if (sequence > p->journaled || p->stored[sequence - 1].code != code)
        sim_fail(o->sim,
                 "ONCE: %s was told that %" PRIu64 " is refused (%s), the "
                 "journal says otherwise",
                 identity, sequence, refusal_name(code));
}

void oracle_lost(struct oracle *o, const char *identity, uint64_t epoch)
{
    oracle_producer(o, identity, epoch)->lost = true;
}

void oracle_take_producer(struct oracle *o, const struct record *rec,
                          const Yinuo__V1__StreamRecord *part)
{
    struct watched_producer *p =
        oracle_producer(o, part->producer, part->producer_epoch);
    uint64_t n = part->producer_sequence;

    if (n != p->journaled + 1 || n > p->stored_to) {
        sim_fail(o->sim,
                 "ONCE: record %" PRIu64 " is number %" PRIu64
                 " of %s, after %" PRIu64,
                 rec->seq, n, part->producer, p->journaled);
        return;
    }
    if (part->input_crc != p->stored[n - 1].crc)
        sim_fail(o->sim, "ONCE: number %" PRIu64 " of %s has other bytes", n,
                 part->producer);
    p->journaled = n;
    p->stored[n - 1].code = part->refused ? part->refused->code : 0;
    o->sim->sights[SIGHT_REFUSED] += part->refused != NULL;
}

/* --- commands --- */

void oracle_take_command(struct oracle *o, const struct record *rec,
                         const Yinuo__V1__StreamRecord *part)
{
    bool is_new;
    int at = names_add(&o->commands, part->request_id, &is_new);

    if (!is_new) {
        sim_fail(o->sim,
                 "ONCE: the command %s is in records %" PRIu64 " and %" PRIu64,
                 part->request_id, o->command[at].seq, rec->seq);
        return;
    }
    if ((size_t)at >= o->command_room) {
        o->command_room = o->command_room ? 2 * o->command_room : 64;
        o->command = realloc(o->command, o->command_room * sizeof *o->command);
        if (!o->command)
            abort();
    }
    o->command[at] = (struct watched_command){
        .seq = rec->seq, .code = part->refused ? part->refused->code : 0};
}

/* Who lost the race against himself is told that it was done; and whatever he
 * was told first he is told again. */
static bool answer_fits(struct watched_command *c, uint32_t code)
{
    bool same = code == c->code ||
                (c->code == REFUSAL_LOST_RACE &&
                 (code == REFUSAL_ALREADY_DONE || code == REFUSAL_NOT_FOUND));
    bool again = !c->answered || c->answer == code;

    sim_running->sights[SIGHT_LOST_RACE] += code == REFUSAL_LOST_RACE;
    c->answered = true;
    c->answer = code;
    return same && again;
}

void oracle_check_answer(struct oracle *o, const Yinuo__V1__Answer *a,
                         const char *where)
{
    if (!a->has_journal_seq || !a->journal_seq)
        return;
    int at = names_find(&o->commands, a->request_id);
    if (at < 0 || o->command[at].seq != a->journal_seq)
        sim_fail(o->sim,
                 "ONCE: %s an answer to %s names record %" PRIu64
                 ", the journal has it in %" PRIu64,
                 where, a->request_id, a->journal_seq,
                 at < 0 ? 0 : o->command[at].seq);
    else if (!answer_fits(&o->command[at], a->code))
        sim_fail(o->sim, "ONCE: an answer to %s says %s, the journal %s",
                 a->request_id, refusal_name(a->code),
                 refusal_name(o->command[at].code));
}

void oracle_answered(struct oracle *o, const Yinuo__V1__Answer *a)
{
    o->sim->sights[SIGHT_ANSWERED_AGAIN] += a->repeated_answer != 0;
    oracle_check_answer(o, a, "at a desk");
}
