/* telling - a record of the stream in words: what happened, and what it did.
 *
 *   10:33  LN-1  customer dissatisfied (level 2, by E1)
 *                → S3 · pages E1 (engineer), li.wei (station head)
 *
 * Memory   Words are appended to the caller's buffer.
 * Threads  Any.
 */
#ifndef CLI_TELLING_H
#define CLI_TELLING_H

#include "base/bytes.h"
#include "cli/out.h"
#include "proto/codec.h"

/* "customer dissatisfied (level 2, by E1)", "clock due: no contact". */
void telling_head(const Yinuo__V1__StreamRecord *record, struct bytes *out);

/* "S3 · pages E1 (engineer) · owner is li.wei"; empty when nothing moved that a
 * person would tell. */
void telling_effects(const Yinuo__V1__StreamRecord *record, int64_t now_ms,
                     struct bytes *out);

/* What it was about; "" for what is of no case. */
const char *telling_case(const Yinuo__V1__StreamRecord *record);

/* How severe it left the case; 0 unknown. */
int telling_severity(const Yinuo__V1__StreamRecord *record);

#endif
