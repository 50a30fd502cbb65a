#include "workers/router/death_slot.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A record that has killed, and how often. */
struct killer {
    struct death_mark mark;
    uint32_t deaths; /* 0: free */
};

enum { SLOT_MAGIC = 0x59536c31, KILLERS_MAX = 64 };

/* As it lies in the file, in the byte order of the machine that died. */
struct slot_file {
    uint32_t magic;
    uint32_t inside; /* the record below is being decided */
    struct death_mark mark;
    struct killer killers[KILLERS_MAX];
};

struct death_slot {
    struct slot_file *file;
    bool any; /* killers are known: look them up */
    uint32_t last_deaths;
};

struct death_mark death_mark_of(char what, struct slice identity,
                                uint64_t number)
{
    struct death_mark mark = {{0}};
    uint64_t h = 1469598103934665603u;

    for (size_t i = 0; i < identity.size; i++)
        h = (h ^ identity.data[i]) * 1099511628211u;
    h = (h ^ (uint8_t)what) * 1099511628211u;
    memcpy(mark.bytes, &h, 8);
    memcpy(mark.bytes + 8, &number, 8);
    return mark;
}

static struct killer *find(struct slot_file *f, const struct death_mark *mark)
{
    for (size_t i = 0; i < KILLERS_MAX; i++)
        if (f->killers[i].deaths &&
            memcmp(&f->killers[i].mark, mark, sizeof *mark) == 0)
            return &f->killers[i];
    return NULL;
}

/* A free place, or that of the one that killed least. */
static struct killer *place(struct slot_file *f)
{
    struct killer *least = &f->killers[0];

    for (size_t i = 0; i < KILLERS_MAX; i++)
        if (f->killers[i].deaths < least->deaths)
            least = &f->killers[i];
    return least;
}

static void count_death(struct death_slot *slot)
{
    struct slot_file *f = slot->file;

    if (f->magic != SLOT_MAGIC) {
        memset(f, 0, sizeof *f);
        f->magic = SLOT_MAGIC;
    }
    if (f->inside) {
        struct killer *k = find(f, &f->mark);
        if (!k) {
            k = place(f);
            *k = (struct killer){.mark = f->mark};
        }
        slot->last_deaths = ++k->deaths;
        f->inside = 0;
    }
    for (size_t i = 0; i < KILLERS_MAX; i++)
        slot->any |= f->killers[i].deaths > 0;
}

enum status death_slot_open(const char *path, struct death_slot **out,
                            struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return error_set_errno(err, errno, "open %s", path);
    /* posix_fallocate, not ftruncate: a hole on a full disk would be a SIGBUS.
     */
    int failed = posix_fallocate(fd, 0, sizeof(struct slot_file));
    void *map = failed ? MAP_FAILED
                       : mmap(NULL, sizeof(struct slot_file),
                              PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int number = failed ? failed : errno;
    close(fd);
    if (map == MAP_FAILED)
        return error_set_errno(err, number, "map %s", path);
    struct death_slot *slot = calloc(1, sizeof *slot);
    if (!slot) {
        munmap(map, sizeof(struct slot_file));
        return error_set(err, STATUS_NO_MEMORY, "map %s", path);
    }
    slot->file = map;
    count_death(slot);
    *out = slot;
    return STATUS_OK;
}

void death_slot_close(struct death_slot **slot)
{
    if (!*slot)
        return;
    munmap((*slot)->file, sizeof(struct slot_file));
    free(*slot);
    *slot = NULL;
}

bool death_slot_enter(struct death_slot *slot, const struct death_mark *mark)
{
    struct slot_file *f = slot->file;

    assert(!f->inside);
    if (slot->any) {
        struct killer *k = find(f, mark);
        if (k && k->deaths >= DEATHS_MAX)
            return false;
    }
    f->mark = *mark;
    __atomic_store_n(&f->inside, 1, __ATOMIC_RELEASE);
    return true;
}

void death_slot_leave(struct death_slot *slot)
{
    struct slot_file *f = slot->file;

    assert(f->inside);
    __atomic_store_n(&f->inside, 0, __ATOMIC_RELEASE);
    struct killer *k = slot->any ? find(f, &f->mark) : NULL;
    if (k)
        k->deaths = 0; /* it was the process, not the record */
}

void death_slot_forget(struct death_slot *slot, const struct death_mark *mark)
{
    struct killer *k = find(slot->file, mark);

    if (k)
        k->deaths = 0;
}

bool death_slot_last(const struct death_slot *slot, uint32_t *deaths)
{
    *deaths = slot->last_deaths;
    return slot->last_deaths > 0;
}
