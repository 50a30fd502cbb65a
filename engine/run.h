/* run - what one call of engine_decide() works with; private to the engine.
 *
 * A run goes through the events of one record (the record's own, its changes,
 * the ones derived from timers and gates) and gathers whom they want paged;
 * pages_flush() turns that into one page per person at the end.
 *
 * Memory   On the stack of engine_decide(); texts are borrowed from the input,
 *          the policy, the directory, or kept in out->decisions.words.
 * Errors   A bound that is reached sets run->limit, which makes every later
 *          emit() a no-op; engine_decide() then answers ENGINE_LIMIT.
 */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include "engine/engine.h"

enum {
    WANTS_MAX = 64, /* per role: paged, late, informed; and persons by name */
    MADE_MAX = 48,
    CONTACTS_MAX = 32,
    DEPTH_MAX = 6,
    STAND_INS_MAX = 4,
    EXCEPTS_MAX = 8,
    NAMED_MAX = 24,
    OWN_CASES_MAX = 8,
    STEP_REPEAT = 255, /* pending_step.step of a ladder past its rungs */
};

enum { EMITS_MAX = 8 };

/* What the pack's named conditions are of an event, so far as it was asked;
 * see expr.h. */
struct answers {
    const struct policy *policy; /* whose conditions they are */
    uint64_t known[CONDITIONS_MAX / 64], yes[CONDITIONS_MAX / 64];
};

/* One event as the rules see it. */
struct event {
    uint16_t kind;
    enum source source;
    int64_t at_ms;
    struct text reporter, reporter_role;
    const struct field *fields;
    size_t field_count;
    const struct change *change; /* of a case.updated; else NULL */
    const struct item *item;     /* whose clock wants somebody; NULL: none's */
    const struct field *own;     /* a derived event's: these come first */
    size_t own_count;
    struct answers *answers; /* of these very fields; NULL: none are kept */
    const struct emission *emits[EMITS_MAX]; /* derived when it is through */
    uint8_t emit_count;
    struct name promise_id; /* made up, where a promise came without */
    uint8_t severity;       /* of the rule that matched; 0: none */
    bool recount;           /* its counters have counted this already */
    bool late;              /* made by a timer that was late */
    bool passed;            /* its gates have been asked */
};

struct scope {
    const struct run *run;
    const struct event *event;
};

/* What the values that were asked for have come from. */
struct trace {
    bool on;             /* personal is asked for */
    bool personal;       /* words of a customer were among them */
    struct text matched; /* the last word that was found */
};

/* Why somebody is paged, or a step is pending. */
struct why {
    struct text rule;
    int64_t at_ms;
    int64_t from_ms, span_ms;
    bool open_time;
    int64_t late_by_ms;
    struct name key; /* the request that is to be answered */
    uint16_t clock;  /* whose step it is: its index and one; 0: none's */
};

/* Somebody who is to hear of it; a person only at the end of the record. */
struct want {
    uint8_t role; /* 0 and 1: the owner */
    uint8_t top;  /* the highest tier of the targets it came with */
    bool inform;
    bool next;          /* the contact after those already called */
    bool rung;          /* of a ladder that runs: arms none of its own */
    bool judged;        /* a late timer's: only the highest tier is paged */
    bool escalates;     /* say so */
    uint8_t previous;   /* ... from this tier */
    uint8_t reference;  /* the role by reference that named him; 0: none */
    uint8_t except;     /* bit n: not excepts[n] */
    struct text person; /* exactly this one; else by role */
    struct text other;  /* not this one, the one after him */
    struct text about;  /* what a digest tells of */
    struct why why;
};

/* A person found for a want. */
struct made {
    struct name person;
    uint8_t role;
    bool inform;
    const struct mute *held; /* by this; NULL: it is sent */
    const struct want *want;
};

/* A case that a level of a counter begins. */
struct own_case {
    struct name id;
    struct text kind;
    int64_t at_ms;
    bool late;
    struct text station, region, product_line, customer, asset;
    struct field fields[WITH_MAX];
    size_t field_count;
};

struct opening {
    struct text station, region, product_line, customer, asset;
};

struct run {
    const struct view *view;
    const struct input *in;
    struct engine_out *out;
    struct case_record *c; /* out->scratch */
    struct text case_id;
    const struct policy *policy;
    const struct directory *directory;
    const struct station *station;
    const struct calendar *calendar;
    uint32_t first_generation; /* instances armed since have a higher one */
    uint32_t page_number;
    uint8_t depth;
    bool limit;
    struct trace *trace; /* never NULL in a run of decide */
    struct trace trace_room;
    size_t want_count, made_count;
    size_t want_mark;          /* wants before it are not the present event's */
    const struct event *event; /* that wants somebody; NULL: a timer does */
    const struct route *route; /* that is taken; NULL: none */
    struct text unknown;       /* why a route is taken; empty: none is */
    uint64_t event_mutes;      /* bit n: the event is one for mutes[n] */
    uint64_t want_mutes[WANTS_MAX]; /* the same, of who wanted it; unset where
                                       there are no mutes */
    uint8_t except_count, named_count;
    struct name excepts[EXCEPTS_MAX]; /* whom wants leave out */
    struct name named[NAMED_MAX];     /* persons of wants */
    struct want wants[WANTS_MAX];
    struct made made[MADE_MAX];
    bool is_own; /* of a case that another one began */
    uint32_t own_count;
    struct own_case own[OWN_CASES_MAX];
};

/* engine.c */
void emit(struct run *r, const struct decision *d);
/* Words that outlive what they were made from. */
struct text run_keep(struct run *r, struct text t);
void run_place(struct run *r);
void case_open(struct run *r, const struct event *ev);
void case_open_as(struct run *r, const struct event *ev,
                  const struct opening *in);
int64_t late_by(const struct run *r, int64_t at_ms);

/* event.c */
bool event_run(struct run *r, struct event *ev);
/* The gates alone; true: one keeps it back, and each that does has spoken. */
bool event_gates(struct run *r, struct event *ev);
void event_derive(struct run *r, const struct emission *emission,
                  const struct event *parent, const struct field *own,
                  size_t own_count, int64_t at_ms);
size_t event_work_out(struct run *r, const struct emission *emission,
                      const struct scope *s, struct field *fields,
                      size_t count);
/* When the event is through; in the order in which they were wanted. */
void event_emits(struct event *ev, const struct emission *emission);
const struct value *event_field(const struct event *ev, struct text name);
struct text event_text(const struct event *ev, struct text name);
bool event_flag(const struct event *ev, struct text name);
bool event_is_fact(const struct event *ev);
void severity_raise(struct run *r, uint8_t to, int64_t at_ms, struct text rule);
void severity_set(struct run *r, uint8_t to, int64_t at_ms, struct text rule);

/* effects.c */
struct text effects_refuse(struct run *r, const struct event *ev, bool *skip);
void effects_run(struct run *r, struct event *ev);
void close_case(struct run *r, const struct event *ev);

/* ownership.c */
void owner_at_opening(struct run *r, const struct event *ev);
struct text owner_refuse(struct run *r, const struct event *ev, enum effect e);
void owner_run(struct run *r, const struct event *ev, enum effect e);
uint8_t reporter_tier(const struct run *r, const struct event *ev);

/* The person, or who answers for him now; false: nobody does. */
bool answers_for(const struct run *r, struct text person, int64_t at_ms,
                 struct name *out);

/* links.c: cases tied to cases, keys by which events find one */
/* From when the event wants the stand-in that it names. */
int64_t stand_in_from(const struct event *ev);
struct text link_refuse(const struct run *r, const struct event *ev,
                        enum effect e);
void link_run(struct run *r, const struct event *ev, enum effect e);
void groups_open(struct run *r, const struct event *ev);

/* load.c: what lies upon a person */
struct value load_value(const struct scope *s, enum expr_name name);

/* spread.c: effects on other cases */
void spreads_run(struct run *r, const struct event *ev);
/* i, the record's number, a point and n. */
struct text intent_id(struct run *r, size_t n);

/* promises.c */
struct text promise_refuse(struct run *r, const struct event *ev, enum effect e,
                           bool *skip);
void promise_run(struct run *r, struct event *ev, enum effect e);
uint32_t promises_count(const struct run *r, enum expr_name which,
                        int64_t at_ms);

/* items.c */
bool is_open_item(const struct item *i);
void item_drop(struct run *r, const struct item *i, int64_t at_ms);
struct text item_refuse(struct run *r, const struct event *ev,
                        const struct effect_row *row);
void item_run(struct run *r, const struct event *ev,
              const struct effect_row *row);
const struct item *item_of_clock(const struct run *r,
                                 const struct clock_instance *k);
struct text item_doer(const struct run *r, const struct item *i);
struct text item_rule_of(const struct run *r, const struct clock_instance *k);
void item_overdue(struct run *r, const struct clock_instance *k,
                  const struct why *why);
struct value item_value(const struct run *r, const struct event *ev,
                        uint16_t list, enum expr_list which, struct text item);

/* answers.c: acknowledge, snooze, unreachable, escalate, receipts */
struct text answer_refuse(struct run *r, const struct event *ev, enum effect e);
void answer_run(struct run *r, const struct event *ev, enum effect e);
void answer_receipt(struct run *r);

/* counters.c */
void counters_run(struct run *r, struct event *ev);

/* attributes.c: local to the station of the case */
int32_t local_day(const struct run *r, int64_t at_ms); /* since 1970 */
uint8_t local_hour(const struct run *r, int64_t at_ms);
uint8_t local_weekday(const struct run *r, int64_t at_ms); /* 1 Monday */

/* hints.c */
void hints_run(struct run *r, const struct event *ev);

/* subjects.c */
bool subject_path_key(const struct scope *s, const struct subject_path *path,
                      struct subject_key *key);
struct subject *subject_held(const struct run *r, struct text key);
struct text subject_kind_of(enum expr_subject subject);
struct value subject_known(const struct scope *s, enum expr_subject subject,
                           struct text id, struct text name);
struct value counter_of_subject(const struct scope *s,
                                const struct counter *counter);
uint32_t count_in_subject(struct run *r, const struct event *ev, uint16_t index,
                          int64_t by, uint32_t *begun);
const struct interval *interval_clash(const struct scope *s,
                                      const struct interval_rule *rule);
void intervals_free(struct run *r, const struct event *ev,
                    const struct interval_rule *rule);
void subjects_effect(struct run *r, const struct event *ev,
                     const struct effect_row *row);
bool subjects_have_room(const struct run *r, const struct decision *d);
void subjects_apply(struct run *r, struct decision *d);
void subjects_run(struct run *r, struct event *ev);

/* own_cases.c */
void own_case_wanted(struct run *r, const struct event *ev,
                     const struct counter *counter,
                     const struct emission *emission);
void own_cases_run(struct run *r);

/* attributes.c */
struct text subject_id(const struct scope *s, enum expr_subject subject);

/* steps.c */
uint8_t targets_top(const struct policy *p, targets t);
size_t steps_build(const struct run *r, const struct clock_rule *clock,
                   uint8_t severity, int64_t from_ms, int64_t due_ms,
                   struct pending_step *out);
size_t steps_merge(struct pending_step *steps, size_t count,
                   const struct pending_step *more, size_t more_count,
                   const struct clock_rule *clock);
bool step_is_open(const struct clock_rule *clock, const struct clock_steps *in,
                  const struct clock_step *step);
int64_t step_span_ms(const struct clock_rule *clock,
                     const struct pending_step *p);
void steps_sort(struct pending_step *steps, size_t count);

/* clocks.c */
void instance_put(struct run *r, struct clock_instance *next, int64_t at_ms);
/* With a new generation even if its due stays. */
void instance_renew(struct run *r, struct clock_instance *next, int64_t at_ms);
void instance_end(struct run *r, const struct clock_instance *i, int64_t at_ms);
void clocks_end(struct run *r, const struct event *ev);
void clocks_begin(struct run *r, const struct event *ev);
void clocks_raised(struct run *r, uint8_t before, int64_t at_ms);
void clocks_lowered(struct run *r, int64_t at_ms);
void clocks_end_all(struct run *r, int64_t at_ms);
void clocks_due_moved(struct run *r, struct text key, int64_t due_ms,
                      int64_t at_ms);
void clocks_due_gone(struct run *r, struct text key, int64_t at_ms);
/* One instance counts towards this moment; 0: none does. */
void clocks_of_item(struct run *r, uint16_t clock, struct text key,
                    int64_t due_ms, int64_t at_ms);

/* What is pending is the same, and due at the same moments. */
bool instance_same_steps(const struct clock_instance *a,
                         const struct clock_instance *b);
/* Into next->steps; a list longer than the instance holds is a limit. */
void instance_set_steps(struct run *r, struct clock_instance *next,
                        const struct pending_step *steps, size_t count);
struct clock_instance instance_fresh(const struct run *r, uint16_t clock,
                                     struct text key, int64_t at_ms);
/* The steps of a severity, counted from a moment, join those that run. */
void instance_join(struct run *r, struct clock_instance *next, uint8_t severity,
                   int64_t from_ms, int64_t not_before_ms);

/* rebase.c: to other rules */
struct text rebase_refuse(const struct run *r);
void rebase_case(struct run *r, struct event *ev);
void rebase_all(struct run *r, const struct event *ev);

/* From which rules to which. */
struct rebasing {
    const struct policy *old, *next;
    int64_t at_ms;
    uint8_t roles[ROLES_MAX + 1]; /* of the old ones: in the new; 0: none */
};
targets rebase_targets(const struct rebasing *b, targets t);

/* rebase_clocks.c */
bool rebase_keeps_clock(const struct run *r, const struct rebasing *b,
                        const struct clock_instance *i);
void rebase_clocks(struct run *r, const struct rebasing *b);
/* rebase_ladders.c */
void rebase_ladder(struct run *r, const struct rebasing *b,
                   const struct clock_instance *now,
                   struct clock_instance *next);

/* firing.c */
/* A stretch that did not count moves what is due behind it. */
void step_pause(const struct run *r, const struct clock_rule *clock,
                struct pending_step *p, int64_t paused_ms, int64_t at_ms);
void instance_note_pause(struct clock_instance *i, int64_t at_ms);
void fire_due(struct run *r, int64_t until_ms, bool fresh_only);
void fire_step(struct run *r, const struct clock_instance *i, uint8_t which);
void fire_miss(struct run *r, struct text promise_id);
void clocks_pause(struct run *r, int64_t at_ms);
void clocks_resume(struct run *r, int64_t at_ms);

/* ladder.c */
bool is_ladder(const struct run *r, const struct clock_instance *i);
uint8_t ladder_root(const struct run *r, const struct clock_instance *i);
uint8_t role_rank(const struct policy *p, uint8_t role);
void ladder_arm(struct run *r, uint8_t role, int64_t from_ms);
/* The steps of a ladder of that role at a severity, by due. */
size_t ladder_steps(const struct run *r, uint8_t severity, uint8_t role,
                    int64_t from_ms, int64_t after_ms,
                    struct pending_step *out);
/* The first call again after a moment. */
struct pending_step ladder_repeat(const struct run *r, uint8_t severity,
                                  uint8_t role, int64_t from_ms,
                                  int64_t after_ms);
/* The lowest tier above that is paged on its own. */
uint8_t ladder_root_above(const struct run *r, uint8_t tier);
void ladder_join(struct run *r, struct clock_instance *to,
                 const struct pending_step *more, size_t count);
void ladder_rebuild(struct run *r, struct clock_instance *next, int64_t from_ms,
                    int64_t after_ms);
void ladder_fire(struct run *r, const struct clock_instance *i,
                 int64_t until_ms);
uint16_t ladder_stop(struct run *r, uint8_t tier, int64_t at_ms);
const struct clock_instance *ladder_below(const struct run *r, uint8_t tier);

/* audience.c: roles by reference, and who is left out */
void want_reference(struct run *r, uint8_t role, bool inform, uint8_t top,
                    bool judged, bool escalates, const struct why *why);
bool audience_named(struct run *r, uint8_t role, int64_t at_ms,
                    struct name *who);
uint8_t audience_except(struct run *r, targets except, int64_t at_ms);
bool is_left_out(const struct run *r, uint8_t except, const struct name *who);
struct text audience_keep(struct run *r, const struct name *who);

struct text effects_beside(struct run *r, const struct event *ev);

/* duty.c */
struct text duty_refuse(const struct run *r, const struct event *ev,
                        enum effect e);
void duty_run(struct run *r, const struct event *ev, enum effect e);

/* mutes.c */
const struct mute *mute_holds(const struct run *r, const struct made *m);
void mute_hold(struct run *r, const struct made *m);
struct text mute_refuse(const struct run *r, const struct event *ev,
                        enum effect e);
void mute_run(struct run *r, const struct event *ev, enum effect e);

/* mutes_match.c */
/* A bit for each mute that asks nothing of the event that it is not. */
uint64_t mutes_of_event(const struct run *r, const struct event *ev);
bool mute_matches_page(const struct run *r, const struct made *made,
                       const struct mute_match *m, bool event_is_fine);

/* mutes_release.c */
void mute_release(struct run *r, const struct mute *m, const struct event *ev);

/* routes.c */
struct text route_wanted(const struct run *r, bool known,
                         const struct kind_rule *kind);
const struct route *route_of(struct run *r, const struct event *ev);
void route_run(struct run *r, const struct event *ev);
void route_group(struct run *r, const struct event *ev);

/* pages.c */
void want_targets(struct run *r, targets page, targets inform, bool escalates,
                  bool judged, const struct why *why);
void want_audience(struct run *r, targets page, targets inform, targets except,
                   bool escalates, bool judged, const struct why *why);
struct want *want_add(struct run *r);
bool is_excluded(const struct run *r, const struct name *who);
bool is_kept_away(const struct run *r, struct text who);
struct want *want_role(struct run *r, uint8_t role, uint8_t top, bool judged,
                       const struct why *why);
/* The page to that role is about this request. */
void want_key(struct run *r, uint8_t role, struct text key);
void wants_are_moot(struct run *r);
void pages_flush(struct run *r);
void pages_prune(struct run *r, int64_t at_ms);
void pages_withdraw_all(struct run *r, int64_t at_ms);
void pages_withdraw_helper(struct run *r, struct text person, int64_t at_ms);
void pages_withdraw_person(struct run *r, struct text person, int64_t at_ms);
void pages_withdraw_owner(struct run *r, struct text person, int64_t at_ms);
size_t contacts_of(const struct run *r, uint8_t role, int64_t at_ms,
                   struct name *out);

#endif
