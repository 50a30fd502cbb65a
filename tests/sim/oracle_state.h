/* oracle_state - the inside of the oracle, for its own files. */
#ifndef TESTS_SIM_ORACLE_STATE_H
#define TESTS_SIM_ORACLE_STATE_H

#include "ledger/apply.h"
#include "tests/sim/model.h"
#include "tests/sim/names.h"
#include "tests/sim/oracle.h"

struct stored_event {
    uint32_t crc;
    uint32_t code; /* with which it was journaled; 0: taken */
};

struct watched_producer { /* identity and epoch */
    uint64_t stored_to, journaled;
    struct stored_event *stored; /* number i + 1 */
    bool lost; /* its outbox is gone: what was not delivered is too */
    size_t room;
};

struct watched_command {
    uint64_t seq;
    uint32_t code;
    bool answered;
    uint32_t answer; /* as told first */
};

/* A state made of the records alone. */
struct shadow {
    struct state *state;
    struct world *world;
    struct apply apply;
};

struct oracle {
    struct sim *sim;
    char blobs_dir[LIMIT_PATH_BYTES];
    struct ledger *ledger; /* NULL while the router is down */
    struct journal_page page;
    struct arena arena;
    struct bytes scratch;

    uint64_t last;     /* newest record taken in */
    int64_t record_ms; /* its journal time */
    struct digest chain;
    uint64_t looked;   /* when all rows were compared */
    uint64_t compared; /* how often */
    bool held;         /* nothing could fire when it was looked at last */
    bool touched;      /* the record has fired something */
    uint64_t streamed; /* newest at the reader */

    struct model model;
    struct shadow shadow;
    struct names producers, commands, shown, shown_by_log;
    struct watched_producer *producer;
    size_t producer_room;
    struct watched_command *command;
    size_t command_room;
    uint32_t *seen; /* of record i + 1: CRC of its StreamRecord */
    size_t seen_room;
};

void shadow_open(struct oracle *o, struct shadow *h);
void shadow_close(struct shadow *h);
struct watched_producer *oracle_producer(struct oracle *o, const char *identity,
                                         uint64_t epoch);

void oracle_take_producer(struct oracle *o, const struct record *rec,
                          const Yinuo__V1__StreamRecord *part);
void oracle_take_command(struct oracle *o, const struct record *rec,
                         const Yinuo__V1__StreamRecord *part);
void oracle_check_answer(struct oracle *o, const Yinuo__V1__Answer *a,
                         const char *where);

/* Rows of the live state against model and shadow; false: not just now. */
bool oracle_compare(struct oracle *o);

void oracle_tell_record(struct oracle *o, const struct record *rec,
                        const Yinuo__V1__StreamRecord *part);
void oracle_tell_decision(struct oracle *o, const struct decision *d);

#endif
