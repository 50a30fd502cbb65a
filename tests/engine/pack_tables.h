/* pack_tables - what the tables of a pack by hand are written with: texts and
 * spans, whom a page is for, conditions (postfix), steps, and the lists of a
 * kind's row. */
#ifndef TESTS_ENGINE_PACK_TABLES_H
#define TESTS_ENGINE_PACK_TABLES_H

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

/* steps of a clock */
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

/* what belongs to a kind */
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

#endif
