/* complete_words - what may stand in each place that the table of commands
 * names. */
#include <stdio.h>
#include <string.h>

#include "cli/complete_live.h"
#include "cli/fields.h"
#include "cli/words.h"
#include "proto/kinds.h"

enum { NAMES_MAX = 128 };

/* clang-format off */
/*    what is offered   by */
#define PLACE_SOURCES(X)                                                       \
    X(FREE,      offer_nothing)   /* words, numbers: only the user knows */    \
    X(WORDS,     offer_choices)   /* those of the row */                       \
    X(FILE,      offer_files)                                                  \
    X(DIR,       offer_dirs)                                                   \
    X(NAMES,     offer_names)     /* of the vocabulary's group in the row */   \
    X(KIND,      offer_kinds)                                                  \
    X(FIELD,     offer_fields)                                                 \
    X(COMMAND,   offer_nothing)   /* the line goes on as that command's */     \
    X(CASE,      complete_live_cases)                                                  \
    X(PROMISE,   complete_live_promises)                                               \
    X(ITEM,      complete_live_items)                                                  \
    X(PAGE,      complete_live_pages)                                                  \
    X(MUTE,      complete_live_mutes)                                                  \
    X(OVERRIDE,  complete_live_overrides)
/* clang-format on */

#define X(name, run) PLACE_##name,
enum place_source { PLACE_SOURCES(X) PLACE_SOURCE_COUNT };
#undef X

struct place {
    const char *word; /* "CASE"; "up.LIST": of this command alone */
    enum place_source source;
    const char *choices; /* WORDS: with blanks between */
    enum vocabulary_group group;
    char before; /* stands before each name, "@R-1"; or 0 */
};

/* clang-format off */
#define PLACE(word, source)  {word, PLACE_##source, NULL, 0, 0}
#define CHOICE(word, list)   {word, PLACE_WORDS, list, 0, 0}
#define NAMES(word, group)   {word, PLACE_NAMES, NULL, VOCABULARY_##group, 0}
/* A command's own rows first. */
static const struct place places[] = {
    CHOICE("audit.WHAT",              "policy roster keys case"),
    CHOICE("up.LIST",                 "log exec smtp"),
    NAMES("subject_show.KIND",       SUBJECT),
    NAMES("subject_list.KIND",       SUBJECT),
    PLACE("policy_test.KIND",        FREE), /* within quotes */
    PLACE("policy_test.FIELD=VALUE", FREE),
    PLACE("backup.DIR",              DIR),

    PLACE("CASE",                    CASE),
    PLACE("INTO",                    CASE),
    PLACE("CHILD",                   CASE),
    PLACE("PARENT",                  CASE),
    PLACE("HANDOVER",                CASE),
    PLACE("PAGE",                    PAGE),
    PLACE("PROMISE",                 PROMISE),
    PLACE("ITEM",                    ITEM),
    PLACE("REQUEST",                 ITEM),
    PLACE("MUTE",                    MUTE),
    PLACE("OVERRIDE",                OVERRIDE),
    PLACE("KIND",                    KIND),
    PLACE("FIELD=VALUE",             FIELD),
    PLACE("COMMAND",                 COMMAND),
    NAMES("PERSON",                  PERSON),
    NAMES("WHO",                     PERSON),
    NAMES("STATION",                 STATION),
    NAMES("REGION",                  REGION),
    {"@REGION", PLACE_NAMES, NULL, VOCABULARY_REGION, '@'},
    NAMES("TIER",                    ROLE),
    NAMES("LINE",                    LINE),
    NAMES("LIST",                    LIST),
    NAMES("CARD",                    CARD),
    PLACE("DIR",                     DIR),
    PLACE("FILE",                    FILE),
    PLACE("FILE.csv",                FILE),
    PLACE("FILE.csv.gz",             FILE),
    PLACE("EVENTS.jsonl",            FILE),
    PLACE("STORY.yaml",              FILE),
    PLACE("STORY",                   FILE),
    PLACE("PROGRAM",                 FILE),
    CHOICE("STATE",                   "open waiting resolved closed"),
    CHOICE("S1,S2",                   "S1 S2 S3 S4"),
    CHOICE("FORMAT",                  "text json csv"),
    CHOICE("WHEN",                    "auto always never"),
    CHOICE("CODE",                    "en zh_CN"),
    CHOICE("HOW",                     "never after:2m"),
    CHOICE("READER",                  "customer"),
    CHOICE("TOPIC",                   "never spans roster holiday clock leave contact ivr check"),
    CHOICE("LEVEL",                   "debug info warn error"),
    CHOICE("CHANNEL",                 "phone visit mail message counter"),
    CHOICE("PURPOSE",                 "progress plan apology callback diagnosis"),
    CHOICE("REPORT",                  "times promises bypass incidents causes lessons satisfaction load contact"),
    CHOICE("TIME",                    "today tomorrow"),
#define FREE(word) PLACE(word, FREE)
    FREE("WORDS"), FREE("NUMBER"), FREE("SPAN"), FREE("ADDRESS"), FREE("TAG"),
    FREE("N"), FREE("MINUTE"), FREE("DATE"), FREE("SEQ"), FREE("SEQ:HASH"),
    FREE("URL"), FREE("NAME"), FREE("GROUND"), FREE("FACTOR"), FREE("CURSOR"),
    FREE("ID"), FREE("WHAT"), FREE("COMMAND-LINE"), FREE("END"),
#undef FREE
};
#undef PLACE
#undef CHOICE
#undef NAMES
/* clang-format on */

enum { PLACE_COUNT = sizeof places / sizeof *places };

/* --- of the vocabulary -----------------------------------------------------
 */

static struct vocabulary *vocabulary_of(struct complete *c)
{
    if (!c->vocabulary_read)
        vocabulary_read(c->cli, &c->vocabulary);
    c->vocabulary_read = true;
    return &c->vocabulary;
}

static void offer_group(struct complete *c, enum vocabulary_group group,
                        char before)
{
    struct vocabulary *v = vocabulary_of(c);
    struct vocabulary_word word;
    char name[LIMIT_ID_BYTES + 2];

    for (size_t at = 0; vocabulary_next(v, &at, &word);) {
        if (word.group != group)
            continue;
        if (before)
            snprintf(name, sizeof name, "%c%s", before, word.name);
        complete_one(c, before ? name : word.name, word.about);
    }
}

static void offer_names(struct complete *c, const struct place *place)
{
    offer_group(c, place->group, place->before);
}

static bool is_record(const struct complete *c)
{
    return c->command && strcmp(c->command->id, "record") == 0;
}

static void offer_kinds(struct complete *c, const struct place *place)
{
    size_t count;
    const struct kind *all = kinds_all(&count);

    (void)place;
    if (is_record(c))
        offer_group(c, VOCABULARY_ALIAS, 0);
    for (size_t i = 0; i < count; i++)
        complete_one(c, all[i].name, kind_word(all[i].name));
    offer_group(c, VOCABULARY_KIND, 0);
}

/* --- fields ----------------------------------------------------------------
 */

/* What happened, as the line names it so far; an alias is what it stands for.
 * 0: no kind, or one of a pack. */
static uint32_t kind_of_line(struct complete *c)
{
    const char *name =
        c->said_count > c->name_words ? c->said[c->name_words] : "";
    const struct kind *kind = kind_by_name(name);
    struct vocabulary_word word;

    for (size_t at = 0; !kind && is_record(c) &&
                        vocabulary_next(vocabulary_of(c), &at, &word);)
        if (word.group == VOCABULARY_ALIAS && strcmp(word.name, name) == 0)
            kind = kind_by_name(word.of);
    return kind ? kind->code : 0;
}

/* The place that holds what such a field does; NULL: only the user knows. */
static const char *place_of_field(const char *field)
{
    static const char *const pairs[][2] = {
        {"station", "STATION"},    {"region", "REGION"},
        {"product_line", "LINE"},  {"case_id", "CASE"},
        {"owner", "PERSON"},       {"to", "PERSON"},
        {"by", "PERSON"},          {"person", "PERSON"},
        {"reporter", "PERSON"},    {"tier", "TIER"},
        {"promise_id", "PROMISE"}, {"item", "ITEM"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(pairs[i][0], field) == 0)
            return pairs[i][1];
    return NULL;
}

static void offer_split(struct complete *c, const char *choices, char between)
{
    char *all = arena_text(&c->arena, choices), *word;
    const char ends[] = {between, 0};

    while (all && (word = strsep(&all, ends)))
        complete_one(c, word, "");
}

static void offer_value(struct complete *c, uint32_t kind, char *equals)
{
    char *name =
        arena_format(&c->arena, "%.*s", (int)(equals - c->typed), c->typed);
    const struct kind_field *field = name ? kind_field(kind, name) : NULL;

    c->lead = arena_format(&c->arena, "%s=", name ? name : "");
    c->typed = equals + 1;
    if (!name || !c->lead)
        return;
    if (field && field->type == KIND_FIELD_CHOICE && field->values)
        offer_split(c, field->values, '|');
    else if (field && field->type == KIND_FIELD_FLAG)
        offer_split(c, "yes no", ' ');
    else if (place_of_field(name))
        complete_place(c, place_of_field(name));
}

static void offer_fields(struct complete *c, const struct place *place)
{
    uint32_t kind = kind_of_line(c);
    char *equals = strchr(c->typed, '='), word[LIMIT_ID_BYTES];
    const char *names[NAMES_MAX];
    size_t count;

    (void)place;
    if (equals) {
        offer_value(c, kind, equals);
        return;
    }
    count = fields_names(kind, names, NAMES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct kind_field *field = kind_field(kind, names[i]);

        snprintf(word, sizeof word, "%s=", names[i]);
        complete_one(c, word,
                     field ? _(kind_field_type_text(field->type)) : "");
    }
}

/* --- the rest --------------------------------------------------------------
 */

static void offer_nothing(struct complete *c, const struct place *place)
{
    (void)c, (void)place;
}

static void offer_choices(struct complete *c, const struct place *place)
{
    offer_split(c, place->choices, ' ');
}

static void offer_files(struct complete *c, const struct place *place)
{
    (void)place;
    if (!c->files) /* of EVENTS.jsonl|STORY.yaml either */
        c->offer(c->context, COMPLETE_FILES, "");
    c->files = true;
}

static void offer_dirs(struct complete *c, const struct place *place)
{
    (void)place;
    c->offer(c->context, COMPLETE_DIRS, "");
}

/* Capitals name a place; anything else is the word itself: S1|S2. */
static bool is_literal(const char *word)
{
    return (word[0] >= 'a' && word[0] <= 'z') ||
           (word[0] == 'S' && word[1] >= '1' && word[1] <= '4' && !word[2]);
}

static const struct place *find(const char *command_id, const char *word)
{
    size_t size = strlen(command_id);

    for (size_t i = 0; i < PLACE_COUNT; i++) {
        const char *name = places[i].word;
        bool own = strncmp(name, command_id, size) == 0 && name[size] == '.';
        if (strcmp(own ? name + size + 1 : name, word) == 0)
            return &places[i];
    }
    return NULL;
}

/* One of "PAGE|CASE", without the dots of what may be repeated. */
static char *next_of(char **rest)
{
    char *word = strsep(rest, "|");
    char *dots = word ? strstr(word, "...") : NULL;

    if (dots)
        *dots = 0;
    return word;
}

void complete_place(struct complete *c, const char *place)
{
#define X(name, run) run,
    static void (*const runs[])(struct complete *,
                                const struct place *) = {PLACE_SOURCES(X)};
#undef X
    char *rest = arena_text(&c->arena, place), *word;

    while ((word = rest ? next_of(&rest) : NULL)) {
        const struct place *found =
            find(c->command ? c->command->id : "", word);

        if (found)
            runs[found->source](c, found);
        else if (is_literal(word))
            complete_one(c, word, "");
    }
}

bool complete_knows(const char *command_id, const char *place)
{
    char copy[LIMIT_ID_BYTES], *rest = copy, *word;
    bool known = true;

    snprintf(copy, sizeof copy, "%s", place);
    while ((word = next_of(&rest)))
        known = known && (is_literal(word) || find(command_id, word));
    return known;
}
