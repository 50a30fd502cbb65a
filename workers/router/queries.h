/* queries - building a reply, row by row; for workers/router/ alone.
 *
 * Memory   Rows are copied into the router's parse arena.
 * Source   docs/queries.md
 */
#ifndef ROUTER_QUERIES_H
#define ROUTER_QUERIES_H

#include "workers/router/internal.h"

struct reply {
    struct router *router;
    const struct asker *to;
    const Yinuo__V1__Query *query;
    const char *row_type;
    ProtobufCBinaryData rows[LIMIT_QUERY_ROWS];
    size_t count, bytes;
    uint32_t limit;
    size_t skip, passed; /* rows of the pages before; see reply_paged */
    bool total_known;
    uint64_t total;
};

void reply_begin(struct reply *reply, struct router *r, const struct asker *to,
                 const Yinuo__V1__Query *q, const char *row_type);
/* The cursor is how many rows the pages before had: for lists that are made
 * anew for each page, in the same order. False: it is none, and refused. */
bool reply_paged(struct reply *reply);
void reply_end_paged(struct reply *reply, bool more);
/* False: no room, the row is not in it. */
bool reply_row(struct reply *reply, struct slice row);
/* The case of this row, as clients read it. */
bool reply_case(struct reply *reply, struct slice row);
bool reply_message(struct reply *reply, const ProtobufCMessage *message);
void reply_end(struct reply *reply, const char *more_cursor);
void reply_refuse(struct router *r, const struct asker *to, enum refusal code,
                  const char *text);

const Yinuo__V1__Attribute *query_filter(const Yinuo__V1__Query *q,
                                         const char *name);
const char *query_text(const Yinuo__V1__Query *q, const char *name);

void query_status(struct router *r, const struct asker *from,
                  const Yinuo__V1__Query *q);
void query_subject(struct router *r, const struct asker *from,
                   const Yinuo__V1__Query *q);
void query_subjects(struct router *r, const struct asker *from,
                    const Yinuo__V1__Query *q);
void query_mutes(struct router *r, const struct asker *from,
                 const Yinuo__V1__Query *q);
/* query_duty.c */
void query_on_call(struct router *r, const struct asker *from,
                   const Yinuo__V1__Query *q);
void query_gaps(struct router *r, const struct asker *from,
                const Yinuo__V1__Query *q);
void query_overrides(struct router *r, const struct asker *from,
                     const Yinuo__V1__Query *q);
void query_person(struct router *r, const struct asker *from,
                  const Yinuo__V1__Query *q);
/* rebase.c */
void query_rebase(struct router *r, const struct asker *from,
                  const Yinuo__V1__Query *q);
void query_rebase_state(struct router *r, const struct asker *from,
                        const Yinuo__V1__Query *q);
/* query_words.c */
void query_words(struct router *r, const struct asker *from,
                 const Yinuo__V1__Query *q);
void query_pages(struct router *r, const struct asker *from,
                 const Yinuo__V1__Query *q);

#endif
