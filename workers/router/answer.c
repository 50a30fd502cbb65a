#include <string.h>

#include "ledger/customs.h"
#include "workers/router/internal.h"
#include "workers/router/page_words.h"

enum { RUNNING_MAX = 32, LOOK_BACK = 64, HINTS_MAX = 16 };

/* Whom a step of a clock would call first. */
static targets step_page(const struct policy *p, const struct clock_instance *i,
                         const struct pending_step *s)
{
    if (i->clock == p->ack_clock && s->tier)
        return TARGET_ROLE(s->tier);
    if (i->clock == p->ack_clock)
        return TARGET_OWNER;
    const struct clock_steps *steps =
        &p->clocks[i->clock].by_severity[s->severity - 1];
    return s->step < steps->count ? steps->steps[s->step].page : 0;
}

static uint8_t lowest_role(targets page)
{
    for (unsigned role = 1; role <= ROLES_MAX; role++)
        if (page & TARGET_ROLE(role))
            return (uint8_t)role;
    return 1;
}

uint8_t next_step_role(const struct policy *p, const struct clock_instance *i)
{
    targets page = i->step_count ? step_page(p, i, &i->steps[0]) : 0;

    return page & TARGET_OWNER ? 1 : page ? lowest_role(page) : 0;
}

static void goes_to(struct router *r, const struct case_record *c, targets page,
                    Yinuo__V1__RunningClock *out)
{
    struct name person;
    uint8_t role = page & TARGET_OWNER ? 1 : lowest_role(page);

    out->has_goes_to = 1;
    out->goes_to = role;
    if (page & TARGET_OWNER)
        out->person = router_text(r, name_text(&c->owner));
    else if (directory_on_call(world_directory(r->world),
                               name_text(&c->station), name_text(&c->region),
                               role, r->now_ms, &person, 1))
        out->person = router_text(r, name_text(&person));
}

/* What goes on although somebody has answered: each clock's next step. */
static void still_running(struct router *r, const struct case_record *c,
                          Yinuo__V1__Answer *a)
{
    const struct policy *p = world_policy_of(r->world, c);
    if (!p)
        return;
    Yinuo__V1__RunningClock *rows =
        arena_array(&r->parse, RUNNING_MAX, sizeof *rows);
    Yinuo__V1__RunningClock **list =
        arena_array(&r->parse, RUNNING_MAX, sizeof *list);

    for (size_t i = 0; i < c->clock_count && a->n_still_running < RUNNING_MAX;
         i++) {
        const struct clock_instance *clock = &c->clocks[i];
        if (!clock->step_count || clock->paused_at_ms)
            continue;
        Yinuo__V1__RunningClock *row = &rows[a->n_still_running];
        yinuo__v1__running_clock__init(row);
        row->clock = router_text(r, p->clocks[clock->clock].name);
        row->key = router_text(r, name_text(&clock->key));
        row->has_due_ms = 1;
        row->due_ms = clock->steps[0].due_ms;
        goes_to(r, c, step_page(p, clock, &clock->steps[0]), row);
        size_t at = a->n_still_running++;
        for (; at && list[at - 1]->due_ms > row->due_ms; at--)
            list[at] = list[at - 1];
        list[at] = row;
    }
    a->still_running = list;
}

static const char *list_name(struct router *r, const struct case_record *c,
                             uint16_t list)
{
    const struct policy *p = world_policy_of(r->world, c);

    return p && list < p->list_count ? router_text(r, p->lists[list].name)
                                     : NULL;
}

/* What it has changed in the case's lists: the ids that people type. */
static void tell_items(struct router *r, const struct engine_out *out,
                       Yinuo__V1__Answer *a)
{
    const struct decisions *d = &out->decisions;
    Yinuo__V1__CaseItem *rows, **list;
    size_t count = 0;

    for (size_t i = 0; i < d->count; i++)
        count += d->list[i].kind == DECISION_ITEM;
    if (!count)
        return;
    rows = arena_array(&r->parse, count, sizeof *rows);
    list = arena_array(&r->parse, count, sizeof *list);
    for (size_t i = 0; i < d->count; i++) {
        const struct item *it = d->list[i].item;
        Yinuo__V1__CaseItem *row = &rows[a->n_items];

        if (d->list[i].kind != DECISION_ITEM)
            continue;
        yinuo__v1__case_item__init(row);
        row->key = router_text(r, name_text(&it->key));
        row->list = (char *)list_name(r, &out->scratch, it->list);
        row->state = (char *)item_state_name(it->state);
        row->owner = router_text(r, name_text(&it->owner));
        row->has_tier = it->tier != 0;
        row->tier = it->tier;
        row->has_due_ms = it->due_ms != 0;
        row->due_ms = it->due_ms;
        list[a->n_items++] = row;
    }
    a->items = list;
}

static const struct decision *decision_of(const struct decisions *d,
                                          enum decision_kind kind)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].kind == kind)
            return &d->list[i];
    return NULL;
}

/* --- who was first --- */

struct looking {
    struct router *r;
    char *reporter; /* of the record that is looked at */
    char *winner;
    int64_t at_ms;
};

static enum status look_for_ack(void *context, const struct decision *d,
                                struct slice bytes, struct error *err)
{
    struct looking *l = context;

    (void)bytes;
    (void)err;
    if (d->kind == DECISION_ACKNOWLEDGE) {
        l->winner = router_text(l->r, d->person);
        l->at_ms = d->at_ms;
    } else if (d->kind == DECISION_RESOLVE || d->kind == DECISION_CLOSE) {
        l->winner = l->reporter; /* nobody need answer any more */
        l->at_ms = d->at_ms;
    }
    return STATUS_OK;
}

/* The records of the case backwards, in this batch and in the journal. */
static void find_winner(struct router *r, uint64_t seq, struct looking *l)
{
    struct journal_page page;
    struct error err;

    journal_page_init(&page);
    for (int i = 0; seq && !l->winner && i < LOOK_BACK; i++) {
        const struct record *rec = batch_record(r, seq, &page);
        if (!rec)
            break;
        Yinuo__V1__StreamRecord *part =
            codec_decode(&yinuo__v1__stream_record__descriptor,
                         rec->parts[RECORD_INPUT], &r->parse, NULL);
        l->reporter = part && part->event ? part->event->reporter : NULL;
        if (customs_each_decision(rec->parts[RECORD_DECISIONS], look_for_ack, l,
                                  &err) != STATUS_OK)
            break;
        seq = part ? part->previous_seq : 0;
    }
    journal_page_fini(&page);
}

static void tell_winner(struct router *r, const char *person,
                        uint64_t previous_seq, Yinuo__V1__Answer *a)
{
    struct looking l = {.r = r};

    find_winner(r, previous_seq, &l);
    if (l.winner && person && strcmp(l.winner, person) == 0) {
        a->code = REFUSAL_ALREADY_DONE;
        a->text = (char *)refusal_sentence(REFUSAL_ALREADY_DONE);
        return;
    }
    if (!l.winner) { /* nobody was first: it is not his to answer */
        a->code = REFUSAL_NOT_FOUND;
        a->text = (char *)"No page of this case waits for an answer of yours.";
        return;
    }
    a->winner = l.winner;
    a->has_at_ms = 1;
    a->at_ms = l.at_ms;
    a->text = arena_format(&r->parse, "%s was first.", l.winner);
}

/* --- answers --- */

static void answer_init(Yinuo__V1__Answer *a, const Yinuo__V1__Command *command,
                        enum refusal code, const struct router *r)
{
    yinuo__v1__answer__init(a);
    a->request_id = command->request_id;
    a->has_code = a->has_at_ms = 1;
    a->code = code;
    a->text = (char *)refusal_sentence(code);
    a->case_id = command->case_id;
    a->at_ms = r->now_ms;
}

/* What the author is told beside: hints, and each gate that refuses. */
static void tell_author(struct router *r, const struct deed *d,
                        Yinuo__V1__Answer *a)
{
    const struct decisions *all;
    Yinuo__V1__Hint *hints;

    if (!d->decided.out || !(d->decided.decisions.size || d->dry_run))
        return;
    all = &d->decided.out->decisions;
    hints = arena_array(&r->parse, HINTS_MAX, sizeof *hints);
    a->hints = arena_array(&r->parse, HINTS_MAX, sizeof *a->hints);
    a->rules = arena_array(&r->parse, GATES_MAX, sizeof *a->rules);
    for (size_t i = 0; i < all->count; i++) {
        const struct decision *one = &all->list[i];

        if (one->kind == DECISION_REFUSE && one->rule.size &&
            a->n_rules < GATES_MAX)
            a->rules[a->n_rules++] = router_text(r, one->rule);
        if (one->kind != DECISION_HINT || a->n_hints == HINTS_MAX)
            continue;
        yinuo__v1__hint__init(&hints[a->n_hints]);
        hint_words(r, one, &d->decided.out->scratch, &hints[a->n_hints]);
        a->hints[a->n_hints] = &hints[a->n_hints];
        a->n_hints++;
    }
}

static void tell_refusal(struct router *r, const char *person,
                         const struct deed *d, Yinuo__V1__Answer *a)
{
    const struct decision *refuse =
        d->decided.out && (d->decided.decisions.size || d->dry_run)
            ? decision_of(&d->decided.out->decisions, DECISION_REFUSE)
            : NULL;

    struct text reason =
        refuse && refuse->rule.size ? refuse->rule : d->decided.reason;

    if (reason.size)
        a->reason = router_text(r, reason);
    if (d->code == REFUSAL_LOST_RACE)
        tell_winner(r, person, d->decided.previous_seq, a);
    else if (reason.size)
        a->text = arena_format(&r->parse, "%s (%s)", refusal_sentence(d->code),
                               a->reason);
}

void answer_deed(struct router *r, const struct asker *to,
                 const Yinuo__V1__Command *command, const struct deed *d)
{
    Yinuo__V1__Answer a;

    answer_init(&a, command, d->code, r);
    if (!d->dry_run) {
        a.has_journal_seq = 1;
        a.journal_seq = d->seq;
    }
    if (d->part.event && d->part.event->case_id)
        a.case_id = d->part.event->case_id;
    tell_author(r, d, &a);
    if (d->code != REFUSAL_NONE) {
        tell_refusal(r, command->person, d, &a);
    } else if (d->decided.out && d->decided.out->touched) {
        const struct decision *ack =
            decision_of(&d->decided.out->decisions, DECISION_ACKNOWLEDGE);
        a.has_tier = ack != NULL;
        a.tier = ack ? ack->tier : 0;
        still_running(r, &d->decided.out->scratch, &a);
        tell_items(r, d->decided.out, &a);
    }
    outbox_answer(&r->out, to, WIRE_ANSWER, &a.base);
}

void answer_again(struct router *r, const struct asker *to,
                  const Yinuo__V1__Command *command,
                  const struct request *before)
{
    static struct case_record c;
    Yinuo__V1__Answer a;

    answer_init(&a, command, (enum refusal)before->code, r);
    a.has_journal_seq = a.has_repeated_answer = 1;
    a.journal_seq = before->sequence;
    a.repeated_answer = 1;
    a.at_ms = before->journal_ms;
    if (before->code == REFUSAL_LOST_RACE)
        tell_winner(r, command->person, before->sequence, &a);
    else if (before->code == REFUSAL_NONE && command->case_id &&
             world_find_case(r->world, text_of(command->case_id), &c))
        still_running(r, &c, &a);
    outbox_answer(&r->out, to, WIRE_ANSWER, &a.base);
}

void answer_no(struct router *r, const struct asker *to,
               const Yinuo__V1__Command *command, enum refusal code,
               const char *text, const char *field)
{
    Yinuo__V1__Answer a;

    answer_init(&a, command, code, r);
    if (text && *text)
        a.text = (char *)text;
    a.field = (char *)field;
    outbox_answer(&r->out, to, WIRE_ANSWER, &a.base);
}
