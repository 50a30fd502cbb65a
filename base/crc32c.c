#include "base/crc32c.h"

#include <pthread.h>
#include <string.h>

static uint32_t table[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0); /* bits reversed */
        table[i] = crc;
    }
}

uint32_t crc32c_by_table(uint32_t crc, struct slice bytes)
{
    pthread_once(&once, make_table);
    crc = ~crc;
    for (size_t i = 0; i < bytes.size; i++)
        crc = crc >> 8 ^ table[(crc ^ bytes.data[i]) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t by_sse(uint32_t crc,
                                                         struct slice bytes)
{
    uint64_t wide = ~crc;
    const uint8_t *at = bytes.data;
    size_t left = bytes.size;

    for (; left >= 8; left -= 8, at += 8) {
        uint64_t eight;

        memcpy(&eight, at, sizeof eight);
        wide = __builtin_ia32_crc32di(wide, eight);
    }
    crc = (uint32_t)wide;
    for (; left > 0; left--, at++)
        crc = __builtin_ia32_crc32qi(crc, *at);
    return ~crc;
}

uint32_t crc32c_add(uint32_t crc, struct slice bytes)
{
    if (__builtin_cpu_supports("sse4.2"))
        return by_sse(crc, bytes);
    return crc32c_by_table(crc, bytes);
}
#else
uint32_t crc32c_add(uint32_t crc, struct slice bytes)
{
    return crc32c_by_table(crc, bytes);
}
#endif

uint32_t crc32c_of(struct slice bytes)
{
    return crc32c_add(0, bytes);
}
