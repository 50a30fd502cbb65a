/* channel_smtp - mail by libcurl, several at one time on the same loop.
 *
 * A server that answers 5xx has decided: the next channel. Everything else
 * (4xx, no connection, no answer in time) is tried again. After a try that
 * was cut off the mail may have been taken all the same; the Message-ID is the
 * same on each try, so that servers and people can tell.
 */
#include <curl/curl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/log.h"
#include "base/methods.h"
#include "workers/tier/channel.h"
#include "workers/tier/mail.h"

enum { RUNNING_MAX = 8, MESSAGE_BYTES = 256 * 1024, SOCKETS_MAX = 16 };

struct letter {
    CURL *easy; /* NULL: free */
    uint64_t job;
    struct bytes message;
    size_t sent;
    struct curl_slist *to;
    char id[MAIL_ID_SIZE];
    char error[CURL_ERROR_SIZE];
};

struct smtp_channel {
    struct channel_report report;
    const struct clock *clock;
    int64_t timeout_ms;
    const char *url, *from, *user, *ca;
    char password[256];
    long tls; /* CURLUSESSL_* */
    CURLM *multi;
    struct pollfd sockets[SOCKETS_MAX];
    size_t socket_count;
    int64_t due_ms; /* curl wants to be called */
    struct letter list[RUNNING_MAX];
};

/* ---- curl's sockets and timer ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *state,
                     void *unused)
{
    struct smtp_channel *c = state;
    size_t i = 0;
    (void)easy;
    (void)unused;
    while (i < c->socket_count && c->sockets[i].fd != fd)
        i++;
    if (what == CURL_POLL_REMOVE) {
        if (i < c->socket_count)
            c->sockets[i] = c->sockets[--c->socket_count];
        return 0;
    }
    if (i == SOCKETS_MAX)
        return -1;
    if (i == c->socket_count)
        c->socket_count++;
    c->sockets[i].fd = fd;
    c->sockets[i].events = (short)((what & CURL_POLL_IN ? POLLIN : 0) |
                                   (what & CURL_POLL_OUT ? POLLOUT : 0));
    return 0;
}

static int on_timer(CURLM *multi, long wait_ms, void *state)
{
    struct smtp_channel *c = state;
    (void)multi;
    c->due_ms = wait_ms < 0 ? INT64_MAX
                            : clock_monotonic_ms(c->clock) + (int64_t)wait_ms;
    return 0;
}

static size_t watch(void *state, struct pollfd *items, size_t room)
{
    struct smtp_channel *c = state;
    size_t n = c->socket_count < room ? c->socket_count : room;
    memcpy(items, c->sockets, n * sizeof(*items));
    return n;
}

/* ---- one letter ---- */

static size_t on_read(char *out, size_t size, size_t count, void *state)
{
    struct letter *l = state;
    struct slice rest = slice_from(bytes_slice(&l->message), l->sent);
    size_t n = rest.size < size * count ? rest.size : size * count;
    if (n > 0)
        memcpy(out, rest.data, n);
    l->sent += n;
    return n;
}

static void forget(struct smtp_channel *c, struct letter *l)
{
    if (l->easy) {
        curl_multi_remove_handle(c->multi, l->easy);
        curl_easy_cleanup(l->easy);
    }
    curl_slist_free_all(l->to);
    bytes_fini(&l->message);
    memset(l, 0, sizeof(*l));
}

static bool prepare(struct smtp_channel *c, struct letter *l)
{
    CURL *e = l->easy;
    CURLcode bad = CURLE_OK;
    l->error[0] = '\0';
#define SET(option, value)                                                     \
    (bad = bad != CURLE_OK ? bad : curl_easy_setopt(e, option, value))
    SET(CURLOPT_URL, c->url);
    SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_FORBID_REUSE, 1L); /* no page waits for one that died */
    SET(CURLOPT_TIMEOUT_MS, (long)c->timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)c->timeout_ms);
    SET(CURLOPT_USE_SSL, c->tls);
    SET(CURLOPT_MAIL_FROM, c->from);
    SET(CURLOPT_MAIL_RCPT, l->to);
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_READFUNCTION, on_read);
    SET(CURLOPT_READDATA, l);
    SET(CURLOPT_ERRORBUFFER, l->error);
    SET(CURLOPT_PRIVATE, l);
    if (c->ca)
        SET(CURLOPT_CAINFO, c->ca);
    if (c->user) {
        SET(CURLOPT_USERNAME, c->user);
        SET(CURLOPT_PASSWORD, c->password);
    }
#undef SET
    return bad == CURLE_OK;
}

static void start(void *state, const struct tier_job *job)
{
    struct smtp_channel *c = state;
    const char *to = channel_hint(job->page, "mail");
    struct letter *l = NULL;
    if (!to || !mail_address_ok(to)) {
        channel_failed(&c->report, job->number, TIER_NEVER,
                       to ? "the mail address of %s cannot be right"
                          : "no mail address of %s is known",
                       job->page->person ? job->page->person : "nobody");
        return;
    }
    for (size_t i = 0; i < RUNNING_MAX && !l; i++)
        if (!c->list[i].easy)
            l = &c->list[i];
    if (!l) {
        channel_failed(&c->report, job->number, TIER_AGAIN,
                       "too many mails are on the way");
        return;
    }
    l->job = job->number;
    bytes_init(&l->message, MESSAGE_BYTES);
    mail_id(job, c->from, l->id);
    mail_write(job, c->from, to, clock_wall_ms(c->clock), &l->message);
    l->to = curl_slist_append(NULL, to);
    l->easy = curl_easy_init();
    if (l->easy && l->to && l->message.status == STATUS_OK && prepare(c, l) &&
        curl_multi_add_handle(c->multi, l->easy) == CURLM_OK)
        return;
    forget(c, l);
    channel_failed(&c->report, job->number, TIER_AGAIN,
                   "the mail could not be prepared");
}

static void ended(struct smtp_channel *c, struct letter *l, CURLcode code)
{
    long answer = 0;
    uint64_t job = l->job;
    char id[MAIL_ID_SIZE], why[CURL_ERROR_SIZE];
    (void)curl_easy_getinfo(l->easy, CURLINFO_RESPONSE_CODE, &answer);
    snprintf(id, sizeof(id), "%s", l->id);
    snprintf(why, sizeof(why), "%s",
             l->error[0] ? l->error : curl_easy_strerror(code));
    forget(c, l);
    if (code == CURLE_OK) {
        channel_done(&c->report, job, id);
        return;
    }
    bool never = answer >= 500 && answer < 600;
    if (answer > 0)
        channel_failed(&c->report, job, never ? TIER_NEVER : TIER_AGAIN,
                       "%s (answer %ld)", why, answer);
    else
        channel_failed(&c->report, job, TIER_AGAIN, "%s", why);
}

static void collect(struct smtp_channel *c)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(c->multi, &left)) != NULL) {
        struct letter *l = NULL;
        CURLcode code = message->data.result;
        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                              (char **)&l) == CURLE_OK &&
            l)
            ended(c, l, code);
    }
}

static int64_t step(void *state, int64_t now_ms)
{
    struct smtp_channel *c = state;
    struct pollfd ready[SOCKETS_MAX];
    size_t n = c->socket_count;
    int running;
    memcpy(ready, c->sockets, sizeof(ready));
    if (n > 0 && poll(ready, n, 0) > 0)
        for (size_t i = 0; i < n; i++) {
            int what =
                (ready[i].revents & POLLIN ? CURL_CSELECT_IN : 0) |
                (ready[i].revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
                (ready[i].revents & (POLLERR | POLLHUP) ? CURL_CSELECT_ERR : 0);
            if (what)
                (void)curl_multi_socket_action(c->multi, ready[i].fd, what,
                                               &running);
        }
    if (now_ms >= c->due_ms) {
        c->due_ms = INT64_MAX;
        (void)curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0,
                                       &running);
    }
    collect(c);
    return c->due_ms;
}

/* ---- the channel ---- */

static enum status read_password(struct smtp_channel *c, const char *path,
                                 struct error *err)
{
    struct bytes text;
    bytes_init(&text, sizeof(c->password));
    enum status status = file_read(path, sizeof(c->password) - 1, &text, err);
    const char *line = status == STATUS_OK ? bytes_text(&text) : NULL;
    if (line)
        snprintf(c->password, sizeof(c->password), "%.*s",
                 (int)strcspn(line, "\r\n"), line);
    bytes_fini(&text);
    return status;
}

static enum status configure(struct smtp_channel *c,
                             const struct channel_settings *s,
                             struct error *err)
{
    const char *tls = s->smtp_tls ? s->smtp_tls : "try";
    c->report = s->report;
    c->clock = s->clock;
    c->timeout_ms = s->timeout_ms;
    c->url = s->smtp_url;
    c->from = s->smtp_from ? s->smtp_from : "yinuo@localhost";
    c->user = s->smtp_user;
    c->ca = s->smtp_ca;
    c->due_ms = INT64_MAX;
    c->tls = strcmp(tls, "must") == 0  ? CURLUSESSL_ALL
             : strcmp(tls, "try") == 0 ? CURLUSESSL_TRY
                                       : CURLUSESSL_NONE;
    if (!c->url || (strncmp(c->url, "smtp://", 7) != 0 &&
                    strncmp(c->url, "smtps://", 8) != 0))
        return error_set(err, STATUS_INVALID,
                         "--smtp smtp://HOST:PORT is missing");
    if (!mail_address_ok(c->from))
        return error_set(err, STATUS_INVALID, "--smtp-from is no address");
    if (strcmp(tls, "must") != 0 && strcmp(tls, "try") != 0 &&
        strcmp(tls, "no") != 0)
        return error_set(err, STATUS_INVALID, "--smtp-tls is must, try or no");
    if (s->smtp_password_file)
        return read_password(c, s->smtp_password_file, err);
    return STATUS_OK;
}

static enum status open_smtp(void **state,
                             const struct channel_settings *settings,
                             struct error *err)
{
    struct smtp_channel *c = calloc(1, sizeof(*c));
    if (!c)
        return error_set(err, STATUS_NO_MEMORY, "no memory");
    *state = c;
    enum status status = configure(c, settings, err);
    if (status != STATUS_OK)
        return status;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 ||
        !(c->multi = curl_multi_init()))
        return error_set(err, STATUS_NO_MEMORY, "libcurl does not start");
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    return STATUS_OK;
}

static void close_smtp(void **state)
{
    struct smtp_channel *c = *state;
    if (!c)
        return;
    for (size_t i = 0; i < RUNNING_MAX; i++)
        forget(c, &c->list[i]);
    if (c->multi)
        curl_multi_cleanup(c->multi);
    sodium_memzero(c->password, sizeof(c->password));
    free(c);
    *state = NULL;
}

const struct channel_type channel_smtp = {.name = "smtp",
                                          .methods = METHODS_SMTP,
                                          .running_max = RUNNING_MAX,
                                          .open = open_smtp,
                                          .start = start,
                                          .watch = watch,
                                          .step = step,
                                          .close = close_smtp};
