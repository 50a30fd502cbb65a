#include "ledger/world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/apply.h"
#include "ledger/owners.h"
#include "ledger/world_internal.h"

static const struct slice totals_key = {(const uint8_t *)"totals", 6};

/* --- making and freeing --- */

enum status world_new(const struct world_options *options, struct world **out,
                      struct error *err)
{
    struct world *w = calloc(1, sizeof *w);
    struct slice row;

    if (!w)
        return error_set(err, STATUS_NO_MEMORY, "a world");
    w->state = options->state;
    w->blob = options->blob;
    w->blob_context = options->blob_context;
    arena_init(&w->arena, LIMIT_DECODE_BYTES);
    w->found = &w->found_room;
    w->after = calloc(1, sizeof *w->after);
    w->structs_only = options->structs_only;
    if (options->keeps_cases)
        w->kept = kept_new();
    if (!w->after || (options->keeps_cases && !w->kept)) {
        world_free(&w);
        return error_set(err, STATUS_NO_MEMORY, "a world");
    }
    if (state_get(w->state, STATE_CONFIG, totals_key, &row) &&
        !summary_read(row, &w->totals)) {
        world_free(&w);
        return error_set(err, STATUS_CORRUPT, "the row of the totals");
    }
    intents_count(w);
    w->stand_ins = stand_in_bits(w->state);
    *out = w;
    return STATUS_OK;
}

void world_free(struct world **w)
{
    if (!*w)
        return;
    policyset_free((*w)->now);
    for (size_t i = 0; i < (*w)->old_count; i++)
        policyset_free((*w)->old[i]);
    free((*w)->old);
    free((*w)->mutes);
    free((*w)->duties);
    kept_free(&(*w)->kept);
    free((*w)->after);
    arena_fini(&(*w)->arena);
    bytes_fini(&(*w)->part);
    bytes_fini(&(*w)->row);
    free(*w);
    *w = NULL;
}

/* --- policies --- */

static void keep_old(struct world *w, struct policyset *set)
{
    if (w->old_count == w->old_room) {
        w->old_room = w->old_room ? w->old_room * 2 : 8;
        w->old = realloc(w->old, w->old_room * sizeof(struct policyset *));
        if (!w->old)
            abort();
    }
    w->old[w->old_count++] = set;
}

void world_use(struct world *w, struct policyset *set)
{
    if (w->now && w->now != set)
        keep_old(w, w->now);
    w->now = set;
}

const struct policyset *world_policies(const struct world *w)
{
    return w->now;
}

static const struct policy *fetch_rules(struct world *w, struct text version)
{
    struct findings *f = calloc(1, sizeof *f);
    struct policyset *set = NULL;
    struct bytes blob = {0};
    const struct policy *p = NULL;

    if (!f)
        abort();
    findings_init(f);
    if (w->blob &&
        w->blob(w->blob_context, version, &blob, NULL) == STATUS_OK &&
        policyset_load_rules(bytes_slice(&blob), apply_names(), &set, f) ==
            STATUS_OK) {
        keep_old(w, set);
        p = policyset_version(set, version);
    }
    findings_fini(f);
    free(f);
    bytes_fini(&blob);
    return p;
}

static const struct policy *rules_of(struct world *w, struct text version)
{
    const struct policy *p = NULL;

    if (w->now)
        p = policyset_version(w->now, version);
    for (size_t i = w->old_count; !p && i-- > 0;)
        p = policyset_version(w->old[i], version);
    return p ? p : fetch_rules(w, version);
}

const struct policy *world_policy_of(struct world *w,
                                     const struct case_record *c)
{
    return rules_of(w, name_text(&c->rules));
}

/* --- cases --- */

enum status world_load(struct world *w, struct text id, struct world_case *room,
                       const struct world_case **c, struct error *err)
{
    struct slice row;

    *c = kept_find(w->kept, id);
    if (*c)
        return STATUS_OK;
    *c = room;
    room->found =
        id.size && state_get(w->state, STATE_CASES, slice_of_words(id), &row);
    if (room->found)
        return customs_case_read(row, &room->record, &room->marks, err);
    case_init(&room->record);
    room->marks = (struct case_marks){0};
    return STATUS_OK;
}

bool world_find_case(struct world *w, struct text id, struct case_record *out)
{
    const struct world_case *there = kept_find(w->kept, id);
    struct slice row;

    if (!there)
        return world_case_row(w, id, &row) &&
               customs_case_read(row, out, NULL, NULL) == STATUS_OK;
    case_copy(out, &there->record);
    return true;
}

bool world_case_row(struct world *w, struct text id, struct slice *row)
{
    return id.size && state_get(w->state, STATE_CASES, slice_of_words(id), row);
}

enum status world_case_message(struct world *w, struct slice row,
                               struct bytes *out, struct error *err)
{
    struct world_case *c = &w->before_room; /* nothing is being applied */
    enum status status = customs_case_read(row, &c->record, &c->marks, err);

    return status ? status
                  : customs_case_message(&c->record, &c->marks,
                                         world_policy_of(w, &c->record), out);
}

/* --- the view --- */

static bool view_find(void *context, struct text id, struct case_record *out)
{
    struct world *w = context;

    if (!w->found->found || !name_is(&w->found->record.id, id))
        return world_find_case(w, id, out);
    case_copy(out, &w->found->record);
    return true;
}

bool world_find_subject(struct world *w, struct text key, struct subject *out)
{
    struct slice row;

    return key.size &&
           state_get(w->state, STATE_SUBJECTS, slice_of_words(key), &row) &&
           customs_subject_read(row, out, NULL) == STATUS_OK;
}

static bool view_subject(void *context, struct text key, struct subject *out)
{
    return world_find_subject(context, key, out);
}

static const struct policy *view_for(void *context, struct text region)
{
    return policyset_for(((struct world *)context)->now, region);
}

static const struct policy *view_version(void *context, struct text version)
{
    const struct policy *p = rules_of(context, version);

    assert(p); /* decide has looked for them before */
    return p;
}

static void view_load(void *context, struct text person, struct text except,
                      struct text region, struct load *out)
{
    struct world *w = context;
    bool found = w->found->found && name_is(&w->found->record.id, except);

    owners_load(w->state, person, found ? &w->found->record : NULL, region,
                out);
}

static bool view_stand_in(void *context, struct text person, int64_t at_ms,
                          struct name *out)
{
    struct world *w = context;

    return (w->stand_ins & stand_in_bit(person)) &&
           stand_in_find(w->state, person, at_ms, out);
}

static bool view_children(void *context, struct text case_id)
{
    struct name child;

    return case_id.size <= NAME_BYTES_MAX &&
           ties_next(((struct world *)context)->state, LINK_PARENT, case_id,
                     (struct text){NULL, 0}, &child);
}

/* --- deciding --- */

static struct text words(const char *text)
{
    return text ? text_of(text) : TEXT("");
}

static struct text input_case(const struct world_input *in)
{
    if (in->event)
        return words(in->event->case_id);
    return in->firing ? words(in->firing->case_id)
                      : words(in->receipt->case_id);
}

struct text world_region_of(const struct world *w,
                            const Yinuo__V1__Event *event)
{
    if (event->region && *event->region)
        return text_of(event->region);
    return directory_station(w->now->directory, words(event->station), TEXT(""))
        ->region;
}

static enum refusal event_input(struct world *w, const struct world_input *from,
                                struct input *in, struct fault *fault)
{
    struct text region = world_region_of(w, from->event);
    const struct policy *p = w->found->found
                                 ? world_policy_of(w, &w->found->record)
                                 : policyset_for(w->now, region);
    enum refusal code;

    if (!p)
        return fault_set(fault, REFUSAL_NO_POLICY, "",
                         "nobody has the rules %.*s of the case any more",
                         w->found->record.rules.size,
                         w->found->record.rules.data);
    code = customs_input(from->event, p, &w->arena, in, fault);
    if (in->region.size == 0)
        in->region = region;
    return code;
}

static enum refusal make_input(struct world *w, const struct world_input *from,
                               struct input *in)
{
    enum refusal code = REFUSAL_NONE;
    struct fault fault;

    if (from->event) {
        code = event_input(w, from, in, &fault);
    } else if (from->firing) {
        *in = (struct input){.kind = INPUT_FIRING,
                             .at_ms = from->firing->as_of_ms,
                             .as_of_ms = from->firing->as_of_ms};
    } else {
        *in =
            (struct input){.kind = INPUT_RECEIPT,
                           .at_ms = from->now_ms,
                           .page_id = words(from->receipt->page_id),
                           .channel = words(from->receipt->channel),
                           .delivered = from->receipt->outcome ==
                                        YINUO__V1__OUTCOME__OUTCOME_DELIVERED};
    }
    in->case_id = input_case(from);
    in->sequence = from->sequence;
    in->now_ms = from->now_ms;
    in->backlog_follows = from->backlog_follows;
    in->depth = from->intent ? intents_depth(w, from->intent) : 0;
    if (in->at_ms > in->now_ms)
        in->at_ms = in->now_ms;
    if (from->event && !from->event->has_at_ms)
        in->at_ms = in->now_ms;
    if (in->received_at_ms == 0 || in->received_at_ms > in->now_ms)
        in->received_at_ms = in->now_ms;
    return code;
}

/* The engine says why in words of its own; people and programs get the code. */
/* clang-format off */
static const struct {
    const char *word;
    enum refusal code;
} reasons[] = {
    {"gate",                 REFUSAL_GATE_REFUSED},
    {"limit",                REFUSAL_TOO_MANY},
    {"in_the_future",        REFUSAL_TIME_OUT_OF_RANGE},
    {"no_person",            REFUSAL_UNKNOWN_PERSON},
    {"not_on_duty",          REFUSAL_NOT_ALLOWED},
    {"not_offered",          REFUSAL_NOT_ALLOWED},
    {"no_receiver",          REFUSAL_MISSING_FIELD},
    {"already_owner",        REFUSAL_BAD_FIELD},
    {"target_calmer",        REFUSAL_GATE_REFUSED},
    {"owner_frozen",         REFUSAL_GATE_REFUSED},
    {"kept_away",            REFUSAL_GATE_REFUSED},
    {"severity_1",           REFUSAL_GATE_REFUSED},
    {"no_consent",           REFUSAL_GATE_REFUSED},
    {"not_resolved",         REFUSAL_GATE_REFUSED},
    {"circle",               REFUSAL_GATE_REFUSED},
    {"unknown_promise",      REFUSAL_NOT_FOUND},
    {"unknown_item",         REFUSAL_NOT_FOUND},
    {"which_item",           REFUSAL_MISSING_FIELD},
    {"not_enough_authority", REFUSAL_NOT_ALLOWED},
    {"already_decided",      REFUSAL_GATE_REFUSED},
    {"negative",             REFUSAL_BAD_FIELD},
    {"no_amount",            REFUSAL_MISSING_FIELD},
    {"itself",               REFUSAL_BAD_FIELD},
    {"no_span",              REFUSAL_BAD_FIELD},
    {"already_taken",        REFUSAL_GATE_REFUSED},
    {"item_over",            REFUSAL_GATE_REFUSED},
    {"no_reason",            REFUSAL_REASON_NEEDED},
    {"promise_exists",       REFUSAL_BAD_FIELD},
    {"already_acknowledged", REFUSAL_LOST_RACE},
    {"already_resolved",     REFUSAL_LOST_RACE},
    {"already_closed",       REFUSAL_CASE_CLOSED},
    {"same_rules",           REFUSAL_ALREADY_DONE},
    {"other_pack",           REFUSAL_NO_POLICY},
    {"tier_is_gone",         REFUSAL_BAD_POLICY},
};
/* clang-format on */

static enum refusal code_of(struct text reason)
{
    char word[NAME_BYTES_MAX + 1] = "";

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (text_equal(reason, text_of(reasons[i].word)))
            return reasons[i].code;
    if (!slice_to_text(slice_of_words(reason), word, sizeof word))
        return REFUSAL_GATE_REFUSED;
    enum refusal code = refusal_by_name(word);
    return code == REFUSALS_END ? REFUSAL_GATE_REFUSED : code;
}

static void find_refusal(const struct decisions *d, struct world_decided *out)
{
    for (size_t i = 0; i < d->count; i++) {
        if (d->list[i].kind != DECISION_REFUSE)
            continue;
        out->reason = d->list[i].value;
        out->code = code_of(out->reason);
        return;
    }
}

static void decide(struct world *w, const struct world_input *in,
                   struct world_decided *out)
{
    struct view view = {.context = w,
                        .find_case = view_find,
                        .policy_for = view_for,
                        .policy_version = view_version,
                        .find_subject = view_subject,
                        .find_load = view_load,
                        .has_children = view_children,
                        .find_stand_in = w->stand_ins ? view_stand_in : NULL};
    struct input input = {0};

    if (!w->now) {
        out->result = ENGINE_REFUSED;
        out->code = REFUSAL_NO_POLICY;
        return;
    }
    if (world_load(w, input_case(in), &w->found_room, &w->found, NULL))
        abort(); /* a row of ours cannot be read: recover from the journal */
    w->found_is_current = w->found->found;
    view.directory = world_directory(w);
    world_mutes_know(w);
    view.mutes = w->mutes;
    view.mute_count = w->mute_count;
    out->previous_seq = w->found->record.last_sequence;
    out->code = w->found->found && !world_policy_of(w, &w->found->record)
                    ? REFUSAL_NO_POLICY
                    : make_input(w, in, &input);
    if (out->code) {
        out->result = ENGINE_REFUSED;
        return;
    }
    out->result =
        (in->dry_run ? engine_allowed : engine_decide)(&view, &input, &w->out);
    find_refusal(&w->out.decisions, out);
    if (out->result != ENGINE_DECIDED && out->code == REFUSAL_NONE)
        out->code = REFUSAL_INTERNAL;
    if (!w->structs_only && customs_decisions(&w->out.decisions, &w->part))
        abort(); /* no memory for a few kilobytes */
}

void world_decide(struct world *w, const struct world_input *in,
                  struct world_decided *out)
{
    *out = (struct world_decided){.out = &w->out};
    w->out.decisions.count = w->out.decisions.intent_count = 0;
    w->out.touched = false;
    bytes_reset(&w->part);
    arena_reset(&w->arena);
    if (!in->skip && (!in->intent || in->event))
        decide(w, in, out);
    if (in->intent && !in->dry_run)
        intents_move(w, in);
    out->decisions = bytes_slice(&w->part);
}

/* --- what lags behind the records --- */

void world_settle(struct world *w)
{
    uint8_t row[SUMMARY_ROW_BYTES];

    world_write_changed(w);
    if (!w->totals_moved)
        return;
    w->totals_moved = false;

    state_put(w->state, STATE_CONFIG, totals_key,
              slice_of(row, summary_row(&w->totals, row)));
}

void world_count_event(struct world *w, bool rejected)
{
    summary_event(&w->totals, rejected);
    w->totals_moved = true;
}

void world_count_quarantined(struct world *w)
{
    w->totals.quarantined++;
    w->totals_moved = true;
}

const struct summary *world_summary(const struct world *w)
{
    return &w->totals;
}
