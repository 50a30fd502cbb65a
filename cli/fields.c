#include "cli/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/retell.h"
#include "cli/suggest.h"
#include "cli/when.h"
#include "cli/words.h"

enum { NAMES_MAX = 400, FIELD_NAMES_MAX = 96 };

/* The fields that every event has, as far as people set them. */
static const char *const common[] = {
    "id",      "at",          "station",  "region",   "product_line",
    "case_id", "customer_id", "asset_id", "reporter", "reporter_role",
    "source",  "note"};

int fields_check_kind(struct cli *cli, const char *kind, bool any)
{
    const char *names[NAMES_MAX], *meant;
    size_t count;
    const struct kind *all = kinds_all(&count);

    if (any || kind_by_name(kind))
        return CLI_DONE;
    if (count > NAMES_MAX)
        count = NAMES_MAX;
    for (size_t i = 0; i < count; i++)
        names[i] = all[i].name;
    meant = suggest_word(kind, names, count);
    if (meant)
        return cli_usage(cli,
                         _("no kind \"%s\" is built in, did you mean %s? "
                           "(--any lets others pass)"),
                         kind, meant);
    return cli_usage(
        cli, _("no kind \"%s\" is built in (--any lets others pass)"), kind);
}

size_t fields_names(uint32_t kind_code, const char **names, size_t room)
{
    size_t count = 0, n = 0;
    const struct kind_field *list = kind_fields(kind_code, &count);

    for (; n < count && n < room; n++)
        names[n] = list[n].name;
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (n < room)
            names[n++] = common[i];
    return n;
}

static int check_name(struct cli *cli, const Yinuo__V1__Event *event,
                      const char *name)
{
    const char *names[FIELD_NAMES_MAX], *meant;
    size_t count = fields_names(event->kind_code, names, FIELD_NAMES_MAX);

    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return CLI_DONE;
    meant = suggest_word(name, names, count);
    if (meant && suggest_distance(name, meant) <= 2)
        return cli_usage(cli,
                         _("%s has no known field \"%s\", did you mean %s? "
                           "(--any lets others pass)"),
                         event->kind, name, meant);
    return CLI_DONE; /* kept as an attribute */
}

static bool is_time(const Yinuo__V1__Event *event, const char *name)
{
    const struct kind_field *field = kind_field(event->kind_code, name);

    return strcmp(name, "at") == 0 || (field && field->type == KIND_FIELD_TIME);
}

void fields_lead(const char *field, const char *words, char out[160])
{
    snprintf(out, 160, "%.150s: ", field ? field : "");
    if (!field || !*field || strncmp(words, out, strlen(out)) == 0)
        *out = 0;
}

/* A pack may know more of what a choice may be, but of no other severity. */
static bool is_severity(const Yinuo__V1__Event *event, const char *name)
{
    const struct kind_field *field = kind_field(event->kind_code, name);

    return field && field->type == KIND_FIELD_CHOICE &&
           strcmp(name, "severity") == 0;
}

int fields_set_one(struct cli *cli, Yinuo__V1__Event *event,
                   struct arena *arena, const char *name, const char *typed,
                   int64_t now_ms)
{
    struct fault fault = {0};
    struct event_value value = {.type = EVENT_TIME};
    enum refusal code;
    char lead[160];
    bool day;

    /* times as people say them; the codec reads only whole ones */
    if (is_time(event, name) && strcmp(typed, "none") != 0) {
        if (when_parse(typed, now_ms, &value.number, &day, &cli->error) !=
            STATUS_OK)
            return cli_usage(cli, "%s: %s", name, cli->error.text);
        code = event_set(event, name, &value, arena, &fault);
        if (code == REFUSAL_NONE && day && strcmp(name, "due") == 0)
            code = event_set_typed(event, "granularity", "day", when_zone(),
                                   arena, &fault);
    } else if (is_severity(event, name) && *typed && !severity_of(typed)) {
        return cli_usage(cli, _("\"%s\" is no severity: S1, S2, S3 or S4"),
                         typed);
    } else if (is_severity(event, name) && *typed) {
        code = event_set_typed(event, name, severity_name(severity_of(typed)),
                               when_zone(), arena, &fault);
    } else {
        code = event_set_typed(event, name, typed, when_zone(), arena, &fault);
    }
    fields_lead(name, fault.text, lead);
    if (code != REFUSAL_NONE)
        return cli_usage(cli, "%s%s", lead, RETOLD(fault.text));
    return CLI_DONE;
}

int fields_set(struct cli *cli, Yinuo__V1__Event *event, struct arena *arena,
               int argc, char **argv, int64_t now_ms, bool any)
{
    int code = CLI_DONE;

    for (int i = 0; i < argc && code == CLI_DONE; i++) {
        char *value = strchr(argv[i], '=');
        if (!value || value == argv[i])
            return cli_usage(cli, _("\"%s\": expected FIELD=VALUE"), argv[i]);
        *value = 0;
        if (!any)
            code = check_name(cli, event, argv[i]);
        if (code == CLI_DONE)
            code =
                fields_set_one(cli, event, arena, argv[i], value + 1, now_ms);
        *value = '=';
    }
    return code;
}

int fields_check_twice(struct cli *cli, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t size = strcspn(argv[i], "=");
        for (int j = 0; j < i; j++)
            if (strcspn(argv[j], "=") == size &&
                strncmp(argv[i], argv[j], size) == 0)
                return cli_usage(cli, _("%.*s is said twice"), (int)size,
                                 argv[i]);
    }
    return CLI_DONE;
}

static int ask_one(struct cli *cli, Yinuo__V1__Event *event,
                   struct arena *arena, const struct kind_field *field,
                   int64_t now_ms)
{
    char question[320];
    char *answer;
    int code = CLI_DONE;

    snprintf(question, sizeof question, "%s (%s%s%.160s)%s:", field->name,
             _(kind_field_type_text(field->type)), field->values ? " " : "",
             field->values ? field->values : "",
             field->need == KIND_FIELD_NEEDED ? " *" : "");
    answer = cli_ask(cli, question);
    if (answer && *answer)
        code = fields_set_one(cli, event, arena, field->name, answer, now_ms);
    else if (field->need == KIND_FIELD_NEEDED)
        code = cli_usage(cli, _("%s needs %s"), event->kind, field->name);
    free(answer);
    return code;
}

int fields_ask(struct cli *cli, Yinuo__V1__Event *event, struct arena *arena,
               int64_t now_ms)
{
    size_t count;
    const struct kind_field *list = kind_fields(event->kind_code, &count);
    struct event_value value;
    int code = CLI_DONE;

    for (size_t i = 0; i < count && code == CLI_DONE; i++) {
        if (list[i].need == KIND_FIELD_OPTIONAL ||
            event_get(event, list[i].name, &value))
            continue;
        if (cli_interactive(cli))
            code = ask_one(cli, event, arena, &list[i], now_ms);
        else if (list[i].need == KIND_FIELD_NEEDED)
            code =
                cli_usage(cli, _("%s needs %s=..."), event->kind, list[i].name);
    }
    return code;
}
