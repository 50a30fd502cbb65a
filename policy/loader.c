#include "policy/loader.h"

#include <stdio.h>

#include "base/limits.h"

enum { FINDING_BYTES_MAX = 1024 * 1024 };

void findings_init(struct findings *f)
{
    memset(f, 0, sizeof *f);
    arena_init(&f->arena, FINDING_BYTES_MAX);
}

void findings_fini(struct findings *f)
{
    arena_fini(&f->arena);
    memset(f, 0, sizeof *f);
}

static void add(char *out, size_t room, const char *format, const char *words)
{
    size_t used = strlen(out);

    if (*words)
        snprintf(out + used, room - used, format, words);
}

void finding_format(const struct finding *f, char *out, size_t room)
{
    char at[32] = "";

    if (f->line)
        snprintf(at, sizeof at, ":%u:%u", f->line, f->column);
    /* translators: shop/policy.yaml, :12:5, error, what is wrong */
    snprintf(out, room, _("%s%s: %s: %s"), f->file, at,
             f->is_error ? _("error") : _("warning"), f->what);
    /* translators: behind what is wrong, why that matters */
    add(out, room, _(": %s"), f->why);
    /* translators: and behind that, what mends it */
    add(out, room, _(" (%s)"), f->hint);
}

const char *report_said(const char *words)
{
    return *words ? _(words) : "";
}

static const char *keep(struct loader *l, const char *words)
{
    const char *kept = arena_text(&l->findings->arena, words);

    return kept ? kept : "";
}

static void report(struct loader *l, struct place at, bool is_error,
                   const char *why, const char *hint, const char *what)
{
    struct findings *f = l->findings;
    const char *topic = l->topic ? l->topic : "";

    if (!is_error && f->only && strcmp(topic, f->only) != 0)
        return;
    *(is_error ? &f->errors : &f->warnings) += 1;
    if (f->count == FINDINGS_MAX)
        return;
    f->list[f->count++] = (struct finding){
        .file = keep(l, l->source ? l->source->file : "policy"),
        .line = at.line,
        .column = at.column,
        .is_error = is_error,
        .what = keep(l, what),
        .why = keep(l, report_said(why)),
        .hint = keep(l, report_said(hint)),
        .topic = topic,
    };
}

void report_error(struct loader *l, struct place at, const char *why,
                  const char *hint, const char *format, ...)
{
    char what[480];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, report_said(format), args);
    va_end(args);
    report(l, at, true, why, hint, what);
}

void report_warning(struct loader *l, struct place at, const char *why,
                    const char *hint, const char *format, ...)
{
    char what[480];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, report_said(format), args);
    va_end(args);
    report(l, at, false, why, hint, what);
}

const char *report_meant(struct loader *l, struct text nearest)
{
    if (nearest.size == 0)
        return "";
    return report_words(l, "did you mean \"%.*s\"?", TEXT_ARG(nearest));
}

const char *report_words(struct loader *l, const char *format, ...)
{
    char words[240];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, report_said(format), args);
    va_end(args);
    return keep(l, words);
}

void *loader_array(struct loader *l, size_t count, size_t size)
{
    void *memory = arena_array(l->arena, count ? count : 1, size);

    if (!memory)
        report_error(l, OF_FILE, "a pack must fit the loader's memory", UNSAID,
                     "the pack is too large");
    return memory;
}

struct text loader_text(struct loader *l, struct text words)
{
    char *copy = loader_array(l, (size_t)words.size + 1, 1);

    if (!copy)
        return TEXT("");
    if (words.size)
        memcpy(copy, words.data, words.size);
    return (struct text){copy, words.size};
}
