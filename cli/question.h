/* question - one query to the routers, and its rows.
 *
 *   struct question q;
 *   struct rows rows;
 *   question_init(&q, "case.list");
 *   question_text(&q, "owner", person);
 *   code = question_ask(cli, &q, &yinuo__v1__case__descriptor, &rows);
 *   ... rows.list[i] is a Yinuo__V1__Case * ...
 *   rows_fini(&rows);
 *
 * All partitions are asked, and their rows put one behind the other; a query
 * that only one can answer ("unknown_case" by the others) is fine.
 *
 * Memory   Texts of filters are borrowed until question_ask. Rows own theirs.
 * Threads  One.
 */
#ifndef CLI_QUESTION_H
#define CLI_QUESTION_H

#include "base/arena.h"
#include "cli/cli.h"
#include "proto/codec.h"

enum { QUESTION_FILTERS_MAX = 16, QUESTION_ROWS_MAX = 100000 };

struct question {
    const char *name;
    Yinuo__V1__Attribute filters[QUESTION_FILTERS_MAX];
    char *words[QUESTION_FILTERS_MAX]; /* of the one list filter */
    size_t filter_count;
    int64_t as_of_ms; /* 0: now */
    size_t limit;     /* rows that are wanted; 0: all */
    bool quiet;       /* what is not there is for the caller to tell */
};

struct rows {
    struct arena arena;
    void **list;          /* as the descriptor says */
    uint32_t *partitions; /* of each */
    size_t count, room;
    uint64_t total; /* that there are, as far as known */
    bool more;      /* than were asked for */
    int64_t now_ms; /* the ledger's */
};

void question_init(struct question *q, const char *name);

/* Nothing is added where text is NULL, flag false, number 0, list empty. */
void question_text(struct question *q, const char *name, const char *text);
void question_flag(struct question *q, const char *name, bool flag);
void question_number(struct question *q, const char *name, int64_t number);
void question_time(struct question *q, const char *name, int64_t at_ms);
/* "S1,S2": cut in place at the commas. */
void question_words(struct question *q, const char *name, char *words);

/* CLI_DONE, or an exit code; the user has been told. rows must be finished in
 * both cases. */
int question_ask(struct cli *cli, const struct question *q,
                 const ProtobufCMessageDescriptor *type, struct rows *rows);

void rows_fini(struct rows *rows);

#endif
