/* support - packs from texts, for the tests of policy/. */
#ifndef TESTS_POLICY_SUPPORT_H
#define TESTS_POLICY_SUPPORT_H

#include "policy/policy_load.h"

/* Lines 1 to 3 of a policy.yaml, and line 4. */
#define HEAD                                                                   \
    "name: t\ntiers: [engineer, head, rep]\n"                                  \
    "ladder: {all: {each_tier: true, repeat: 5min}}\n"
#define EVENTS "events: {case.opened: {case: opens}, case.closed: }\n"

/* A pack "p" of these files, NULL for none. The findings are begun here. */
enum status load_texts(const char *policy, const char *directory,
                       const char *calendars, struct policyset **set,
                       struct findings *findings);

/* The same, with more in it. */
struct pack_texts {
    const char *policy, *directory, *calendars, *messages; /* en.yaml */
    bool contacts;
    const char *channels;
};
enum status load_files(const struct pack_texts *texts, struct policyset **set,
                       struct findings *findings);

/* The finding as people see it, without the pack's name. */
const char *finding_text(const struct findings *f, size_t index);

extern const struct policy_names some_kinds; /* a few kinds of event */

#endif
