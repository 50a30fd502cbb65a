#include "cli/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "cli/rules.h"
#include "ledger/name_words.h"
#include "proto/kinds.h"
#include "proto/roles.h"

struct pair {
    const char *name;
    const char *word; /* N_() */
};

static const struct pair severities[] = {
    {"-", "-"},
    {"S1", N_("S1 crisis")},
    {"S2", N_("S2 urgent")},
    {"S3", N_("S3 normal")},
    {"S4", N_("S4 routine")},
};

static const struct pair states[] = {
    {"open", N_("open")},
    {"waiting", N_("waiting")},
    {"resolved", N_("resolved")},
    {"closed", N_("closed")},
};

static const struct pair promises[] = {
    {"open", N_("open promise")}, {"kept", N_("kept")},
    {"missed", N_("missed")},     {"withdrawn", N_("withdrawn")},
    {"reversed", N_("reversed")},
};

static const struct pair items[] = {
    {"open", N_("open item")},    {"taken", N_("taken")},
    {"done", N_("done")},         {"waived", N_("waived")},
    {"dropped", N_("dropped")},   {"approved", N_("approved")},
    {"rejected", N_("rejected")}, {"used", N_("used up")},
};

/* Kinds whose names say too little by themselves. */
static const struct pair kinds[] = {
    {"notify.ack", N_("page acknowledged")},
    {"notify.unack", N_("acknowledgement taken back")},
    {"case.taken", N_("case taken over")},
    {"owner.assigned", N_("case offered")},
    {"transfer.accepted", N_("case accepted")},
    {"transfer.declined", N_("case not accepted")},
    {"page.snoozed", N_("pages held back")},
    {"escalated", N_("escalated")},
    {"case.corrected", N_("case put right")},
    {"followup.done", N_("follow-up")},
    {"note.internal", N_("note")},
    {"policy.rebased", N_("moved to other rules")},
    {"system.alarm", N_("alarm of the system itself")},
};

/* What the engine says when it refuses (ledger/world.c). */
static const struct pair reasons[] = {
    {"limit", N_("The case is full: it has no room for more.")},
    {"not_on_duty", N_("You serve in no tier of this case.")},
    {"not_offered", N_("It was not offered to you.")},
    {"already_owner", N_("It belongs to this person already.")},
    {"owner_frozen",
     N_("It was passed on too often: only a higher tier changes its owner.")},
    {"kept_away",
     N_("The customer has refused this person: he gets nothing of the case.")},
    {"severity_1", N_("It is S1: its pages are not held back.")},
    {"no_consent", N_("The customer has not agreed to it.")},
    {"not_resolved", N_("It is not resolved yet.")},
    {"unknown_promise", N_("The case has no such promise.")},
    {"promise_exists", N_("The case has a promise of this name already.")},
    {"promise_over",
     N_("The promise was kept, missed or taken back already: make another.")},
    {"unknown_item", N_("The case has no such item, task or request.")},
    {"which_item", N_("Several are open: say which, with item=.")},
    {"not_enough_authority", N_("It is not yours to answer: a higher tier was "
                                "asked, or the case is your "
                                "own.")},
    {"already_decided", N_("It was decided before.")},
    {"negative", N_("The amount is less than nothing.")},
    {"no_amount", N_("How much? The amount says who may decide it.")},
    {"itself", N_("A case is not part of itself.")},
    {"circle", N_("The other case is part of this one already.")},
    {"no_span", N_("It ends after it begins, and at most 7 days later.")},
    {"already_taken", N_("Somebody else has taken it.")},
    {"item_over", N_("It is over already.")},
    {"no_reason", N_("It is left out only with a reason.")},
    {"already_resolved", N_("The case is resolved already.")},
    {"already_closed", N_("The case is closed.")},
    {"same_rules", N_("It lives by the rules in force already.")},
    {"other_pack",
     N_("The pack that it lives by no longer stands for its region.")},
    {"tier_is_gone",
     N_("Somebody of a tier was called for it that the new rules do not "
        "have.")},
    {"unknown_case", N_("There is no case that it could go on in.")},
    {"case_closed", N_("The case that it should go on in is closed.")},
    {"target_calmer",
     N_("The case that it should go on in is less severe: raise that first, or "
        "merge the other way round.")},
};

static const struct pair fields[] = {
    {"level", N_("level")},     {"to", N_("to")},
    {"tier", N_("tier")},       {"reason", N_("reason")},
    {"channel", N_("channel")}, {"due", N_("due")},
    {"result", N_("result")},   {"satisfied", N_("satisfied")},
    {"minutes", N_("minutes")}, {"for", N_("for")},
    {"amount", N_("amount")},   {"contained", N_("contained")},
    {"field", N_("field")},     {"purpose", N_("purpose")},
    {"value", N_("value")},     {"why", N_("because")},
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const char *find(const struct pair *list, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return _(list[i].word);
    return NULL;
}

const char *tier_word(int tier)
{
    return role_word(tier > 0 ? (uint32_t)tier : 0, i18n_language());
}

void targets_word(unsigned page, int tier, char out[128])
{
    size_t used = 0;

    if (tier)
        page |= 1u << tier;
    out[0] = 0;
    for (int bit = 0; bit < ROLES_LISTED_MAX; bit++)
        if (page & (1u << bit) && used < 128)
            used += (size_t)snprintf(out + used, 128 - used, "%s%s",
                                     used ? ", " : "",
                                     bit ? tier_word(bit) : _("owner"));
}

const char *severity_name(int severity)
{
    return severities[severity >= 1 && severity <= SEVERITIES ? severity : 0]
        .name;
}

const char *severity_word(int severity)
{
    return severity >= 1 && severity <= SEVERITIES
               ? _(severities[severity].word)
               : "-";
}

int severity_of(const char *text)
{
    if ((text[0] | 0x20) == 's')
        text++;
    return text[0] >= '1' && text[0] <= '4' && !text[1] ? text[0] - '0' : 0;
}

const char *state_word(const char *state)
{
    const char *word = find(states, COUNT(states), state);

    return word ? word : state ? state : "-";
}

bool state_known(const char *state)
{
    return find(states, COUNT(states), state) != NULL;
}

const char *promise_word(const char *state)
{
    const char *word = find(promises, COUNT(promises), state);

    return word ? word : state ? state : "-";
}

const char *item_word(const char *state)
{
    const char *word = find(items, COUNT(items), state);

    return word ? word : state ? state : "-";
}

/* "parts_on_site" -> "parts on site"; the last one asked for is kept. */
static const char *spelt(const char *name)
{
    static char words[4][80];
    static unsigned turn;
    char *out = words[turn++ % 4];

    snprintf(out, sizeof words[0], "%.70s", name);
    for (char *c = out; *c; c++)
        if (*c == '_' || *c == '.')
            *c = ' ';
    return out;
}

static struct cli *home;

void words_home(struct cli *cli)
{
    home = cli;
}

/* What the pack calls it; the pack in force is read when first asked. */
static const char *pack_word(enum message_group group, const char *name)
{
    if (!name || !*name)
        return NULL;
    if (!name_words_known() && home) {
        struct cli *cli = home;

        home = NULL;
        policyset_free(rules_in_force(cli));
    }
    return name_word(group, name, i18n_language());
}

const char *clock_word(const char *clock)
{
    const char *word = pack_word(MESSAGE_CLOCK_WORDS, clock);

    return word ? word : clock && *clock ? spelt(clock) : "-";
}

const char *list_word(const char *list)
{
    const char *word = pack_word(MESSAGE_LIST_WORDS, list);

    return word ? word : list && *list ? spelt(list) : "-";
}

const char *counter_word(const char *counter)
{
    const char *word = pack_word(MESSAGE_COUNTER_WORDS, counter);

    return word ? word : counter && *counter ? spelt(counter) : "-";
}

const char *factor_word(const char *factor)
{
    const char *word = pack_word(MESSAGE_FACTOR_WORDS, factor);

    return word ? word : factor && *factor ? spelt(factor) : "-";
}

const char *key_word(const char *key)
{
    uint32_t role = key ? role_of(key) : 0;

    return role ? tier_word((int)role) : key;
}

const char *reason_word(const char *reason)
{
    return find(reasons, COUNT(reasons), reason);
}

const char *field_word(const char *field)
{
    const char *word = find(fields, COUNT(fields), field);

    return word ? word : field;
}

const char *kind_word(const char *kind)
{
    const char *translated, *word = find(kinds, COUNT(kinds), kind);

    if (!kind || !*kind)
        return "-";
    if (!word && !kind_by_name(kind))
        word = pack_word(MESSAGE_KIND_WORDS, kind);
    if (word)
        return word;
    translated = _(kind);
    return translated == kind ? spelt(kind) : translated;
}
