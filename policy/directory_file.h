/* directory_file - directory.yaml of all packs, as one directory.
 *
 *   1. persons of all packs     so that rosters may name them
 *   2. regions of all packs     so that stations may
 *   3. stations, rosters and templates
 *   4. what is left out comes from the persons: a station's roster of a tier
 *      is its persons of that tier, in the order of the file; so for regions
 *   5. sorted by id
 *
 * The template and the rosters of a pack stand for its own regions; those of
 * the default pack for all others.
 *
 * Source   docs/policy.md "Directory".
 */
#ifndef POLICY_DIRECTORY_FILE_H
#define POLICY_DIRECTORY_FILE_H

#include "policy/calendars.h"
#include "policy/document.h"

/* A person as written: what he serves is not in the engine's table. */
struct person_draft {
    struct person person;
    struct text region; /* serves all of it */
    uint8_t role;       /* tier or side role; 0 none */
    struct text zone;   /* of his absences */
    const struct draft *draft;
    struct place place;
};

struct station_draft {
    struct station station;
    struct text ivr_text; /* what its telephone says */
    const struct draft *draft;
    struct place place;
};

/* What a pack wants of an attribute. */
enum check_each { CHECK_STATION, CHECK_REGION, CHECK_PERSON };

struct directory_check {
    enum check_each each;
    struct text attribute, unless, say;
    struct attributes where; /* only those of whom all of it is so */
    bool must, at_most_set;
    bool person;               /* the attribute is the id of somebody else */
    int64_t at_most;           /* thousandths */
    const struct draft *draft; /* whose stations and regions are asked */
};

struct region_draft {
    struct region region;
    const struct draft *draft;
    struct place place;
};

struct directory_draft {
    struct directory *out;
    struct person_draft *persons;
    struct station_draft *stations;
    struct region_draft *regions;
    size_t person_count, station_count, region_count;
    size_t person_room, station_room, region_room;
    struct directory_check *checks;
    size_t check_count;
    struct zones zones;
    struct calendars calendars;
    struct text default_zone;       /* of the file being read */
    const struct zone *region_zone; /* of the region being read */
};

/* All drafts of the loader; NULL when memory is out. */
const struct directory *directory_read(struct loader *l);

/* rosters.c */
shape_reader read_rosters;  /* struct roster [ROLES_MAX + 1] */
shape_reader read_zone;     /* const struct zone * */
shape_reader read_rotation; /* const struct rotation * */
/* Step 4. */
void rosters_from_persons(struct loader *l);
/* Empty and thin tiers, hours without anybody. */
void rosters_lint(struct loader *l);

/* attributes.c */
shape_reader read_attributes; /* struct attributes */
/* Of a scalar: a word is what it looks like. */
struct value attribute_value(struct loader *l, yaml_node_t *node);

/* directory_checks.c */
shape_reader read_checks; /* struct directory_draft */
void attributes_lint(struct loader *l);

/* contacts.c */
void contacts_lint(struct loader *l);

/* across.c: over the days that the findings ask for. */
void across_lint(struct loader *l);

/* persons.c */
shape_reader read_persons; /* struct directory_draft */
void delegates_check(struct loader *l);
bool id_is_good(struct loader *l, yaml_node_t *node);
bool person_is_known(struct loader *l, struct text id, struct place at);

#endif
