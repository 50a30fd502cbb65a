/* exits - what the program's exit code says.
 *
 * Scripts depend on them: append only, never renumber.
 */
#ifndef CLI_EXITS_H
#define CLI_EXITS_H

#include "base/error.h"
#include "base/i18n.h"

/* clang-format off */
/*    name       code  text */
#define CLI_EXITS(X)                                                           \
    X(DONE,      0, N_("done"))                                                \
    X(FAILED,    1, N_("refused or failed"))                                   \
    X(USAGE,     2, N_("wrong usage"))                                         \
    X(NOT_FOUND, 3, N_("there is no such thing"))                              \
    X(LOST,      4, N_("lost a race; the winner is named"))                    \
    X(UNREACHED, 5, N_("not reached: nothing was recorded"))                   \
    X(DENIED,    6, N_("not allowed"))                                         \
    X(BAD_DATA,  7, N_("the policy or the data is bad"))
/* clang-format on */

#define X(name, code, text) CLI_##name = code,
enum cli_exit { CLI_EXITS(X) CLI_EXIT_COUNT };
#undef X

/* In the user's language. */
const char *exit_text(enum cli_exit code);

/* What a failed call means for the caller of the program. */
enum cli_exit exit_of_status(enum status status);

#endif
