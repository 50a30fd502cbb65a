/* Dead letters: refused events, kept with their reason. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"
#include "station/outbox_change.h"

/* Bytes of a letter in out; the first answer stays, so a repeat changes
 * nothing. */
static void put_letter(struct change *c, uint32_t partition, uint64_t seq,
                       uint32_t code, const char *text, const char *field)
{
    uint8_t key[KEY];
    MDB_val event, old;
    struct bytes out;
    struct writer w;
    if (!change_get(c, c->o->events, outbox_key(key, partition, seq), &event) ||
        event.mv_size <= STAMP ||
        change_get(c, c->o->dead, outbox_key(key, partition, seq), &old))
        return;
    struct outbox_ends ends = change_get_ends(c, partition);
    bytes_init(&out, LIMIT_FRAME_BYTES);
    writer_init(&w, &out);
    writer_u32(&w, code);
    writer_u64(&w, (uint64_t)clock_wall_ms(c->o->set.clock));
    writer_blob(&w, slice_of(text, strlen(text) + 1));
    writer_blob(&w, slice_of(field, strlen(field) + 1));
    writer_raw(
        &w, slice_of((uint8_t *)event.mv_data + STAMP, event.mv_size - STAMP));
    if (w.status != STATUS_OK && c->rc == 0)
        c->rc = ENOMEM;
    change_put(c, c->o->dead, outbox_key(key, partition, seq),
               outbox_value(out.data, out.size));
    ends.dead++;
    change_put_ends(c, partition, &ends);
    bytes_fini(&out);
}

enum status outbox_refuse(struct outbox *o, uint32_t partition,
                          uint64_t sequence, uint32_t code, const char *text,
                          const char *field)
{
    struct change c = change_begin(o, 0);
    put_letter(&c, partition, sequence, code, text, field);
    return change_commit(&c);
}

enum status outbox_bury(struct outbox *o, uint32_t partition, uint64_t sequence,
                        uint32_t code, const char *text)
{
    uint8_t key[KEY];
    MDB_val value;
    struct change c = change_begin(o, 0);
    put_letter(&c, partition, sequence, code, text, "");
    struct outbox_ends ends = change_get_ends(&c, partition);
    if (change_get(&c, o->events, outbox_key(key, partition, sequence),
                   &value) &&
        value.mv_size > STAMP) {
        ends.bytes -= value.mv_size - STAMP;
        change_put_event(&c, partition, sequence, SLICE_EMPTY,
                         clock_wall_ms(o->set.clock));
        change_put_ends(&c, partition, &ends);
    }
    return change_commit(&c);
}

static bool show_letter(MDB_val key, MDB_val value,
                        bool (*each)(void *, const struct outbox_letter *),
                        void *state)
{
    struct reader r;
    struct outbox_letter letter = {0};
    reader_init(&r, slice_of(value.mv_data, value.mv_size));
    letter.code = reader_u32(&r);
    letter.at_ms = (int64_t)reader_u64(&r);
    struct slice text = reader_blob(&r), field = reader_blob(&r);
    if (r.status != STATUS_OK || key.mv_size != KEY || text.size == 0 ||
        field.size == 0 || text.data[text.size - 1] != 0 ||
        field.data[field.size - 1] != 0)
        return true; /* not one of ours */
    letter.partition = get_u32(key.mv_data);
    letter.sequence = get_u64((uint8_t *)key.mv_data + 4);
    letter.text = (const char *)text.data;
    letter.field = (const char *)field.data;
    letter.event = r.rest;
    return each(state, &letter);
}

enum status outbox_letters(struct outbox *o,
                           bool (*each)(void *state,
                                        const struct outbox_letter *letter),
                           void *state)
{
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    struct change c = change_begin(o, MDB_RDONLY);
    if (c.rc == 0)
        c.rc = mdb_cursor_open(c.txn, o->dead, &cursor);
    while (c.rc == 0 &&
           (c.rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
        if (!show_letter(key, value, each, state))
            break;
    if (cursor)
        mdb_cursor_close(cursor);
    change_leave(&c);
    return c.rc == MDB_NOTFOUND ? STATUS_OK : outbox_status(c.rc);
}

enum status outbox_drop_letter(struct outbox *o, uint32_t partition,
                               uint64_t sequence)
{
    uint8_t key[KEY];
    MDB_val value;
    struct change c = change_begin(o, 0);
    struct outbox_ends ends = change_get_ends(&c, partition);
    if (!change_get(&c, o->dead, outbox_key(key, partition, sequence),
                    &value)) {
        change_leave(&c);
        return c.rc == 0 ? STATUS_NOT_FOUND : outbox_status(c.rc);
    }
    change_drop(&c, o->dead, outbox_key(key, partition, sequence));
    ends.dead -= ends.dead > 0;
    change_put_ends(&c, partition, &ends);
    return change_commit(&c);
}
