#include "base/error.h"

/* The header wraps them for its callers. */
#undef error_set
#undef error_set_errno
#undef error_wrap

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"

static atomic_bool in_language;

void error_in_language(bool yes)
{
    atomic_store_explicit(&in_language, yes, memory_order_relaxed);
}

/* The catalogue's entry "" is none for people. */
const char *error_said(const char *words)
{
    return *words && atomic_load_explicit(&in_language, memory_order_relaxed)
               ? _(words)
               : words;
}

const char *status_text(enum status status)
{
    switch (status) {
#define X(name, code, text)                                                    \
    case STATUS_##name:                                                        \
        return error_said(text);
        STATUS_CODES(X)
#undef X
    case STATUS_COUNT:
        break;
    }
    return error_said("unknown status");
}

const char *status_name(enum status status)
{
    switch (status) {
#define X(name, code, text)                                                    \
    case STATUS_##name:                                                        \
        return #name;
        STATUS_CODES(X)
#undef X
    case STATUS_COUNT:
        break;
    }
    return NULL;
}

enum status status_of_code(unsigned code)
{
    return code < STATUS_COUNT ? (enum status)code : STATUS_INTERNAL;
}

enum status status_of_errno(int number)
{
    switch (number) {
    case 0:
        return STATUS_OK;
    case ENOENT:
        return STATUS_NOT_FOUND;
    case EEXIST:
        return STATUS_EXISTS;
    case EACCES:
    case EPERM:
        return STATUS_DENIED;
    case EAGAIN:
    case EBUSY:
    case ETXTBSY:
        return STATUS_BUSY;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
        return STATUS_FULL;
    case ENOMEM:
        return STATUS_NO_MEMORY;
    case ETIMEDOUT:
        return STATUS_TIMEOUT;
    case EHOSTUNREACH:
    case ECONNREFUSED:
        return STATUS_UNREACHABLE;
    case EINVAL:
        return STATUS_INVALID;
    case EFBIG:
    case E2BIG:
    case EMSGSIZE:
    case ENAMETOOLONG:
        return STATUS_TOO_LARGE;
    default:
        return STATUS_IO;
    }
}

void error_clear(struct error *err)
{
    if (!err)
        return;
    err->status = STATUS_OK;
    err->text[0] = '\0';
}

enum status error_set(struct error *err, enum status status, const char *format,
                      ...)
{
    va_list args;

    if (!err)
        return status;
    err->status = status;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, error_said(format), args);
    va_end(args);
    return status;
}

enum status error_set_errno(struct error *err, int number, const char *format,
                            ...)
{
    enum status status = status_of_errno(number);
    char words[96];
    va_list args;
    size_t used;

    if (!err)
        return status;
    err->status = status;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, error_said(format), args);
    va_end(args);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s",
             error_said(strerror_r(number, words, sizeof words)));
    return status;
}

enum status error_wrap(struct error *err, const char *format, ...)
{
    char inner[sizeof err->text];
    va_list args;
    size_t used;

    if (!err)
        return STATUS_INTERNAL;
    memcpy(inner, err->text, sizeof inner);
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, error_said(format), args);
    va_end(args);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s", inner);
    return err->status;
}
