/* blob - all files of a policy set as one byte string, and back.
 *
 *   yinuo-policy 1\n
 *   file PACK/NAME SIZE\n  SIZE bytes \n      one per file, sorted by name
 *
 * The same files give the same bytes wherever they lie on disk.
 *
 * Memory   blob_read appends to the caller's buffer. Files that are taken from
 *          a blob point into it.
 * Errors   NOT_FOUND: no such directory, or no policy.yaml in it. INVALID: two
 *          packs of one name, or these bytes are no blob. TOO_LARGE.
 */
#ifndef POLICY_BLOB_H
#define POLICY_BLOB_H

#include "base/bytes.h"
#include "base/error.h"
#include "engine/text.h"

enum { BLOB_FILES_MAX = 256, BLOB_VERSION_DIGITS = 12 };

struct blob_file {
    struct text pack; /* service-network */
    struct text name; /* policy.yaml */
    struct slice content;
};

struct blob {
    struct blob_file files[BLOB_FILES_MAX];
    size_t count;
};

/* Each of dirs is a pack, or each directory in it is one (hidden ones apart):
 * a place where packs lie among other things is none, so that nobody loads what
 * he did not mean. */
MUST_CHECK enum status blob_read(const char *const *dirs, size_t count,
                                 struct bytes *out, struct error *err);

/* The packs of `running` with the directories (persons, rosters, calendars) of
 * `fresh`; rules and messages stay, and packs that fresh does not have stay
 * whole. INVALID: fresh has a pack that does not run. */
MUST_CHECK enum status blob_with_directories(struct slice running,
                                             struct slice fresh,
                                             struct bytes *out,
                                             struct error *err);

/* The blob without its directories: rules, messages, reports and short names.
 */
MUST_CHECK enum status blob_without_directories(struct slice blob,
                                                struct bytes *out,
                                                struct error *err);

MUST_CHECK enum status blob_parse(struct slice bytes, struct blob *out,
                                  struct error *err);

/* A blob again, of the files that are wanted. */
MUST_CHECK enum status blob_write(const struct blob *blob, struct bytes *out);

const struct blob_file *blob_find(const struct blob *blob, struct text pack,
                                  struct text name);

/* The first 12 hex digits of the hash, with a zero behind them. */
void blob_version(struct slice bytes, char out[BLOB_VERSION_DIGITS + 1]);

#endif
