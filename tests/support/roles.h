/* roles - the tiers of the default pack, as a Welcome tells them.
 *
 * Memory   Static: the same for every caller. */
#ifndef TESTS_SUPPORT_ROLES_H
#define TESTS_SUPPORT_ROLES_H

#include "proto/yinuo.pb-c.h"

static inline Yinuo__V1__Roles *support_roles(void)
{
    static char names[][16] = {"engineer", "station_head", "regional_rep",
                               "crisis_center"};
    static char words[][16] = {"工程师", "站长", "首代", "危机中心"};
    static char language[] = "zh_CN";
    static Yinuo__V1__KeyValue pairs[4];
    static Yinuo__V1__KeyValue *pair[4];
    static Yinuo__V1__RoleWords rows[4];
    static Yinuo__V1__RoleWords *list[4];
    static Yinuo__V1__Roles roles;

    yinuo__v1__roles__init(&roles);
    for (size_t i = 0; i < 4; i++) {
        yinuo__v1__key_value__init(&pairs[i]);
        pairs[i].key = language;
        pairs[i].value = words[i];
        pair[i] = &pairs[i];
        yinuo__v1__role_words__init(&rows[i]);
        rows[i].name = names[i];
        rows[i].words = &pair[i];
        rows[i].n_words = 1;
        list[i] = &rows[i];
    }
    roles.roles = list;
    roles.n_roles = 4;
    roles.has_tier_count = 1;
    roles.tier_count = 4;
    return &roles;
}

#endif
