#include "cli/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/apply.h"

struct policyset *rules_of_version(struct cli *cli, const char *version)
{
    struct policyset *set = NULL;
    struct bytes blob = {0};
    struct findings findings;
    char dir[LIMIT_PATH_BYTES];

    if (!version || !*version || cli->connect ||
        file_join(dir, sizeof dir, cli->home_path, "ledger/blobs", NULL) !=
            STATUS_OK ||
        !file_exists(dir))
        return NULL;
    findings_init(&findings);
    if (apply_blob(dir, text_of(version), &blob, NULL) != STATUS_OK ||
        policyset_load_rules(bytes_slice(&blob), apply_names(), &set,
                             &findings) != STATUS_OK)
        set = NULL;
    findings_fini(&findings);
    bytes_fini(&blob);
    return set;
}

json_t *rules_findings_json(const struct findings *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->count; i++) {
        const struct finding *x = &f->list[i];
        json_array_append_new(
            array,
            json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s}", "file", x->file,
                      "line", (int)x->line, "column", (int)x->column, "level",
                      x->is_error ? "error" : "warning", "what", x->what, "why",
                      x->why, "hint", x->hint));
    }
    return array;
}

static void print(struct cli *cli, const struct findings *f, bool quiet)
{
    char text[1024];

    for (size_t i = 0; i < f->count; i++) {
        if (quiet && !f->list[i].is_error)
            continue;
        finding_format(&f->list[i], text, sizeof text);
        out_note(&cli->out, "%s", text);
    }
    if (f->errors + f->warnings > f->count)
        out_note(&cli->out, _("... and %zu more"),
                 f->errors + f->warnings - f->count);
}

int rules_load(struct cli *cli, int argc, char **argv, struct policyset **set,
               bool quiet)
{
    const char *usual[] = {"packs"};
    const char *const *dirs = (const char *const *)argv;
    size_t count = (size_t)argc;
    struct findings findings;
    enum status status;
    int code = CLI_DONE;

    if (argc == 0) {
        dirs = usual;
        count = 1;
    }
    *set = NULL;
    findings_init(&findings);
    status = policyset_load(dirs, count, apply_names(), set, &findings);
    if (cli->out.json && !quiet)
        out_json(&cli->out,
                 json_pack("{s:b, s:I, s:I, s:o}", "ok", status == STATUS_OK,
                           "errors", (json_int_t)findings.errors, "warnings",
                           (json_int_t)findings.warnings, "findings",
                           rules_findings_json(&findings)));
    else
        print(cli, &findings, quiet);
    if (status == STATUS_NOT_FOUND) {
        out_error(&cli->out, _("no pack at %s"), dirs[0]);
        code = CLI_NOT_FOUND;
    } else if (status != STATUS_OK) {
        out_error(&cli->out,
                  P_("%zu error: the pack is refused",
                     "%zu errors: the packs are refused", findings.errors),
                  findings.errors);
        code = CLI_BAD_DATA;
    }
    findings_fini(&findings);
    return code;
}
