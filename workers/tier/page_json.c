#include "workers/tier/page_json.h"

#include "base/json.h"
#include "proto/message_json.h"
#include "workers/tier/page_text.h"

static enum status add_words(json_t *object, const Yinuo__V1__Page *page)
{
    char words[PAGE_TEXT_SHORT_SIZE];
    struct bytes full;
    bytes_init(&full, 0);
    page_text_short(page, words);
    page_text_full(page, &full);
    const char *text = bytes_text(&full);
    int failed = !text ||
                 json_object_set_new(object, "short", json_string(words)) ||
                 json_object_set_new(object, "text", json_string(text));
    bytes_fini(&full);
    return failed ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status page_json(const Yinuo__V1__Page *page, uint32_t partition,
                      struct bytes *out)
{
    json_t *object = message_to_json(&page->base, page->time_zone);
    json_t *channels;
    enum status status = STATUS_NO_MEMORY;
    if (!object)
        return status;
    channels = json_object_get(object, "channel_hints");
    if ((!channels || json_object_set(object, "channels", channels) == 0) &&
        json_object_set_new(object, "partition", json_integer(partition)) == 0)
        status = add_words(object, page);
    if (channels)
        json_object_del(object, "channel_hints");
    if (status == STATUS_OK)
        status = json_append(out, object);
    if (status == STATUS_OK)
        status = bytes_append_text(out, "\n");
    json_decref(object);
    return status;
}
