/* customs - between proto and engine, which do not know each other.
 *
 * Fields cross by their protobuf names: what a pack calls amount is the field
 * or the attribute amount of the event. Typed submessages are flattened; whole
 * and real numbers become thousandths, enums their words.
 *
 * Memory   Results live in the arena, or point into what was given.
 * Errors   CORRUPT for bytes of ours that cannot be read; refusals for an
 *          event that cannot be one (a kind the pack does not know).
 * Threads  Any, with an arena of one's own.
 */
#ifndef LEDGER_CUSTOMS_H
#define LEDGER_CUSTOMS_H

#include "base/arena.h"
#include "base/bytes.h"
#include "engine/engine.h"
#include "ledger/summary.h"
#include "proto/codec.h"

/* The event as the engine reads it under these rules. in->sequence, now_ms are
 * the caller's to set. */
enum refusal customs_input(const Yinuo__V1__Event *event,
                           const struct policy *policy, struct arena *arena,
                           struct input *in, struct fault *fault);

/* Takes the personal fields out of the event; personal gets a serialized Event
 * with nothing else (empty if there is none). */
enum status customs_split(Yinuo__V1__Event *event, struct arena *arena,
                          struct bytes *personal);
/* Puts them back. */
enum status customs_join(Yinuo__V1__Event *event, struct slice personal,
                         struct arena *arena, struct error *err);

/* The journal's decisions part: a StreamRecord with nothing but decisions. */
enum status customs_decisions(const struct decisions *d, struct bytes *part);

/* Reads it back, one decision after the other, into structs that apply takes.
 * bytes are the decision's own. Valid until visit returns. */
typedef enum status customs_visit(void *context, const struct decision *d,
                                  struct slice bytes, struct error *err);
MUST_CHECK enum status customs_each_decision(struct slice part,
                                             customs_visit *visit,
                                             void *context, struct error *err);

/* The canonical row of a case: a proto Case without what the rest of it or the
 * case's policy tells. */
enum status customs_case_row(const struct case_record *c,
                             const struct case_marks *marks, struct bytes *row);
/* As clients read it: with its clocks one by one, and where there is a policy
 * with the names of clocks, counters, locks and lists. */
enum status customs_case_message(const struct case_record *c,
                                 const struct case_marks *marks,
                                 const struct policy *policy,
                                 struct bytes *out);
/* Either of them back. */
/* marks may be NULL. */
MUST_CHECK enum status customs_case_read(struct slice row,
                                         struct case_record *c,
                                         struct case_marks *marks,
                                         struct error *err);

/* A part, and a row, of an earlier version as this one writes them. */
MUST_CHECK enum status customs_renew_decisions(struct slice part,
                                               struct bytes *out,
                                               struct error *err);
MUST_CHECK enum status customs_renew_case(struct slice row, struct bytes *out,
                                          struct error *err);

/* The canonical row of a subject, and back. */
enum status customs_subject_row(const struct subject *s, struct bytes *row);
MUST_CHECK enum status customs_subject_read(struct slice row, struct subject *s,
                                            struct error *err);
/* The row of a mute, and back. */
enum status customs_mute_row(const struct mute *m, struct bytes *row);
MUST_CHECK bool customs_mute_read(struct slice bytes, struct mute *m);

/* The row of an override of a roster, and back. */
enum status customs_duty_row(const struct duty_override *d, struct bytes *row);
MUST_CHECK bool customs_duty_read(struct slice bytes, struct duty_override *d);

/* The row of an intent; texts point into the bytes. */
MUST_CHECK bool customs_intent_read(struct slice bytes, struct intent *i);

/* One decision alone, as it lies in the part and in rows of the state. */
enum status customs_decision(const struct decision *d, struct bytes *out);

/* One more of the journal's part. */
enum status customs_decision_part(const struct decision *d, struct bytes *part);

/* What a decision read back may point into, beside the bytes. */
struct customs_room {
    struct clock_instance instance;
    struct promise promise;
    struct item item;
    struct fact fact;
    struct tally tally;
    struct interval interval;
    struct intent intent;
    struct mute mute;
    struct duty_override duty;
    struct rebase rebase;
};
MUST_CHECK bool customs_decision_read(struct slice bytes,
                                      struct customs_room *room,
                                      struct decision *d);

#endif
