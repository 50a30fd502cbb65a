/* cache - what is kept from one run to the next, and may be lost at any time.
 *
 * It lies in XDG_CACHE_HOME/yinuo, else ~/.cache/yinuo, one file per home or
 * address, readable by its user alone.
 *
 * Errors   None to the outside: what cannot be kept is asked for again.
 * Threads  One.
 */
#ifndef CLI_CACHE_H
#define CLI_CACHE_H

#include "base/bytes.h"
#include "cli/cli.h"

/* Is it there, and younger than that? */
bool cache_fresh(const struct cli *cli, const char *name, int64_t span_ms);

/* Appends it to *out; false where there is none, or more than max bytes. */
bool cache_read(const struct cli *cli, const char *name, size_t max,
                struct bytes *out);

void cache_write(const struct cli *cli, const char *name, struct slice bytes);

#endif
