/* memtable - the changes since the last checkpoint, in memory.
 *
 * Rows are (table, key) -> value or tombstone. Points go through one hash
 * table; order comes from one index per table
 * (ledger/memorder.h), which a table joins either
 * at once (timers: the next due one is asked for after every batch) or when
 * somebody first iterates it. A row therefore costs a hash insert, and its
 * place in the order is paid for only where it is used, once.
 *
 * The same structure without a store below it is the memory-only state; then
 * deleting drops the row instead of leaving a tombstone.
 *
 * Memory   Own chunks of address space with free lists by size class: a value
 *          that is written a thousand times does not use a thousand places,
 *          and freeing a memtable returns it to the system at once. Value
 *          bytes stay where they are until their row is next put or deleted.
 * Errors   None: out of memory ends the process (with a message), since
 *          neither half of a batch may be dropped. Bounds are the caller's:
 *          see memtable_bytes().
 * Threads  One owner. A memtable that is no longer written may be read by its
 *          owner (all calls but put and delete) while one other thread walks
 *          it with memtable_rows() and the fields of struct mem_row.
 */
#ifndef LEDGER_MEMTABLE_H
#define LEDGER_MEMTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum { MEMTABLE_TABLES = 24 };

struct mem_row {
    struct mem_row *next; /* in key order; not indexed: pending */
    struct mem_row *prev;
    uint8_t *value;  /* NULL for a tombstone and for size 0 */
    uint64_t prefix; /* first 8 key bytes, big-endian, for order */
    uint32_t value_size;
    uint32_t value_room; /* bytes usable at value */
    uint16_t key_size;
    uint8_t table;
    bool deleted;   /* a tombstone; owner writes, frozen: nobody */
    uint8_t listed; /* where it stands in the order; the owner's only */
    uint8_t key[];
};

struct memtable;

/* expected: rows to make room for; 0 if nobody knows. */
struct memtable *memtable_new(size_t expected);

/* Free all of it. NULL is fine. */
void memtable_free(struct memtable *m);

/* Empty again; the room for as many rows as it had stays, and what is indexed
 * eagerly. */
void memtable_reset(struct memtable *m);

/* It has far more room than rows. */
bool memtable_is_roomy(const struct memtable *m);

/* Index table's rows as they are put rather than on first iteration. */
void memtable_order_eagerly(struct memtable *m, uint8_t table);

/* The row of that key, tombstones included, or NULL. */
struct mem_row *memtable_find(struct memtable *m, uint8_t table,
                              struct slice key);

/* The same for who looks into several: the hash is that of all memtables of
 * the process. */
uint32_t memtable_hash(uint8_t table, struct slice key);
struct mem_row *memtable_find_hashed(struct memtable *m, uint8_t table,
                                     struct slice key, uint32_t hash);

/* A row will be asked for: its slot, then the row, then its value are fetched
 * into the processor's cache. A little time between the three is what makes
 * them useful. */
enum memtable_step { MEMTABLE_SLOT, MEMTABLE_ROW, MEMTABLE_VALUE };
void memtable_expect(const struct memtable *m, uint32_t hash,
                     enum memtable_step step);

void memtable_put(struct memtable *m, uint8_t table, struct slice key,
                  struct slice value);
void memtable_put_hashed(struct memtable *m, uint8_t table, struct slice key,
                         uint32_t hash, struct slice value);

/* With keep_tombstone the row stays and says so; without it goes. A tombstone
 * of a row that was not here is found by its key alone: it has no place in the
 * order, which is paid for only by rows that somebody may come upon. */
void memtable_delete(struct memtable *m, uint8_t table, struct slice key,
                     bool keep_tombstone);
void memtable_delete_hashed(struct memtable *m, uint8_t table, struct slice key,
                            uint32_t hash, bool keep_tombstone);

/* First row of the table with a key >= from, or NULL. Of tombstones only those
 * are met whose row was here before. */
struct mem_row *memtable_seek(struct memtable *m, uint8_t table,
                              struct slice from);

static inline struct mem_row *memtable_after(const struct mem_row *row)
{
    return row->next;
}

size_t memtable_count(const struct memtable *m);
size_t memtable_bytes(const struct memtable *m);  /* in use by rows */
size_t memtable_mapped(const struct memtable *m); /* ... asked for, for them */

/* All rows, tombstones included, by table and key. The array holds
 * memtable_count() pointers and is the caller's to free(). */
struct mem_row **memtable_rows(const struct memtable *m);

/* memcmp order, shorter first. */
int memtable_compare(struct slice a, struct slice b);

static inline struct slice mem_row_key(const struct mem_row *row)
{
    return (struct slice){row->key, row->key_size};
}

static inline struct slice mem_row_value(const struct mem_row *row)
{
    return (struct slice){row->value, row->value_size};
}

#endif
