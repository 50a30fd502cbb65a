/* report_gathering - the words, cases and facts that a report is made of. */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "ledger/report_internal.h"

struct case_place {
    const char *id;
    uint32_t at;
};

static void leave(void *nothing)
{
    (void)nothing;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

const char *gathering_word(struct report_gathering *g, const char *text)
{
    char **found = tfind(text ? text : "", &g->words, by_text);

    if (!found)
        found =
            must(tsearch(must(arena_text(&g->report->arena, text ? text : "")),
                         &g->words, by_text));
    return *found;
}

const char *gathering_word_of(struct report_gathering *g, struct text t)
{
    char copy[NAME_BYTES_MAX + 1];
    size_t size = t.size < NAME_BYTES_MAX ? t.size : NAME_BYTES_MAX;

    memcpy(copy, t.size ? t.data : "", size);
    copy[size] = '\0';
    return gathering_word(g, copy);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct case_place *)a)->id,
                  ((const struct case_place *)b)->id);
}

struct report_case *gathering_case(struct report_gathering *g, const char *id)
{
    struct case_place wanted = {.id = id}, **found;

    if (!id || !*id)
        return NULL;
    found = tfind(&wanted, &g->cases, by_id);
    return found ? &g->report->cases[(*found)->at] : NULL;
}

struct report_case *gathering_case_new(struct report_gathering *g,
                                       const char *id, int64_t at_ms)
{
    struct report *r = g->report;
    struct case_place *place = must(arena_alloc(&r->arena, sizeof *place));
    struct report_case *c;

    if (r->case_count == g->case_room) {
        g->case_room = g->case_room ? 2 * g->case_room : 256;
        r->cases = must(realloc(r->cases, g->case_room * sizeof *r->cases));
    }
    c = &r->cases[r->case_count];
    *c = (struct report_case){.id = gathering_word(g, id),
                              .story = g->story,
                              .opened_ms = at_ms,
                              .gap_from_ms = at_ms};
    c->station = c->region = c->line = c->owner = c->found_by = c->words =
        gathering_word(g, "");
    *place = (struct case_place){c->id, (uint32_t)r->case_count++};
    must(tsearch(place, &g->cases, by_id));
    return c;
}

struct report_fact *gathering_fact(struct report_gathering *g, int kind,
                                   const struct report_case *c, int64_t at_ms,
                                   const char *name)
{
    struct report *r = g->report;

    if (r->fact_count == g->fact_room) {
        g->fact_room = g->fact_room ? 2 * g->fact_room : 1024;
        r->facts = must(realloc(r->facts, g->fact_room * sizeof *r->facts));
    }
    r->facts[r->fact_count] = (struct report_fact){
        .kind = (uint8_t)kind,
        .case_at = c ? (uint32_t)(c - r->cases) : UINT32_MAX,
        .at_ms = at_ms,
        .name = gathering_word(g, name),
        .person = gathering_word(g, c ? c->owner : "")};
    return &r->facts[r->fact_count++];
}

void gathering_span(struct report_gathering *g, int kind,
                    const struct report_case *c, int64_t at_ms, int64_t span_ms,
                    const char *name)
{
    gathering_fact(g, kind, c, at_ms, name)->value = span_ms > 0 ? span_ms : 0;
}

void gathering_share(struct report_gathering *g, int kind,
                     const struct report_case *c, int64_t at_ms,
                     const char *name, bool good)
{
    gathering_fact(g, kind, c, at_ms, name)->good = good;
}

void gathering_forget(struct report_gathering *g)
{
    tdestroy(g->cases, leave);
    g->cases = NULL;
    report_due_forget(g);
}

void gathering_fini(struct report_gathering *g)
{
    gathering_forget(g);
    tdestroy(g->words, leave);
    g->words = NULL;
}
