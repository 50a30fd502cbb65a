#include "station/intake.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

enum { FULL_WAIT_MS = 500 };

bool intake_wait(struct intake *in, int64_t wait_ms)
{
    if (!*in->stop)
        (void)poll(NULL, 0, (int)wait_ms);
    return !*in->stop;
}

static void refuse(struct intake *in, struct intake_outcome *out,
                   const struct yinuo_error *error)
{
    out->result = YINUO_INVALID;
    out->error = *error;
    in->refused++;
}

/* Stores lines that are known to be good, or waits until it can. */
static enum yinuo_result store(struct intake *in, const char *const *lines,
                               size_t count, const struct outbox_mark *mark,
                               struct yinuo_receipt *receipts, size_t *bad,
                               struct yinuo_error *error)
{
    bool told = false;
    for (;;) {
        enum yinuo_result result =
            client_publish(in->y, lines, count, mark, receipts, bad, error);
        if (result != YINUO_FULL)
            return result;
        if (!told)
            log_warn("OUTBOX-FULL", "%s -> sources wait", error->text);
        told = true;
        if (!intake_wait(in, FULL_WAIT_MS))
            return result;
    }
}

static void fail_all(struct intake *in, struct intake_outcome *out,
                     size_t count, enum yinuo_result result,
                     const struct yinuo_error *error)
{
    for (size_t i = 0; i < count; i++)
        out[i].result = result;
    in->broken = in->broken || result != YINUO_FULL;
    log_error("OUTBOX-FAILED", "%s -> events are not taken", error->text);
}

/* All lines that are events go to the disk in one commit, and the mark with
 * them: a line that is none is taken out, and the rest tried again. */
void intake_batch(struct intake *in, const char *const *lines, size_t count,
                  const struct outbox_mark *mark, struct intake_outcome *out)
{
    static struct yinuo_receipt receipts[INTAKE_LINES];
    const char *good[INTAKE_LINES];
    size_t index[INTAKE_LINES], left = count, bad = 0;
    struct yinuo_error error;
    enum yinuo_result result;
    assert(count <= INTAKE_LINES);
    for (size_t i = 0; i < count; i++) {
        good[i] = lines[i];
        index[i] = i;
    }
    while ((left > 0 || mark) && (result = store(in, good, left, mark, receipts,
                                                 &bad, &error)) != YINUO_OK) {
        if (result != YINUO_INVALID || left == 0) {
            fail_all(in, out, count, result, &error);
            return;
        }
        refuse(in, &out[index[bad]], &error);
        left--;
        memmove(good + bad, good + bad + 1, (left - bad) * sizeof(good[0]));
        memmove(index + bad, index + bad + 1, (left - bad) * sizeof(index[0]));
    }
    for (size_t i = 0; i < left; i++) {
        out[index[i]].result = YINUO_OK;
        out[index[i]].receipt = receipts[i];
    }
    in->stored += left;
}

/* ---- standard input ---- */

struct lines {
    char *text; /* what was read and not used yet */
    size_t size;
    size_t room;
    uint64_t number; /* of the first line in text */
    bool skipping;   /* the rest of a line that is too long */
};

/* Cuts complete lines out of the text (all of it at the end of the input). */
static size_t cut(struct lines *l, bool end, const char **list, size_t most,
                  size_t *used)
{
    size_t count = 0, at = 0;
    while (count < most && at < l->size) {
        char *line = l->text + at;
        char *newline = memchr(line, '\n', l->size - at);
        if (!newline && !end)
            break;
        size_t size = newline ? (size_t)(newline - line) : l->size - at;
        line[size] = '\0'; /* there is room for it behind the text */
        at += size + (newline != NULL);
        list[count++] = line;
    }
    *used = at;
    return count;
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r")] == '\0';
}

static void take_lines(struct intake *in, struct lines *l, bool end)
{
    static struct intake_outcome out[INTAKE_LINES];
    const char *list[INTAKE_LINES], *full[INTAKE_LINES];
    uint64_t numbers[INTAKE_LINES];
    size_t used, count;
    while ((count = cut(l, end, list, INTAKE_LINES, &used)) > 0) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++, l->number++) {
            if (is_blank(list[i]))
                continue;
            numbers[n] = l->number;
            full[n++] = list[i];
        }
        if (n > 0)
            intake_batch(in, full, n, NULL, out);
        for (size_t i = 0; i < n; i++)
            if (out[i].result == YINUO_INVALID)
                fprintf(stderr, "yinuo-station: line %llu: %s (%s)\n",
                        (unsigned long long)numbers[i], out[i].error.text,
                        out[i].error.code);
        l->size -= used;
        memmove(l->text, l->text + used, l->size);
        if (in->broken || *in->stop)
            return;
    }
}

/* A line longer than any event: its end is looked for, nothing is kept. */
static void skip_long(struct intake *in, struct lines *l)
{
    if (l->size + 1 < l->room)
        return;
    if (!l->skipping) {
        in->refused++;
        fprintf(stderr, "yinuo-station: line %llu: longer than 64 KiB\n",
                (unsigned long long)l->number);
    }
    l->skipping = true;
    l->size = 0;
}

static void end_skip(struct lines *l)
{
    char *newline = memchr(l->text, '\n', l->size);
    size_t drop = newline ? (size_t)(newline - l->text) + 1 : l->size;
    l->size -= drop;
    memmove(l->text, l->text + drop, l->size);
    l->skipping = newline == NULL;
    l->number += newline != NULL;
}

void intake_stdin(struct intake *in)
{
    struct lines l = {.room = 4 * INTAKE_LINE_BYTES, .number = 1};
    l.text = malloc(l.room);
    if (!l.text) {
        in->broken = true;
        return;
    }
    while (!*in->stop && !in->broken) {
        struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&fd, 1, 500) <= 0)
            continue;
        ssize_t n = read(STDIN_FILENO, l.text + l.size, l.room - l.size - 1);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            break;
        l.size += (size_t)n;
        if (l.skipping)
            end_skip(&l);
        if (!l.skipping)
            take_lines(in, &l, false);
        skip_long(in, &l);
    }
    if (!l.skipping && !*in->stop && !in->broken)
        take_lines(in, &l, true);
    free(l.text);
}
