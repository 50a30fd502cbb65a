/* log - one line per fact that an operator may care about.
 *
 *   2026-11-21T09:30:00.123Z WARN router[812] BATCH-LATE commit took 84 ms ->
 *       events wait (seq=4711 wait_ms=84)             (all of it one line)
 *
 * A line has a stable code that tests and alarms look for, words of the form
 * "fact -> consequence", and fields. With JSON on, the same as one object:
 * {"at":...,"level":...,"program":...,"pid":...,"code":...,"text":...,fields}.
 *
 * Control characters in texts are written as \xNN, so that nobody can forge a
 * line. Personal data of customers does not belong here.
 *
 * Errors   None: a line that cannot be written is lost and counted.
 * Threads  Any; lines are not mixed. log_open and log_capture: before threads.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* clang-format off */
#define LOG_LEVELS(X)                                                          \
    X(DEBUG, 0, "debug")                                                       \
    X(INFO,  1, "info")                                                        \
    X(WARN,  2, "warn")   /* somebody should look at it some time */           \
    X(ERROR, 3, "error")  /* somebody should look at it now       */
/* clang-format on */

#define X(name, code, text) LOG_##name = code,
enum log_level { LOG_LEVELS(X) };
#undef X

enum log_field_kind { LOG_FIELD_NONE, LOG_FIELD_TEXT, LOG_FIELD_INT };

struct log_field {
    const char *key;
    enum log_field_kind kind;
    const char *text;
    int64_t number;
};

#define LOG_TEXT(k, v)                                                         \
    ((struct log_field){.key = (k), .kind = LOG_FIELD_TEXT, .text = (v)})
#define LOG_INT(k, v)                                                          \
    ((struct log_field){                                                       \
        .key = (k), .kind = LOG_FIELD_INT, .number = (int64_t)(v)})
#define LOG_FIELDS(...)                                                        \
    ((const struct log_field[]){__VA_ARGS__, {.kind = LOG_FIELD_NONE}})

struct log_settings {
    const char *program; /* "router" */
    const char *path;    /* appended to; NULL for stderr */
    enum log_level level;
    bool json;
};

/* Until then lines go to stderr from INFO on. log_reopen is for rotation. */
MUST_CHECK enum status log_open(const struct log_settings *settings,
                                struct error *err);
MUST_CHECK enum status log_reopen(struct error *err);
void log_close(void);

void log_set_level(enum log_level level);
MUST_CHECK enum status log_level_parse(const char *text, enum log_level *level);

/* Fields end with kind NONE (LOG_FIELDS does it) or are NULL. */
void log_write(enum log_level level, const char *code,
               const struct log_field *fields, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* log_info("BROKER-STARTED", "front door bound -> stations may connect"); */
#define log_debug(code, ...) log_write(LOG_DEBUG, code, NULL, __VA_ARGS__)
#define log_info(code, ...) log_write(LOG_INFO, code, NULL, __VA_ARGS__)
#define log_warn(code, ...) log_write(LOG_WARN, code, NULL, __VA_ARGS__)
#define log_error(code, ...) log_write(LOG_ERROR, code, NULL, __VA_ARGS__)

/* Lines written or lost since the start. */
uint64_t log_count(enum log_level level);
uint64_t log_lost(void);

/* For tests: lines go to take (without the newline); NULL ends it. */
void log_capture(void (*take)(void *state, const char *line), void *state);

#endif
