#include "workers/tier/channel.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define X(name) &channel_##name,
static const struct channel_type *const types[] = {CHANNELS(X)};
#undef X

const struct channel_type *channel_find(const char *name)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}

void channel_done(const struct channel_report *report, uint64_t job,
                  const char *provider_id)
{
    struct tier_result r = {.job = job, .outcome = TIER_DELIVERED};
    snprintf(r.provider_id, sizeof(r.provider_id), "%s",
             provider_id ? provider_id : "");
    report->done(report->context, &r);
}

/* What a program or a server says goes into a receipt: one clean line. */
static void make_clean(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    if (!utf8_valid(slice_of_text(text)))
        for (char *c = text; *c; c++)
            if ((unsigned char)*c >= 0x80)
                *c = '?';
}

void channel_failed(const struct channel_report *report, uint64_t job,
                    enum tier_try outcome, const char *format, ...)
{
    struct tier_result r = {.job = job, .outcome = outcome};
    va_list args;
    va_start(args, format);
    vsnprintf(r.error, sizeof(r.error), format, args);
    va_end(args);
    make_clean(r.error);
    report->done(report->context, &r);
}

const char *channel_hint(const Yinuo__V1__Page *page, const char *key)
{
    for (size_t i = 0; i < page->n_channel_hints; i++) {
        const Yinuo__V1__KeyValue *kv = page->channel_hints[i];
        if (kv->key && strcmp(kv->key, key) == 0 && kv->value && *kv->value)
            return kv->value;
    }
    return NULL;
}
