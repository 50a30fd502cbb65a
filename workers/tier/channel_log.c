/* channel_log - one block per page, appended to DIR/TIER.log and synced.
 *
 *   --- page p12.0 partition 0 created 1338773100000 to wang
 *     [S1 crisis] “…”
 *     …
 *   --- end p12.0 partition 0 created 1338773100000
 *
 * Lines of text are indented, so that no text can look like a mark. A page
 * counts as shown when its end mark is there; at start the tail of the file is
 * read for them, so that a page that comes again is not shown twice. The
 * moment of its making tells it from a page of another ledger with that id.
 *
 * One process has the file: DIR/TIER.log.lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lockfile.h"
#include "base/log.h"
#include "base/methods.h"
#include "workers/tier/channel.h"
#include "workers/tier/page_text.h"
#include "workers/tier/shown.h"

enum {
    TAIL_BYTES = 8 * 1024 * 1024,
    BLOCK_BYTES = 256 * 1024,
    MARK_SIZE = SHOWN_KEY_MAX + 1
};

static const char END[] = "--- end ";

struct log_channel {
    struct channel_report report;
    struct lockfile lock;
    char path[LIMIT_PATH_BYTES];
    int fd;
    struct stat made; /* the file that fd is */
    struct shown *shown;
    struct bytes block;
    struct bytes text;
};

/* ---- what was shown before ---- */

static void read_marks(struct log_channel *c, struct slice tail)
{
    const char *at = (const char *)tail.data, *end = at + tail.size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            return; /* torn: its page was not shown */
        size_t size = (size_t)(stop - at), mark = sizeof(END) - 1;
        if (size > mark && memcmp(at, END, mark) == 0)
            shown_add(c->shown, slice_of(at + mark, size - mark));
        at = stop + 1;
    }
}

static enum status read_tail(struct log_channel *c, struct error *err)
{
    off_t size = lseek(c->fd, 0, SEEK_END);
    off_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
    if (size <= 0)
        return size < 0 ? error_set_errno(err, errno, "%s", c->path)
                        : STATUS_OK;
    size_t want = (size_t)(size - from), got = 0;
    char *tail = malloc(want);
    if (!tail)
        return error_set(err, STATUS_NO_MEMORY, "no memory");
    while (got < want) {
        ssize_t n = pread(c->fd, tail + got, want - got, from + (off_t)got);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    read_marks(c, slice_of(tail, got));
    bool torn = got > 0 && tail[got - 1] != '\n';
    free(tail);
    if (torn && write(c->fd, "\n", 1) != 1)
        return error_set_errno(err, errno, "%s", c->path);
    return STATUS_OK;
}

static enum status open_file(struct log_channel *c, struct error *err)
{
    c->fd = open(c->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (c->fd < 0 || fstat(c->fd, &c->made) != 0)
        return error_set_errno(err, errno, "%s", c->path);
    return STATUS_OK;
}

static void close_log(void **state)
{
    struct log_channel *c = *state;
    if (!c)
        return;
    if (c->fd >= 0)
        close(c->fd);
    lockfile_release(&c->lock);
    shown_free(&c->shown);
    bytes_fini(&c->block);
    bytes_fini(&c->text);
    free(c);
    *state = NULL;
}

static enum status open_log(void **state,
                            const struct channel_settings *settings,
                            struct error *err)
{
    char name[80], lock[LIMIT_PATH_BYTES];
    struct log_channel *c = calloc(1, sizeof(*c));
    if (!c || !(c->shown = shown_new())) {
        free(c);
        return error_set(err, STATUS_NO_MEMORY, "no memory");
    }
    *state = c;
    c->fd = -1;
    c->report = settings->report;
    bytes_init(&c->block, BLOCK_BYTES);
    bytes_init(&c->text, BLOCK_BYTES);
    if (!settings->log_dir)
        return error_set(err, STATUS_INVALID, "the log channel needs a place");
    snprintf(name, sizeof(name), "%.60s.log", settings->tier);
    enum status status = file_make_dirs(settings->log_dir, 0750, err);
    if (status == STATUS_OK)
        status =
            file_join(c->path, sizeof(c->path), settings->log_dir, name, err);
    if (status == STATUS_OK &&
        snprintf(lock, sizeof(lock), "%s.lock", c->path) >= (int)sizeof(lock))
        status = error_set(err, STATUS_TOO_LARGE, "the path is too long");
    if (status == STATUS_OK)
        status = lockfile_take(&c->lock, lock, err);
    if (status == STATUS_OK)
        status = open_file(c, err);
    if (status == STATUS_OK)
        status = read_tail(c, err);
    return status;
}

/* ---- showing ---- */

static bool make_key(const struct tier_job *job, char out[MARK_SIZE])
{
    const Yinuo__V1__Page *p = job->page;
    int size = snprintf(
        out, MARK_SIZE, "%s partition %" PRIu32 " created %" PRId64, p->page_id,
        job->partition, p->has_created_ms ? p->created_ms : (int64_t)0);
    for (char *at = out; *at; at++)
        if ((unsigned char)*at < ' ')
            return false;
    return size > 0 && size < MARK_SIZE;
}

static void make_block(struct log_channel *c, const Yinuo__V1__Page *page,
                       const char *key)
{
    const char *person = page->person ? page->person : "nobody";
    bytes_reset(&c->block);
    bytes_reset(&c->text);
    page_text_full(page, &c->text);
    bytes_append_format(&c->block, "--- page %s to %.*s\n", key,
                        (int)strcspn(person, "\r\n"), person);
    const char *line = bytes_text(&c->text);
    while (line && *line) {
        size_t size = strcspn(line, "\n");
        bytes_append_format(&c->block, "  %.*s\n", (int)size, line);
        line += size + (line[size] == '\n');
    }
    bytes_append_format(&c->block, "%s%s\n", END, key);
}

/* After logrotate the path names another file, or none: follow it. */
static void follow(struct log_channel *c)
{
    struct stat now;
    struct error err;
    if (c->fd >= 0 && stat(c->path, &now) == 0 &&
        now.st_ino == c->made.st_ino && now.st_dev == c->made.st_dev)
        return;
    if (c->fd >= 0)
        close(c->fd);
    if (open_file(c, &err) != STATUS_OK && c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
    }
}

/* The whole block or nothing, as far as the file system lets us. */
static bool append(struct log_channel *c)
{
    struct slice block = bytes_slice(&c->block);
    off_t before = lseek(c->fd, 0, SEEK_END);
    ssize_t n = write(c->fd, block.data, block.size);
    if (n == (ssize_t)block.size && fdatasync(c->fd) == 0)
        return true;
    int number = n >= 0 && n < (ssize_t)block.size ? ENOSPC : errno;
    if (before >= 0 && n > 0 && ftruncate(c->fd, before) != 0)
        log_warn("LOG-TORN", "a block was cut short -> it is shown again");
    errno = number;
    return false;
}

static void start(void *state, const struct tier_job *job)
{
    struct log_channel *c = state;
    char key[MARK_SIZE];
    if (!make_key(job, key)) {
        channel_failed(&c->report, job->number, TIER_NEVER,
                       "the page's id cannot be written");
        return;
    }
    if (shown_has(c->shown, slice_of_text(key))) {
        channel_done(&c->report, job->number, key);
        return;
    }
    make_block(c, job->page, key);
    if (c->block.status != STATUS_OK || c->text.status != STATUS_OK) {
        channel_failed(&c->report, job->number, TIER_AGAIN, "no memory");
        return;
    }
    follow(c);
    if (c->fd < 0 || !append(c)) {
        channel_failed(&c->report, job->number, TIER_AGAIN, "%s: %s", c->path,
                       strerror(errno));
        return;
    }
    shown_add(c->shown, slice_of_text(key));
    channel_done(&c->report, job->number, key);
}

const struct channel_type channel_log = {.name = "log",
                                         .methods = METHODS_LOG,
                                         .open = open_log,
                                         .start = start,
                                         .close = close_log};
