/* memorder - the rows of one table of a memtable in key order.
 *
 * A tree of wide nodes finds the place, a list through the rows gives the
 * order. A node keeps the first 8 bytes of each key beside the pointer to its
 * row, so that finding a place among 100,000 rows looks at a handful of cache
 * lines and hardly ever at a row.
 *
 * Memory   Nodes come from the memtable's arena; rows are the memtable's.
 * Errors   None, see ledger/memarena.h.
 * Threads  One owner.
 */
#ifndef LEDGER_MEMORDER_H
#define LEDGER_MEMORDER_H

#include "base/slice.h"
#include "ledger/memarena.h"

struct mem_row;
struct memorder_node;

struct memorder {
    struct memorder_node *root; /* NULL: no rows */
    unsigned height;            /* of the tree; 0: the root is a leaf */
};

/* The row is not in it yet; nor is its key. */
void memorder_add(struct memorder *o, struct memarena *a, struct mem_row *row);
void memorder_drop(struct memorder *o, struct memarena *a, struct mem_row *row);

/* The first row with a key >= from, or NULL. */
struct mem_row *memorder_seek(const struct memorder *o, struct slice from);

/* First 8 bytes of a key as a number that sorts like them. */
uint64_t memorder_prefix(struct slice key);

#endif
