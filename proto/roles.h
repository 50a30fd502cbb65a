/* roles - what the tiers and side roles of the running policy are called.
 *
 * On the wire a role is its place in the policy's list, from 1: the tiers from
 * the bottom up, then the side roles. Who shows it to people or programs says
 * once what the list is: a client takes it from its Welcome, a program that
 * works without a broker from the pack that it reads. So a trade with three
 * tiers and words of its own needs no other program.
 *
 * Memory   One table of the process; texts are valid until the next roles_use.
 *          What does not fit (more roles, longer names) is left out.
 * Errors   A number that the list does not have is "tier7"; 0 is "-".
 * Threads  roles_use before others read, as at the start of a program.
 */
#ifndef PROTO_ROLES_H
#define PROTO_ROLES_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/yinuo.pb-c.h"

enum { ROLES_LISTED_MAX = 16, ROLE_NAME_SIZE = 64, ROLE_LANGUAGES_MAX = 4 };

/* NULL is none at all. */
void roles_use(const Yinuo__V1__Roles *roles);

uint32_t roles_tier_count(void); /* 0 before roles_use */
uint32_t roles_count(void);

/* "station_head": stable, for programs and options. */
const char *role_name(uint32_t role);

/* As people call it in that language (en, zh_CN), else in English, else the
 * name spelt out: "station head". */
const char *role_word(uint32_t role, const char *language);

/* Takes names, words of any language, "L2" and "2" for the second tier; 0 if
 * there is none. */
uint32_t role_of(const char *text);

/* Is this field of a message the number of a role? */
bool role_is_field(const char *field_name);

#endif
