/* blob - files named by what is in them, beside the ledger.
 *
 * Policy versions and whatever else is too large for a record: the record
 * names the digest, the file blobs/ab/abcd… holds the bytes. Written, synced
 * and renamed before the name is used; read with the digest checked.
 *
 * Errors   CORRUPT: the bytes do not have the name's digest. NOT_FOUND. FULL.
 * Threads  Any; two may put the same blob at once.
 */
#ifndef LEDGER_BLOB_H
#define LEDGER_BLOB_H

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"

/* dir is that of the blobs; it is made when missing. */
MUST_CHECK enum status blob_put(const char *dir, struct slice bytes,
                                struct digest *name, struct error *err);

/* Appends to out, at most limit bytes. */
MUST_CHECK enum status blob_get(const char *dir, const struct digest *name,
                                size_t limit, struct bytes *out,
                                struct error *err);
bool blob_exists(const char *dir, const struct digest *name);

/* Every blob of the directory, in no order; other files are passed over. */
typedef enum status blob_visit(void *state, const struct digest *name,
                               const char *path, struct error *err);
MUST_CHECK enum status blob_each(const char *dir, blob_visit *visit,
                                 void *state, struct error *err);

#endif
