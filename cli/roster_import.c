/* roster_import - rows of a duty plan become overrides: all of them, in one
 * record, or none. Each row is asked about before the first is sent. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/time_text.h"
#include "cli/order.h"
#include "cli/session.h"
#include "cli/when.h"
#include "ledger/rows.h"
#include "proto/roles.h"

enum { DUTIES_MAX = 200, DUTY_BYTES = 320, ITEM_BYTES = 3800, ITEMS_MAX = 8 };

const struct option_row roster_import_options[] = {{0}};

/* What is read of the file, as the event carries it: rows behind ';'. */
struct plan {
    const char *file;
    char items[ITEMS_MAX][ITEM_BYTES];
    size_t item_count, count, bad;
};

enum { PERSON, STATION, TIER, FROM, UNTIL, NEEDED, INSTEAD_OF = NEEDED, ALL };
static const char *const names[ALL] = {"person", "station", "tier",
                                       "from",   "until",   "instead_of"};

static void bad_row(struct cli *cli, struct plan *p, size_t line,
                    const char *why)
{
    p->bad++;
    out_note(&cli->out, "%s:%zu: %s", p->file, line, why);
}

static bool moment(struct cli *cli, const char *words, int64_t now_ms,
                   int64_t *at_ms, char out[24])
{
    char text[TIME_TEXT_SIZE];
    bool day;

    if (when_parse(words, now_ms, at_ms, &day, &cli->error) != STATUS_OK)
        return false;
    time_text_utc(*at_ms, text);
    snprintf(out, 24, "%.16sZ", text);
    return true;
}

/* PLACE|TIER|PERSON|INSTEAD|FROM|UNTIL; false: told. */
static bool read_duty(struct cli *cli, struct plan *p, const struct row *row,
                      const int columns[ALL], int64_t now_ms,
                      char out[DUTY_BYTES])
{
    const char *field[ALL];
    char from[24], until[24];
    int64_t from_ms, until_ms;
    uint32_t role;

    for (int i = 0; i < ALL; i++) {
        field[i] = columns[i] == ROWS_NO_COLUMN ? "" : row->fields[columns[i]];
        if ((i < NEEDED && !*field[i]) || strpbrk(field[i], "|;")) {
            bad_row(cli, p, row->line, names[i]);
            return false;
        }
    }
    role = role_of(field[TIER]);
    if (!role) {
        bad_row(cli, p, row->line, _("no such tier"));
        return false;
    }
    if (!moment(cli, field[FROM], now_ms, &from_ms, from) ||
        !moment(cli, field[UNTIL], now_ms, &until_ms, until)) {
        bad_row(cli, p, row->line, cli->error.text);
        return false;
    }
    if (until_ms <= from_ms) {
        bad_row(cli, p, row->line, _("it would end before it begins"));
        return false;
    }
    if (snprintf(out, DUTY_BYTES, "%s|%s|%s|%s|%s|%s", field[STATION],
                 role_name(role), field[PERSON], field[INSTEAD_OF], from,
                 until) < DUTY_BYTES)
        return true;
    bad_row(cli, p, row->line, _("it is larger than the limit"));
    return false;
}

static int send(struct cli *cli, const struct plan *p, const char *one,
                bool dry)
{
    struct order o = {0};
    const char *items[ITEMS_MAX];
    size_t count = one ? 1 : p->item_count;
    int code = order_begin_any(cli, &o, "roster import", "roster.overridden",
                               NULL, true);

    for (size_t i = 0; i < count; i++)
        items[i] = one ? one : p->items[i];
    if (code == CLI_DONE) {
        order_list(&o, "rows", items, count);
        order_text(&o, "reason", cli->reason ? cli->reason : p->file);
        o.command.has_dry_run = 1;
        o.command.dry_run = dry;
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE && !one)
        order_tell(cli, &o, P_("%zu row of %s.", "%zu rows of %s.", p->count),
                   p->count, p->file);
    order_fini(&o);
    return code;
}

static bool keep(struct plan *p, const char *duty)
{
    size_t used = p->item_count ? strlen(p->items[p->item_count - 1]) : 0;

    if (p->count == DUTIES_MAX)
        return false;
    if (!p->item_count || used + strlen(duty) + 2 > ITEM_BYTES) {
        if (p->item_count == ITEMS_MAX)
            return false;
        p->items[p->item_count++][0] = '\0';
        used = 0;
    }
    snprintf(p->items[p->item_count - 1] + used, ITEM_BYTES - used, "%s%s",
             used ? ";" : "", duty);
    p->count++;
    return true;
}

static int read_all(struct cli *cli, struct plan *p, struct rows *rows,
                    const int columns[ALL])
{
    int64_t now_ms = session_now_ms(cli);
    char duty[DUTY_BYTES];
    struct row row;
    enum status st;

    while ((st = rows_next(rows, &row, &cli->error)) != STATUS_END) {
        if (st != STATUS_OK) {
            p->bad++;
            out_note(&cli->out, "%s: %s", p->file, cli->error.text);
            continue;
        }
        if (!read_duty(cli, p, &row, columns, now_ms, duty))
            continue;
        if (!keep(p, duty)) {
            bad_row(cli, p, row.line, _("a file has 200 rows at most"));
            break;
        }
        if (send(cli, p, duty, true) != CLI_DONE)
            bad_row(cli, p, row.line, _("this row is refused"));
    }
    return CLI_DONE;
}

int run_roster_import(struct cli *cli, int argc, char **argv)
{
    static struct plan p;
    struct rows *rows = NULL;
    int columns[ALL], code = session_ready(cli);

    (void)argc;
    memset(&p, 0, sizeof p);
    p.file = argv[0];
    if (code != CLI_DONE)
        return code;
    if (rows_open(p.file, &rows, &cli->error) != STATUS_OK) {
        out_error(&cli->out, "%s", cli->error.text);
        return file_exists(p.file) ? CLI_BAD_DATA : CLI_NOT_FOUND;
    }
    for (int i = 0; i < ALL; i++) {
        columns[i] = rows_column(rows, names[i]);
        if (columns[i] == ROWS_NO_COLUMN && i < NEEDED) {
            out_error(&cli->out, _("%s: there is no column \"%s\""), p.file,
                      names[i]);
            rows_close(&rows);
            return CLI_BAD_DATA;
        }
    }
    code = read_all(cli, &p, rows, columns);
    rows_close(&rows);
    if (p.bad) {
        out_error(&cli->out,
                  P_("%zu bad row: nothing was imported",
                     "%zu bad rows: nothing was imported", p.bad),
                  p.bad);
        return CLI_BAD_DATA;
    }
    return code == CLI_DONE && p.count ? send(cli, &p, NULL, cli->dry_run)
                                       : code;
}
