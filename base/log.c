#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/time_text.h"

enum { LEVELS = LOG_ERROR + 1, LINE_BYTES = 8192 };

static struct {
    pthread_mutex_t lock;
    char program[64];
    char path[LIMIT_PATH_BYTES]; /* "" for stderr */
    int fd;
    enum log_level level;
    bool json;
    uint64_t count[LEVELS];
    uint64_t lost;
    void (*take)(void *state, const char *line);
    void *take_state;
} log_state = {.lock = PTHREAD_MUTEX_INITIALIZER,
               .program = "yinuo",
               .fd = STDERR_FILENO,
               .level = LOG_INFO};

#define X(name, code, text) [code] = #name,
static const char *const level_names[LEVELS] = {LOG_LEVELS(X)};
#undef X
#define X(name, code, text) [code] = (text),
static const char *const level_texts[LEVELS] = {LOG_LEVELS(X)};
#undef X

static enum status open_file(const char *path, int *fd, struct error *err)
{
    *fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (*fd < 0)
        return error_set_errno(err, errno, "open the log %s", path);
    return STATUS_OK;
}

static void use_file(int fd)
{
    if (log_state.fd != STDERR_FILENO)
        close(log_state.fd);
    log_state.fd = fd;
}

enum status log_open(const struct log_settings *settings, struct error *err)
{
    int fd = STDERR_FILENO;
    const char *path = settings->path ? settings->path : "";

    if (strlen(path) >= sizeof log_state.path)
        return error_set(err, STATUS_TOO_LARGE, "the path of the log is long");
    if (*path) {
        enum status st = open_file(path, &fd, err);

        if (st)
            return st;
    }
    pthread_mutex_lock(&log_state.lock);
    use_file(fd);
    strcpy(log_state.path, path);
    snprintf(log_state.program, sizeof log_state.program, "%s",
             settings->program ? settings->program : "yinuo");
    log_state.level = settings->level;
    log_state.json = settings->json;
    pthread_mutex_unlock(&log_state.lock);
    return STATUS_OK;
}

enum status log_reopen(struct error *err)
{
    int fd;
    enum status st;

    if (!log_state.path[0])
        return STATUS_OK;
    st = open_file(log_state.path, &fd, err);
    if (st)
        return st;
    pthread_mutex_lock(&log_state.lock);
    use_file(fd);
    pthread_mutex_unlock(&log_state.lock);
    return STATUS_OK;
}

void log_close(void)
{
    pthread_mutex_lock(&log_state.lock);
    use_file(STDERR_FILENO);
    log_state.path[0] = '\0';
    pthread_mutex_unlock(&log_state.lock);
}

void log_set_level(enum log_level level)
{
    pthread_mutex_lock(&log_state.lock);
    log_state.level = level;
    pthread_mutex_unlock(&log_state.lock);
}

enum status log_level_parse(const char *text, enum log_level *level)
{
    for (int i = 0; i < LEVELS; i++) {
        if (strcasecmp(text, level_texts[i]) == 0) {
            *level = (enum log_level)i;
            return STATUS_OK;
        }
    }
    return STATUS_INVALID;
}

/* Control characters cannot end a line or steer a terminal. */
static void append_clean(struct bytes *out, const char *text)
{
    for (; text && *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == 0x7f)
            (void)bytes_append_format(out, "\\x%02x", c);
        else
            (void)bytes_append_u8(out, c);
    }
}

/* A value with blanks or quotes stands in quotes. */
static void append_value(struct bytes *out, const char *text)
{
    bool quote = !text || !*text || strpbrk(text, " \"=()");

    if (!quote) {
        append_clean(out, text);
        return;
    }
    (void)bytes_append_u8(out, '"');
    for (; text && *text; text++) {
        char one[2] = {*text, '\0'};

        if (*text == '"' || *text == '\\')
            (void)bytes_append_u8(out, '\\');
        append_clean(out, one);
    }
    (void)bytes_append_u8(out, '"');
}

static void format_text(struct bytes *out, const char *at, enum log_level level,
                        const char *code, const struct log_field *fields,
                        const char *text)
{
    char between = '(';

    (void)bytes_append_format(out, "%s %s %s[%d] %s ", at, level_names[level],
                              log_state.program, (int)getpid(), code);
    append_clean(out, text);
    for (; fields && fields->kind != LOG_FIELD_NONE; fields++) {
        (void)bytes_append_format(out, "%s%s=", between == '(' ? " (" : " ",
                                  fields->key);
        between = ' ';
        if (fields->kind == LOG_FIELD_INT)
            (void)bytes_append_format(out, "%" PRId64, fields->number);
        else
            append_value(out, fields->text);
    }
    if (between == ' ')
        (void)bytes_append_u8(out, ')');
}

static void format_json(struct bytes *out, const char *at, enum log_level level,
                        const char *code, const struct log_field *fields,
                        const char *text)
{
    json_t *o =
        json_pack("{ss ss ss si ss so}", "at", at, "level", level_texts[level],
                  "program", log_state.program, "pid", (int)getpid(), "code",
                  code, "text", json_string_nocheck(text));

    for (; o && fields && fields->kind != LOG_FIELD_NONE; fields++) {
        json_t *value = fields->kind == LOG_FIELD_INT
                            ? json_integer(fields->number)
                            : json_string(fields->text ? fields->text : "");

        (void)json_object_set_new(o, fields->key, value ? value : json_null());
    }
    if (!o || json_append(out, o) != STATUS_OK)
        format_text(out, at, level, code, fields, text);
    json_decref(o);
}

static void emit(struct bytes *line)
{
    if (log_state.take) {
        const char *text = bytes_text(line);

        log_state.take(log_state.take_state, text ? text : "");
        return;
    }
    (void)bytes_append_u8(line, '\n');
    if (line->status ||
        write(log_state.fd, line->data, line->size) != (ssize_t)line->size)
        log_state.lost++;
}

void log_write(enum log_level level, const char *code,
               const struct log_field *fields, const char *format, ...)
{
    int saved = errno;
    char at[TIME_TEXT_SIZE], text[LINE_BYTES / 2];
    struct bytes line = {.limit = LINE_BYTES};
    va_list args;

    if (level < log_state.level)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    time_text_utc(clock_wall_ms(clock_system()), at);
    pthread_mutex_lock(&log_state.lock);
    if (log_state.json)
        format_json(&line, at, level, code, fields, text);
    else
        format_text(&line, at, level, code, fields, text);
    log_state.count[level]++;
    emit(&line);
    pthread_mutex_unlock(&log_state.lock);
    bytes_fini(&line);
    errno = saved;
}

uint64_t log_count(enum log_level level)
{
    uint64_t n;

    pthread_mutex_lock(&log_state.lock);
    n = log_state.count[level];
    pthread_mutex_unlock(&log_state.lock);
    return n;
}

uint64_t log_lost(void)
{
    uint64_t n;

    pthread_mutex_lock(&log_state.lock);
    n = log_state.lost;
    pthread_mutex_unlock(&log_state.lock);
    return n;
}

void log_capture(void (*take)(void *state, const char *line), void *state)
{
    pthread_mutex_lock(&log_state.lock);
    log_state.take = take;
    log_state.take_state = state;
    pthread_mutex_unlock(&log_state.lock);
}
