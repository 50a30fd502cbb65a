#include "proto/roles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    char language[16];
    char text[ROLE_NAME_SIZE];
};

struct role_row {
    char name[ROLE_NAME_SIZE];
    char spelt[ROLE_NAME_SIZE]; /* "station head" */
    struct word words[ROLE_LANGUAGES_MAX];
    uint32_t word_count;
};

static struct role_row rows[ROLES_LISTED_MAX + 1];
static uint32_t count, tier_count;

static bool copy(char *to, size_t room, const char *from)
{
    if (!from || strlen(from) >= room)
        return false;
    strcpy(to, from);
    return true;
}

static void spell(struct role_row *row)
{
    strcpy(row->spelt, row->name);
    for (char *c = row->spelt; *c; c++)
        if (*c == '_' || *c == '-')
            *c = ' ';
}

static void take(struct role_row *row, const Yinuo__V1__RoleWords *from)
{
    *row = (struct role_row){.name = ""};
    if (!copy(row->name, sizeof row->name, from->name))
        strcpy(row->name, "?");
    spell(row);
    for (size_t i = 0; i < from->n_words && row->word_count < 4; i++) {
        struct word *w = &row->words[row->word_count];
        if (copy(w->language, sizeof w->language, from->words[i]->key) &&
            copy(w->text, sizeof w->text, from->words[i]->value))
            row->word_count++;
    }
}

void roles_use(const Yinuo__V1__Roles *roles)
{
    count = tier_count = 0;
    for (size_t i = 0; roles && i < roles->n_roles && i < ROLES_LISTED_MAX; i++)
        take(&rows[++count], roles->roles[i]);
    if (roles && roles->tier_count <= count)
        tier_count = roles->tier_count;
}

uint32_t roles_tier_count(void)
{
    return tier_count;
}

uint32_t roles_count(void)
{
    return count;
}

/* A few at a time, so that one line may show several. */
static const char *unlisted(uint32_t role)
{
    static _Thread_local char words[4][16];
    static _Thread_local unsigned turn;
    char *out = words[turn++ % 4];

    if (role == 0)
        return "-";
    snprintf(out, sizeof words[0], "tier%u", role);
    return out;
}

const char *role_name(uint32_t role)
{
    return role >= 1 && role <= count ? rows[role].name : unlisted(role);
}

static const char *in_language(const struct role_row *row, const char *language)
{
    for (uint32_t i = 0; i < row->word_count; i++)
        if (strcmp(row->words[i].language, language) == 0)
            return row->words[i].text;
    return NULL;
}

const char *role_word(uint32_t role, const char *language)
{
    const char *word = NULL;

    if (role < 1 || role > count)
        return unlisted(role);
    if (language)
        word = in_language(&rows[role], language);
    if (!word)
        word = in_language(&rows[role], "en");
    return word ? word : rows[role].spelt;
}

static bool is_called(const struct role_row *row, const char *text)
{
    if (strcmp(row->name, text) == 0 || strcmp(row->spelt, text) == 0)
        return true;
    for (uint32_t i = 0; i < row->word_count; i++)
        if (strcmp(row->words[i].text, text) == 0)
            return true;
    return false;
}

uint32_t role_of(const char *text)
{
    char *end = NULL;
    unsigned long number;

    for (uint32_t i = 1; i <= count; i++)
        if (is_called(&rows[i], text))
            return i;
    if ((text[0] | 0x20) == 'l')
        text++;
    number = text[0] >= '1' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    return number && !*end && number <= tier_count ? (uint32_t)number : 0;
}

bool role_is_field(const char *field_name)
{
    static const char *const fields[] = {"tier", "next_tier", "goes_to",
                                         "old_tier", "new_tier"};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i], field_name) == 0)
            return true;
    return false;
}
