/* memsort - the rows of one table by their keys.
 *
 * A look at a row is one into memory far away, so the beginnings of all keys
 * are fetched once, and the rows are sorted by those: by the bytes in which any
 * two of them differ, a pass over all for each. Only rows that begin alike are
 * looked at again.
 *
 * Memory   Room for all rows twice, 32 bytes each, while it runs.
 * Errors   Out of memory ends the process with a message.
 * Threads  Any; the rows must not change.
 */
#ifndef LEDGER_MEMSORT_H
#define LEDGER_MEMSORT_H

#include "ledger/memtable.h"

void memsort(struct mem_row **rows, size_t count);

#endif
