#include "base/mapped.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/child.h"
#include "base/limits.h"
#include "base/log.h"

/* A page of nonsense names places up to so far behind its own: sizes in LMDB
 * have 32 bits. */
#define BEYOND ((uintptr_t)1 << 32)

struct map {
    const void *of;         /* NULL: free */
    atomic_uintptr_t start; /* 0: not known; the last to be written */
    size_t size;
    mapped_end *end;
    char path[LIMIT_PATH_BYTES];
};

static struct map maps[MAPPED_MAX];
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local struct mapped_guard *guarded;
static _Thread_local const void *reading;

/* --- where it is --- */

static bool is_start(uintptr_t start)
{
    for (size_t i = 0; i < MAPPED_MAX; i++)
        if (maps[i].of != NULL && atomic_load(&maps[i].start) == start)
            return true;
    return false;
}

/* LMDB does not tell; the kernel does. "7f00-8f00 r--s 00000000 fe:01 123 ..."
 */
static bool find_place(int fd, uintptr_t *start, size_t *size)
{
    char line[LIMIT_PATH_BYTES + 128];
    unsigned long from, to, offset, inode;
    unsigned major_number, minor_number;
    bool found = false;
    struct stat st;
    FILE *f = fstat(fd, &st) == 0 ? fopen("/proc/self/maps", "re") : NULL;

    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "%lx-%lx %*s %lx %x:%x %lu", &from, &to, &offset,
                   &major_number, &minor_number, &inode) != 6)
            continue;
        found = offset == 0 && inode == st.st_ino &&
                makedev(major_number, minor_number) == st.st_dev &&
                !is_start(from);
    }
    if (f != NULL)
        fclose(f);
    if (found) {
        *start = from;
        *size = to - from;
    }
    return found;
}

/* --- the table --- */

static struct map *find(const void *of)
{
    for (size_t i = 0; i < MAPPED_MAX; i++)
        if (maps[i].of == of)
            return &maps[i];
    return NULL;
}

/* The map an address is in; or closely behind. */
static struct map *find_near(uintptr_t address, bool behind)
{
    struct map *best = NULL;
    uintptr_t best_start = 0;

    for (size_t i = 0; i < MAPPED_MAX; i++) {
        uintptr_t start = atomic_load(&maps[i].start);

        if (start == 0 || start > address || start < best_start)
            continue;
        if (address - start >= maps[i].size + (behind ? BEYOND : 0))
            continue;
        best = &maps[i];
        best_start = start;
    }
    return best;
}

static const char *speaker;
static int final_exit = CHILD_EXIT_FINAL;

void mapped_speak_as(const char *program, int exit_code)
{
    speaker = program;
    final_exit = exit_code;
}

void mapped_give_up(const char *path, const char *consequence, bool again)
{
    if (speaker != NULL)
        fprintf(stderr, "%s: %s is damaged -> %s\n", speaker, path,
                consequence);
    else
        log_error("FILE-DAMAGED", "%s is damaged -> %s", path, consequence);
    _exit(again ? 1 : final_exit);
}

static void leave_by(struct map *map)
{
    struct mapped_guard *guard = guarded;

    if (guard != NULL) {
        guarded = guard->outer;
        siglongjmp(guard->back, 1);
    }
    if (map != NULL)
        map->end(map->path);
    _exit(final_exit);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    /* A write into a map is a mistake of ours, and no damage. */
    bool damage =
        number == SIGBUS ? info->si_code > 0 : info->si_code == SEGV_MAPERR;
    struct map *map =
        damage ? find_near((uintptr_t)info->si_addr, number == SIGSEGV) : NULL;
    bool by_kernel = info->si_code > 0;

    (void)context;
    if (map == NULL && by_kernel && reading != NULL)
        map = find(reading);
    if (map != NULL || (by_kernel && guarded != NULL))
        leave_by(map);
    signal(number, SIG_DFL); /* it faults again, or was sent by somebody */
    if (info->si_code <= 0)
        raise(number);
}

static void catch_faults(void)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER};

    action.sa_sigaction = on_fault;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
}

static void put(struct map *map, const void *of, int fd, const char *path,
                mapped_end *end)
{
    uintptr_t start;

    atomic_store(&map->start, 0);
    map->of = NULL;
    if (!find_place(fd, &start, &map->size))
        return;
    map->of = of;
    map->end = end;
    snprintf(map->path, sizeof map->path, "%s", path);
    atomic_store(&map->start, start);
}

void mapped_watch(const void *of, int fd, const char *path, mapped_end *end)
{
    pthread_mutex_lock(&changing);
    catch_faults();
    struct map *map = find(of);

    if (map == NULL)
        map = find(NULL);
    if (map != NULL)
        put(map, of, fd, path, end);
    pthread_mutex_unlock(&changing);
}

void mapped_forget(const void *of)
{
    pthread_mutex_lock(&changing);
    struct map *map = of != NULL ? find(of) : NULL;

    if (map != NULL) {
        atomic_store(&map->start, 0);
        map->of = NULL;
    }
    pthread_mutex_unlock(&changing);
}

void mapped_enter(struct mapped_guard *guard)
{
    guard->outer = guarded;
    guarded = guard;
}

void mapped_leave(struct mapped_guard *guard)
{
    assert(guarded == guard);
    guarded = guard->outer;
}

void mapped_reading(const void *of)
{
    reading = of;
}

void mapped_damaged(const void *of)
{
    leave_by(of != NULL ? find(of) : NULL);
    _exit(final_exit);
}
