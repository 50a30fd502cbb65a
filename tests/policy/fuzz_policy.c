/* Whatever lies in a pack, loading it ends with findings or a set. */
#include <stdlib.h>
#include <string.h>

#include "policy/blob.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says which of the three files it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct findings findings;
    static struct blob blob;
    struct policyset *set = NULL;
    struct bytes bytes;
    struct slice good[3] = {
        slice_of_text("calendars: {shop: {open: {daily: 09:00-18:00}}}\n"),
        slice_of_text("persons: {ann: {name: Ann}}\n"),
        slice_of_text(HEAD EVENTS)};
    static const char *const names[3] = {"calendars.yaml", "directory.yaml",
                                         "policy.yaml"};

    if (size < 1)
        return 0;
    good[data[0] % 3] = slice_of(data + 1, size - 1);
    blob.count = 0;
    for (size_t i = 0; i < 3; i++)
        blob.files[blob.count++] =
            (struct blob_file){TEXT("p"), text_of(names[i]), good[i]};
    bytes_init(&bytes, 0);
    findings_init(&findings);
    if (blob_write(&blob, &bytes) == STATUS_OK &&
        policyset_load_blob(bytes_slice(&bytes), &some_kinds, &set,
                            &findings) == STATUS_OK)
        policyset_free(set);
    findings_fini(&findings);
    bytes_fini(&bytes);
    return 0;
}
