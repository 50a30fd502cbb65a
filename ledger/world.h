/* world - the engine over the state's rows: what a record finds, and what it
 * leaves behind.
 *
 *   event, firing, receipt ──world_decide──> decisions part ──world_apply──>
 * rows (policy, view)   (journaled)      (copies)
 *
 * Live, both run, one after the other; recovery, verify --rebuild and a standby
 * only apply; simulate --journal decides again on purpose and compares bytes.
 * The rows that it keeps, by table of ledger/state.h:
 *
 *   CASES    case id -> serialized Case, canonical; its last_seq is the record
 *   TIMERS   severity | due | case id 0x00 clock index u16 0x00 key
 *            -> generation u32 | case id      (state_timer_key makes the key)
 *   OUTBOX   page id -> serialized Decision of the page: no receipt yet
 *   PERSONS  person 0x00 page id -> the same: not acknowledged, not withdrawn
 *   SUBJECTS key of a subject -> serialized Subject, canonical
 *   OWNERS, GROUPS   see ledger/owners.h
 *   INTENTS  see ledger/intents.h
 *   CONFIG   "policy" -> PolicyLoaded in force; "totals" -> struct summary
 *
 * Memory   The world borrows the state and the policies handed to it. What
 *          world_decide gives back is valid until its next call.
 * Errors   Refusals of proto/wire.h for what a sender did wrong. Rows or parts
 *          that cannot be read are CORRUPT.
 * Threads  One owner, the state's.
 * Source   design sections 3 and 4.
 */
#ifndef LEDGER_WORLD_H
#define LEDGER_WORLD_H

#include "engine/engine.h"
#include "ledger/state.h"
#include "ledger/summary.h"
#include "policy/policy_load.h"
#include "proto/codec.h"

struct world;

/* Where old rules are found: the blob of a version, appended to out. */
typedef enum status world_blob(void *context, struct text version,
                               struct bytes *out, struct error *err);

struct world_options {
    struct state *state;
    world_blob *blob; /* for versions that only old cases keep; may be NULL */
    void *blob_context;
    bool keeps_cases;  /* what changed last is at hand: its rows are written by
                          world_settle(), and by nobody else */
    bool structs_only; /* nobody asks for the decisions part */
};

MUST_CHECK enum status world_new(const struct world_options *options,
                                 struct world **w, struct error *err);
void world_free(struct world **w);

/* The set in force from now on; it is the world's, which frees it. Rules that
 * cases still keep stay at hand. */
void world_use(struct world *w, struct policyset *set);
const struct policyset *
world_policies(const struct world *w); /* NULL before the first */
/* The directory in force, with what overrides its rosters; valid until the next
 * record is applied. NULL before the first policy. */
const struct directory *world_directory(struct world *w);
/* The rules a case lives by; NULL where nobody has them any more. */
const struct policy *world_policy_of(struct world *w,
                                     const struct case_record *c);

/* Exactly one of event, firing, receipt is set; none, where an intent ends. */
struct world_input {
    const Yinuo__V1__Event
        *event; /* at_ms, received_at_ms and case_id are set by the caller */
    const Yinuo__V1__Firing *firing;
    const Yinuo__V1__Receipt *receipt;
    const char *intent; /* whose step it is, see ledger/intents.h; without an
                           event its end; NULL: of none */
    bool skip;          /* the step is not carried out, the intent goes on */
    uint64_t sequence;
    int64_t now_ms;
    bool backlog_follows; /* see engine/input.h */
    bool dry_run;         /* may it happen? nothing is to be applied */
};

struct world_decided {
    enum engine_result result;
    enum refusal code;      /* REFUSAL_NONE unless refused */
    struct text reason;     /* the REFUSE decision's word; "" */
    struct slice decisions; /* the journal's decisions part; may be empty, and
                               is where structs are all that is wanted */
    const struct engine_out
        *out; /* decisions as structs, and the case as it will be */
    uint64_t previous_seq; /* of the same case; 0 if it is new or none */
};

/* A refusal is decided too: the part holds the REFUSE decision. unknown_kind,
 * no_policy and what else never reaches the engine have an empty part. */
void world_decide(struct world *w, const struct world_input *in,
                  struct world_decided *out);

/* The part of record `sequence` is copied into the rows. */
MUST_CHECK enum status world_apply(struct world *w, uint64_t sequence,
                                   int64_t journal_ms, struct slice decisions,
                                   struct error *err);

/* The same for what world_decide has just decided: nothing need be read again.
 */
MUST_CHECK enum status world_apply_decided(struct world *w, uint64_t sequence,
                                           struct error *err);

/* Cases with timers due by now, each once, the most severe first; at most max.
 * ids are copied out. *first_due_ms is the earliest due of that case. */
struct world_due {
    struct name case_id;
    int64_t first_due_ms;
};
enum { WORLD_DUE_MAX = 256 };
size_t world_due(struct world *w, int64_t now_ms, struct world_due *out,
                 size_t max);
/* The next instant at which something is due; INT64_MAX. */
int64_t world_next_due_ms(struct world *w);

/* The same but for cases that have to wait: leave says which. Those that stand
 * before all others are not asked about again until world_look_again(). */
typedef bool world_leave(void *context, struct text case_id);
size_t world_due_but(struct world *w, int64_t now_ms, world_leave *leave,
                     void *context, struct world_due *out, size_t max);
int64_t world_next_open_due_ms(struct world *w);
void world_look_again(struct world *w);

bool world_find_case(struct world *w, struct text id, struct case_record *out);
bool world_find_subject(struct world *w, struct text key, struct subject *out);
/* The canonical row of a case, once settled; valid as state_get says. */
bool world_case_row(struct world *w, struct text id, struct slice *row);
/* Appends the case of a row as clients read it. */
MUST_CHECK enum status world_case_message(struct world *w, struct slice row,
                                          struct bytes *out, struct error *err);

/* An event was journaled, or refused: for the totals, which decisions alone do
 * not tell. */
void world_count_event(struct world *w, bool rejected);

void world_count_quarantined(struct world *w);

/* Writes the rows that lag behind, of the totals, which are only counted up,
 * and of the cases that are kept: to be called after the last record of a
 * batch, before anybody looks at the rows. */
void world_settle(struct world *w);

/* Totals since the first record, as world_apply has counted them. */
const struct summary *world_summary(const struct world *w);

#endif
