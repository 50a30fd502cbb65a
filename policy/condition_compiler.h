/* condition_compiler - inside condition.c and condition_operand.c: the
 * compiler's state and the steps that both take.
 *
 * Errors   The first failure is reported and stays; what follows is silent.
 */
#ifndef POLICY_CONDITION_COMPILER_H
#define POLICY_CONDITION_COMPILER_H

#include "policy/condition.h"
#include "policy/condition_lex.h"
#include "policy/names.h"

enum { NESTING_MAX = 32, LIST_ITEMS_MAX = 64 };

/* What an operand is known to be; ANY for a field of the event. */
enum type { ANY, A_TEXT, A_NUMBER, A_FLAG, A_LIST, A_TIME };

struct compiler {
    struct loader *l;
    yaml_node_t *node;
    size_t base; /* of the source in the node's value */
    struct text source;
    size_t at;
    struct token token; /* the one to look at */
    struct expr_row rows[EXPR_ROWS_MAX];
    size_t count;
    unsigned stack, depth;
    bool failed;
};

/* An operand on the stack: its type, and its words where it is constant. */
struct operand {
    enum type type;
    bool is_word;
    struct text word;
    enum expr_name name; /* EXPR_NAME_COUNT: none */
    size_t offset;
};

struct operand operand_of(enum type type, size_t offset);
void compiler_advance(struct compiler *c);
void compiler_fail(struct compiler *c, size_t offset, const char *hint,
                   const char *format, ...) PRINTF_LIKE(4, 5);
void compiler_fail_expected(struct compiler *c, const char *wanted);
bool compiler_sees(const struct compiler *c, const char *word);
void compiler_push(struct compiler *c, struct expr_row row);

/* The row of that name, skip bytes behind the token's begin; count, and a
 * failure, where there is none. */
size_t compiler_find(struct compiler *c, const struct name_list *list,
                     struct text name, size_t skip);

/* A literal or a name; the token is one. */
struct operand operand_literal(struct compiler *c);
struct operand operand_name(struct compiler *c);
/* matches(...), size(...), months(...): the token is the name and "(" follows.
 */
bool operand_function(struct compiler *c, struct operand *o);
/* table.X, tariff.X; owner.X, station.X ... False: it is none of them. */
bool operand_table(struct compiler *c, struct operand *o);
bool operand_subject(struct compiler *c, struct operand *o);
/* What is added, in condition.c. */
struct operand operand_sum(struct compiler *c);
/* [a, "b c"] */
void operand_list(struct compiler *c);

#endif
