/* vault - a key per customer, and the personal parts sealed with it.
 *
 * Forgetting a customer deletes his key: what was sealed with it stays in the
 * journal, in its backups and on every copy, and cannot be read any more.
 * Keys are the one thing that is not rebuilt from the journal.
 *
 * A sealed part, byte by byte:
 *
 *    0  1  format, 1
 *    1 16  key id: random, made with the key; says nothing about the customer
 *   17 24  nonce: random
 *   41  …  XChaCha20-Poly1305 of the part; the associated data are the format,
 *          the key id and the record's sequence, so that a part cannot be
 *          moved to another record
 *
 * The file is keys.mdb, an LMDB environment: 'c' | BLAKE2b-128 of the customer
 * id -> key id; 'k' | key id -> key (32) | made at, ms (8). LMDB leaves the
 * bytes of deleted rows in free pages, so forgetting also rewrites the file.
 *
 * Memory   Output goes to the caller's bytes.
 * Errors   EXPIRED from open: the key is gone, the customer was forgotten.
 *          CORRUPT: not sealed by us, moved or damaged. FULL: no room for the
 *          file. A commit that fails ends the process.
 * Threads  One owner. Backups copy through vault_copy from another thread.
 */
#ifndef LEDGER_VAULT_H
#define LEDGER_VAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "base/slice.h"

enum {
    VAULT_OVERHEAD = 1 + 16 + 24 + 16, /* bytes that sealing adds */
};

struct vault;

/* path NULL: in memory only. random NULL: random_system(). */
MUST_CHECK enum status vault_open(const char *path, const struct random *random,
                                  struct vault **v, struct error *err);
void vault_close(struct vault **v);

/* For reading beside a running owner, from another process. */
MUST_CHECK enum status vault_reader(const char *path, struct vault **v,
                                    struct error *err);

/* Appends the sealed part to out. Makes a key when the customer has none; that
 * one is only in memory until vault_commit(). */
MUST_CHECK enum status vault_seal(struct vault *v, struct slice customer,
                                  uint64_t seq, int64_t now_ms,
                                  struct slice plain, struct bytes *out,
                                  struct error *err);

/* Makes new keys durable, in one commit; nothing to do costs nothing. Call it
 * before the journal's commit of the batch that uses them. */
MUST_CHECK enum status vault_commit(struct vault *v, struct error *err);

MUST_CHECK enum status vault_unseal(struct vault *v, uint64_t seq,
                                    struct slice sealed, struct bytes *out,
                                    struct error *err);

/* Deletes the key, durably, and every trace of it in the file. NOT_FOUND when
 * there is none; that is also the state after it. */
MUST_CHECK enum status vault_forget(struct vault *v, struct slice customer,
                                    struct error *err);

bool vault_knows(struct vault *v, struct slice customer);
uint64_t vault_count(struct vault *v);

MUST_CHECK enum status vault_copy(struct vault *v, const char *to_path,
                                  struct error *err);

#endif
