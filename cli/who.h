/* who - the person who acts.
 *
 * Comes from --as, else from YINUO_PERSON, else from the line "person:" of
 * ~/.config/yinuo/config (XDG_CONFIG_HOME is heeded). Lines of that file are
 * "key: value"; '#' begins a comment; keys are person, home, connect, language.
 *
 * Memory   Everything is inside.
 * Errors   INVALID with file and line.
 * Threads  One.
 */
#ifndef CLI_WHO_H
#define CLI_WHO_H

#include "base/error.h"
#include "base/limits.h"

/* clang-format off */
#define WHO_KEYS(X)                                                            \
    X(person,   LIMIT_ID_BYTES + 1)                                            \
    X(home,     LIMIT_PATH_BYTES)                                              \
    X(connect,  LIMIT_PATH_BYTES)                                              \
    X(language, 16)
/* clang-format on */

struct who_config {
    char path[LIMIT_PATH_BYTES];
#define X(key, size) char key[size];
    WHO_KEYS(X)
#undef X
};

struct who {
    char person[LIMIT_ID_BYTES + 1]; /* "" when nobody is known */
    const char *source;              /* "--as", "YINUO_PERSON" or the file */
    struct who_config config;
};

/* as may be NULL. A missing file is fine. */
MUST_CHECK enum status who_find(struct who *who, const char *as,
                                struct error *err);

MUST_CHECK enum status who_config_parse(struct who_config *config,
                                        const char *text, struct error *err);

#endif
