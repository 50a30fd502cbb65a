/* report_internal - a report while a history is read: what it gathers, and what
 * the parts that read a record share.
 *
 * Memory   Words live as long as the report. A case's address is good until
 *          gathering_case_new() makes the next one, a fact's until
 *          gathering_fact() does.
 * Errors   None: where there is no memory, the program ends.
 * Threads  One at a time.
 */
#ifndef LEDGER_REPORT_INTERNAL_H
#define LEDGER_REPORT_INTERNAL_H

#include "ledger/report.h"
#include "proto/decision.h"

enum { REPORT_VALUE_SIZE = 256 };

typedef Yinuo__V1__Decision decision;
typedef Yinuo__V1__Event event;

struct report_gathering {
    struct report *report;
    void *words, *instances, *cases, *promises; /* tsearch trees */
    size_t case_room, fact_room;
    const char *story;
};

/* --- report_gathering.c: words, cases, facts ------------------------------ */

/* One copy of each. text may be NULL, which is "". */
const char *gathering_word(struct report_gathering *g, const char *text);
const char *gathering_word_of(struct report_gathering *g, struct text t);

/* Of this story; NULL: none has that id. */
struct report_case *gathering_case(struct report_gathering *g, const char *id);
struct report_case *gathering_case_new(struct report_gathering *g,
                                       const char *id, int64_t at_ms);

/* A fact of a case (NULL: of none), said of its owner; then its value. */
struct report_fact *gathering_fact(struct report_gathering *g, int kind,
                                   const struct report_case *c, int64_t at_ms,
                                   const char *name);
void gathering_span(struct report_gathering *g, int kind,
                    const struct report_case *c, int64_t at_ms, int64_t span_ms,
                    const char *name);
void gathering_share(struct report_gathering *g, int kind,
                     const struct report_case *c, int64_t at_ms,
                     const char *name, bool good);

/* Another story begins: its cases may have the same ids. */
void gathering_forget(struct report_gathering *g);
void gathering_fini(struct report_gathering *g);

/* --- report_due.c: clocks and promises, kept or missed -------------------- */

/* ARM, CANCEL or FIRE; over: the case is closed in the same record. */
void report_due_clock(struct report_gathering *g, const struct people *p,
                      struct report_case *c, const decision *d, bool over);

/* PROMISE; by: who gave it, "" the owner. */
void report_due_promise(struct report_gathering *g, struct report_case *c,
                        const decision *d, const char *by);
void report_due_forget(struct report_gathering *g);

/* --- report_event.c: what the pack says of an event ----------------------- */

/* At a station, of a case; also where the event itself is of none. */
void report_event_lesson(struct report_gathering *g, const struct people *p,
                         const struct report_case *c, const event *e);

/* Whatever it says of its case; c may be NULL. */
void report_event_about(struct report_gathering *g, const struct people *p,
                        struct report_case *c, const event *e);

/* Who says it; "" nobody. e may be NULL. */
void report_event_maker(const event *e, char out[REPORT_VALUE_SIZE]);

#endif
