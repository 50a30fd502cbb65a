/* mute.list: the mutes and maintenance windows that have not ended, with what
 * they have held so far. */
#include <string.h>

#include "ledger/customs.h"
#include "workers/router/queries.h"

void query_mutes(struct router *r, const struct asker *from,
                 const Yinuo__V1__Query *q)
{
    const char *wanted = query_text(q, "mute_id");
    static struct reply reply;
    struct state_cursor cursor;
    struct slice key, value;
    uint64_t total = 0;

    reply_begin(&reply, r, from, q, "Mute");
    state_cursor_open(&cursor, r->ledger->state, STATE_MUTES, SLICE_EMPTY,
                      SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &value)) {
        if (wanted && (key.size != strlen(wanted) ||
                       memcmp(key.data, wanted, key.size) != 0))
            continue;
        total++;
        if (!reply_row(&reply, value))
            break;
    }
    state_cursor_close(&cursor);
    reply.total_known = true;
    reply.total = total;
    reply_end(&reply, NULL);
}
