#include "ledger/memsort.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/memorder.h"

enum {
    SORTED_BYTES = 24,  /* of a key */
    PLAINLY_BELOW = 256 /* fewer rows are not worth passes over them */
};

struct sorting {
    uint64_t words[SORTED_BYTES / 8]; /* the key's beginning, big-endian */
    struct mem_row *row;
};

static struct sorting sorting_of(struct mem_row *row)
{
    struct slice key = mem_row_key(row);
    struct sorting s = {.words = {row->prefix}, .row = row};

    for (size_t i = 1; i < SORTED_BYTES / 8 && key.size > 8 * i; i++)
        s.words[i] = memorder_prefix(slice_from(key, 8 * i));
    return s;
}

static int by_beginning(const struct sorting *x, const struct sorting *y)
{
    for (size_t i = 0; i < SORTED_BYTES / 8; i++)
        if (x->words[i] != y->words[i])
            return x->words[i] < y->words[i] ? -1 : 1;
    return 0;
}

static int by_key(const void *a, const void *b)
{
    const struct sorting *x = a, *y = b;
    int r = by_beginning(x, y);

    return r != 0 ? r
                  : memtable_compare(mem_row_key(x->row), mem_row_key(y->row));
}

static uint8_t byte_of(const struct sorting *s, unsigned at)
{
    return (uint8_t)(s->words[at / 8] >> (56 - 8 * (at % 8)));
}

/* One pass; rows that are alike in this byte stay in their order. */
static void sort_by_byte(const struct sorting *from, struct sorting *to,
                         size_t n, unsigned at)
{
    size_t place[256] = {0}, before = 0;

    for (size_t i = 0; i < n; i++)
        place[byte_of(&from[i], at)]++;
    for (size_t b = 0; b < 256; b++) {
        size_t here = place[b];

        place[b] = before;
        before += here;
    }
    for (size_t i = 0; i < n; i++)
        to[place[byte_of(&from[i], at)]++] = from[i];
}

/* From the last byte to the first, those alone in which rows differ. Returns
 * where they are then: all or room. */
static struct sorting *sort_by_beginning(struct sorting *all,
                                         struct sorting *room, size_t n)
{
    struct sorting differ = {0};

    for (size_t i = 1; i < n; i++)
        for (size_t w = 0; w < SORTED_BYTES / 8; w++)
            differ.words[w] |= all[i].words[w] ^ all[0].words[w];
    for (unsigned at = SORTED_BYTES; at-- > 0;) {
        struct sorting *before = all;

        if (byte_of(&differ, at) == 0)
            continue;
        sort_by_byte(all, room, n, at);
        all = room;
        room = before;
    }
    return all;
}

static void sort_alike(struct sorting *all, size_t n)
{
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && by_beginning(&all[i], &all[end]) == 0;)
            end++;
        if (end - i > 1)
            qsort(all + i, end - i, sizeof *all, by_key);
    }
}

void memsort(struct mem_row **rows, size_t count)
{
    struct sorting *both = malloc((2 * count + 1) * sizeof *both), *all = both;

    if (both == NULL) {
        fprintf(stderr, "ledger: out of memory to sort %zu rows\n", count);
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        if (i + 16 < count)
            __builtin_prefetch(rows[i + 16]);
        all[i] = sorting_of(rows[i]);
    }
    if (count < PLAINLY_BELOW) {
        qsort(all, count, sizeof *all, by_key);
    } else {
        all = sort_by_beginning(both, both + count, count);
        sort_alike(all, count);
    }
    for (size_t i = 0; i < count; i++)
        rows[i] = all[i].row;
    free(both);
}
