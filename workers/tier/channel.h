/* channel - the ways to reach a person, as main runs them.
 *
 * A channel is opened once, watched by main's loop, and stepped after each
 * wake-up. Nothing here blocks for long: a try ends by its timeout at the
 * latest, and the core decides about the next one.
 *
 * Memory   open makes the state, close frees it and ends what still runs.
 * Errors   Of a try: in its result. Of open: err.
 * Threads  Main's.
 * Source   Issue 2, workers/tier/; docs/channels.md is for operators.
 */
#ifndef TIER_CHANNEL_H
#define TIER_CHANNEL_H

#include <poll.h>

#include "base/clock.h"
#include "base/error.h"
#include "workers/tier/core.h"

/* Where results go. */
struct channel_report {
    void (*done)(void *context, const struct tier_result *result);
    void *context;
};

struct channel_settings {
    const struct clock *clock;
    struct channel_report report;
    const char *tier;      /* its name */
    int64_t timeout_ms;    /* of one try */
    const char *log_dir;   /* log */
    const char *program;   /* exec */
    const char *smtp_url;  /* smtp: smtp://host:port, smtps://… */
    const char *smtp_from; /* smtp: address */
    const char *smtp_user; /* smtp: NULL for none */
    const char *smtp_password_file;
    const char *smtp_tls; /* no, try, must */
    const char *smtp_ca;  /* file of certificates; NULL: the system's */
};

struct channel_type {
    const char *name;
    const char *methods; /* of Page.method that mean it */
    size_t running_max;
    enum status (*open)(void **state, const struct channel_settings *settings,
                        struct error *err);
    void (*start)(void *state, const struct tier_job *job);
    /* The descriptors to wait for; NULL: none. */
    size_t (*watch)(void *state, struct pollfd *items, size_t room);
    /* What can go on goes on; when to be called at the latest. NULL: never. */
    int64_t (*step)(void *state, int64_t now_ms);
    void (*close)(void **state);
};

/* clang-format off */
#define CHANNELS(X)                                                            \
    X(log)  /* appends to a file                         */                    \
    X(exec) /* runs a program with the page on its input */                    \
    X(smtp) /* sends mail                                */
/* clang-format on */

#define X(name) extern const struct channel_type channel_##name;
CHANNELS(X)
#undef X

/* NULL: there is none of that name. */
const struct channel_type *channel_find(const char *name);

/* Helpers of all channels. */
void channel_done(const struct channel_report *report, uint64_t job,
                  const char *provider_id);
void channel_failed(const struct channel_report *report, uint64_t job,
                    enum tier_try outcome, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* The value of Page.channel_hints, or NULL. */
const char *channel_hint(const Yinuo__V1__Page *page, const char *key);

#endif
