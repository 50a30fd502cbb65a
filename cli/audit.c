/* audit - who changed what when, and why: of the rules, the rosters, the keys
 * and the cases, from the records themselves. */
#include <stdlib.h>
#include <string.h>

#include "cli/past.h"
#include "cli/rules.h"
#include "cli/session.h"
#include "cli/sheet.h"
#include "cli/telling.h"
#include "cli/when.h"
#include "proto/event.h"
#include "proto/kinds.h"

/* clang-format off */
#define AUDITED(X)                                                             \
    X(POLICY, "policy")  /* rules loaded, cases and clocks that were moved  */  \
    X(ROSTER, "roster")  /* persons, rosters, leaves, overrides            */  \
    X(KEYS,   "keys")    /* what the router notes of keys and of itself    */  \
    X(CASE,   "case")    /* what people ordered and recorded               */
/* clang-format on */

#define X(name, word) AUDIT_##name,
enum audited { AUDITED(X) AUDIT_NOTHING };
#undef X

static const char *const words[] = {
#define X(name, word) word,
    AUDITED(X)
#undef X
};

static const char *actor, *since, *what, *case_wanted;

/* clang-format off */
const struct option_row audit_options[] = {
    PAST_OPTIONS,
    {"actor",  0,  OPTION_TEXT, N_("PERSON"), N_("only what this one did"),            &actor},
    {"since",  0,  OPTION_TEXT, N_("TIME"),   N_("only what happened from then on"),   &since},
    {"what",   'w', OPTION_TEXT, N_("WHAT"),  N_("only of policy, roster, keys or case"), &what},
    {"case",   'c', OPTION_TEXT, N_("CASE"),  N_("only of this case"),                 &case_wanted},
    {0}};

static const struct sheet_column columns[] = {
    {"at",      N_("TIME"),    SHEET_MOMENT},
    {"what",    N_("WHAT"),    SHEET_TEXT},
    {"actor",   N_("WHO"),     SHEET_TEXT},
    {"subject", N_("OF"),      SHEET_TEXT},
    {"did",     N_("DID"),     SHEET_TEXT},
    {"changed", N_("CHANGED"), SHEET_TEXT},
    {"reason",  N_("WHY"),     SHEET_TEXT},
    {"record",  N_("RECORD"),  SHEET_COUNT}};
/* clang-format on */

struct auditing {
    json_t *rows;
    int64_t since_ms;
    enum audited what; /* AUDIT_NOTHING: all */
};

/* --- a record --------------------------------------------------------------
 */

static enum audited kind_of(const Yinuo__V1__StreamRecord *r)
{
    static const char roster[] = "roster.";
    const struct kind *kind;

    if (r->policy || r->clock)
        return AUDIT_POLICY;
    if (r->directory)
        return AUDIT_ROSTER;
    if (r->system)
        return AUDIT_KEYS;
    if (!r->event || !r->event->kind)
        return AUDIT_NOTHING;
    kind = kind_by_name(r->event->kind);
    if (kind && kind->code == KIND_POLICY_REBASED)
        return AUDIT_POLICY; /* of each case */
    if (r->derived)
        return AUDIT_NOTHING;
    if (strncmp(r->event->kind, roster, sizeof roster - 1) == 0 ||
        (kind && kind->group == KIND_GROUP_STAFF))
        return AUDIT_ROSTER;
    return AUDIT_CASE;
}

static const char *actor_of(const Yinuo__V1__StreamRecord *r)
{
    struct event_value by;
    const char *who = r->event       ? r->event->reporter
                      : r->policy    ? r->policy->by
                      : r->directory ? r->directory->by
                                     : NULL;

    if (r->event && (!who || !*who) && event_get(r->event, "by", &by) &&
        by.type == EVENT_TEXT)
        who = by.text;
    return who && *who ? who : r->producer ? r->producer : "";
}

static const char *subject_of(const Yinuo__V1__StreamRecord *r,
                              struct bytes *text)
{
    if (r->policy) {
        for (size_t i = 0; i < r->policy->n_packs; i++)
            bytes_append_format(text, "%s%s %s", i ? ", " : "",
                                r->policy->packs[i]->name,
                                r->policy->packs[i]->version);
        return text->size ? bytes_text(text) : r->policy->version_hash;
    }
    if (r->directory)
        return r->directory->version_hash;
    for (size_t i = 0; i < r->n_decisions; i++) {
        const Yinuo__V1__DutyOverride *d = r->decisions[i]->duty;
        if (d && d->station && *d->station)
            return d->station;
        if (d && d->region && *d->region)
            return d->region;
    }
    return telling_case(r);
}

/* What was said of why: a field of that name, else the note. */
static const char *reason_of(const Yinuo__V1__StreamRecord *r)
{
    const Yinuo__V1__Event *e = r->event;
    struct event_value v;

    for (size_t i = 0; i < r->n_decisions; i++)
        if (r->decisions[i]->duty && r->decisions[i]->duty->reason)
            return r->decisions[i]->duty->reason;
    if (!e)
        return "";
    if ((event_get(e, "reason", &v) || event_get(e, "why", &v)) &&
        v.type == EVENT_TEXT)
        return v.text;
    return e->note ? e->note : "";
}

static enum status note(void *context, const Yinuo__V1__StreamRecord *r,
                        struct error *err)
{
    struct auditing *a = context;
    enum audited kind = kind_of(r);
    struct bytes subject = {0}, did = {0}, changed = {0};

    (void)err;
    if (kind == AUDIT_NOTHING || r->at_ms < a->since_ms ||
        (a->what != AUDIT_NOTHING && a->what != kind) ||
        (actor && strcmp(actor, actor_of(r)) != 0) ||
        (case_wanted && strcmp(case_wanted, telling_case(r)) != 0))
        return STATUS_OK;
    telling_head(r, &did);
    telling_effects(r, r->at_ms, &changed);
    if (r->refused)
        bytes_append_text(&changed, _("refused"));
    json_array_append_new(
        a->rows,
        json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b}", "at",
                  (json_int_t)r->at_ms, "what", words[kind], "actor",
                  actor_of(r), "subject", subject_of(r, &subject), "did",
                  bytes_text(&did), "changed", bytes_text(&changed), "reason",
                  reason_of(r), "record", (json_int_t)r->seq, "proven",
                  r->proven));
    bytes_fini(&subject);
    bytes_fini(&did);
    bytes_fini(&changed);
    return STATUS_OK;
}

/* --- the command -----------------------------------------------------------
 */

static int parse(struct cli *cli, struct auditing *a)
{
    a->what = AUDIT_POLICY;
    while (what && a->what < AUDIT_NOTHING && strcmp(what, words[a->what]) != 0)
        a->what++;
    if (what && a->what == AUDIT_NOTHING)
        return cli_usage(cli,
                         _("--what: policy, roster, keys or case, not "
                           "\"%s\""),
                         what);
    if (!what)
        a->what = AUDIT_NOTHING;
    return CLI_DONE;
}

static int parse_since(struct cli *cli, const struct past *past, int64_t *at_ms)
{
    int64_t now_ms;
    bool day;

    if (!since)
        return CLI_DONE;
    now_ms = past->running ? session_now_ms(cli) : cli_now_ms(cli);
    if (when_parse(since, now_ms, at_ms, &day, &cli->error) != STATUS_OK)
        return cli_usage(cli, "--since: %s", cli->error.text);
    return CLI_DONE;
}

int run_audit(struct cli *cli, int argc, char **argv)
{
    struct auditing a = {0};
    struct policyset *set = NULL;
    struct sheets sheets;
    struct past past;
    int code = parse(cli, &a);

    if (code == CLI_DONE)
        code = past_init(cli, &past, argc, argv);
    if (code == CLI_DONE)
        code = parse_since(cli, &past, &a.since_ms);
    if (code != CLI_DONE)
        return code;
    a.rows = json_array();
    code = past_policies(cli, &past, &set);
    if (code == CLI_DONE || past.running || past.history.journal)
        /* of what was decided then only words would be missed */
        code = past_each(cli, &past, note, NULL, &a);
    if (code == CLI_DONE) {
        sheets_begin(&sheets, cli);
        sheet_print(&sheets, "audit", _("Who changed what, and why"), columns,
                    sizeof columns / sizeof columns[0], a.rows);
        sheets_end(&sheets);
        code = past_end(cli, past.counted.events, past.counted.rejected);
    } else {
        json_decref(a.rows);
    }
    policyset_free(set);
    return code;
}
