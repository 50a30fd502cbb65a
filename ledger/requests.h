/* requests - what became of each command, for seven days.
 *
 * A command carries an id that its sender made; sent again, it is not done
 * again. The row says which record did it and with what code; the words of the
 * answer are made from the record. Old rows go a few at a time with each new
 * one, by journal time, so that a rebuilt state has the same rows.
 *
 *   'r' | request id           -> seq (8) | journal time (8) | code (2)
 *                                 | CRC of the command (4), where it is known
 *   't' | journal time (8) | id -> nothing
 *
 * Threads  The state's owner.
 * Source   design section 6; field-notes 7.6.
 */
#ifndef LEDGER_REQUESTS_H
#define LEDGER_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "ledger/state.h"

struct request {
    uint64_t sequence;
    int64_t journal_ms;
    uint16_t code;
    bool has_crc; /* records of before have none */
    uint32_t crc; /* of what was ordered: the same id may not mean another */
};

bool request_find(struct state *s, struct slice id, struct request *r);
void request_keep(struct state *s, struct slice id, const struct request *r);

#endif
