#include "workers/router/page_words.h"

#include "proto/event.h"

char *page_words_of(struct slice personal, struct arena *arena)
{
    struct event_value value;
    Yinuo__V1__Event *e = event_decode(personal, arena, NULL);

    if (!e)
        return NULL;
    if (e->note && *e->note)
        return e->note;
    static const char *const fields[] = {"words", "signal", "symptom", "topic"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (event_get(e, fields[i], &value) && value.type == EVENT_TEXT &&
            *value.text)
            return (char *)value.text;
    return NULL;
}

void page_words(struct router *r, const Yinuo__V1__Decision *d,
                const struct case_record *c, Yinuo__V1__Page *page)
{
    const struct station *s =
        directory_station(world_policies(r->world)->directory,
                          name_text(&c->station), name_text(&c->region));

    if (s->zone && s->zone->name.size)
        page->time_zone = arena_text_of(
            &r->parse, slice_of(s->zone->name.data, s->zone->name.size));
    page->why = d->clock && *d->clock
                    ? arena_format(&r->parse, "%s: %s", d->rule ? d->rule : "",
                                   d->clock)
                    : d->rule;
}
