#include "ledger/rows.h"

#include <assert.h>
#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/utf8.h"

enum { ROW_BYTES_MAX = LIMIT_EVENT_JSON_BYTES, READ_BYTES = 1 << 16 };

/* One physical line is handed to libcsv at a time, so that the line on which a
 * row begins is known and a runaway quote can be cut off. */
struct rows {
    gzFile file;
    int64_t file_bytes;
    struct csv_parser parser;
    char *path;

    char *line; /* the one that was read last, with its newline */
    size_t line_size, line_room;
    size_t line_number;
    bool ended;
    struct bytes swallowed; /* lines of the row behind its first one */
    struct bytes again;     /* lines to be read once more */
    size_t again_at;

    struct bytes text; /* the fields of the row, each with a zero behind it */
    size_t offsets[ROWS_COLUMNS_MAX];
    const char *fields[ROWS_COLUMNS_MAX];
    size_t count;    /* fields so far */
    bool complete;   /* libcsv has seen the row's end */
    bool overflow;   /* more fields than we hold */
    size_t row_line; /* where the row begins */
    size_t row_size; /* its bytes so far */

    char *names[ROWS_COLUMNS_MAX];
    size_t name_count;
};

static void take_field(void *data, size_t size, void *state)
{
    struct rows *r = state;

    if (r->count == ROWS_COLUMNS_MAX) {
        r->overflow = true;
        return;
    }
    r->offsets[r->count++] = r->text.size;
    bytes_append(&r->text, slice_of(data, size));
    bytes_append_u8(&r->text, 0);
}

static void take_end(int terminator, void *state)
{
    (void)terminator;
    ((struct rows *)state)->complete = true;
}

static void row_reset(struct rows *r)
{
    bytes_reset(&r->text);
    r->count = 0;
    r->complete = false;
    r->overflow = false;
    r->row_size = 0;
    bytes_reset(&r->swallowed);
}

static void parser_reset(struct rows *r)
{
    /* Whatever stands in its buffer belongs to a row that was given up. */
    csv_free(&r->parser);
    if (csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL))
        abort();
}

/* The lines that a runaway quote has swallowed are rows of their own. */
static void lines_give_back(struct rows *r)
{
    struct bytes all = {0};

    bytes_append(&all, bytes_slice(&r->swallowed));
    bytes_append(&all, slice_from(bytes_slice(&r->again), r->again_at));
    bytes_fini(&r->again);
    r->again = all;
    r->again_at = 0;
    bytes_reset(&r->swallowed);
    r->line_number = r->row_line;
    r->ended = false;
}

static int byte_next(struct rows *r)
{
    if (r->again_at < r->again.size)
        return r->again.data[r->again_at++];
    return gzgetc(r->file);
}

static bool line_grow(struct rows *r)
{
    size_t room = r->line_room ? r->line_room * 2 : 4096;
    char *more = realloc(r->line, room);

    if (!more)
        return false;
    r->line = more;
    r->line_room = room;
    return true;
}

/* False at the end of the file; a line beyond the limit is cut, its rest is
 * read away. */
static bool line_read(struct rows *r)
{
    bool any = false;
    int c = 0;

    r->line_size = 0;
    while (c != '\n' && (c = byte_next(r)) != -1) {
        any = true;
        if (r->line_size > ROW_BYTES_MAX)
            continue;
        if (r->line_size == r->line_room && !line_grow(r))
            break;
        r->line[r->line_size++] = (char)c;
    }
    if (any)
        r->line_number++;
    return any;
}

static enum status bad_row(struct rows *r, struct error *err, const char *why)
{
    size_t line = r->row_line;

    if (r->swallowed.size)
        lines_give_back(r);
    row_reset(r);
    parser_reset(r);
    return error_set(err, STATUS_INVALID, "%s:%zu: %s", r->path, line,
                     error_said(why));
}

/* Reads lines until libcsv has seen the end of a row. */
static enum status row_read(struct rows *r, struct error *err)
{
    row_reset(r);
    while (!r->complete) {
        if (!line_read(r)) {
            int number;
            const char *words = gzerror(r->file, &number);

            r->ended = true;
            if (number != Z_OK && number != Z_STREAM_END)
                return error_set(err,
                                 number == Z_ERRNO ? STATUS_IO : STATUS_CORRUPT,
                                 "%s:%zu: %s", r->path, r->line_number,
                                 number == Z_ERRNO ? strerror(errno) : words);
            if (csv_fini(&r->parser, take_field, take_end, r))
                return bad_row(r, err, "a quote is never closed");
            return r->complete ? STATUS_OK : STATUS_END;
        }
        if (r->row_size == 0)
            r->row_line = r->line_number;
        else
            bytes_append(&r->swallowed, slice_of(r->line, r->line_size));
        r->row_size += r->line_size;
        if (r->row_size > ROW_BYTES_MAX)
            return bad_row(r, err,
                           "longer than a row may be; is a quote not closed?");
        if (csv_parse(&r->parser, r->line, r->line_size, take_field, take_end,
                      r) != r->line_size)
            return bad_row(r, err, csv_strerror(csv_error(&r->parser)));
        if (r->count == 0 && !r->complete)
            r->row_size = r->line_size > 1 ? r->row_size : 0; /* blank line */
    }
    return STATUS_OK;
}

static enum status row_check(struct rows *r, struct error *err)
{
    if (r->overflow)
        return bad_row(r, err, "more columns than can be held");
    if (r->text.status)
        return bad_row(r, err, status_text(r->text.status));
    for (size_t i = 0; i < r->count; i++) {
        size_t from = r->offsets[i];
        size_t to = i + 1 < r->count ? r->offsets[i + 1] : r->text.size;

        if (!utf8_valid(slice_of(r->text.data + from, to - from - 1)))
            return bad_row(r, err, "not UTF-8");
        r->fields[i] = (const char *)r->text.data + from;
    }
    return STATUS_OK;
}

static enum status names_read(struct rows *r, struct error *err)
{
    enum status status = row_read(r, err);

    if (status == STATUS_END)
        return error_set(err, STATUS_INVALID, "%s: empty", r->path);
    if (status || (status = row_check(r, err)))
        return status;
    for (size_t i = 0; i < r->count; i++) {
        const char *name = r->fields[i];

        if (i == 0 && strncmp(name, "\xef\xbb\xbf", 3) == 0)
            name += 3; /* the mark that some programs put in front */
        if (!(r->names[i] = strdup(name)))
            return error_set(err, STATUS_NO_MEMORY, "%s", r->path);
        r->name_count++;
    }
    return STATUS_OK;
}

enum status rows_open(const char *path, struct rows **out, struct error *err)
{
    struct rows *r = calloc(1, sizeof *r);
    struct stat about;
    enum status status;

    if (!r)
        return error_set(err, STATUS_NO_MEMORY, "%s", path);
    bytes_init(&r->text, ROW_BYTES_MAX * 2);
    if (csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL))
        abort();
    r->path = strdup(path);
    if (strcmp(path, "-") == 0)
        r->file = gzdopen(0, "rb");
    else
        r->file = gzopen(path, "rb");
    if (!r->path || !r->file) {
        status = error_set_errno(err, errno ? errno : ENOMEM, "%s", path);
        rows_close(&r);
        return status;
    }
    if (stat(path, &about) == 0)
        r->file_bytes = about.st_size;
    gzbuffer(r->file, READ_BYTES);
    status = names_read(r, err);
    if (status) {
        rows_close(&r);
        return status;
    }
    *out = r;
    return STATUS_OK;
}

void rows_close(struct rows **r)
{
    if (!*r)
        return;
    if ((*r)->file)
        gzclose((*r)->file);
    for (size_t i = 0; i < (*r)->name_count; i++)
        free((*r)->names[i]);
    csv_free(&(*r)->parser);
    bytes_fini(&(*r)->text);
    bytes_fini(&(*r)->swallowed);
    bytes_fini(&(*r)->again);
    free((*r)->line);
    free((*r)->path);
    free(*r);
    *r = NULL;
}

int rows_column(const struct rows *r, const char *name)
{
    for (size_t i = 0; i < r->name_count; i++)
        if (strcmp(r->names[i], name) == 0)
            return (int)i;
    return ROWS_NO_COLUMN;
}

const char *rows_column_name(const struct rows *r, size_t column)
{
    assert(column < r->name_count);
    return r->names[column];
}

size_t rows_column_count(const struct rows *r)
{
    return r->name_count;
}

enum status rows_next(struct rows *r, struct row *row, struct error *err)
{
    enum status status;

    if (r->ended)
        return STATUS_END;
    status = row_read(r, err);
    if (status || (status = row_check(r, err)))
        return status;
    if (r->count != r->name_count)
        return error_set(err, STATUS_INVALID,
                         "%s:%zu: %zu fields where the first row names %zu",
                         r->path, r->row_line, r->count, r->name_count);
    *row = (struct row){r->row_line, r->fields, r->count};
    return STATUS_OK;
}

unsigned rows_percent(const struct rows *r)
{
    int64_t at = gzoffset(r->file);

    if (r->file_bytes <= 0 || at < 0)
        return 0;
    return at >= r->file_bytes ? 100 : (unsigned)(at * 100 / r->file_bytes);
}
