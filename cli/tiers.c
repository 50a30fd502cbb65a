/* tiers - what the running policy calls its tiers and side roles. */
#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"
#include "proto/roles.h"

const struct option_row tiers_options[] = {{0}};

static const struct table_column columns[] = {
    {N_("NUMBER"), true, 6}, {N_("NAME"), false, 10}, {N_("CALLED"), false, 6}};

static json_t *as_json(void)
{
    json_t *all = json_array();

    for (uint32_t i = 1; i <= roles_count(); i++)
        json_array_append_new(
            all, json_pack("{s:I, s:s, s:s, s:b}", "number", (json_int_t)i,
                           "name", role_name(i), "word", tier_word((int)i),
                           "tier", i <= roles_tier_count()));
    return all;
}

static void as_table(const struct out *o)
{
    struct table t;
    char number[16];

    table_init(&t, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 1; i <= roles_count(); i++) {
        snprintf(number, sizeof number, "%u", i);
        table_add(&t, i <= roles_tier_count() ? number : "", OUT_PLAIN);
        table_add(&t, role_name(i), OUT_STRONG);
        table_add(&t, tier_word((int)i), OUT_PLAIN);
    }
    table_print(&t, o);
    table_fini(&t);
}

int run_tiers(struct cli *cli, int argc, char **argv)
{
    int code = session_ready(cli);

    (void)argc, (void)argv;
    if (code != CLI_DONE)
        return code;
    if (cli->out.json)
        out_json(&cli->out, as_json());
    else
        as_table(&cli->out);
    return CLI_DONE;
}
