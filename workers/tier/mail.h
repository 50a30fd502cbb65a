/* mail - a page as a message of RFC 5322, and who it is from and to.
 *
 *   Message-ID: <p12.0.0.1338773100000@example.com>     made from the page
 *   References: <C-9@example.com>                       one thread per case
 *
 * Headers are ASCII (RFC 2047 where a text is not), the body is UTF-8 in
 * base64. Lines end with CR LF.
 *
 * Memory   Appends to the caller's buffer, whose status tells failures.
 * Threads  One: the language is the process's.
 */
#ifndef TIER_MAIL_H
#define TIER_MAIL_H

#include <stdbool.h>

#include "base/bytes.h"
#include "workers/tier/core.h"

enum { MAIL_ID_SIZE = TIER_PROVIDER_SIZE, MAIL_ADDRESS_MAX = 254 };

/* Plain name@host that may stand in a command to a server. */
bool mail_address_ok(const char *address);

/* "<p12.0.0.1338773100000@example.com>"; the same for the same page, always. */
void mail_id(const struct tier_job *job, const char *from,
             char out[MAIL_ID_SIZE]);

void mail_write(const struct tier_job *job, const char *from, const char *to,
                int64_t wall_ms, struct bytes *out);

#endif
