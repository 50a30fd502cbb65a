/* case_why_not_person - why this person was not called: what of the case and of
 * the roster kept him out, and when his tier is due next.
 *
 * Errors   Exit codes; the user has been told.
 */
#ifndef CLI_CASE_WHY_NOT_PERSON_H
#define CLI_CASE_WHY_NOT_PERSON_H

#include "cli/find.h"

int case_why_not_person(struct cli *cli, const Yinuo__V1__Case *it,
                        const struct rows *rows, const char *person);

#endif
