/* crc32c - Castagnoli's checksum, against bytes that rot (not against malice).
 *
 * Threads  Any.
 * Source   The polynomial 0x1EDC6F41 of RFC 3720; SSE 4.2 where the processor
 *          has it, a table elsewhere.
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stdint.h>

#include "base/slice.h"

uint32_t crc32c_of(struct slice bytes);

/* Goes on from the checksum of what came before; begin with 0. */
uint32_t crc32c_add(uint32_t crc, struct slice bytes);

/* The same by the table alone; what the test compares with. */
uint32_t crc32c_by_table(uint32_t crc, struct slice bytes);

#endif
