#include "broker/access.h"

#include <string.h>

enum { HERE = WIRE_VERSION };

static bool is_name(const char *text, size_t size)
{
    if (size == 0 || size > WIRE_IDENTITY_MAX)
        return false;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

static enum refusal grant_role(const struct access *a, const char *user_id,
                               struct access_grant *grant, const char **why)
{
    unsigned role = 1u << grant->role;
    grant->proven = user_id != NULL;
    if (!user_id) {
        *why = "this door takes only keys";
        return a->refuse_unproven ? REFUSAL_NOT_ALLOWED : REFUSAL_NONE;
    }
    *why = "your key does not stand for this identity and role";
    if (strcmp(user_id, grant->identity) != 0 || !a->lookup ||
        !(a->lookup(a->state, user_id) & role))
        return REFUSAL_NOT_ALLOWED;
    return REFUSAL_NONE;
}

static enum refusal take_identity(const char *text, size_t size,
                                  struct access_grant *grant, const char **why)
{
    if (!is_name(text, size)) {
        *why = "an identity has 1 to 64 bytes without control characters";
        return size == 0 ? REFUSAL_MISSING_FIELD : REFUSAL_BAD_FIELD;
    }
    memcpy(grant->identity, text, size);
    grant->identity[size] = '\0';
    return REFUSAL_NONE;
}

enum refusal access_admit(const struct access *a, const char *user_id,
                          const Yinuo__V1__Hello *hello,
                          struct access_grant *grant, const char **why)
{
    *grant = (struct access_grant){0};
    if ((hello->has_version_min && hello->version_min > HERE) ||
        (hello->has_version_max && hello->version_max < HERE)) {
        *why = "version 1 is spoken here";
        return REFUSAL_WRONG_VERSION;
    }
    const char *text = hello->identity ? hello->identity : "";
    enum refusal code = take_identity(text, strlen(text), grant, why);
    if (code != REFUSAL_NONE)
        return code;
    unsigned role = hello->has_role ? (unsigned)hello->role : 0;
    if (role >= WIRE_ROLES_END || !(WIRE_CLIENTS & 1u << role)) {
        *why = "this role is not given at this door";
        return REFUSAL_NOT_ALLOWED;
    }
    grant->role = (uint8_t)role;
    return grant_role(a, user_id, grant, why);
}

enum refusal access_admit_router(const struct access *a, const char *user_id,
                                 const struct wire_peer *peer,
                                 struct access_grant *grant, const char **why)
{
    *grant = (struct access_grant){.role = WIRE_ROLE_ROUTER};
    enum refusal code =
        take_identity(peer->identity, peer->identity_size, grant, why);
    if (code != REFUSAL_NONE)
        return code;
    if (peer->role != WIRE_ROLE_ROUTER) {
        *why = "this door is for routers";
        return REFUSAL_NOT_ALLOWED;
    }
    return grant_role(a, user_id, grant, why);
}

bool access_may_subscribe(const struct access *a, const char *user_id,
                          struct slice topic)
{
    if (!user_id && a->refuse_unproven)
        return false;
    if (user_id && (!a->lookup || !(a->lookup(a->state, user_id) &
                                    (WIRE_READERS | WIRE_BY(WORKER)))))
        return false;
    if (topic.size == 0)
        return true;
    if (topic.size < 3 || topic.size >= WIRE_TOPIC_SIZE ||
        topic.data[0] != 'p' || topic.data[topic.size - 1] != '-')
        return false;
    for (size_t i = 1; i + 1 < topic.size; i++)
        if (topic.data[i] < '0' || topic.data[i] > '9')
            return false;
    return true;
}
