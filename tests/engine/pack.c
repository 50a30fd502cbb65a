#include "pack.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define T(s)                                                                   \
    {                                                                          \
        s, sizeof(s) - 1                                                       \
    }
#define MIN(n) ((int64_t)(n)*60000)
#define HOURS(n) MIN(60 * (n))
#define DAYS(n) HOURS(24 * (n))

#define OWNER TARGET_OWNER
#define L2 TARGET_ROLE(HEAD)
#define L3 TARGET_ROLE(REP)
#define L4 TARGET_ROLE(CENTER)

/* conditions, postfix */
#define WHEN(...)                                                              \
    {                                                                          \
        .rows = (const struct expr_row[]){__VA_ARGS__},                        \
        .count = COUNT(((const struct expr_row[]){__VA_ARGS__}))               \
    }
#define FIELD(s)                                                               \
    {                                                                          \
        .op = EXPR_OP_FIELD, .name = T(s)                                      \
    }
#define HAS(s)                                                                 \
    {                                                                          \
        .op = EXPR_OP_HAS, .name = T(s)                                        \
    }
#define NAME(n)                                                                \
    {                                                                          \
        .op = EXPR_OP_NAME, .index = EXPR_NAME_##n                             \
    }
#define WORD(s)                                                                \
    {                                                                          \
        .op = EXPR_OP_CONST, .value = {.kind = VALUE_TEXT, .text = T(s) }      \
    }
#define NUMBER(n)                                                              \
    {                                                                          \
        .op = EXPR_OP_CONST, .value = {                                        \
            .kind = VALUE_NUMBER,                                              \
            .thousandths = (n)*1000                                            \
        }                                                                      \
    }
#define YES                                                                    \
    {                                                                          \
        .op = EXPR_OP_CONST, .value = {.kind = VALUE_FLAG, .flag = true }      \
    }
#define OP(o)                                                                  \
    {                                                                          \
        .op = EXPR_OP_##o                                                      \
    }
#define LOCKED(n)                                                              \
    {                                                                          \
        .op = EXPR_OP_LOCK, .index = n                                         \
    }
#define IS(field, word) FIELD(field), WORD(word), OP(EQ)
#define IS_N(field, n) FIELD(field), NUMBER(n), OP(EQ)
#define IS_YES(field) FIELD(field), YES, OP(EQ)

/* clocks */
enum {
    ACK,
    FIRST,
    PLAN,
    NO_CONTACT,
    PROMISE,
    THREAT,
    FACTS,
    SPOKES,
    TRANSFER,
    DECLINE,
    DISPUTE,
    NEXT,
    CALLBACK,
    PART,
    ASKED,
    TASK,
    CLOCKS
};

/* lists */
enum { CUSTODY, REFUNDS, TASKS, STEPS_TAKEN };

/* kinds, in the order of the table below */
enum {
    OPENED,
    DISSATISFIED,
    COMPLAINT,
    REDIRECTED,
    ACCEPTED,
    REASSIGNED,
    DECLINED,
    REVIEWED,
    REVERSED,
    MADE,
    KEPT,
    MOVED,
    MISSED,
    WITHDRAWN,
    CONTACTED,
    PLANNED,
    THREATENED,
    ASSESSED,
    POSTED,
    MEDIA,
    ANSWERED,
    PHYSICAL,
    RESOLVED,
    FOLLOWED,
    REOPENED,
    CLOSED,
    ACKED,
    UNREACHABLE,
    ESCALATED,
    SEVERITY,
    OPERATED,
    SELF_DETECTED,
    LEFT,
    NOTED,
    UPDATED,
    WAITS,
    RESUMES,
    SNOOZED,
    UNACKED,
    TAKEN,
    SWAPPED,
    RELEASED,
    RULED,
    REMOVED,
    REINSTALLED,
    REFUND,
    APPROVED,
    REJECTED,
    DISPATCHED,
    DONE,
    LEAD,
    STEP
};

#define STEPS(...)                                                             \
    {                                                                          \
        (const struct clock_step[]){__VA_ARGS__},                              \
            COUNT(((const struct clock_step[]){__VA_ARGS__}))                  \
    }
#define AFTER(ms, who, name)                                                   \
    {                                                                          \
        .basis = STEP_AFTER, .after_ms = ms, .page = who, .id = T(name)        \
    }
#define OPEN_AFTER(ms, who, name)                                              \
    {                                                                          \
        .basis = STEP_AFTER_OPEN, .after_ms = ms, .page = who, .id = T(name)   \
    }
#define ALL(s)                                                                 \
    {                                                                          \
        s, s, s, s                                                             \
    }

#define PROMISE_STEPS                                                          \
    STEPS({.basis = STEP_DAY_OPEN, .page = OWNER, .id = T("PR-01")},           \
          {.basis = STEP_BEFORE_DUE,                                           \
           .after_ms = HOURS(2),                                               \
           .page = OWNER,                                                      \
           .id = T("PR-01")},                                                  \
          {.basis = STEP_AT_DUE,                                               \
           .emit = &(const struct emission){.kind = MISSED},                   \
           .id = T("PR-02")})
#define SILENCE                                                                \
    STEPS(AFTER(HOURS(72), OWNER | L2, "CT-01"), AFTER(DAYS(7), L3, "CT-01"),  \
          AFTER(DAYS(14), L4, "CT-01"))

static const struct clock_rule clocks[CLOCKS] = {
    [ACK] = {.name = T("ack")},
    [FIRST] = {.name = T("first_contact"),
               .arm_on_raise = 3,
               .group = {1, 2, 3, 4},
               .by_severity = {{NULL, 0},
                               STEPS(AFTER(MIN(60), L2 | L3, "FIRST-S2")),
                               STEPS(OPEN_AFTER(HOURS(4), L2, "FIRST-S3")),
                               STEPS(AFTER(HOURS(24), L2, "FIRST-S4"))}},
    [PLAN] = {.name = T("plan"),
              .group = {1, 2, 3, 4},
              .by_severity = {STEPS(AFTER(MIN(60), L4, "PLAN-S1")),
                              STEPS(AFTER(HOURS(4), L3, "PLAN-S2"),
                                    AFTER(HOURS(24), L4, "PLAN-S2")),
                              STEPS(AFTER(HOURS(24), L2, "PLAN-S3"),
                                    AFTER(HOURS(72), L3, "PLAN-S3"),
                                    AFTER(DAYS(7), L4, "PLAN-S3")),
                              STEPS(AFTER(HOURS(72), L2, "PLAN-S4"),
                                    AFTER(DAYS(7), L3, "PLAN-S4"))}},
    [NO_CONTACT] = {.name = T("no_contact"),
                    .group = {1, 2, 3, 3},
                    .by_severity = {STEPS(AFTER(HOURS(4), L4, "CT-01-S1")),
                                    STEPS(AFTER(HOURS(24), L2, "CT-01-S2"),
                                          AFTER(HOURS(48), L3, "CT-01-S2"),
                                          AFTER(HOURS(72), L4, "CT-01-S2")),
                                    SILENCE, SILENCE}},
    [PROMISE] = {.name = T("promise"),
                 .key_field = T("promise_id"),
                 .due_field = T("due"),
                 .by_severity = ALL(PROMISE_STEPS)},
    [THREAT] = {.name = T("threat"),
                .by_severity = ALL(STEPS(AFTER(MIN(15), L3 | L4, "MD-07")))},
    [FACTS] = {.name = T("facts"),
               .by_severity = ALL(STEPS(AFTER(MIN(30), L3 | L4, "MD-04")))},
    [SPOKES] = {.name = T("spokes"),
                .by_severity = ALL(STEPS(AFTER(MIN(60), L4, "MD-03")))},
    [TRANSFER] = {.name = T("transfer"),
                  .by_severity = ALL(STEPS(AFTER(MIN(15), OWNER, "OW-02")))},
    [DECLINE] = {.name = T("decline"),
                 .by_severity = ALL(STEPS(AFTER(MIN(30), L2, "OW-07")))},
    [DISPUTE] = {.name = T("dispute"),
                 .pauses = true,
                 .by_severity = ALL(STEPS(OPEN_AFTER(HOURS(4), L3, "FE-04")))},
    [NEXT] = {.name = T("next_update"),
              .pauses = true,
              .by_severity = ALL(STEPS(AFTER(HOURS(24), L2, "PR-10"),
                                       AFTER(HOURS(48), L3, "PR-10")))},
    [CALLBACK] = {.name = T("callback"),
                  .group = {1, 1, 2, 3},
                  .by_severity = {STEPS(AFTER(HOURS(24), OWNER, "FB-01")),
                                  STEPS(AFTER(HOURS(24), OWNER, "FB-01")),
                                  STEPS(AFTER(HOURS(48), OWNER, "FB-01")),
                                  STEPS(AFTER(HOURS(72), OWNER, "FB-01"))}},
    [ASKED] = {.name = T("asked"),
               .key_field = T("item"),
               .due_field = T("due"),
               .of_items = true,
               .by_severity =
                   ALL(STEPS({.basis = STEP_AT_DUE, .inform = OWNER}))},
    [TASK] = {.name = T("task"),
              .key_field = T("item"),
              .due_field = T("due"),
              .of_items = true,
              .by_severity =
                  ALL(STEPS({.basis = STEP_AT_DUE, .page = OWNER | L2}))},
    [PART] = {.name = T("part"),
              .by_severity = ALL(STEPS(OPEN_AFTER(HOURS(4), L2, "PR-04")))},
};

#define LIST(type, ...)                                                        \
    (const struct type[]){__VA_ARGS__},                                        \
        COUNT(((const struct type[]){__VA_ARGS__}))
#define EFFECTS_(...)                                                          \
    .effects = (const struct effect_row[]){__VA_ARGS__},                       \
    .effect_count = COUNT(((const struct effect_row[]){__VA_ARGS__}))
#define RULES(...)                                                             \
    .rules = (const struct rule[]){__VA_ARGS__},                               \
    .rule_count = COUNT(((const struct rule[]){__VA_ARGS__}))
#define TRIGGERS(...)                                                          \
    .triggers = (const struct trigger[]){__VA_ARGS__},                         \
    .trigger_count = COUNT(((const struct trigger[]){__VA_ARGS__}))
#define COUNTS(...)                                                            \
    .counts = (const struct count_row[]){__VA_ARGS__},                         \
    .count_count = COUNT(((const struct count_row[]){__VA_ARGS__}))
#define GATES(...)                                                             \
    .gates = (const struct gate[]){__VA_ARGS__},                               \
    .gate_count = COUNT(((const struct gate[]){__VA_ARGS__}))
#define ARM(c, ...)                                                            \
    {                                                                          \
        .clock = c, .action = TRIGGER_ARM, __VA_ARGS__                         \
    }
#define IDLE(c, ...)                                                           \
    {                                                                          \
        .clock = c, .action = TRIGGER_ARM_IDLE, __VA_ARGS__                    \
    }
#define ENDS(c, ...)                                                           \
    {                                                                          \
        .clock = c, .action = TRIGGER_SATISFY, __VA_ARGS__                     \
    }
#define ANEW(c, ...)                                                           \
    {                                                                          \
        .clock = c, .action = TRIGGER_RESTART, __VA_ARGS__                     \
    }
#define FIRES(c, ...)                                                          \
    {                                                                          \
        .clock = c, .action = TRIGGER_FIRE, __VA_ARGS__                        \
    }

#define DATED HAS("due"), IS_YES("accepted_by_customer"), OP(AND)
#define NOT_S1 NAME(CASE_SEVERITY), NUMBER(1), OP(GT)
#define NO_PLAN                                                                \
    NAME(CASE_DATED_PROMISES), NUMBER(0), OP(EQ), NAME(CASE_STATUS),           \
        WORD("open"), OP(EQ), OP(AND)
#define FACE_TO_FACE                                                           \
    FIELD("channel"), WORD("counter"), OP(EQ), FIELD("channel"),               \
        WORD("phone"), OP(EQ), OP(OR)
#define S1_NOW NAME(EVENT_SEVERITY), NUMBER(1), OP(EQ)

enum { REDIRECTS, MISSES, LOOPS };
enum { MEDIA_LOCK };

static const struct kind_rule kinds[] = {
    [OPENED] = {.name = T("case.opened"),
                .opens_case = true,
                EFFECTS_({.effect = EFFECT_OPEN}),
                RULES({.id = T("OW-01"),
                       .when = WHEN(IS("impact", "major")),
                       .raise_to = 2,
                       .page = OWNER | L2},
                      {.id = T("OW-01"),
                       .when = WHEN(IS("impact", "down")),
                       .raise_to = 3,
                       .page = OWNER},
                      {.id = T("OW-01"), .raise_to = 4, .page = OWNER}),
                TRIGGERS(ARM(FIRST, .when = WHEN(FACE_TO_FACE, OP(NOT))),
                         ARM(PLAN), ARM(NO_CONTACT))},
    [DISSATISFIED] = {.name = T("customer.dissatisfied"),
                      .needs_case = true,
                      RULES({.id = T("ES-02"),
                             .when = WHEN(IS_N("level", 3)),
                             .raise_to = 2,
                             .page = OWNER | L2},
                            {.id = T("ES-04"),
                             .when = WHEN(IS_N("level", 2)),
                             .raise_to = 3,
                             .page = OWNER | L2},
                            {.id = T("ES-04"), .raise_to = 4, .page = OWNER})},
    [COMPLAINT] = {.name = T("complaint.opened"),
                   .opens_case = true,
                   EFFECTS_({.effect = EFFECT_REOPEN}),
                   RULES({.id = T("ES-05"),
                          .when = WHEN(IS("channel", "hotline_400")),
                          .raise_to = 2,
                          .page = OWNER | L2 | L3,
                          .inform = L4},
                         {.id = T("ES-04"), .raise_to = 3, .page = OWNER | L2}),
                   TRIGGERS(ARM(FIRST), IDLE(PLAN, .when = WHEN(NO_PLAN)),
                            IDLE(NO_CONTACT))},
    [REDIRECTED] = {.name = T("customer.redirected"),
                    .needs_case = true,
                    EFFECTS_({.effect = EFFECT_OFFER}),
                    COUNTS({.counter = REDIRECTS}),
                    TRIGGERS(ARM(TRANSFER))},
    [ACCEPTED] = {.name = T("transfer.accepted"),
                  .needs_case = true,
                  EFFECTS_({.effect = EFFECT_ACCEPT}),
                  TRIGGERS(ENDS(TRANSFER))},
    [REASSIGNED] = {.name = T("case.reassigned"),
                    .needs_case = true,
                    EFFECTS_({.effect = EFFECT_ASSIGN}),
                    TRIGGERS(ENDS(TRANSFER))},
    [DECLINED] = {.name = T("request.declined"),
                  .needs_case = true,
                  RULES({.id = T("OW-07"), .raise_to = 3, .page = OWNER}),
                  TRIGGERS(ARM(DECLINE))},
    [REVIEWED] = {.name = T("decline.reviewed"),
                  .needs_case = true,
                  TRIGGERS(ENDS(DECLINE))},
    [REVERSED] = {.name = T("decision.reversed"),
                  .needs_case = true,
                  EFFECTS_({.effect = EFFECT_PROMISE_BREAK}),
                  RULES({.id = T("OW-06"), .raise_to = 2, .page = L2}),
                  COUNTS({.counter = MISSES}),
                  TRIGGERS(IDLE(PLAN, .when = WHEN(NO_PLAN)))},
    [MADE] = {.name = T("promise.made"),
              .needs_case = true,
              EFFECTS_({.effect = EFFECT_PROMISE_MAKE},
                       {.effect = EFFECT_CONTACT,
                        .when = WHEN(IS_YES("accepted_by_customer"))}),
              RULES({.id = T("PR-07"),
                     .when = WHEN(HAS("due"), OP(NOT)),
                     .page = OWNER}),
              TRIGGERS(
                  ARM(PROMISE), ARM(PART, .when = WHEN(HAS("depends_on"))),
                  ENDS(PLAN, .when = WHEN(DATED, NOT_S1, OP(AND))),
                  ENDS(DECLINE, .when = WHEN(DATED)),
                  ENDS(FIRST, .when = WHEN(IS_YES("accepted_by_customer"))),
                  ANEW(NO_CONTACT,
                       .when = WHEN(IS_YES("accepted_by_customer"))))},
    [KEPT] = {.name = T("promise.kept"),
              .needs_case = true,
              EFFECTS_({.effect = EFFECT_PROMISE_KEEP}),
              TRIGGERS(IDLE(PLAN, .when = WHEN(NO_PLAN)))},
    [MOVED] = {.name = T("promise.renegotiated"),
               .needs_case = true,
               EFFECTS_({.effect = EFFECT_PROMISE_MOVE})},
    [MISSED] = {.name = T("promise.missed"),
                .needs_case = true,
                EFFECTS_({.effect = EFFECT_PROMISE_MISS}),
                COUNTS({.counter = MISSES}),
                TRIGGERS(IDLE(PLAN, .when = WHEN(NO_PLAN)))},
    [WITHDRAWN] = {.name = T("promise.withdrawn"),
                   .needs_case = true,
                   EFFECTS_({.effect = EFFECT_PROMISE_END}),
                   TRIGGERS(IDLE(PLAN, .when = WHEN(NO_PLAN)))},
    [CONTACTED] = {.name = T("customer.contacted"),
                   .needs_case = true,
                   EFFECTS_({.effect = EFFECT_CONTACT,
                             .when = WHEN(IS("result", "unhappy"), OP(NOT))}),
                   RULES({.id = T("CT-02"),
                          .when = WHEN(IS("result", "unhappy")),
                          .raise_by = 1,
                          .page = OWNER | L2}),
                   TRIGGERS(
                       ENDS(FIRST), ENDS(DISPUTE),
                       ANEW(NO_CONTACT,
                            .when = WHEN(IS("result", "unhappy"), OP(NOT))),
                       ENDS(NEXT,
                            .when = WHEN(IS("result", "unhappy"), OP(NOT))),
                       ARM(NEXT, .when = WHEN(IS("result", "unhappy"))))},
    [PLANNED] = {.name = T("case.plan_agreed"),
                 .needs_case = true,
                 EFFECTS_({.effect = EFFECT_CONTACT}),
                 TRIGGERS(ENDS(PLAN, .when = WHEN(NOT_S1)), ENDS(FIRST),
                          ANEW(NO_CONTACT))},
    [THREATENED] = {.name = T("social.threatened"),
                    .opens_case = true,
                    RULES({.id = T("MD-06"), .raise_to = 2, .page = L2}),
                    TRIGGERS(ARM(THREAT))},
    [ASSESSED] = {.name = T("threat.assessed"),
                  .needs_case = true,
                  TRIGGERS(ENDS(THREAT, .when = WHEN(IS_YES("contained"))),
                           FIRES(THREAT,
                                 .when = WHEN(IS_YES("contained"), OP(NOT))))},
    [POSTED] = {.name = T("social.posted"),
                .opens_case = true,
                RULES({.id = T("MD-08"), .raise_to = 1, .page = L2 | L3 | L4}),
                TRIGGERS(ARM(FACTS))},
    [MEDIA] = {.name = T("media.requested"),
               .opens_case = true,
               EFFECTS_({.effect = EFFECT_LOCK, .lock = MEDIA_LOCK}),
               RULES({.id = T("MD-01"), .raise_to = 1, .page = L2 | L3 | L4}),
               TRIGGERS(ARM(FACTS), ARM(SPOKES))},
    [ANSWERED] = {.name = T("media.answered"),
                  .needs_case = true,
                  RULES({.id = T("MD-02"), .raise_to = 1, .page = L3 | L4})},
    [PHYSICAL] = {.name = T("conflict.physical"),
                  .opens_case = true,
                  RULES(
                      {.id = T("MD-13"), .raise_to = 1, .page = L2 | L3 | L4}),
                  TRIGGERS(ARM(FACTS))},
    [RESOLVED] = {.name = T("case.resolved"),
                  .needs_case = true,
                  EFFECTS_({.effect = EFFECT_RESOLVE}),
                  GATES({
                      .id = T("MD-05"),
                      .when = WHEN(LOCKED(MEDIA_LOCK)),
                      .page = L4,
                  }),
                  TRIGGERS(ENDS(ACK), ENDS(FIRST), ENDS(PLAN), ENDS(NO_CONTACT),
                           ARM(CALLBACK))},
    [FOLLOWED] = {.name = T("followup.done"),
                  .needs_case = true,
                  EFFECTS_({.effect = EFFECT_CLOSE,
                            .when = WHEN(IS_YES("satisfied"))},
                           {.effect = EFFECT_REOPEN,
                            .when = WHEN(IS_YES("satisfied"), OP(NOT))}),
                  RULES({.id = T("FB-02"),
                         .when = WHEN(IS_YES("satisfied"), OP(NOT)),
                         .raise_by = 1,
                         .page = L2}),
                  TRIGGERS(ENDS(CALLBACK), IDLE(PLAN, .when = WHEN(NO_PLAN)),
                           IDLE(NO_CONTACT))},
    [REOPENED] = {.name = T("case.reopened"),
                  .needs_case = true,
                  EFFECTS_({.effect = EFFECT_REOPEN}),
                  COUNTS({.counter = LOOPS})},
    [CLOSED] = {.name = T("case.closed"),
                .needs_case = true,
                EFFECTS_({.effect = EFFECT_CLOSE})},
    [ACKED] = {.name = T("notify.ack"),
               .needs_case = true,
               EFFECTS_({.effect = EFFECT_ACKNOWLEDGE})},
    [UNREACHABLE] = {.name = T("staff.unreachable"),
                     .needs_case = true,
                     EFFECTS_({.effect = EFFECT_NEXT_CONTACT})},
    [ESCALATED] = {.name = T("escalated"),
                   .needs_case = true,
                   EFFECTS_({.effect = EFFECT_ESCALATE})},
    [SEVERITY] = {.name = T("severity.changed"),
                  .needs_case = true,
                  EFFECTS_({.effect = EFFECT_SET_SEVERITY})},
    [OPERATED] = {.name = T("op.performed"),
                  .needs_case = true,
                  RULES({.id = T("OP-06"),
                         .when = WHEN(IS("result", "failed")),
                         .raise_to = 2,
                         .page = OWNER | L2})},
    [SELF_DETECTED] = {.name = T("error.self_detected"),
                       .opens_case = true,
                       RULES({.id = T("TE-02"), .raise_to = 2, .page = L2}),
                       TRIGGERS(IDLE(PLAN), IDLE(NO_CONTACT))},
    [LEFT] = {.name = T("customer.left"),
              .needs_case = true,
              TRIGGERS(ARM(DISPUTE))},
    [NOTED] = {.name = T("note.internal"), .needs_case = true},
    [UPDATED] = {.name = T("case.updated"), .opens_case = true},
    [WAITS] = {.name = T("case.waiting"),
               .needs_case = true,
               EFFECTS_({.effect = EFFECT_WAIT})},
    [RESUMES] = {.name = T("case.resumed"),
                 .needs_case = true,
                 EFFECTS_({.effect = EFFECT_RESUME})},
    [SNOOZED] = {.name = T("notify.snoozed"),
                 .needs_case = true,
                 EFFECTS_({.effect = EFFECT_SNOOZE})},
    [UNACKED] = {.name = T("notify.unack"),
                 .needs_case = true,
                 EFFECTS_({.effect = EFFECT_UNACKNOWLEDGE})},
    [TAKEN] = {.name = T("case.taken"),
               .needs_case = true,
               EFFECTS_({.effect = EFFECT_TAKE})},
    [SWAPPED] = {.name = T("handler.swapped"),
                 .needs_case = true,
                 EFFECTS_({.effect = EFFECT_SWAP})},
    [RELEASED] = {.name = T("contact.lock_released"),
                  .needs_case = true,
                  EFFECTS_({.effect = EFFECT_UNLOCK, .lock = MEDIA_LOCK})},
    [RULED] = {.name = T("crisis.plan_issued"),
               .needs_case = true,
               TRIGGERS(ENDS(PLAN))},
    [REMOVED] = {.name = T("part.removed"),
                 .needs_case = true,
                 EFFECTS_({.effect = EFFECT_ITEM_ADD, .list = CUSTODY})},
    [REINSTALLED] = {.name = T("part.reinstalled"),
                     .needs_case = true,
                     EFFECTS_({.effect = EFFECT_ITEM_DONE, .list = CUSTODY})},
    [REFUND] = {.name = T("refund.requested"),
                .needs_case = true,
                EFFECTS_({.effect = EFFECT_ITEM_ASK, .list = REFUNDS})},
    [APPROVED] = {.name = T("request.approved"),
                  .needs_case = true,
                  EFFECTS_({.effect = EFFECT_ITEM_APPROVE, .list = LIST_ANY})},
    [REJECTED] = {.name = T("request.rejected"),
                  .needs_case = true,
                  EFFECTS_({.effect = EFFECT_ITEM_REJECT, .list = LIST_ANY})},
    [DISPATCHED] = {.name = T("task.dispatched"),
                    .needs_case = true,
                    EFFECTS_({.effect = EFFECT_ITEM_ADD, .list = TASKS})},
    [DONE] = {.name = T("task.done"),
              .needs_case = true,
              EFFECTS_({.effect = EFFECT_ITEM_DONE, .list = TASKS})},
    [LEAD] = {.name = T("task.taken"),
              .needs_case = true,
              EFFECTS_({.effect = EFFECT_ITEM_TAKE, .list = TASKS})},
    [STEP] = {.name = T("item.done"),
              .needs_case = true,
              EFFECTS_({.effect = EFFECT_ITEM_BEGIN, .list = STEPS_TAKEN},
                       {.effect = EFFECT_ITEM_DONE, .list = STEPS_TAKEN})},
};

static const struct counter_level redirect_levels[] = {
    {.at = 2,
     .raise_to = 3,
     .page = L2,
     .freeze_owner = true,
     .id = T("OW-03")},
    {.at = 3, .raise_to = 2, .page = L3, .and_above = true, .id = T("OW-03")},
};
static const struct counter_level miss_levels[] = {
    {.at = 1, .raise_to = 3, .page = L2, .id = T("PR-02")},
    {.at = 2, .raise_to = 2, .page = L2 | L3, .id = T("PR-02")},
    {.at = 3, .raise_to = 2, .page = L4, .and_above = true, .id = T("PR-02")},
};
static const struct counter counters[] = {
    [REDIRECTS] = {.name = T("redirects"),
                   .levels = redirect_levels,
                   .level_count = 2},
    [MISSES] = {.name = T("misses"), .levels = miss_levels, .level_count = 3},
    [LOOPS] = {.name = T("loops")},
};

static const struct rung s2_rungs[] = {
    {HEAD, 0, false},      {HEAD, MIN(10), false},   {HEAD, MIN(20), false},
    {REP, MIN(30), false}, {CENTER, MIN(60), false},
};
static const struct rung s3_rungs[] = {
    {ENGINEER, 0, false},
    {HEAD, MIN(30), true},
    {REP, HOURS(2), true},
    {CENTER, HOURS(8), true},
};
static const struct rung s4_rungs[] = {
    {ENGINEER, 0, false},
    {HEAD, HOURS(2), true},
    {REP, HOURS(24), false},
};

static const struct role roles[] = {
    {.name = T(""), .rank = 0},
    {.name = T("engineer"), .rank = 1},
    {.name = T("station_head"), .rank = 2},
    {.name = T("regional_rep"), .rank = 3},
    {.name = T("crisis_center"), .rank = 4},
    {.name = T("spokesman"), .rank = 4},
};

static const struct text locks[] = {T("media")};
static const struct trigger any[] = {ENDS(THREAT, .when = WHEN(S1_NOW))};

static const struct authority authorities[] = {
    {T("refund"), {-1, -1, 1000, 2000, INT64_MAX}},
};
static const struct item_rule step_items[] = {
    {.name = T("first"), .due = {ITEM_DUE_AFTER, MIN(30)}},
    {.name = T("second")},
    {.name = T("third")},
};
static const struct list_rule lists[] = {
    [CUSTODY] = {.name = T("custody"),
                 .key_fields = {T("promise_id"), T("channel")},
                 .clock = LIST_NONE,
                 .authority = LIST_NONE,
                 .balance = true},
    [REFUNDS] = {.name = T("refunds"),
                 .id = T("FE-06"),
                 .owner_field = T("result"),
                 .amount_field = T("level"),
                 .prefix = T("R"),
                 .due = {ITEM_DUE_AFTER, HOURS(24)},
                 .clock = ASKED},
    [TASKS] = {.name = T("tasks"),
               .key_fields = {T("promise_id")},
               .owner_field = T("to"),
               .due_field = T("due"),
               .prefix = T("T"),
               .clock = TASK,
               .authority = LIST_NONE},
    [STEPS_TAKEN] = {.name = T("steps"),
                     .key_fields = {T("step")},
                     .items = step_items,
                     .item_count = COUNT(step_items),
                     .clock = TASK,
                     .authority = LIST_NONE},
};

const struct policy service = {
    .version = T("v1"),
    .name = T("service-network"),
    .roles = roles,
    .role_count = COUNT(roles) - 1,
    .tier_count = 4,
    .kinds = kinds,
    .kind_count = COUNT(kinds),
    .any_triggers = any,
    .any_trigger_count = COUNT(any),
    .clocks = clocks,
    .clock_count = CLOCKS,
    .ack_clock = ACK,
    .ladders = {{.every_tier = true,
                 .every_ms = MIN(5),
                 .repeat = REPEAT_EVERY,
                 .id = T("TM-ACK-S1")},
                {s2_rungs, COUNT(s2_rungs), REPEAT_EVERY, MIN(30), false,
                 T("TM-ACK-S2")},
                {s3_rungs, COUNT(s3_rungs), REPEAT_WORKING_DAY, 0, false,
                 T("TM-ACK-S3")},
                {s4_rungs, COUNT(s4_rungs), REPEAT_WORKING_DAY, 0, false,
                 T("TM-ACK-S4")}},
    .counters = counters,
    .counter_count = COUNT(counters),
    .locks = locks,
    .lock_count = COUNT(locks),
    .lists = lists,
    .list_count = COUNT(lists),
    .authorities = authorities,
    .authority_count = COUNT(authorities),
    .undated_promise_days = 3,
    .snooze_max_ms = MIN(60),
    .late_grace_ms = MIN(1),
};

/* people */
static const struct zone_offset utc_offsets[] = {{INT64_MIN, 0}};
const struct zone utc = {T("UTC"), utc_offsets, 1};

#define OPEN_DAY(open, close)                                                  \
    {                                                                          \
        .open_minute = (open), .close_minute = (close)                         \
    }
#define WEEK(open, close)                                                      \
    {                                                                          \
        OPEN_DAY(open, close), OPEN_DAY(open, close), OPEN_DAY(open, close),   \
            OPEN_DAY(open, close), OPEN_DAY(open, close),                      \
            OPEN_DAY(open, close), OPEN_DAY(open, close)                       \
    }
const struct calendar shop_hours = {
    .id = T("shop"), .zone = &utc, .week = WEEK(540, 1080)};
const struct calendar all_hours = {
    .id = T("24x7"), .zone = &utc, .week = WEEK(0, 1440)};

static const struct line shop_line[] = {{T(""), &shop_hours}};
static const struct line net_line[] = {{T(""), &all_hours}};
#define WHO(id)                                                                \
    {                                                                          \
        .person = T(id)                                                        \
    }
static const struct contact engineers[] = {WHO("E1"), WHO("E2"), WHO("A"),
                                           WHO("B"), WHO("C")};
static const struct contact heads[] = {WHO("HD"), WHO("DP")};
static const struct contact reps[] = {WHO("R1"), WHO("R2")};
static const struct contact centers[] = {WHO("C1"), WHO("C2")};
static const struct contact spokesmen[] = {WHO("SP")};
static const struct contact any_head[] = {
    {.person = T("HEAD"), .per_station = true},
    {.person = T("DEPUTY"), .per_station = true}};

#define ROLES                                                                  \
    {                                                                          \
        [ENGINEER] = {engineers, 5}, [HEAD] = { heads, 2 }                     \
    }
static const struct station stations[] = {
    {.id = T("NET"),
     .region = T("R"),
     .zone = &utc,
     .lines = net_line,
     .line_count = 1,
     .roles = ROLES},
    {.id = T("SHOP"),
     .region = T("R"),
     .zone = &utc,
     .lines = shop_line,
     .line_count = 1,
     .roles = ROLES},
};
static const struct region regions[] = {
    {.id = T("R"), .roles = {[REP] = {reps, 2}}}};

static const struct absence away[] = {{0, INT64_MAX, T("B")}};
static const struct absence gone[] = {{0, INT64_MAX, T("")}};
static const struct person persons[] = {
    {.id = T("AWAY"), .absences = away, .absence_count = 1},
    {.id = T("GONE"), .absences = gone, .absence_count = 1},
    {.id = T("HD"), .method = T("sms")},
};

const struct directory people = {
    .persons = persons,
    .person_count = COUNT(persons),
    .stations = stations,
    .station_count = COUNT(stations),
    .regions = regions,
    .region_count = COUNT(regions),
    .template = {.zone = &utc,
                 .lines = net_line,
                 .line_count = 1,
                 .roles = {[HEAD] = {any_head, 2}}},
    .roles = {[REP] = {reps, 2},
              [CENTER] = {centers, 2},
              [SPOKESMAN] = {spokesmen, 1}},
};
