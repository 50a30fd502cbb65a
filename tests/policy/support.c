#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/blob.h"

static const char *const kinds[] = {"case.opened",    "case.closed",
                                    "case.resolved",  "promise.made",
                                    "promise.missed", "customer.contacted"};
const struct policy_names some_kinds = {
    .kinds = kinds, .kind_count = sizeof kinds / sizeof *kinds};

static void add(struct blob *b, const char *name, const char *text)
{
    if (text)
        b->files[b->count++] = (struct blob_file){text_of("p"), text_of(name),
                                                  slice_of_text(text)};
}

enum status load_files(const struct pack_texts *texts, struct policyset **set,
                       struct findings *findings)
{
    struct blob *blob = calloc(1, sizeof *blob);
    struct bytes bytes;
    enum status st;

    add(blob, "calendars.yaml", texts->calendars);
    add(blob, "directory.yaml", texts->directory);
    add(blob, "messages/en.yaml", texts->messages);
    add(blob, "policy.yaml", texts->policy);
    bytes_init(&bytes, 0);
    findings_init(findings);
    findings->contacts = texts->contacts;
    findings->channels = texts->channels;
    st = blob_write(blob, &bytes);
    if (!st)
        st = policyset_load_blob(bytes_slice(&bytes), &some_kinds, set,
                                 findings);
    bytes_fini(&bytes);
    free(blob);
    return st;
}

enum status load_texts(const char *policy, const char *directory,
                       const char *calendars, struct policyset **set,
                       struct findings *findings)
{
    return load_files(&(const struct pack_texts){.policy = policy,
                                                 .directory = directory,
                                                 .calendars = calendars},
                      set, findings);
}

const char *finding_text(const struct findings *f, size_t index)
{
    static char text[1024];

    if (index >= f->count)
        return "";
    finding_format(&f->list[index], text, sizeof text);
    return strncmp(text, "p/", 2) == 0 ? text + 2 : text;
}
