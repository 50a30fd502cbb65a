/* Any bytes can be read as any fields; nothing is read outside of them. */
#include <assert.h>
#include <stdint.h>

#include "base/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r;
    char text[16];

    reader_init(&r, slice_of(data, size));
    while (!r.status && r.rest.size > 0) {
        struct slice blob;

        switch (reader_u8(&r) % 6) {
        case 0:
            (void)reader_u16(&r);
            break;
        case 1:
            (void)reader_u32(&r);
            break;
        case 2:
            (void)reader_u64(&r);
            break;
        case 3:
            (void)reader_zigzag(&r);
            break;
        case 4:
            reader_text(&r, text, sizeof text);
            break;
        default:
            blob = reader_blob(&r);
            assert(blob.size == 0 || blob.data + blob.size <= data + size);
            break;
        }
    }
    (void)!reader_end(&r);
    return 0;
}
