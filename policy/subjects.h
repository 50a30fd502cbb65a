/* subjects - what a pack keeps beside its cases: of whom (per), facts
 * (remember), and intervals that exclude each other.
 *
 *   per: asset                      its id, of the event or of the case
 *   per: [person, topic]            of two together
 *   per: {person: [engineer, owner], topic: topic}   KIND: where its id stands
 *
 * Source   docs/policy.md "Subjects".
 */
#ifndef POLICY_SUBJECTS_H
#define POLICY_SUBJECTS_H

#include "engine/subject.h"
#include "policy/condition_compiler.h"
#include "policy/names.h"

shape_reader read_path; /* struct subject_path */

/* Names first, so that conditions and effects may use them. */
shape_reader declare_intervals;
shape_reader read_intervals;

/* The words behind "remember", "forget", "hold", "free"; false with a
 * finding. */
bool subject_effect_read(struct loader *l, const struct phrase *p,
                         struct effect_row *out);

/* overlaps.SET */
bool operand_overlaps(struct compiler *c, struct operand *o);

/* Which kinds of event move what is beside the cases. */
void subjects_mark(struct loader *l);

#endif
