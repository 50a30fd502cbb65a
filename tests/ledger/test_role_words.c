/* What roles are called where several packs are in force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/apply.h"
#include "ledger/role_words.h"

static struct policyset *load(const char *const *dirs, size_t count)
{
    struct findings *f = malloc(sizeof *f);
    struct policyset *set = NULL;

    assert_non_null(f);
    findings_init(f);
    assert_int_equal(policyset_load(dirs, count, apply_names(), &set, f),
                     STATUS_OK);
    findings_fini(f);
    free(f);
    return set;
}

static bool has_word(const Yinuo__V1__RoleWords *row, const char *word)
{
    for (size_t i = 0; i < row->n_words; i++)
        if (strcmp(row->words[i]->value, word) == 0)
            return true;
    return false;
}

/* Whichever of the packs is the first. */
static void a_role_that_only_one_pack_has_is_told(void **state)
{
    const char *dirs[2][2] = {{"packs/incident-desk", "packs/service-network"},
                              {"packs/service-network", "packs/incident-desk"}};

    (void)state;
    for (size_t way = 0; way < 2; way++) {
        struct policyset *set = load(dirs[way], 2);
        struct arena arena;

        arena_init(&arena, 1 << 20);
        const Yinuo__V1__Roles *roles = role_words(set, &arena);

        assert_non_null(roles);
        assert_int_equal(roles->tier_count, 4);
        assert_true(roles->n_roles >= 9);
        assert_string_equal(roles->roles[8]->name, "acknowledger");
        assert_true(has_word(roles->roles[8], "whoever acknowledged"));
        assert_true(has_word(roles->roles[1], "station head"));
        arena_fini(&arena);
        policyset_free(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_that_only_one_pack_has_is_told),
    };

    return cmocka_run_group_tests_name("role_words", tests, NULL, NULL);
}
