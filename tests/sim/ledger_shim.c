#include "tests/sim/ledger_shim.h"

#include <stdlib.h>

static struct ledger_shim *shim_of(struct journal *j)
{
    return (struct ledger_shim *)j;
}

static enum status append(struct journal *j, struct record *records,
                          size_t count, uint64_t epoch, uint64_t *ticket,
                          struct error *err)
{
    struct ledger_shim *s = shim_of(j);

    s->point(s->context, FAULT_BEFORE_APPEND);
    enum status st = s->fail(s->context);
    if (st != STATUS_OK)
        return error_set(err, st, "a planned failure of the append");
    st = s->inner->ops->append(s->inner, records, count, epoch, ticket, err);
    s->point(s->context, FAULT_PENDING_LOST);
    return st;
}

static enum status next(struct journal *j, uint64_t ticket, uint64_t *durable,
                        struct error *err)
{
    struct ledger_shim *s = shim_of(j);
    enum status st = s->inner->ops->next(s->inner, ticket, durable, err);

    s->point(s->context, FAULT_AFTER_COMMIT);
    return st;
}

static enum status read_page(struct journal *j, uint64_t from,
                             const struct journal_limits *limits,
                             struct journal_page *page, struct error *err)
{
    struct journal *inner = shim_of(j)->inner;

    return inner->ops->read(inner, from, limits, page, err);
}

static enum status trim(struct journal *j, uint64_t upto, uint64_t *first,
                        struct error *err)
{
    struct journal *inner = shim_of(j)->inner;

    return inner->ops->trim(inner, upto, first, err);
}

static void position(struct journal *j, struct journal_position *p)
{
    struct journal *inner = shim_of(j)->inner;

    inner->ops->position(inner, p);
}

static enum status heads(struct journal *j, struct journal_head *out,
                         size_t room, size_t *count, struct error *err)
{
    struct journal *inner = shim_of(j)->inner;

    return inner->ops->heads(inner, out, room, count, err);
}

static void stats(struct journal *j, struct journal_stats *out)
{
    struct journal *inner = shim_of(j)->inner;

    inner->ops->stats(inner, out);
}

static void close_shim(struct journal *j)
{
    struct ledger_shim *s = shim_of(j);

    journal_close(&s->inner);
    free(s);
}

struct journal *ledger_shim_new(struct journal *inner,
                                void (*point)(void *, enum sim_fault),
                                enum status (*fail)(void *), void *context)
{
    static const struct journal_ops ops = {.append = append,
                                           .next = next,
                                           .read = read_page,
                                           .trim = trim,
                                           .position = position,
                                           .heads = heads,
                                           .stats = stats,
                                           .close = close_shim};
    struct ledger_shim *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    *s = (struct ledger_shim){.journal.ops = &ops,
                              .inner = inner,
                              .point = point,
                              .fail = fail,
                              .context = context};
    return &s->journal;
}
