#include "ledger_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/random.h"
#include "ledger/blob.h"
#include "ledger/vault.h"

#define WANG "customer-wang"

static void seal(struct vault *v, const char *who, uint64_t seq,
                 const char *words, struct bytes *out)
{
    struct error err = {0};

    bytes_reset(out);
    assert_int_equal(vault_seal(v, slice_of_text(who), seq, 1700000000000,
                                slice_of_text(words), out, &err),
                     STATUS_OK);
    assert_int_equal(out->size, strlen(words) + VAULT_OVERHEAD);
}

static enum status unseal(struct vault *v, uint64_t seq,
                          const struct bytes *sealed, char *words, size_t room)
{
    struct bytes out;
    struct error err = {0};

    bytes_init(&out, 0);
    enum status status = vault_unseal(v, seq, bytes_slice(sealed), &out, &err);

    if (status == STATUS_OK)
        assert_true(slice_to_text(bytes_slice(&out), words, room));
    bytes_fini(&out);
    return status;
}

static void a_sealed_part_opens_after_reopening(void **state)
{
    const char *path = scratch_path(*state, "keys.mdb");
    struct error err = {0};
    struct bytes a, b;
    struct vault *v;
    char words[64];

    bytes_init(&a, 0);
    bytes_init(&b, 0);
    assert_int_equal(vault_open(path, NULL, &v, &err), STATUS_OK);
    assert_false(vault_knows(v, slice_of_text(WANG)));
    seal(v, WANG, 7, "my fridge is on fire", &a);
    seal(v, WANG, 8, "again", &b);
    assert_int_equal(vault_count(v), 1);
    assert_int_equal(unseal(v, 7, &a, words, sizeof words), STATUS_OK);
    assert_int_equal(vault_commit(v, &err), STATUS_OK);
    vault_close(&v);

    assert_int_equal(vault_open(path, NULL, &v, &err), STATUS_OK);
    assert_true(vault_knows(v, slice_of_text(WANG)));
    assert_int_equal(unseal(v, 7, &a, words, sizeof words), STATUS_OK);
    assert_string_equal(words, "my fridge is on fire");
    assert_int_equal(unseal(v, 8, &b, words, sizeof words), STATUS_OK);
    assert_string_equal(words, "again");
    vault_close(&v);
    bytes_fini(&a);
    bytes_fini(&b);
}

static void a_part_cannot_be_moved_or_bent(void **state)
{
    struct error err = {0};
    struct bytes a;
    struct vault *v;
    char words[64];

    (void)state;
    bytes_init(&a, 0);
    assert_int_equal(vault_open(NULL, NULL, &v, &err), STATUS_OK);
    seal(v, WANG, 7, "words", &a);
    assert_int_equal(unseal(v, 8, &a, words, sizeof words), STATUS_CORRUPT);
    for (size_t i = 0; i < a.size; i++) {
        a.data[i] ^= 1;
        assert_int_not_equal(unseal(v, 7, &a, words, sizeof words), STATUS_OK);
        a.data[i] ^= 1;
    }
    a.size = VAULT_OVERHEAD - 1;
    assert_int_equal(unseal(v, 7, &a, words, sizeof words), STATUS_CORRUPT);
    vault_close(&v);
    bytes_fini(&a);
}

/* The raw key bytes must not be anywhere in the file either. */
static bool file_holds(const char *path, struct slice needle)
{
    struct bytes all;
    struct error err = {0};

    bytes_init(&all, 0);
    assert_int_equal(file_read(path, 64 << 20, &all, &err), STATUS_OK);
    bool found = memmem(all.data, all.size, needle.data, needle.size) != NULL;

    bytes_fini(&all);
    return found;
}

static void a_forgotten_customer_cannot_be_read_and_leaves_no_key(void **state)
{
    const char *path = scratch_path(*state, "keys.mdb");
    struct random_seeded seeded;
    struct error err = {0};
    struct bytes a, other;
    struct vault *v;
    char words[64], name[32];
    uint8_t key_id[16];

    bytes_init(&a, 0);
    bytes_init(&other, 0);
    random_seeded_init(&seeded, 5);
    assert_int_equal(vault_open(path, &seeded.random, &v, &err), STATUS_OK);
    seal(v, WANG, 1, "words", &a);
    memcpy(key_id, a.data + 1, sizeof key_id);
    assert_int_equal(vault_commit(v, &err), STATUS_OK);
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "customer-%d", i);
        seal(v, name, 2, "kept", &other);
        assert_int_equal(vault_commit(v, &err), STATUS_OK);
    }
    assert_true(file_holds(path, slice_of(key_id, sizeof key_id)));
    assert_int_equal(vault_forget(v, slice_of_text(WANG), &err), STATUS_OK);
    assert_false(file_holds(path, slice_of(key_id, sizeof key_id)));
    assert_int_equal(unseal(v, 1, &a, words, sizeof words), STATUS_EXPIRED);
    assert_int_equal(unseal(v, 2, &other, words, sizeof words), STATUS_OK);
    assert_int_equal(vault_count(v), 500);
    assert_int_equal(vault_forget(v, slice_of_text(WANG), &err),
                     STATUS_NOT_FOUND);
    /* He may come back; the old words stay closed. */
    struct bytes again;

    bytes_init(&again, 0);
    seal(v, WANG, 3, "hello", &again);
    assert_int_equal(unseal(v, 1, &a, words, sizeof words), STATUS_EXPIRED);
    assert_int_equal(vault_forget(v, slice_of_text(WANG), &err), STATUS_OK);
    assert_int_equal(unseal(v, 3, &again, words, sizeof words), STATUS_EXPIRED);
    vault_close(&v);
    assert_false(file_exists(scratch_path(*state, "keys.mdb.old")));
    assert_int_equal(vault_open(path, NULL, &v, &err), STATUS_OK);
    assert_int_equal(vault_count(v), 500);
    vault_close(&v);
    bytes_fini(&a);
    bytes_fini(&other);
    bytes_fini(&again);
}

static enum status count_blob(void *state, const struct digest *name,
                              const char *path, struct error *err)
{
    (void)name;
    (void)path;
    (void)err;
    ++*(int *)state;
    return STATUS_OK;
}

static void a_blob_is_found_by_what_is_in_it(void **state)
{
    const char *dir = scratch_path(*state, "blobs");
    char text[DIGEST_TEXT_SIZE], path[256];
    struct digest a, b;
    struct bytes out;
    struct error err = {0};
    int n = 0;

    bytes_init(&out, 0);
    assert_int_equal(blob_put(dir, slice_of_text("policy one"), &a, &err),
                     STATUS_OK);
    assert_int_equal(blob_put(dir, slice_of_text("policy two"), &b, &err),
                     STATUS_OK);
    assert_int_equal(blob_put(dir, slice_of_text("policy one"), &a, &err),
                     STATUS_OK);
    assert_int_equal(blob_each(dir, count_blob, &n, &err), STATUS_OK);
    assert_int_equal(n, 2);
    assert_int_equal(blob_get(dir, &a, 1000, &out, &err), STATUS_OK);
    assert_true(slice_equal(bytes_slice(&out), slice_of_text("policy one")));
    assert_true(blob_exists(dir, &b));

    digest_format(&b, text);
    snprintf(path, sizeof path, "blobs/%.2s/%s", text, text);
    assert_int_equal(file_write_atomic(scratch_path(*state, path),
                                       slice_of_text("policy 2"), 0600, &err),
                     STATUS_OK);
    assert_int_equal(blob_get(dir, &b, 1000, &out, &err), STATUS_CORRUPT);
    b.bytes[0] ^= 1;
    assert_int_equal(blob_get(dir, &b, 1000, &out, &err), STATUS_NOT_FOUND);
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sealed_part_opens_after_reopening,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test(a_part_cannot_be_moved_or_bent),
        cmocka_unit_test_setup_teardown(
            a_forgotten_customer_cannot_be_read_and_leaves_no_key,
            scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_blob_is_found_by_what_is_in_it,
                                        scratch_setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
