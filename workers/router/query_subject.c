/* query_subject - what is known of an asset, a customer, a person, a place. */
#include <string.h>

#include "workers/router/queries.h"

/* Each partition knows its own part; not found is for the one who asks all. */
void query_subject(struct router *r, const struct asker *from,
                   const Yinuo__V1__Query *q)
{
    const char *key = query_text(q, "key");
    struct reply reply;
    struct slice row;

    if (!key || strlen(key) > SUBJECT_KEY_BYTES ||
        !state_get(r->ledger->state, STATE_SUBJECTS, slice_of_text(key),
                   &row)) {
        reply_refuse(r, from, REFUSAL_NOT_FOUND, NULL);
        return;
    }
    reply_begin(&reply, r, from, q, "Subject");
    reply_row(&reply, row);
    reply_end(&reply, NULL);
}

/* All of one kind, by id; the cursor is the key of the last one. */
void query_subjects(struct router *r, const struct asker *from,
                    const Yinuo__V1__Query *q)
{
    const char *kind = query_text(q, "kind");
    char prefix[SUBJECT_KIND_BYTES + 2], last[SUBJECT_KEY_BYTES + 1] = "";
    struct state_cursor c;
    struct slice key, value;
    struct reply reply;
    bool more = false;

    if (!kind || strlen(kind) > SUBJECT_KIND_BYTES) {
        reply_refuse(r, from, REFUSAL_BAD_FIELD, "kind");
        return;
    }
    strcat(strcpy(prefix, kind), ":");
    reply_begin(&reply, r, from, q, "Subject");
    state_cursor_open(&c, r->ledger->state, STATE_SUBJECTS,
                      slice_of_text(prefix),
                      q->cursor ? slice_of_text(q->cursor) : SLICE_EMPTY);
    while (state_cursor_next(&c, &key, &value)) {
        if (q->cursor &&
            slice_equal(key, slice_of_text(q->cursor))) /* was the last one */
            continue;
        more = !reply_row(&reply, value);
        if (more || !slice_to_text(key, last, sizeof last))
            break;
    }
    state_cursor_close(&c);
    reply_end(&reply, more ? last : NULL);
}
