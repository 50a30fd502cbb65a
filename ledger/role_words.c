#include "ledger/role_words.h"

#include "base/limits.h"
#include "ledger/name_words.h"
#include "policy/messages.h"
#include "proto/roles.h"

static char *text(struct arena *arena, struct text t)
{
    return arena_text_of(arena, slice_of(t.data, t.size));
}

/* The word of one role in each language that the pack has words in. */
static bool add_words(Yinuo__V1__RoleWords *row, const struct policyset *set,
                      const struct policy *p, struct text role,
                      struct arena *arena)
{
    const struct messages *m = set->messages;

    row->words = arena_array(arena, ROLE_LANGUAGES_MAX, sizeof *row->words);
    for (size_t i = 0;
         row->words && m && i < m->count && row->n_words < ROLE_LANGUAGES_MAX;
         i++) {
        const struct message *found =
            messages_in(m, p->name, m->books[i].language, MESSAGE_ROLES, role);
        Yinuo__V1__KeyValue *pair;

        if (!found || !text_equal(m->books[i].pack, p->name))
            continue;
        pair = arena_alloc(arena, sizeof *pair);
        if (!pair)
            return false;
        yinuo__v1__key_value__init(pair);
        pair->key = text(arena, m->books[i].language);
        pair->value = text(arena, found->why);
        row->words[row->n_words++] = pair;
    }
    return row->words != NULL;
}

/* Where one pack has more roles than another they are numbered alike as far as
 * both go: the longest list is all of them. */
static const struct policy *most_roles(const struct policyset *set)
{
    const struct policy *most = NULL;

    for (size_t i = 0; i < set->pack_count; i++) {
        const struct policy *p = set->packs[i].policy;

        if (!most || p->role_count > most->role_count)
            most = p;
    }
    return most;
}

Yinuo__V1__Roles *role_words(const struct policyset *set, struct arena *arena)
{
    const struct policy *p = most_roles(set);
    Yinuo__V1__Roles *all = p ? arena_alloc(arena, sizeof *all) : NULL;

    if (!all)
        return NULL;
    yinuo__v1__roles__init(all);
    all->has_tier_count = 1;
    all->tier_count = p->tier_count;
    all->roles = arena_array(arena, p->role_count, sizeof *all->roles);
    for (uint8_t i = 1; all->roles && i <= p->role_count; i++) {
        Yinuo__V1__RoleWords *row = arena_alloc(arena, sizeof *row);

        if (!row)
            return NULL;
        yinuo__v1__role_words__init(row);
        row->name = text(arena, p->roles[i].name);
        if (!add_words(row, set, p, p->roles[i].name, arena))
            return NULL;
        all->roles[all->n_roles++] = row;
    }
    return all->roles ? all : NULL;
}

void role_words_use(const struct policyset *set)
{
    struct arena arena;

    arena_init(&arena, LIMIT_DECODE_BYTES);
    roles_use(role_words(set, &arena));
    name_words_use(set);
    arena_fini(&arena);
}
