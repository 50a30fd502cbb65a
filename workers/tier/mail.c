#include "workers/tier/mail.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "workers/tier/page_text.h"

enum {
    WORD_BYTES = 42, /* of text in one encoded word: 75 characters at most */
    LINE_BYTES = 57  /* of the body in one line: 76 characters */
};

bool mail_address_ok(const char *address)
{
    size_t size = strlen(address);
    const char *at = strrchr(address, '@');
    if (size > MAIL_ADDRESS_MAX || !at || at == address || !at[1])
        return false;
    for (const char *c = address; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f ||
            strchr("<>()[]\\,;:\"", *c))
            return false;
    return true;
}

/* What an id may hold in a Message-ID; the rest becomes '_'. */
static void plain(const char *text, char *out, size_t room)
{
    size_t n = 0;
    for (; text && *text && n + 1 < room; text++) {
        unsigned char c = (unsigned char)*text;
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                    (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
        out[n++] = fine ? (char)c : '_';
    }
    out[n] = '\0';
}

static const char *domain(const char *from)
{
    const char *at = strrchr(from, '@');
    return at ? at + 1 : "localhost";
}

void mail_id(const struct tier_job *job, const char *from,
             char out[MAIL_ID_SIZE])
{
    char id[80];
    const Yinuo__V1__Page *p = job->page;
    plain(p->page_id, id, sizeof(id));
    snprintf(out, MAIL_ID_SIZE, "<%s.%" PRIu32 ".%" PRId64 "@%.80s>", id,
             job->partition, p->has_created_ms ? p->created_ms : (int64_t)0,
             domain(from));
}

static void append_base64(struct bytes *out, const char *data, size_t size)
{
    char text[LINE_BYTES * 2];
    sodium_bin2base64(text, sizeof(text), (const unsigned char *)data, size,
                      sodium_base64_VARIANT_ORIGINAL);
    bytes_append_text(out, text);
}

/* A header whose value may be any text. */
static void append_header(struct bytes *out, const char *name,
                          const char *value)
{
    bool first = true;
    bytes_append_format(out, "%s:", name);
    while (*value) {
        size_t n, characters = WORD_BYTES;
        do /* whole characters, of 1 to 4 bytes */
            n = utf8_prefix(value, characters--);
        while (n > WORD_BYTES);
        if (n == 0)
            break;
        bytes_append_text(out, first ? " =?UTF-8?B?" : "\r\n =?UTF-8?B?");
        append_base64(out, value, n);
        bytes_append_text(out, "?=");
        value += n;
        first = false;
    }
    bytes_append_text(out, "\r\n");
}

static void append_date(struct bytes *out, int64_t wall_ms)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed",
                                       "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
                                         "May", "Jun", "Jul", "Aug",
                                         "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm t;
    if (gmtime_r(&seconds, &t))
        bytes_append_format(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n",
                            days[t.tm_wday], t.tm_mday, months[t.tm_mon],
                            t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static void append_body(const Yinuo__V1__Page *page, struct bytes *out)
{
    struct bytes text;
    bytes_init(&text, 0);
    page_text_full(page, &text);
    for (size_t at = 0; at < text.size; at += LINE_BYTES) {
        size_t n = text.size - at;
        append_base64(out, (const char *)text.data + at,
                      n < LINE_BYTES ? n : LINE_BYTES);
        bytes_append_text(out, "\r\n");
    }
    if (text.status != STATUS_OK)
        out->status = text.status;
    bytes_fini(&text);
}

void mail_write(const struct tier_job *job, const char *from, const char *to,
                int64_t wall_ms, struct bytes *out)
{
    char subject[PAGE_TEXT_SUBJECT_SIZE], id[MAIL_ID_SIZE], case_id[80];
    const Yinuo__V1__Page *p = job->page;
    page_text_subject(p, subject);
    mail_id(job, from, id);
    plain(p->case_id, case_id, sizeof(case_id));
    bytes_append_format(out, "From: Yinuo <%s>\r\nTo: <%s>\r\n", from, to);
    append_header(out, "Subject", subject);
    append_date(out, wall_ms);
    bytes_append_format(out, "Message-ID: %s\r\n", id);
    if (*case_id)
        bytes_append_format(out, "References: <%s@%s>\r\n", case_id,
                            domain(from));
    bytes_append_format(out, "X-Yinuo-Page: %s\r\n", id);
    if (p->has_severity && p->severity <= YINUO__V1__SEVERITY__SEVERITY_S2)
        bytes_append_text(out, "X-Priority: 1\r\n");
    bytes_append_text(out, "Auto-Submitted: auto-generated\r\n"
                           "MIME-Version: 1.0\r\n"
                           "Content-Type: text/plain; charset=UTF-8\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\n");
    append_body(p, out);
}
