/* intake_spool - files of JSON Lines in a directory.
 *
 * How many lines of a file have been dealt with is a mark in the outbox, in the
 * same commit as the events: after a crash the rest is read on.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "station/intake.h"

enum { LOOK_MS = 500, NAME_ROOM = 320 };

struct spool_file {
    struct intake *in;
    FILE *file;
    FILE *refused; /* opened when there is something */
    char path[LIMIT_PATH_BYTES];
    char mark[256]; /* inode and name */
    uint64_t done;  /* lines */
};

static bool ends_with(const char *name, const char *end)
{
    size_t size = strlen(name), tail = strlen(end);
    return size > tail && strcmp(name + size - tail, end) == 0;
}

static int is_ready(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && (ends_with(entry->d_name, ".json") ||
                                       ends_with(entry->d_name, ".jsonl"));
}

static void keep_refused(struct spool_file *s, const char *line,
                         const struct intake_outcome *out)
{
    char path[LIMIT_PATH_BYTES + 16];
    snprintf(path, sizeof(path), "%s.refused", s->path);
    if (!s->refused)
        s->refused = fopen(path, "a");
    log_write(LOG_WARN, "SPOOL-REFUSED",
              LOG_FIELDS(LOG_TEXT("file", s->path),
                         LOG_TEXT("code", out->error.code),
                         LOG_TEXT("field", out->error.field)),
              "a line is no event -> kept in the file of refused ones");
    if (s->refused)
        fprintf(s->refused, "# %s %s: %s\n%s\n", out->error.code,
                out->error.field, out->error.text, line);
}

/* Reads up to INTAKE_LINES lines; how many, 0 at the end. */
static size_t read_lines(struct spool_file *s, char **list)
{
    size_t count = 0, room = 0;
    while (count < INTAKE_LINES) {
        list[count] = NULL;
        ssize_t size = getline(&list[count], &room, s->file);
        if (size < 0) {
            free(list[count]);
            break;
        }
        if (size > 0 && list[count][size - 1] == '\n')
            list[count][size - 1] = '\0';
        room = 0;
        count++;
    }
    return count;
}

static bool take_some(struct spool_file *s)
{
    static struct intake_outcome out[INTAKE_LINES];
    char *list[INTAKE_LINES];
    const char *full[INTAKE_LINES];
    size_t count = read_lines(s, list), n = 0;
    for (size_t i = 0; i < count; i++)
        if (list[i][strspn(list[i], " \t\r")] != '\0')
            full[n++] = list[i];
    s->done += count;
    struct outbox_mark mark = {s->mark, s->done};
    if (count > 0)
        intake_batch(s->in, full, n, &mark, out);
    for (size_t i = 0; i < n; i++)
        if (out[i].result == YINUO_INVALID)
            keep_refused(s, full[i], &out[i]);
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    return count > 0 && !s->in->broken && !*s->in->stop;
}

static void skip_done(struct spool_file *s)
{
    char *line = NULL;
    size_t room = 0;
    uint64_t done = 0;
    if (outbox_mark_get(&s->in->y->outbox, s->mark, &done) != STATUS_OK)
        done = 0;
    while (s->done < done && getline(&line, &room, s->file) >= 0)
        s->done++;
    free(line);
}

static void finish(struct spool_file *s)
{
    struct outbox_mark gone = {s->mark, 0};
    struct yinuo_error error;
    size_t bad;
    if (s->refused && (fflush(s->refused) != 0 || fsync(fileno(s->refused))))
        return; /* it is read again, from its end */
    if (unlink(s->path) != 0)
        log_warn("SPOOL-STUCK", "%s cannot be removed -> it stays, read",
                 s->path);
    else
        (void)client_publish(s->in->y, NULL, 0, &gone, NULL, &bad, &error);
}

static void take_file(struct intake *in, const char *dir, const char *name)
{
    struct spool_file s = {.in = in};
    struct stat st;
    if (file_join(s.path, sizeof(s.path), dir, name, NULL) != STATUS_OK)
        return;
    s.file = fopen(s.path, "re");
    if (!s.file || fstat(fileno(s.file), &st) != 0 || !S_ISREG(st.st_mode)) {
        log_warn("SPOOL-UNREADABLE", "%s -> passed over", s.path);
        if (s.file)
            fclose(s.file);
        return;
    }
    snprintf(s.mark, sizeof(s.mark), "spool/%llu/%.200s",
             (unsigned long long)st.st_ino, name);
    skip_done(&s);
    while (take_some(&s)) {
    }
    if (!in->broken && !*in->stop && feof(s.file))
        finish(&s);
    fclose(s.file);
    if (s.refused)
        fclose(s.refused);
}

enum status intake_spool(struct intake *in, const char *dir, bool once,
                         struct error *err)
{
    enum status status = file_make_dirs(dir, 0700, err);
    while (status == STATUS_OK && !in->broken) {
        struct dirent **list = NULL;
        int count = scandir(dir, &list, is_ready, alphasort);
        if (count < 0)
            return error_set_errno(err, errno, "read %s", dir);
        for (int i = 0; i < count; i++) {
            if (!in->broken && !*in->stop)
                take_file(in, dir, list[i]->d_name);
            free(list[i]);
        }
        free(list);
        if (once || !intake_wait(in, LOOK_MS))
            break;
    }
    return status;
}
