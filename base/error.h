/* error - one status for every expected failure, and the words that go with it.
 *
 * A function that can fail returns enum status; zero is good. Where the reader
 * of a log needs more than the code, it also takes a struct error *, which may
 * be NULL. The one who fails writes the sentence (error_set); callers on the
 * way out put their context in front (error_wrap): "open ledger: map journal:
 * ...". What cannot happen is an assert, which stays on in release builds.
 *
 * Memory   struct error is the caller's and holds its text.
 * Threads  Any; nothing is shared.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#ifndef MUST_CHECK
#define MUST_CHECK __attribute__((warn_unused_result))
#endif
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Travels on the wire and lies on disk: append only, never renumber. */
/* clang-format off */
#define STATUS_CODES(X)                                                        \
    /* name       code  text            */                                     \
    X(OK,           0, "ok")                                                   \
    X(INVALID,      1, "invalid")        /* malformed: never try it again   */ \
    X(NOT_FOUND,    2, "not found")                                            \
    X(EXISTS,       3, "exists already")                                       \
    X(STALE,        4, "stale")          /* too late or twice               */ \
    X(DENIED,       5, "not allowed")                                          \
    X(BUSY,         6, "busy")           /* try again later                 */ \
    X(FULL,         7, "full")           /* a limit or the disk is reached  */ \
    X(IO,           8, "input or output failed")                               \
    X(NO_MEMORY,    9, "out of memory")                                        \
    X(TIMEOUT,     10, "timed out")                                            \
    X(UNREACHABLE, 11, "unreachable")    /* nobody there                    */ \
    X(VERSION,     12, "wrong version")                                        \
    X(TOO_LARGE,   13, "too large")                                            \
    X(CORRUPT,     14, "corrupt")        /* stored bytes contradict a check */ \
    X(CONFLICT,    15, "conflict")       /* lost a race                     */ \
    X(INTERNAL,    16, "internal error")                                       \
    X(GAP,         17, "gap")            /* a number is missing before this */ \
    X(UNSUPPORTED, 18, "unsupported")                                          \
    X(CANCELLED,   19, "cancelled")      /* stopping, or withdrawn          */ \
    X(EXPIRED,     20, "expired")                                              \
    X(REFUSED,     21, "refused")        /* by a rule; the reason says why  */ \
    X(END,         22, "end")            /* nothing more to read            */
/* clang-format on */

#define X(name, code, text) STATUS_##name = code,
enum status { STATUS_CODES(X) STATUS_COUNT };
#undef X

struct error {
    enum status status;
    char text[480]; /* one line, no newline at its end; cut if longer */
};

/* "not found"; "unknown status" for a code that is not in the table. */
const char *status_text(enum status status);

/* "NOT_FOUND"; what logs and JSON carry. NULL for an unknown code. */
const char *status_name(enum status status);

/* STATUS_OK for 0; INTERNAL for a number the table does not have. */
enum status status_of_code(unsigned code);

/* NOT_FOUND for ENOENT, FULL for ENOSPC, ...; IO for the rest. */
enum status status_of_errno(int number);

/* From now on in the language of the person, or in English again: a daemon asks
 * for it while it starts, and logs when it runs. After i18n_init. */
void error_in_language(bool yes);

/* Words of an error, or a part of them, in the language that errors are in. */
const char *error_said(const char *words);

void error_clear(struct error *err);

/* Replace what is in err. Returns status. */
enum status error_set(struct error *err, enum status status, const char *format,
                      ...) PRINTF_LIKE(3, 4);

/* error_set with the status and the words of errno behind the text. */
enum status error_set_errno(struct error *err, int number, const char *format,
                            ...) PRINTF_LIKE(3, 4);

/* Put "context: " in front. Returns err->status, INTERNAL if err is NULL. */
enum status error_wrap(struct error *err, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* What failed never returns OK; said in a header, so that the compiler and the
 * static analysis of callers know it too. */
static inline enum status error_not_ok(enum status status)
{
    return status == STATUS_OK ? STATUS_INTERNAL : status;
}
#define error_set(...) error_not_ok(error_set(__VA_ARGS__))
#define error_set_errno(...) error_not_ok(error_set_errno(__VA_ARGS__))
#define error_wrap(...) error_not_ok(error_wrap(__VA_ARGS__))

#endif
