#include "ledger/lmdb_env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mapped.h"
#include "ledger/space.h"

/* What LMDB makes of its default of 126 readers; it takes a file of at least
 * this size as it finds it. */
enum { LOCK_FILE_BYTES = 8192 };

enum status lmdb_status(int rc)
{
    switch (rc) {
    case 0:
        return STATUS_OK;
    case MDB_NOTFOUND:
        return STATUS_NOT_FOUND;
    case MDB_MAP_FULL:
        return STATUS_FULL;
    case MDB_READERS_FULL:
        return STATUS_BUSY;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_BAD_VALSIZE:
        return STATUS_CORRUPT;
    case MDB_VERSION_MISMATCH:
        return STATUS_VERSION;
    default:
        return rc > 0 ? status_of_errno(rc) : STATUS_INTERNAL;
    }
}

enum status lmdb_error(struct error *err, int rc, const char *what)
{
    return error_set(err, lmdb_status(rc), "%s: %s", error_said(what),
                     error_said(mdb_strerror(rc)));
}

/* --- damage --- */

static void end_evidence(const char *path)
{
    mapped_give_up(
        path,
        "\"yinuo journal verify\" says what is whole, \"yinuo restore\" "
        "brings back a backup",
        false);
}

enum status lmdb_suspect_path(const char *path, char *out, size_t room,
                              struct error *err)
{
    int n = snprintf(out, room, "%s.suspect", path);

    return n >= 0 && (size_t)n < room
               ? STATUS_OK
               : error_set(err, STATUS_TOO_LARGE, "path too long: %s", path);
}

static void end_renewable_read(const char *path)
{
    mapped_give_up(path,
                   "stop the system and move it away: the next start makes it "
                   "again of the journal",
                   false);
}

static void end_renewable(const char *path)
{
    char mark[LIMIT_PATH_BYTES + 16];
    int fd = -1;

    if (lmdb_suspect_path(path, mark, sizeof mark, NULL) == STATUS_OK)
        fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        end_renewable_read(path);
    mapped_give_up(path, "the next start makes it again of the journal", true);
}

static void watch(MDB_env *env, mapped_end *end)
{
    const char *path;
    int fd;

    if (mdb_env_get_fd(env, &fd) == 0 && mdb_env_get_path(env, &path) == 0)
        mapped_watch(env, fd, path, end);
}

static void on_assertion(MDB_env *env, const char *words)
{
    log_debug("LEDGER-LMDB", "%s", words);
    mapped_damaged(env);
}

void lmdb_env_renewable(MDB_env *env, bool owner)
{
    watch(env, owner ? end_renewable : end_renewable_read);
}

void lmdb_env_close(MDB_env *env)
{
    if (env == NULL)
        return;
    mapped_forget(env);
    mdb_env_close(env);
}

static bool is_damage(int rc)
{
    return rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND ||
           rc == MDB_PAGE_FULL || rc == MDB_CURSOR_FULL || rc == MDB_INVALID;
}

void lmdb_must(MDB_env *env, int rc, const char *what)
{
    if (rc == 0)
        return;
    if (env != NULL && is_damage(rc)) {
        log_error("LEDGER-LMDB", "%s: %s", what, mdb_strerror(rc));
        mapped_damaged(env);
    }
    log_error("LEDGER-ABORT",
              "%s failed: %s -> what is on disk is unknown, this process ends "
              "and recovery is its next start",
              what, mdb_strerror(rc));
    abort();
}

static enum status allocate_lock(const char *path, struct error *err)
{
    char lock[LIMIT_PATH_BYTES];

    if (snprintf(lock, sizeof lock, "%s-lock", path) >= (int)sizeof lock)
        return error_set(err, STATUS_TOO_LARGE, "path too long: %s", path);
    return space_allocate(lock, LOCK_FILE_BYTES, err);
}

enum status lmdb_env_open(const char *path, size_t map_bytes, bool read_only,
                          MDB_env **env, struct error *err)
{
    unsigned flags = MDB_NOSUBDIR | MDB_NOTLS;
    enum status status = STATUS_OK;

    *env = NULL;
    if (read_only && !file_exists(path))
        return error_set(err, STATUS_NOT_FOUND, "no file %s", path);
    status = allocate_lock(path, err);
    if (status != STATUS_OK)
        return status;
    int rc = mdb_env_create(env);

    if (rc == 0 && map_bytes > 0)
        rc = mdb_env_set_mapsize(*env, map_bytes);
    if (rc == 0)
        rc = mdb_env_open(*env, path, flags | (read_only ? MDB_RDONLY : 0),
                          0600);
    if (rc == 0)
        rc = mdb_env_set_assert(*env, on_assertion);
    if (rc == 0) {
        watch(*env, end_evidence);
        return STATUS_OK;
    }
    mdb_env_close(*env);
    *env = NULL;
    return lmdb_error(err, rc, path);
}

enum status lmdb_begin_read(MDB_env *env, MDB_txn **txn, struct error *err)
{
    int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, txn);

    if (rc == MDB_READERS_FULL) {
        int dead = 0;

        mdb_reader_check(env, &dead);
        rc = mdb_txn_begin(env, NULL, MDB_RDONLY, txn);
    }
    if (rc == MDB_MAP_RESIZED) {
        mapped_forget(env);
        mdb_env_set_mapsize(env, 0);
        watch(env, end_evidence); /* nobody's map grows but a reader's */
        rc = mdb_txn_begin(env, NULL, MDB_RDONLY, txn);
    }
    return rc == 0 ? STATUS_OK : lmdb_error(err, rc, "begin reading");
}

static enum status copy_to(MDB_env *env, int fd, const char *to_path,
                           struct error *err)
{
    mapped_reading(env);
    int rc = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT);

    mapped_reading(NULL);
    if (rc != 0)
        return lmdb_error(err, rc, to_path);
    if (fsync(fd) != 0)
        return error_set_errno(err, errno, "sync %s", to_path);
    return STATUS_OK;
}

enum status lmdb_env_copy(MDB_env *env, const char *to_path, struct error *err)
{
    int fd = open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return error_set_errno(err, errno, "create %s", to_path);
    enum status status = copy_to(env, fd, to_path, err);

    if (close(fd) != 0 && status == STATUS_OK)
        status = error_set_errno(err, errno, "close %s", to_path);
    return status;
}

size_t lmdb_used_bytes(MDB_env *env)
{
    MDB_envinfo info;
    MDB_stat stat;

    if (mdb_env_info(env, &info) != 0 || mdb_env_stat(env, &stat) != 0)
        return 0;
    return (info.me_last_pgno + 1) * stat.ms_psize;
}
