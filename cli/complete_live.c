#include "cli/complete_live.h"

#include <stdio.h>
#include <string.h>

#include "cli/items.h"
#include "cli/session.h"
#include "cli/words.h"

enum { ROWS_MAX = 200 };

/* One question to each partition, silently. What a filter is called and holds;
 * of several. */
struct asked {
    const char *query;
    const char *filter, *value; /* NULL: none */
    const ProtobufCMessageDescriptor *type;
};

static const Yinuo__V1__Reply *ask(struct complete *c, const struct asked *a,
                                   uint32_t partition)
{
    Yinuo__V1__Query query = YINUO__V1__QUERY__INIT;
    Yinuo__V1__Attribute filter = YINUO__V1__ATTRIBUTE__INIT;
    Yinuo__V1__Attribute *filters[] = {&filter};

    query.name = (char *)(uintptr_t)a->query;
    query.has_limit = 1;
    query.limit = ROWS_MAX;
    if (a->value) {
        filter.name = (char *)(uintptr_t)a->filter;
        filter.text = (char *)(uintptr_t)a->value;
        query.filters = filters;
        query.n_filters = 1;
    }
    return client_call(c->cli->client, WIRE_QUERY, partition, &query.base,
                       c->cli->until_ms, &c->answers, NULL);
}

/* False where nobody answers, or the rows are not all: to offer some of what
 * begins so would make the shell go on as if there were no others. */
static bool each(struct complete *c, const struct asked *a,
                 void (*take)(struct complete *c, const void *row))
{
    const Yinuo__V1__Reply *replies[CLIENT_PARTITIONS_MAX];
    const uint32_t *partitions;
    size_t count;

    if (session_try(c->cli) != STATUS_OK)
        return false;
    partitions = client_partitions(c->cli->client, &count);
    for (size_t i = 0; i < count; i++) {
        replies[i] = ask(c, a, partitions[i]);
        if (!replies[i] ||
            (replies[i]->more_cursor && *replies[i]->more_cursor))
            return false;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < replies[i]->n_rows; j++) {
            void *row = codec_decode(
                a->type,
                slice_of(replies[i]->rows[j].data, replies[i]->rows[j].len),
                &c->answers, NULL);
            if (row)
                take(c, row);
        }
    return true;
}

static void take_case(struct complete *c, const void *row)
{
    const Yinuo__V1__Case *one = row;
    char about[LIMIT_ID_BYTES * 2];

    snprintf(about, sizeof about, "%s %s %.100s",
             severity_name((int)one->severity), state_word(one->state),
             one->station ? one->station : "");
    complete_one(c, one->case_id, about);
}

/* The open ones; where they are too many, those that begin so. */
void complete_live_cases(struct complete *c, const struct place *place)
{
    const struct asked open = {.query = "case.list",
                               .type = &yinuo__v1__case__descriptor};
    const struct asked begun = {.query = "case.find",
                                .filter = "prefix",
                                .value = c->typed,
                                .type = &yinuo__v1__case__descriptor};

    (void)place;
    if (!each(c, &open, take_case) && *c->typed)
        (void)each(c, &begun, take_case);
}

static void take_promises(struct complete *c, const void *row)
{
    const Yinuo__V1__Case *one = row;

    for (size_t i = 0; i < one->n_promises; i++)
        if (one->promises[i]->state &&
            strcmp(one->promises[i]->state, "open") == 0)
            complete_one(c, one->promises[i]->promise_id, "");
}

static void take_items(struct complete *c, const void *row)
{
    const Yinuo__V1__Case *one = row;

    for (size_t i = 0; i < one->n_items; i++)
        if (item_is_open(one->items[i]))
            complete_one(c, one->items[i]->key, list_word(one->items[i]->list));
}

/* Of the case that the line names, as its first argument or behind a kind. */
static void of_the_case(struct complete *c,
                        void (*take)(struct complete *c, const void *row))
{
    size_t at = c->name_words + (strcmp(c->command->id, "record") == 0 ? 1 : 0);
    const struct asked one = {.query = "case.show",
                              .filter = "case_id",
                              .value = at < c->said_count ? c->said[at] : "",
                              .type = &yinuo__v1__case__descriptor};

    if (*one.value)
        (void)each(c, &one, take);
}

void complete_live_promises(struct complete *c, const struct place *place)
{
    (void)place;
    of_the_case(c, take_promises);
}

void complete_live_items(struct complete *c, const struct place *place)
{
    (void)place;
    of_the_case(c, take_items);
}

static void take_page(struct complete *c, const void *row)
{
    const Yinuo__V1__PageRow *page = row;

    complete_one(c, page->page_id, page->case_id);
}

void complete_live_pages(struct complete *c, const struct place *place)
{
    const struct asked mine = {
        .query = "page.list",
        .filter = "person",
        .value = c->cli->who.person[0] ? c->cli->who.person : NULL,
        .type = &yinuo__v1__page_row__descriptor};

    (void)place;
    (void)each(c, &mine, take_page);
}

static void take_mute(struct complete *c, const void *row)
{
    const Yinuo__V1__Mute *mute = row;

    if (!mute->ended_at_ms)
        complete_one(c, mute->mute_id, mute->reason);
}

void complete_live_mutes(struct complete *c, const struct place *place)
{
    const struct asked all = {.query = "mute.list",
                              .type = &yinuo__v1__mute__descriptor};

    (void)place;
    (void)each(c, &all, take_mute);
}

static void take_override(struct complete *c, const void *row)
{
    const Yinuo__V1__DutyOverride *one = row;

    complete_one(c, one->override_id, one->person);
}

void complete_live_overrides(struct complete *c, const struct place *place)
{
    const struct asked all = {.query = "on_call.overrides",
                              .type = &yinuo__v1__duty_override__descriptor};

    (void)place;
    (void)each(c, &all, take_override);
}
