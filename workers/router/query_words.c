/* The rules and words in force, for who has no ledger at hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workers/router/queries.h"

enum { PART_BYTES = 64 * 1024 };

/* The set in force, or the rules that a case lives by. */
static enum status find_blob(struct router *r, const char *version,
                             struct bytes *words)
{
    const struct policyset *set = world_policies(r->world);
    struct bytes whole = {0};
    enum status st;

    if (!version)
        return policyset_words(set->blob, words, NULL);
    st = policies_blob(r, text_of(version), &whole, NULL);
    if (st == STATUS_OK) /* a version of a whole set is one, too */
        st = policyset_words(bytes_slice(&whole), words, NULL);
    bytes_fini(&whole);
    return st;
}

static void send_parts(struct reply *reply, const char *version,
                       struct slice words, size_t at)
{
    char cursor[32];
    bool fits = true;

    while (fits && at < words.size) {
        Yinuo__V1__PackWords row = YINUO__V1__PACK_WORDS__INIT;
        size_t left = words.size - at;

        row.version = (char *)(uintptr_t)version;
        row.has_part = 1;
        row.part.len = left < PART_BYTES ? left : PART_BYTES;
        row.part.data = (uint8_t *)(uintptr_t)words.data + at;
        fits = reply_message(reply, &row.base);
        if (fits)
            at += row.part.len;
    }
    snprintf(cursor, sizeof cursor, "%zu", at);
    reply_end(reply, at < words.size ? cursor : NULL);
}

/* have: the version that the asker has; if it is in force, a row without a part
 * says so. */
void query_words(struct router *r, const struct asker *from,
                 const Yinuo__V1__Query *q)
{
    const char *version = query_text(q, "version"),
               *have = query_text(q, "have");
    const char *now = router_text(r, world_policies(r->world)->version);
    struct bytes words = {0};
    struct reply reply;

    reply_begin(&reply, r, from, q, "PackWords");
    if (!version && have && strcmp(have, now) == 0) {
        Yinuo__V1__PackWords same = YINUO__V1__PACK_WORDS__INIT;
        same.version = (char *)(uintptr_t)now;
        reply_message(&reply, &same.base);
        reply_end(&reply, NULL);
        return;
    }
    if (find_blob(r, version, &words) == STATUS_OK)
        send_parts(&reply, version ? version : now, bytes_slice(&words),
                   q->cursor ? (size_t)strtoull(q->cursor, NULL, 10) : 0);
    else
        reply_refuse(r, from, REFUSAL_NOT_FOUND, NULL);
    bytes_fini(&words);
}
