#include "ledger/requests.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"

enum { EXPIRE_AT_ONCE = 4, ROW_BYTES = 22 };

static struct slice key_of(uint8_t room[STATE_KEY_MAX], char mark,
                           const int64_t *at_ms, struct slice id)
{
    struct writer out;

    writer_init_fixed(&out, room, STATE_KEY_MAX);
    writer_u8(&out, (uint8_t)mark);
    if (at_ms)
        writer_u64(&out, (uint64_t)*at_ms);
    writer_raw(&out, id);
    return slice_of(room, out.size);
}

bool request_find(struct state *s, struct slice id, struct request *r)
{
    uint8_t room[STATE_KEY_MAX];
    struct slice row;

    if (!state_get(s, STATE_REQUESTS, key_of(room, 'r', NULL, id), &row))
        return false;
    struct reader in;
    reader_init(&in, row);
    r->sequence = reader_u64(&in);
    r->journal_ms = (int64_t)reader_u64(&in);
    r->code = reader_u16(&in);
    r->has_crc = row.size == ROW_BYTES;
    r->crc = r->has_crc ? reader_u32(&in) : 0;
    assert(in.status == STATUS_OK);
    return true;
}

static void expire(struct state *s, int64_t before_ms)
{
    uint8_t key_room[STATE_KEY_MAX], mark = 't';

    for (int i = 0; i < EXPIRE_AT_ONCE; i++) {
        struct state_cursor c;
        struct slice key, value;
        state_cursor_open(&c, s, STATE_REQUESTS, slice_of(&mark, 1),
                          SLICE_EMPTY);
        bool found = state_cursor_next(&c, &key, &value);
        uint8_t old[STATE_KEY_MAX];
        size_t size = found ? key.size : 0;
        if (found)
            memcpy(old, key.data, key.size);
        state_cursor_close(&c);
        struct reader in;
        reader_init(&in, slice_of(old, size));
        if (!found || reader_u8(&in) != mark ||
            (int64_t)reader_u64(&in) >= before_ms)
            return;
        struct slice id = slice_of(old + 9, size - 9);
        state_delete(s, STATE_REQUESTS, key_of(key_room, 'r', NULL, id));
        state_delete(s, STATE_REQUESTS, slice_of(old, size));
    }
}

void request_keep(struct state *s, struct slice id, const struct request *r)
{
    uint8_t room[STATE_KEY_MAX], row[ROW_BYTES];
    struct writer out;

    expire(s, r->journal_ms - LIMIT_ANSWER_KEPT_MS);
    writer_init_fixed(&out, row, sizeof row);
    writer_u64(&out, r->sequence);
    writer_u64(&out, (uint64_t)r->journal_ms);
    writer_u16(&out, r->code);
    if (r->has_crc)
        writer_u32(&out, r->crc);
    state_put(s, STATE_REQUESTS, key_of(room, 'r', NULL, id),
              slice_of(row, out.size));
    state_put(s, STATE_REQUESTS, key_of(room, 't', &r->journal_ms, id),
              SLICE_EMPTY);
}
