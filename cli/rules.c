#include "cli/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/rules_remote.h"
#include "ledger/apply.h"
#include "ledger/history.h"
#include "ledger/ledger.h"
#include "ledger/role_words.h"
#include "ledger/state_reader.h"

typedef enum status load_blob(struct slice blob,
                              const struct policy_names *names,
                              struct policyset **out, struct findings *f);

/* A version's blob, where it was found, as rules; their words for the tiers
 * are used from now on. Frees the blob. */
static struct policyset *rules_of_blob(bool found, struct bytes *blob,
                                       load_blob *load)
{
    struct policyset *set = NULL;
    struct findings findings;

    findings_init(&findings);
    if (found &&
        load(bytes_slice(blob), apply_names(), &set, &findings) != STATUS_OK)
        set = NULL;
    findings_fini(&findings);
    bytes_fini(blob);
    if (set)
        role_words_use(set);
    return set;
}

/* Of a system on another machine; version NULL: what is in force there. */
static struct policyset *rules_elsewhere(struct cli *cli, const char *version)
{
    struct bytes blob = {0};
    bool found = rules_remote(cli, version, &blob);

    return rules_of_blob(found, &blob, policyset_load_blob);
}

struct policyset *rules_asked(struct cli *cli)
{
    return rules_elsewhere(cli, NULL);
}

/* Of the system here. */
static struct policyset *rules_here(struct cli *cli, const char *version,
                                    load_blob *load)
{
    struct bytes blob = {0};
    char dir[LIMIT_PATH_BYTES];
    bool found;

    if (file_join(dir, sizeof dir, cli->home_path, "ledger/blobs", NULL) !=
            STATUS_OK ||
        !file_exists(dir))
        return NULL;
    found = apply_blob(dir, text_of(version), &blob, NULL) == STATUS_OK;
    return rules_of_blob(found, &blob, load);
}

struct policyset *rules_of_version(struct cli *cli, const char *version)
{
    if (!version || !*version)
        return NULL;
    return cli->connect ? rules_elsewhere(cli, version)
                        : rules_here(cli, version, policyset_load_rules);
}

/* The row of the state that names what is in force. */
bool rules_version(struct cli *cli, char out[LIMIT_ID_BYTES + 1])
{
    struct state_reader *reader = NULL;
    struct slice key = slice_of_text("policy"), value;
    char dir[LIMIT_PATH_BYTES], path[LIMIT_PATH_BYTES];
    Yinuo__V1__PolicyLoaded *row = NULL;
    struct arena arena;

    if (cli->connect ||
        file_join(dir, sizeof dir, cli->home_path, "ledger", NULL) !=
            STATUS_OK ||
        ledger_state_path(dir, path, NULL) != STATUS_OK || !file_exists(path) ||
        state_reader_open(path, &reader, NULL) != STATUS_OK)
        return false;
    arena_init(&arena, LIMIT_DECODE_BYTES);
    if (state_reader_get(reader, STATE_CONFIG, key, &value))
        row = codec_decode(&yinuo__v1__policy_loaded__descriptor, value, &arena,
                           NULL);
    out[0] = 0;
    if (row && row->version_hash && strlen(row->version_hash) <= LIMIT_ID_BYTES)
        strcpy(out, row->version_hash);
    arena_fini(&arena);
    state_reader_close(&reader);
    return *out != 0;
}

/* Before the first checkpoint only the journal knows; it is short then. */
static struct policyset *rules_of_journal(struct cli *cli)
{
    struct policyset *set = NULL;
    char dir[LIMIT_PATH_BYTES];
    struct history_options ledger = {.journal = dir};

    if (cli->connect ||
        file_join(dir, sizeof dir, cli->home_path, "ledger", NULL) !=
            STATUS_OK ||
        !file_exists(dir) || history_policies(&ledger, &set, NULL) != STATUS_OK)
        return NULL;
    role_words_use(set);
    return set;
}

struct policyset *rules_in_force(struct cli *cli)
{
    char version[LIMIT_ID_BYTES + 1];

    if (cli->connect)
        return rules_elsewhere(cli, NULL);
    return rules_version(cli, version)
               ? rules_here(cli, version, policyset_load_blob)
               : rules_of_journal(cli);
}

static const char *value_of(const struct rules_values *v,
                            enum message_field field)
{
    switch (field) {
    case MESSAGE_SPAN:
        return v->span;
    case MESSAGE_DUE:
        return v->due;
    case MESSAGE_KEY:
        return v->key;
    case MESSAGE_OWNER:
        return v->owner;
    case MESSAGE_TIER:
        return v->tier;
    case MESSAGE_WORD:
    case MESSAGE_NUMBER:
    case MESSAGE_FIELDS_END:
        break;
    }
    return NULL;
}

bool rules_words(const struct policyset *set, const char *pack,
                 const char *rule, const char *clock,
                 const struct rules_values *values, struct bytes *out)
{
    const struct message *m = NULL;
    const char *language = i18n_language();
    size_t end = 0;

    if (set && clock && *clock)
        m = messages_find(set->messages, text_of(pack), language,
                          MESSAGE_CLOCKS, text_of(clock));
    if (set && !m && rule && *rule)
        m = messages_find(set->messages, text_of(pack), language, MESSAGE_RULES,
                          text_of(rule));
    for (size_t i = 0; m && i < m->why.size; i++) {
        enum message_field field = m->why.data[i] == '{'
                                       ? messages_field(m->why, i, &end)
                                       : MESSAGE_FIELDS_END;
        const char *value = value_of(values, field);
        if (field == MESSAGE_FIELDS_END) {
            bytes_append_u8(out, (uint8_t)m->why.data[i]);
            continue;
        }
        bytes_append_text(out, value ? value : "");
        i = end - 1;
    }
    return m != NULL;
}

json_t *rules_findings_json(const struct findings *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->count; i++) {
        const struct finding *x = &f->list[i];
        json_array_append_new(
            array,
            json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s, s:s}", "file",
                      x->file, "line", (int)x->line, "column", (int)x->column,
                      "level", x->is_error ? "error" : "warning", "what",
                      x->what, "why", x->why, "hint", x->hint, "topic",
                      x->topic));
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

static int load(struct cli *cli, int argc, char **argv, struct policyset **set,
                bool quiet, const struct rules_look *look)
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
    if (look) {
        findings.from_ms = look->from_ms;
        findings.days = look->days;
        findings.contacts = true;
        findings.channels = look->channels;
        findings.only = look->only;
    }
    status = policyset_load(dirs, count, apply_names(), set, &findings);
    if (status == STATUS_OK)
        role_words_use(*set);
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

int rules_load(struct cli *cli, int argc, char **argv, struct policyset **set,
               bool quiet)
{
    return load(cli, argc, argv, set, quiet, NULL);
}

int rules_check(struct cli *cli, int argc, char **argv,
                const struct rules_look *look, struct policyset **set)
{
    return load(cli, argc, argv, set, false, look);
}
