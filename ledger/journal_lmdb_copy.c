#include "base/file.h"
#include "ledger/journal_lmdb_internal.h"
#include "ledger/lmdb_env.h"

static enum status copy_segment(struct segment *s, const char *to_dir,
                                struct error *err)
{
    char name[SEGMENT_NAME_SIZE], path[LIMIT_PATH_BYTES];

    segment_name(s->number, name);
    enum status status = file_join(path, sizeof path, to_dir, name, err);

    return status == STATUS_OK ? lmdb_env_copy(s->env, path, err) : status;
}

/* What the copies hold, by reading them. */
static enum status last_of_copy(const char *dir, uint64_t *last,
                                struct error *err)
{
    struct journal *copy;
    struct journal_position p;
    enum status status = journal_lmdb_reader(dir, &copy, err);

    if (status != STATUS_OK)
        return status;
    journal_position(copy, &p);
    *last = p.last;
    journal_close(&copy);
    return STATUS_OK;
}

/* Up to the end as it is now: a busy owner would never be caught up with. */
enum status journal_lmdb_copy(struct journal *journal, const char *to_dir,
                              uint64_t *last, struct error *err)
{
    struct journal_lmdb *j = journal_lmdb_of(journal);
    struct journal_position end;
    uint32_t number = 0;

    journal_position(journal, &end);
    for (uint64_t reached = 0; reached < end.last || number == 0;) {
        struct segment *s;
        enum status status = journal_lmdb_hold(j, number, &s, err);

        if (status == STATUS_END)
            break;
        if (status != STATUS_OK)
            return status;
        number = s->number + 1;
        pthread_mutex_lock(&j->mutex);
        reached = s->last; /* the copy holds at least these */
        pthread_mutex_unlock(&j->mutex);
        status = copy_segment(s, to_dir, err);
        journal_lmdb_let_go(j, s);
        if (status != STATUS_OK)
            return status;
    }
    return last_of_copy(to_dir, last, err);
}
