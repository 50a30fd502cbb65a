#include "cli/rules_remote.h"

#include <stdio.h>
#include <string.h>

#include "cli/cache.h"
#include "cli/session.h"
#include "proto/codec.h"

enum { WORDS_BYTES_MAX = 8 * 1024 * 1024 };

static const char HEAD[] = "yinuo-rules ";
static const char IN_FORCE[] = "rules.blob";

/* The version in the first line of what is kept; *blob is what follows it. */
static bool open_kept(struct bytes *kept, char version[LIMIT_ID_BYTES + 1],
                      struct slice *blob)
{
    const char *text = bytes_text(kept);
    size_t line = text ? strcspn(text, "\n") : 0, head = sizeof HEAD - 1;

    if (line <= head || line >= kept->size || line - head > LIMIT_ID_BYTES ||
        memcmp(text, HEAD, head) != 0)
        return false;
    memcpy(version, text + head, line - head);
    version[line - head] = 0;
    *blob = slice_of(kept->data + line + 1, kept->size - line - 1);
    return true;
}

static void keep(const struct cli *cli, const char *name, const char *version,
                 struct slice blob)
{
    struct bytes kept = {0};

    bytes_append_format(&kept, "%s%s\n", HEAD, version);
    if (bytes_append(&kept, blob) == STATUS_OK)
        cache_write(cli, name, bytes_slice(&kept));
    bytes_fini(&kept);
}

/* What has come so far. */
struct fetched {
    char version[LIMIT_ID_BYTES + 1];
    struct bytes blob;
    bool same; /* what is kept is in force */
};

/* False: another version came in between, or what came is no part. */
static bool take(struct fetched *f, const Yinuo__V1__PackWords *row)
{
    if (!row || !row->version || strlen(row->version) > LIMIT_ID_BYTES ||
        (*f->version && strcmp(f->version, row->version) != 0))
        return false;
    strcpy(f->version, row->version);
    f->same = !row->has_part;
    return f->same ||
           bytes_append(&f->blob, slice_of(row->part.data, row->part.len)) ==
               STATUS_OK;
}

static bool take_all(struct fetched *f, const Yinuo__V1__Reply *reply,
                     struct arena *arena)
{
    bool fine = reply && reply->code == REFUSAL_NONE && reply->n_rows;

    for (size_t i = 0; fine && i < reply->n_rows; i++)
        fine = take(
            f, codec_decode(&yinuo__v1__pack_words__descriptor,
                            slice_of(reply->rows[i].data, reply->rows[i].len),
                            arena, NULL));
    return fine;
}

/* One partition answers for all: a policy set is the system's. */
static bool fetch(struct cli *cli, const char *filter, const char *value,
                  struct fetched *f)
{
    Yinuo__V1__Query query = YINUO__V1__QUERY__INIT;
    Yinuo__V1__Attribute attribute = YINUO__V1__ATTRIBUTE__INIT;
    Yinuo__V1__Attribute *filters[] = {&attribute};
    char cursor[32] = "";
    struct arena arena;
    bool fine;
    size_t count;

    attribute.name = (char *)(uintptr_t)filter;
    attribute.text = (char *)(uintptr_t)value;
    query.name = (char *)"policy.words";
    query.filters = filters;
    query.n_filters = value && *value;
    arena_init(&arena, 4 * LIMIT_DECODE_BYTES);
    do {
        const Yinuo__V1__Reply *reply;

        arena_reset(&arena);
        query.cursor = *cursor ? cursor : NULL;
        reply = client_call(cli->client, WIRE_QUERY,
                            client_partitions(cli->client, &count)[0],
                            &query.base, cli->until_ms, &arena, NULL);
        fine = take_all(f, reply, &arena);
        snprintf(cursor, sizeof cursor, "%s",
                 fine && reply->more_cursor ? reply->more_cursor : "");
    } while (fine && *cursor && f->blob.size < WORDS_BYTES_MAX);
    arena_fini(&arena);
    return fine && !*cursor;
}

bool rules_remote(struct cli *cli, const char *version, struct bytes *blob)
{
    struct bytes kept = {0};
    struct fetched f = {.version = ""};
    struct slice known = SLICE_EMPTY;
    char name[LIMIT_ID_BYTES + 16], has[LIMIT_ID_BYTES + 1] = "";
    struct error before = cli->error;
    bool there, came = false;

    if (version)
        snprintf(name, sizeof name, "rules_%.*s.blob", LIMIT_ID_BYTES, version);
    else
        strcpy(name, IN_FORCE);
    there = cache_read(cli, name, WORDS_BYTES_MAX, &kept) &&
            open_kept(&kept, has, &known);
    if ((!version || !there) && session_try(cli) == STATUS_OK)
        came = fetch(cli, version ? "version" : "have", version ? version : has,
                     &f);
    cli->error = before;
    if (came && !f.same) {
        keep(cli, name, f.version, bytes_slice(&f.blob));
        known = bytes_slice(&f.blob);
    }
    there = known.size && bytes_append(blob, known) == STATUS_OK;
    bytes_fini(&f.blob);
    bytes_fini(&kept);
    return there;
}
