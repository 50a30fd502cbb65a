/* order - one command to the router, from the words typed to what was recorded.
 *
 *   struct order o;
 *   code = order_begin(cli, &o, "take", "case.taken", argv[0]);
 *   if (code == CLI_DONE)
 *       code = order_send(cli, &o);
 *   if (code == CLI_DONE)
 *       order_tell(cli, &o, _("%s is yours."), o.case_id);
 *   order_fini(&o);
 *
 * A command carries the event that the engine decides on, docs/queries.md has
 * the table. With --queue a command that reaches nobody goes to the station's
 * outbox instead, as an event that is marked late.
 *
 * Memory   What is set is copied. order_fini takes a zeroed order.
 * Errors   Exit codes; the user has been told. A field that cannot be set is
 *          kept as the first failure, and order_send refuses.
 * Threads  One.
 */
#ifndef CLI_ORDER_H
#define CLI_ORDER_H

#include "base/id.h"
#include "cli/find.h"
#include "proto/event.h"

struct order {
    struct arena arena;
    Yinuo__V1__Command command;
    Yinuo__V1__Event *event; /* NULL: an operator's command */
    struct found found;      /* the case, where one was named and reached */
    char request_id[ID_TEXT_SIZE];
    const char *case_id; /* full; as typed when nobody was reached */
    uint32_t partition;
    int64_t now_ms;  /* the ledger's; the wall clock's when not reached */
    int64_t wait_ms; /* for the answer; 0: CLI_WAIT_MS */
    bool unreached;  /* to be queued */
    bool queued;     /* it was */
    struct fault fault;
    Yinuo__V1__Answer *answer; /* after order_send */
};

/* Finds the case (typed may be NULL: none is named), checks who acts. */
int order_begin(struct cli *cli, struct order *o, const char *verb,
                const char *kind, const char *typed);

/* The same where the case may be one that is not there yet: what was typed is
 * its id then. opens: it is a new one, nobody is asked. */
int order_begin_any(struct cli *cli, struct order *o, const char *verb,
                    const char *kind, const char *typed, bool opens);

/* An operator's command, without an event. */
int order_begin_operator(struct cli *cli, struct order *o, const char *verb);

void order_fini(struct order *o);

/* Fields of the event, or attributes of an operator's command. A NULL text and
 * a time of 0 are not set. */
void order_text(struct order *o, const char *name, const char *text);
void order_flag(struct order *o, const char *name, bool flag);
void order_number(struct order *o, const char *name, int64_t number);
void order_time(struct order *o, const char *name, int64_t at_ms);
void order_real(struct order *o, const char *name, double value);
void order_null(struct order *o, const char *name);
void order_list(struct order *o, const char *name, const char *const *list,
                size_t count);
/* Sends it, or queues it. Other exit codes than CLI_DONE have been told; of a
 * lost race the winner. */
int order_send(struct cli *cli, struct order *o);

/* The sentence, then what still runs; or as JSON all of the answer. */
void order_tell(struct cli *cli, const struct order *o, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
