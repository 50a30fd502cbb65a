/* access - who somebody is, and what he may be.
 *
 * The transport may have proven an identity (ZAP's User-Id, from a CURVE key).
 * Where it has not, as over ipc:// in a directory of mode 0700 and on loopback,
 * what HELLO says is believed and marked unproven; WELCOME and every frame to a
 * router say so. A table of keys, once there is one, answers through `lookup`.
 *
 * Errors   Refusal codes: BAD_FIELD, MISSING_FIELD, NOT_ALLOWED, WRONG_VERSION.
 * Threads  Pure functions over a constant.
 * Source   Design section 6; field-notes 1.3 and 7, rule 12.
 */
#ifndef BROKER_ACCESS_H
#define BROKER_ACCESS_H

#include <stdbool.h>

#include "base/slice.h"
#include "proto/wire.h"
#include "proto/yinuo.pb-c.h"

struct access {
    /* Roles (bits 1 << enum wire_role) of a proven identity; NULL: there is no
     * table, and a proven identity may be nothing. */
    unsigned (*lookup)(void *state, const char *user_id);
    void *state;
    bool refuse_unproven; /* everybody needs a key */
};

struct access_grant {
    uint8_t role; /* enum wire_role */
    bool proven;
    char identity[WIRE_IDENTITY_MAX + 1];
};

/* *why is a sentence for the peer, set where it is refused. */
enum refusal access_admit(const struct access *a, const char *user_id,
                          const Yinuo__V1__Hello *hello,
                          struct access_grant *grant, const char **why);

/* A router, by the peer envelope of its REGISTER. */
enum refusal access_admit_router(const struct access *a, const char *user_id,
                                 const struct wire_peer *peer,
                                 struct access_grant *grant, const char **why);

/* Topics are "p<number>-", or empty for all partitions. */
bool access_may_subscribe(const struct access *a, const char *user_id,
                          struct slice topic);

#endif
