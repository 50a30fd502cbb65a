#include "cli/exits.h"

const char *exit_text(enum cli_exit code)
{
    switch (code) {
#define X(name, number, text)                                                  \
    case CLI_##name:                                                           \
        return _(text);
        CLI_EXITS(X)
#undef X
    case CLI_EXIT_COUNT:
        break;
    }
    return "";
}

enum cli_exit exit_of_status(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return CLI_DONE;
    case STATUS_NOT_FOUND:
        return CLI_NOT_FOUND;
    case STATUS_CONFLICT:
        return CLI_LOST;
    case STATUS_TIMEOUT:
    case STATUS_UNREACHABLE:
    case STATUS_BUSY:
        return CLI_UNREACHED;
    case STATUS_DENIED:
        return CLI_DENIED;
    case STATUS_CORRUPT:
        return CLI_BAD_DATA;
    default:
        return CLI_FAILED;
    }
}
