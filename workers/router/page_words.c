/* page_words - the words of the pack's messages, with what is known filled in.
 *
 * Spans are written here and not by gettext: the router's reader thread must
 * not see the process's language change under it.
 */
#include "workers/router/page_words.h"

#include <stdio.h>

#include "base/time_text.h"
#include "policy/messages.h"
#include "proto/event.h"

enum { CAUSE_BACK = 16, WORDS_BYTES = 2048, SMALL = 96, DAY_CHARS = 10 };

/* Whose page, in which language, with what filled in. */
struct words {
    struct router *r;
    const Yinuo__V1__Decision *d;
    const struct case_record *c;
    const Yinuo__V1__Page *page;
    const struct messages *messages;
    const struct policy *policy;
    const char *zone; /* NULL: UTC */
    bool chinese;
    const Yinuo__V1__Hint *hint; /* NULL: a page's */
};

static const char *language(const struct words *w)
{
    return w->chinese ? "zh_CN" : "en";
}

/* ---- what is filled in ---- */

static const struct unit {
    int64_t ms;
    const char *one, *many, *chinese;
} units[] = {{86400000, "day", "days", "天"},
             {3600000, "hour", "hours", "小时"},
             {60000, "minute", "minutes", "分钟"},
             {1000, "second", "seconds", "秒"}};

/* "4 hours", "1 day 6 hours": the two largest units. */
static void write_span(const struct words *w, int64_t ms, char *out,
                       size_t room)
{
    size_t used = 0;
    int written = 0;
    out[0] = '\0';
    for (size_t i = 0; i < 4 && written < 2; i++) {
        long long n = ms / units[i].ms;
        ms %= units[i].ms;
        if (n == 0 && written == 0)
            continue;
        written++;
        if (n > 0)
            used += (size_t)snprintf(out + used, room - used, "%s%lld %s",
                                     used ? " " : "", n,
                                     w->chinese ? units[i].chinese
                                     : n == 1   ? units[i].one
                                                : units[i].many);
    }
    if (used == 0)
        snprintf(out, room, "%s", w->chinese ? "片刻" : "a moment");
}

static void fill_span(const struct words *w, char *out, size_t room)
{
    int64_t span_ms = w->d->has_span_ms ? w->d->span_ms : 0;
    char span[SMALL];
    if (span_ms <= 0 && w->d->has_from_ms && w->d->from_ms > 0)
        span_ms = w->d->at_ms - w->d->from_ms;
    write_span(w, span_ms > 0 ? span_ms : 0, span, sizeof span);
    bool open = w->d->has_open_time && w->d->open_time;
    snprintf(out, room, "%s%s", span,
             !open        ? ""
             : w->chinese ? "（营业时间）"
                          : " of opening hours");
}

/* "18:00" today, else "2012-06-05 18:00". */
static void write_moment(const struct words *w, int64_t at_ms, char *out,
                         size_t room)
{
    char at[TIME_TEXT_SIZE], now[TIME_TEXT_SIZE];
    const char *zone = w->zone ? w->zone : "UTC";
    if (time_text_format(at_ms, zone, at, NULL) != STATUS_OK ||
        time_text_format(w->page->now_ms, zone, now, NULL) != STATUS_OK) {
        out[0] = '\0';
        return;
    }
    bool today = memcmp(at, now, DAY_CHARS) == 0;
    snprintf(out, room, "%.*s%s%.5s", today ? 0 : DAY_CHARS, at,
             today ? "" : " ", at + DAY_CHARS + 1);
}

/* The promise that falls due first. */
static const struct promise *next_promise(const struct case_record *c)
{
    const struct promise *next = NULL;
    for (size_t i = 0; i < c->promise_count; i++)
        if (c->promises[i].state == PROMISE_OPEN &&
            (!next || c->promises[i].due_ms < next->due_ms))
            next = &c->promises[i];
    return next;
}

static void fill_key(const struct words *w, char *out, size_t room)
{
    const struct promise *p = next_promise(w->c);
    if (w->d->key && *w->d->key)
        snprintf(out, room, "%s", w->d->key);
    else if (p)
        snprintf(out, room, "%.*s", (int)p->id.size, p->id.data);
    else
        snprintf(out, room, "%s", "");
}

static void fill_due(const struct words *w, char *out, size_t room)
{
    if (w->hint) {
        write_moment(w, w->hint->due_ms, out, room);
        return;
    }
    const struct promise *p = next_promise(w->c);
    int64_t due_ms = p ? p->due_ms : w->d->has_due_ms ? w->d->due_ms : 0;
    write_moment(w, due_ms, out, room);
}

static void fill_owner(const struct words *w, char *out, size_t room)
{
    struct text owner = name_text(&w->c->owner);
    const struct person *p =
        directory_person(world_policies(w->r->world)->directory, owner);
    if (p && p->name.size)
        owner = p->name;
    snprintf(out, room, "%.*s", (int)owner.size, owner.data ? owner.data : "");
}

static void fill_tier(const struct words *w, char *out, size_t room)
{
    static const char *const names[][2] = {{"", ""},
                                           {"engineer", "工程师"},
                                           {"station head", "站长"},
                                           {"regional representative", "首代"},
                                           {"crisis center", "危机中心"}};
    unsigned tier = (unsigned)w->d->tier;
    snprintf(out, room, "%s", tier < 5 ? names[tier][w->chinese] : "");
}

static void fill(const struct words *w, enum message_field field, char *out,
                 size_t room)
{
    switch (field) {
    case MESSAGE_SPAN:
        fill_span(w, out, room);
        return;
    case MESSAGE_DUE:
        fill_due(w, out, room);
        return;
    case MESSAGE_KEY:
        fill_key(w, out, room);
        return;
    case MESSAGE_OWNER:
        fill_owner(w, out, room);
        return;
    case MESSAGE_TIER:
        fill_tier(w, out, room);
        return;
    case MESSAGE_WORD:
        snprintf(out, room, "%s",
                 w->hint && w->hint->word ? w->hint->word : "");
        return;
    case MESSAGE_NUMBER:
        snprintf(out, room, "%g", w->hint ? w->hint->number : 0);
        return;
    case MESSAGE_FIELDS_END:
        out[0] = '\0';
        return;
    }
}

static void write_words(const struct words *w, struct text text,
                        struct bytes *out)
{
    char value[LIMIT_NAME_BYTES];
    size_t end = 0;
    for (size_t i = 0; i < text.size; i++) {
        enum message_field field = text.data[i] == '{'
                                       ? messages_field(text, i, &end)
                                       : MESSAGE_FIELDS_END;
        if (field == MESSAGE_FIELDS_END) {
            bytes_append_u8(out, (uint8_t)text.data[i]);
            continue;
        }
        fill(w, field, value, sizeof value);
        bytes_append_text(out, value);
        i = end - 1;
    }
}

/* ---- which words ---- */

static const struct message *
words_of(const struct words *w, enum message_group group, const char *name)
{
    return name && *name && w->policy
               ? messages_find(w->messages, w->policy->name, language(w), group,
                               text_of(name))
               : NULL;
}

/* What made the page: the newest event of the case, from that record back,
 * whose kind has words. *itself: it is the record of the page. */
static const struct message *cause(const struct words *w, bool *itself)
{
    struct journal_page page;
    const struct message *found = NULL;
    uint64_t seq = w->page->journal_seq;

    *itself = true;
    journal_page_init(&page);
    for (int i = 0; seq && !found && i <= CAUSE_BACK; i++) {
        if (i == CAUSE_BACK) /* too many: how the case began, then */
            seq = w->c->opened_sequence;
        const struct record *rec = batch_record(w->r, seq, &page);
        if (!rec)
            break;
        Yinuo__V1__StreamRecord *part =
            codec_decode(&yinuo__v1__stream_record__descriptor,
                         rec->parts[RECORD_INPUT], &w->r->parse, NULL);
        if (part && part->event)
            found = words_of(w, MESSAGE_KINDS, part->event->kind);
        if (!found)
            *itself = false;
        seq = part ? part->previous_seq : 0;
    }
    journal_page_fini(&page);
    return found;
}

static char *kept(struct router *r, struct bytes *out)
{
    char *text = out->size ? arena_text_of(&r->parse, bytes_slice(out)) : NULL;
    bytes_fini(out);
    return text;
}

static char *write_why(const struct words *w, const struct message *m,
                       const struct message *before)
{
    struct bytes out;
    bytes_init(&out, WORDS_BYTES);
    if (m)
        write_words(w, m->why, &out);
    if (m && before)
        bytes_append_text(&out, w->chinese ? "。起因：" : ". It began so: ");
    if (before)
        write_words(w, before->why, &out);
    return kept(w->r, &out);
}

static char *write_what(const struct words *w, const struct message *m)
{
    struct bytes out;
    bytes_init(&out, WORDS_BYTES);
    if (m)
        write_words(w, m->what, &out);
    return kept(w->r, &out);
}

static void choose(const struct words *w, Yinuo__V1__Page *page)
{
    bool itself;
    const struct message *m = words_of(w, MESSAGE_CLOCKS, w->d->clock);
    if (!m)
        m = words_of(w, MESSAGE_RULES, w->d->rule);
    const struct message *before = cause(w, &itself);
    if (m && itself)
        before = NULL; /* the rule says it better */
    page->why = write_why(w, m, before);
    page->what_to_do = write_what(w, m ? m : before);
    if (!page->why)
        page->why = w->d->rule;
}

/* ---- the door ---- */

/* Where a customer's own words stand, best first. */
static const char *const said[] = {"words", "signal", "symptom", "topic"};

/* A text of one of the messages that hold the fields of kinds. The personal
 * part has no kind of its own that would say which. */
static const char *text_inside(const ProtobufCMessage *event, const char *name)
{
    const ProtobufCMessageDescriptor *type = event->descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &type->fields[i], *inner;
        const ProtobufCMessage *holder;
        if (f->type != PROTOBUF_C_TYPE_MESSAGE ||
            f->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        memcpy(&holder, (const char *)event + f->offset, sizeof holder);
        inner = holder ? protobuf_c_message_descriptor_get_field_by_name(
                             holder->descriptor, name)
                       : NULL;
        if (!inner || inner->type != PROTOBUF_C_TYPE_STRING ||
            inner->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        const char *text;
        memcpy(&text, (const char *)holder + inner->offset, sizeof text);
        if (text && *text)
            return text;
    }
    return NULL;
}

char *page_words_of(struct slice personal, struct arena *arena)
{
    struct event_value value;
    Yinuo__V1__Event *e = event_decode(personal, arena, NULL);

    for (size_t i = 0; e && i < sizeof said / sizeof *said; i++) {
        const char *text = text_inside(&e->base, said[i]);
        if (text)
            return (char *)(uintptr_t)text;
        if (event_get(e, said[i], &value) && value.type == EVENT_TEXT &&
            *value.text)
            return (char *)(uintptr_t)value.text;
    }
    return e && e->note && *e->note ? e->note : NULL;
}

void hint_words(struct router *r, const struct decision *d,
                const struct case_record *c, Yinuo__V1__Hint *hint)
{
    const struct policyset *set = world_policies(r->world);
    const struct station *s = directory_station(
        set->directory, name_text(&c->station), name_text(&c->region));
    const struct person *author = directory_person(set->directory, d->person);
    Yinuo__V1__Decision shown = YINUO__V1__DECISION__INIT;
    Yinuo__V1__Page page = YINUO__V1__PAGE__INIT;
    struct words w = {
        .r = r,
        .d = &shown,
        .c = c,
        .page = &page,
        .messages = set->messages,
        .policy = world_policy_of(r->world, c),
        .zone = s->zone && s->zone->name.size
                    ? arena_text_of(&r->parse, slice_of(s->zone->name.data,
                                                        s->zone->name.size))
                    : NULL,
        .chinese = author && text_equal(author->language, TEXT("zh")),
        .hint = hint,
    };
    const struct message *m;

    page.now_ms = r->time.now_ms;
    hint->say = router_text(r, d->value);
    if (d->rule.size)
        hint->rule = router_text(r, d->rule);
    if (d->key.size)
        hint->word = router_text(r, d->key);
    hint->has_due_ms = d->due_ms != 0;
    hint->due_ms = d->due_ms;
    hint->has_number = d->number != 0;
    hint->number = (double)d->number / 1000;
    m = words_of(&w, MESSAGE_HINTS, hint->say);
    hint->why = write_why(&w, m, NULL);
    hint->what_to_do = write_what(&w, m);
}

void page_words(struct router *r, const Yinuo__V1__Decision *d,
                const struct case_record *c, Yinuo__V1__Page *page)
{
    const struct policyset *set = world_policies(r->world);
    const struct station *s = directory_station(
        set->directory, name_text(&c->station), name_text(&c->region));

    page->has_now_ms = 1;
    page->now_ms = r->time.now_ms;
    if (s->zone && s->zone->name.size)
        page->time_zone = arena_text_of(
            &r->parse, slice_of(s->zone->name.data, s->zone->name.size));
    struct words w = {.r = r,
                      .d = d,
                      .c = c,
                      .page = page,
                      .messages = set->messages,
                      .policy = world_policy_of(r->world, c),
                      .zone = page->time_zone,
                      .chinese = page->language &&
                                 strncmp(page->language, "zh", 2) == 0};
    choose(&w, page);
}
