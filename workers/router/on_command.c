#include <string.h>

#include "base/crc32c.h"
#include "base/log.h"
#include "workers/router/internal.h"

/* What a person orders becomes the event that it stands for. */
static Yinuo__V1__Event *event_of(struct router *r, const Yinuo__V1__Command *c,
                                  struct fault *fault)
{
    if (!c->has_event) {
        fault_set(fault, REFUSAL_MISSING_FIELD, "event",
                  "the command %s carries no event", c->verb ? c->verb : "");
        return NULL;
    }
    Yinuo__V1__Event *e =
        event_decode(slice_of(c->event.data, c->event.len), &r->parse, fault);
    if (!e)
        return NULL;
    if (e->reporter && c->person && strcmp(e->reporter, c->person) != 0) {
        fault_set(fault, REFUSAL_NOT_ALLOWED, "event.reporter",
                  "%s may not report as %s", c->person, e->reporter);
        return NULL;
    }
    if (e->source == YINUO__V1__SOURCE__SOURCE_IMPORT) {
        fault_set(fault, REFUSAL_BAD_FIELD, "event.source",
                  "an order is no fact of another system: gates hold for it");
        return NULL;
    }
    if (!e->reporter)
        e->reporter = c->person;
    if (!e->note) /* what he gave as his reason stands in the record */
        e->note = c->reason;
    if (!e->has_at_ms && c->has_at_ms) {
        e->has_at_ms = 1;
        e->at_ms = c->at_ms;
    }
    return prepare_event(r, e, fault) == REFUSAL_NONE ? e : NULL;
}

/* Station, region and line of a known case are the case's. */
static bool complete(struct router *r, Yinuo__V1__Event *e,
                     struct case_record *c)
{
    if (!e->case_id || !world_find_case(r->world, text_of(e->case_id), c))
        return false;
    if (!e->station)
        e->station = arena_text_of(&r->parse,
                                   slice_of(c->station.data, c->station.size));
    if (!e->region)
        e->region =
            arena_text_of(&r->parse, slice_of(c->region.data, c->region.size));
    if (!e->product_line)
        e->product_line = arena_text_of(
            &r->parse, slice_of(c->product_line.data, c->product_line.size));
    return true;
}

/* Of what he ordered, in his words. That it is late, or when, may differ when
 * it comes again. */
static uint32_t crc_of(const Yinuo__V1__Command *c)
{
    const char *const words[] = {c->person, c->verb, c->case_id, c->reason};
    uint32_t crc = crc32c_of(slice_of(c->event.data, c->event.len));

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        crc = crc32c_add(crc, slice_of(words[i] ? words[i] : "",
                                       words[i] ? strlen(words[i]) + 1 : 1));
    return crc;
}

bool command_again(struct router *r, const struct asker *from,
                   const Yinuo__V1__Command *c)
{
    struct request known;
    const struct request *before = &known;

    if (!request_find(r->ledger->state, slice_of_text(c->request_id), &known))
        return false;
    if (!before->has_crc || before->crc == crc_of(c)) {
        answer_again(r, from, c, before);
        return true;
    }
    r->counts.differing++;
    log_error("REQUEST-DIFFERS",
              "another order came under the id %s -> refused, the first stays",
              c->request_id);
    answer_no(r, from, c, REFUSAL_DUPLICATE_DIFFERS, NULL, "request_id");
    return true;
}

void command_act(struct router *r, const struct asker *from,
                 const Yinuo__V1__Command *c, Yinuo__V1__Event *event)
{
    struct deed d;

    deed_init(&d);
    d.dry_run = c->dry_run;
    d.part.kind = YINUO__V1__RECORD_KIND__RECORD_EVENT;
    d.part.event = event;
    d.part.request_id = c->request_id;
    d.part.has_role = d.part.has_proven = 1;
    d.part.role = (Yinuo__V1__Role)from->role;
    d.part.proven = from->proven;
    d.part.has_input_crc = 1;
    d.part.input_crc = crc_of(c);
    d.part.has_late = c->late;
    d.part.late = c->late;
    d.mark = death_mark_of('c', slice_of_text(c->request_id), 0);
    deed_do(r, &d);
    answer_deed(r, from, c, &d);
}

void on_command(struct router *r, const struct asker *from, struct slice bytes)
{
    static struct case_record found;
    struct fault fault = {0};
    Yinuo__V1__Command *c =
        codec_decode(&yinuo__v1__command__descriptor, bytes, &r->parse, &fault);

    if (!c || !c->request_id || !*c->request_id) {
        r->counts.refused++;
        outbox_refuse(&r->out, from, c ? REFUSAL_MISSING_FIELD : fault.code,
                      c ? NULL : fault.text, c ? "request_id" : fault.field);
        return;
    }
    if (admin_command(r, from, c))
        return;
    if (command_again(r, from, c))
        return;
    if (space_level(r->ledger->space) == SPACE_NONE) {
        outbox_busy(&r->out, from, REFUSAL_STORAGE_FULL);
        return;
    }
    enum refusal code = access_command(r, from, c);
    if (code != REFUSAL_NONE) {
        answer_no(r, from, c, code, NULL, "person");
        return;
    }
    Yinuo__V1__Event *event = event_of(r, c, &fault);
    if (!event) {
        answer_no(r, from, c, fault.code, fault.text, fault.field);
        return;
    }
    code = access_event(event);
    if (code != REFUSAL_NONE) {
        answer_no(r, from, c, code, NULL, "reason");
        return;
    }
    bool known = complete(r, event, &found);
    if (known && c->has_expect_seq && found.last_sequence > c->expect_seq) {
        answer_no(r, from, c, REFUSAL_CHANGED_MEANWHILE, NULL, "expect_seq");
        return;
    }
    const char *field = NULL;
    code = known ? access_case(r, &found, c, event, &field) : REFUSAL_NONE;
    if (code == REFUSAL_NONE)
        code = access_work(r, c, event, &field);
    if (code != REFUSAL_NONE) {
        answer_no(r, from, c, code, NULL, field);
        return;
    }
    command_act(r, from, c, event);
}
