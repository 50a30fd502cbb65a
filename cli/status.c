/* status - how the system is doing, and which packs run. */
#include <stdio.h>
#include <string.h>

#include "cli/aliases.h"
#include "cli/question.h"
#include "cli/status_words.h"
#include "cli/table.h"
#include "cli/when.h"
#include "proto/event_json.h"
#include "proto/message_json.h"

const struct option_row status_options[] = {{0}};
static struct option_list packs;

/* clang-format off */
const struct option_row policy_show_options[] = {
    {"policy", 'p', OPTION_LIST, N_("DIR"), N_("a card of this pack, not of what runs"), &packs},
    {0}};
/* clang-format on */

static const struct table_column columns[] = {
    {N_("PART"), false, 0},
    {N_("WHAT"), false, 0},
    {N_("VALUE"), false, 12},
};

static void value_text(const Yinuo__V1__StatusRow *r, int64_t now_ms,
                       char out[WHEN_WORDS_SIZE])
{
    const char *unit = r->unit ? r->unit : "";

    if (!r->has_value)
        snprintf(out, WHEN_WORDS_SIZE, "%.90s", r->text ? r->text : "");
    else if (strcmp(unit, "time") == 0)
        when_both(now_ms, r->value, out);
    else if (strcmp(unit, "ms") == 0)
        snprintf(out, WHEN_WORDS_SIZE, "%lld ms", (long long)r->value);
    else if (strcmp(unit, "bytes") == 0 && r->value >= 10 * 1024 * 1024)
        snprintf(out, WHEN_WORDS_SIZE, "%lld MiB",
                 (long long)(r->value / (1024 * 1024)));
    else
        snprintf(out, WHEN_WORDS_SIZE, "%lld", (long long)r->value);
}

static void print_table(const struct out *o, const struct rows *rows)
{
    struct table t;
    const char *section = "";

    table_init(&t, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__StatusRow *r = rows->list[i];
        const char *part = r->section ? r->section : "";
        char value[WHEN_WORDS_SIZE];
        value_text(r, rows->now_ms, value);
        table_add(&t, strcmp(part, section) == 0 ? "" : status_word(part),
                  OUT_STRONG);
        table_add(&t, status_word(r->name ? r->name : ""), OUT_PLAIN);
        table_add(&t, value, r->alarm ? OUT_BAD : OUT_PLAIN);
        section = part;
    }
    table_print(&t, o);
    table_fini(&t);
}

/* {"router": {"pid": 812, ...}, ...}; counts of several partitions add up. */
static json_t *as_json(const struct rows *rows)
{
    json_t *all = json_object();

    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__StatusRow *r = rows->list[i];
        const char *section = r->section ? r->section : "";
        const char *name = r->name ? r->name : "";
        bool counts = r->unit && strcmp(r->unit, "count") == 0;
        json_t *part = json_object_get(all, section), *value;
        int64_t before = 0;
        if (!part) {
            part = json_object();
            json_object_set_new(all, section, part);
        }
        if (counts)
            before = json_integer_value(json_object_get(part, name));
        if (!r->has_value)
            value = json_string(r->text ? r->text : "");
        else if (r->unit && strcmp(r->unit, "time") == 0)
            value = moment_to_json(r->value, when_zone());
        else
            value = json_integer(r->value + before);
        json_object_set_new(part, name, value);
    }
    return all;
}

int run_status(struct cli *cli, int argc, char **argv)
{
    struct question q;
    struct rows rows = {0};
    int code;

    (void)argc, (void)argv;
    question_init(&q, "status");
    code = question_ask(cli, &q, &yinuo__v1__status_row__descriptor, &rows);
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, as_json(&rows));
    else if (code == CLI_DONE)
        print_table(&cli->out, &rows);
    rows_fini(&rows);
    return code;
}

static const struct table_column pack_columns[] = {
    {N_("PACK"), false, 8},
    {N_("VERSION"), false, 8},
    {N_("REGIONS"), false, 8},
};

static void add_pack(struct table *t, const Yinuo__V1__PackVersion *pack)
{
    char regions[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < pack->n_regions && used < sizeof regions; i++)
        used += (size_t)snprintf(regions + used, sizeof regions - used, "%s%s",
                                 i ? " " : "", pack->regions[i]);
    table_add(t, pack->name, OUT_STRONG);
    table_add(t, pack->version, OUT_PLAIN);
    table_add(t, *regions ? regions : _("all others"), OUT_PLAIN);
}

int run_policy_show(struct cli *cli, int argc, char **argv)
{
    struct question q;
    struct rows rows = {0};
    int code;

    if (argc)
        return aliases_card(cli, &packs, argv[0]);
    question_init(&q, "policy.show");
    code = question_ask(cli, &q, &yinuo__v1__pack_version__descriptor, &rows);
    if (code == CLI_DONE && cli->out.json) {
        json_t *array = json_array();
        for (size_t i = 0; i < rows.count; i++)
            json_array_append_new(array,
                                  message_to_json(rows.list[i], when_zone()));
        out_json(&cli->out, array);
    } else if (code == CLI_DONE) {
        struct table t;
        table_init(&t, pack_columns,
                   sizeof pack_columns / sizeof pack_columns[0]);
        for (size_t i = 0; i < rows.count; i++)
            add_pack(&t, rows.list[i]);
        table_print(&t, &cli->out);
        table_fini(&t);
    }
    rows_fini(&rows);
    return code;
}
