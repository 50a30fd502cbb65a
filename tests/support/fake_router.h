/* fake_router - a router for system tests: real sockets, a journal in memory.
 *
 * It takes events as the real one does (exactly last + 1 per producer and
 * epoch), refuses those of kind "bad.kind", and can be stopped as if killed and
 * started again with what it knew. With record_bytes, each event also goes out
 * on the stream, as a record of at least that size.
 *
 * Threads  One of its own; the journal may be read while it is stopped.
 */
#ifndef TESTS_SUPPORT_FAKE_ROUTER_H
#define TESTS_SUPPORT_FAKE_ROUTER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_PRODUCERS = 8, FAKE_EVENTS = 65536 };

struct fake_event {
    unsigned producer;
    uint64_t sequence;
    char id[32];
};

struct fake_router {
    char back[256]; /* endpoint */
    pthread_t thread;
    bool running;
    atomic_bool stop;
    uint64_t epoch;
    _Atomic size_t record_bytes; /* 0: no records */
    uint64_t record_seq;
    struct {
        char identity[64];
        uint64_t epoch, last;
        bool refused[FAKE_EVENTS];
    } producers[FAKE_PRODUCERS];
    _Atomic size_t count;
    struct fake_event journal[FAKE_EVENTS];
};

void fake_router_start(struct fake_router *r, const char *run_dir);
void fake_router_stop(struct fake_router *r);

#endif
