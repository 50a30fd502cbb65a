/* policy_load - from YAML packs to the plain tables that the engine decides
 * with.
 *
 * A pack is a directory: policy.yaml (the rules), directory.yaml (persons,
 * stations, rosters), calendars.yaml (zones, hours, .ics files), messages/
 * (words for people, see policy/messages.h) and people.yaml (reports, aliases
 * and cards, see policy/people.h). A policy
 * set is one or more packs, each bound to regions, one of them for all others.
 * Their directories are merged into one.
 *
 *   blob      one byte string with the names and contents of all files; from
 *             it the set compiles again, anywhere, to the same tables
 *   version   of a set: the hash of its blob, 12 hex digits. Of a policy: the
 *             hash of its rules blob (policy.yaml alone), so that a change of
 *             the roster is no change of the rules a case is pinned to.
 *
 * Time     Zone tables reach from 1970 to 2100.
 * Memory   A set owns everything it points to; immutable. Findings own theirs.
 * Errors   A bad pack is refused whole: INVALID, *out NULL, and each reason as
 *          a finding with file, line and column. Warnings do not refuse.
 *          NOT_FOUND: no such directory or no policy.yaml in it.
 * Threads  Loading: one at a time. A loaded set: any number of readers.
 * Source   design section 4; docs/policy.md is the language.
 */
#ifndef POLICY_POLICY_LOAD_H
#define POLICY_POLICY_LOAD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "engine/policy.h"

struct bytes;
struct messages;
struct people_books;

struct finding {
    const char *file;      /* service-network/policy.yaml */
    unsigned line, column; /* from 1; 0: of the file as a whole */
    bool is_error;         /* else a warning */
    const char *what;      /* unknown key "sevirity" in a rule */
    const char *why;       /* what it would break; may be "" */
    const char *hint;      /* did you mean "severity"?; may be "" */
    const char *topic;     /* roster, holiday, clock ...; "" of the files */
};

enum { FINDINGS_MAX = 200, FINDING_DAYS_MAX = 92 };

struct findings {
    struct arena arena;
    struct finding list[FINDINGS_MAX]; /* as found; later ones are counted */
    size_t count, errors, warnings;    /* count <= FINDINGS_MAX */
    /* set before loading: rosters and hours are looked at for so many days */
    int64_t from_ms;
    int days;
    bool contacts;        /* set before: persons' addresses are looked at */
    const char *channels; /* ... "log,smtp" alone are set up; NULL: all */
    const char *only;     /* ... warnings of this topic alone; NULL: all */
};

void findings_init(struct findings *f);
void findings_fini(struct findings *f);
/* "a/policy.yaml:12:5: error: what: why (hint)"; cut when it does not fit. */
void finding_format(const struct finding *f, char *out, size_t room);

/* The names that exist without being written in a pack. */
struct policy_names {
    const char *const *kinds; /* builtin kinds of event; NULL: not checked */
    size_t kind_count;
    const char *rebase; /* that moves cases to the rules in force; or NULL */
};

struct policy_pack {
    const struct policy *policy; /* ->version, ->name */
    const struct text *regions;  /* the regions it stands for */
    size_t region_count;
    bool is_default;   /* stands for all other regions */
    struct slice blob; /* of its rules alone: keep it under policy->version */
};

struct policyset {
    struct arena arena;
    struct text version;
    struct slice blob; /* keep it under version */
    struct policy_pack *packs;
    size_t pack_count;
    const struct directory *directory;
    const struct messages *messages;   /* words for people; policy/messages.h */
    const struct people_books *people; /* reports, aliases; policy/people.h */
};

/* Each of dirs is a pack, or a directory whose subdirectories are all packs. */
MUST_CHECK enum status policyset_load(const char *const *dirs, size_t count,
                                      const struct policy_names *names,
                                      struct policyset **out,
                                      struct findings *f);

/* A part of another YAML file laid over a file of the first pack, for
 * rehearsals: the persons of a story, other hours. */
struct policy_overlay {
    const char *file;  /* that it stands in, as findings name it */
    struct slice text; /* all of that file */
    const char *part; /* which of its nodes: "directory", "variants/0/policy" */
    const char *over; /* of the pack: "directory.yaml" */
    const char *under; /* it stands for this key of it; "" for the whole */
};

/* policyset_load with overlays, in their order. */
MUST_CHECK enum status
policyset_load_overlaid(const char *const *dirs, size_t count,
                        const struct policy_overlay *overlays,
                        size_t overlay_count, const struct policy_names *names,
                        struct policyset **out, struct findings *f);

/* The rules and messages of `running` with the persons, rosters and calendars
 * of dirs, each of which bears the name of a running pack. */
MUST_CHECK enum status
policyset_load_directories(const struct policyset *running,
                           const char *const *dirs, size_t count,
                           const struct policy_names *names,
                           struct policyset **out, struct findings *f);

enum { POLICY_VERSION_SIZE = 13 }; /* with the zero behind it */

/* The version that policyset_load would give, without compiling anything. */
MUST_CHECK enum status policyset_version_of(const char *const *dirs,
                                            size_t count,
                                            char version[POLICY_VERSION_SIZE],
                                            struct findings *f);

MUST_CHECK enum status policyset_load_blob(struct slice blob,
                                           const struct policy_names *names,
                                           struct policyset **out,
                                           struct findings *f);

/* The rules of one pack, from policy_pack.blob: for a version that only old
 * cases still keep. A set of one pack with an empty directory. */
MUST_CHECK enum status policyset_load_rules(struct slice blob,
                                            const struct policy_names *names,
                                            struct policyset **out,
                                            struct findings *f);

/* The blob of a set without persons, rosters and calendars: what one who asks
 * from another machine needs to tell the words of its rules. It loads as a set
 * with an empty directory, under another version. */
MUST_CHECK enum status policyset_words(struct slice blob, struct bytes *out,
                                       struct error *err);

/* NULL is fine. */
void policyset_free(struct policyset *s);

/* The pack for new cases of a region; never NULL. */
const struct policy *policyset_for(const struct policyset *s,
                                   struct text region);
/* NULL when no pack of the set has that version. */
const struct policy *policyset_version(const struct policyset *s,
                                       struct text version);

#endif
