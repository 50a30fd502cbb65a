#include "ledger/memorder.h"

#include <assert.h>
#include <string.h>

#include "ledger/memtable.h"

enum { WIDTH = 48, DEPTH_MAX = 12 };

/* entries[i] of a leaf is a row; of an inner node the smallest row below
 * children[i], exact for i > 0 and not looked at for i = 0. */
struct memorder_entry {
    uint64_t prefix;
    struct mem_row *row;
};

struct memorder_node {
    unsigned count;
    struct memorder_entry entries[WIDTH];
    struct memorder_node *children[]; /* WIDTH of them in inner nodes */
};

struct step {
    struct memorder_node *node;
    unsigned at;
};

/* From the root down to the leaf. */
struct path {
    struct step steps[DEPTH_MAX];
};

uint64_t memorder_prefix(struct slice key)
{
    uint64_t p = 0;

    if (key.size >= 8) {
        memcpy(&p, key.data, 8);
        return __builtin_bswap64(p);
    }
    for (size_t i = 0; i < key.size; i++)
        p |= (uint64_t)key.data[i] << (56 - 8 * i);
    return p;
}

/* Equal prefixes are decided by the bytes: a short key may pad to the same. */
static bool before(const struct memorder_entry *e, uint64_t prefix,
                   struct slice key)
{
    if (e->prefix != prefix)
        return e->prefix < prefix;
    return memtable_compare(mem_row_key(e->row), key) < 0;
}

static struct memorder_node *new_node(struct memarena *a, bool leaf)
{
    size_t size = sizeof(struct memorder_node) +
                  (leaf ? 0 : WIDTH * sizeof(struct memorder_node *));
    size_t room;
    struct memorder_node *n = memarena_take(a, size, &room);

    n->count = 0;
    return n;
}

static void free_node(struct memarena *a, struct memorder_node *n, bool leaf)
{
    size_t size = sizeof(struct memorder_node) +
                  (leaf ? 0 : WIDTH * sizeof(struct memorder_node *));

    memarena_give(a, n, memarena_room(size));
}

/* How many entries from the low-th on lie before the key. */
static unsigned place_in(const struct memorder_node *n, unsigned low,
                         uint64_t prefix, struct slice key)
{
    unsigned high = n->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (before(&n->entries[middle], prefix, key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The child that holds a key: the last whose smallest row is <= it. */
static unsigned child_for(const struct memorder_node *n, uint64_t prefix,
                          struct slice key)
{
    unsigned at = place_in(n, 1, prefix, key);

    if (at < n->count && n->entries[at].prefix == prefix &&
        memtable_compare(mem_row_key(n->entries[at].row), key) == 0)
        return at;
    return at - 1;
}

static void descend(const struct memorder *o, uint64_t prefix, struct slice key,
                    struct path *p)
{
    struct memorder_node *n = o->root;

    for (unsigned depth = 0; depth < o->height; depth++) {
        unsigned at = child_for(n, prefix, key);

        p->steps[depth] = (struct step){n, at};
        n = n->children[at];
    }
    p->steps[o->height] = (struct step){n, place_in(n, 0, prefix, key)};
}

static struct mem_row *row_at(const struct step *leaf)
{
    const struct memorder_node *n = leaf->node;

    if (leaf->at < n->count)
        return n->entries[leaf->at].row;
    return n->count == 0 ? NULL : n->entries[n->count - 1].row->next;
}

struct mem_row *memorder_seek(const struct memorder *o, struct slice from)
{
    struct path p;

    if (o->root == NULL)
        return NULL;
    descend(o, memorder_prefix(from), from, &p);
    return row_at(&p.steps[o->height]);
}

/* --- adding --- */

static void link_row(const struct step *leaf, struct mem_row *row)
{
    const struct memorder_node *n = leaf->node;

    row->next = row_at(leaf);
    row->prev = leaf->at > 0        ? n->entries[leaf->at - 1].row
                : row->next != NULL ? row->next->prev
                                    : NULL;
    if (row->next != NULL)
        row->next->prev = row;
    if (row->prev != NULL)
        row->prev->next = row;
}

static void insert_at(struct memorder_node *n, unsigned at,
                      struct memorder_entry e, struct memorder_node *child)
{
    unsigned behind = n->count - at;

    memmove(&n->entries[at + 1], &n->entries[at], behind * sizeof e);
    n->entries[at] = e;
    if (child != NULL) {
        memmove(&n->children[at + 1], &n->children[at], behind * sizeof child);
        n->children[at] = child;
    }
    n->count++;
}

/* The upper part of a full node into a new one. Keys that come in order, as
 * sequence numbers and due times do, leave the lower one nearly full. */
static struct memorder_node *split(struct memarena *a, struct memorder_node *n,
                                   unsigned at, bool leaf)
{
    unsigned keep = at == n->count ? WIDTH - 4 : WIDTH / 2;
    struct memorder_node *upper = new_node(a, leaf);

    upper->count = n->count - keep;
    memcpy(upper->entries, &n->entries[keep],
           upper->count * sizeof *n->entries);
    if (!leaf)
        memcpy(upper->children, &n->children[keep],
               upper->count * sizeof *n->children);
    n->count = keep;
    return upper;
}

static void grow_root(struct memorder *o, struct memarena *a,
                      struct memorder_node *upper)
{
    struct memorder_node *root = new_node(a, false);

    root->count = 2;
    root->entries[0] = o->root->entries[0];
    root->entries[1] = upper->entries[0];
    root->children[0] = o->root;
    root->children[1] = upper;
    o->root = root;
    o->height++;
    assert(o->height < DEPTH_MAX);
}

static void insert_up(struct memorder *o, struct memarena *a, struct path *p,
                      struct memorder_entry e)
{
    struct memorder_node *child = NULL;

    for (unsigned depth = o->height + 1; depth-- > 0;) {
        struct memorder_node *n = p->steps[depth].node;
        bool leaf = child == NULL;
        unsigned at = p->steps[depth].at + (leaf ? 0 : 1);
        struct memorder_node *upper = NULL;

        if (n->count == WIDTH) {
            upper = split(a, n, at, leaf);
            if (at > n->count) {
                insert_at(upper, at - n->count, e, child);
            } else {
                insert_at(n, at, e, child);
            }
        } else {
            insert_at(n, at, e, child);
        }
        if (upper == NULL)
            return;
        child = upper;
        e = upper->entries[0];
    }
    assert(child != NULL);
    grow_root(o, a, child);
}

void memorder_add(struct memorder *o, struct memarena *a, struct mem_row *row)
{
    struct memorder_entry e = {row->prefix, row};
    struct path p;

    if (o->root == NULL)
        o->root = new_node(a, true);
    descend(o, row->prefix, mem_row_key(row), &p);
    link_row(&p.steps[o->height], row);
    insert_up(o, a, &p, e);
}

/* --- dropping --- */

static void remove_at(struct memorder_node *n, unsigned at, bool leaf)
{
    unsigned behind = n->count - at - 1;

    memmove(&n->entries[at], &n->entries[at + 1], behind * sizeof *n->entries);
    if (!leaf)
        memmove(&n->children[at], &n->children[at + 1],
                behind * sizeof *n->children);
    n->count--;
}

/* The smallest row below the node at depth has changed: the lowest ancestor
 * that does not come first says so. */
static void tell_ancestors(struct path *p, unsigned depth)
{
    struct memorder_entry first = p->steps[depth].node->entries[0];

    while (depth-- > 0) {
        struct step *s = &p->steps[depth];

        s->node->entries[s->at] = first;
        if (s->at > 0)
            return;
    }
}

static void unlink_row(struct mem_row *row)
{
    if (row->next != NULL)
        row->next->prev = row->prev;
    if (row->prev != NULL)
        row->prev->next = row->next;
}

void memorder_drop(struct memorder *o, struct memarena *a, struct mem_row *row)
{
    unsigned depth = o->height;
    struct path p;

    descend(o, row->prefix, mem_row_key(row), &p);
    assert(p.steps[depth].at < p.steps[depth].node->count &&
           p.steps[depth].node->entries[p.steps[depth].at].row == row);
    unlink_row(row);
    for (;; depth--) {
        struct step *s = &p.steps[depth];

        remove_at(s->node, s->at, depth == o->height);
        if (s->node->count > 0) {
            if (s->at == 0)
                tell_ancestors(&p, depth);
            break;
        }
        free_node(a, s->node, depth == o->height);
        if (depth == 0) {
            *o = (struct memorder){NULL, 0};
            return;
        }
    }
    while (o->height > 0 && o->root->count == 1) {
        struct memorder_node *only = o->root->children[0];

        free_node(a, o->root, false);
        o->root = only;
        o->height--;
    }
}
