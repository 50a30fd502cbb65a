/* directory - who can be reached for a station, when: persons, rosters,
 * absences, calendars. Always the current one, never pinned by a case.
 *
 * A roster is a list of contacts per role, in the order in which they are
 * called; a contact may be on duty only at some hours. A station that is not
 * listed takes the template: its contacts are "HEAD@STATION", so that an
 * imported log of groups has somebody to call from the first row.
 *
 * Memory   Plain tables, built by policy/, borrowed here.
 * Errors   An empty slot is an answer (false), and a visible fact upstream.
 * Source   requirements.md section 2, 5.6; design section 4.
 */
#ifndef ENGINE_DIRECTORY_H
#define ENGINE_DIRECTORY_H

#include "engine/calendar.h"
#include "engine/duty.h"
#include "engine/input.h"

enum { ROLES_MAX = 15 };

/* What the directory says of somebody or some place, for conditions to ask:
 * status: intern, travel_time: 4h. */
struct attribute {
    struct text name;
    struct value value;
};

struct attributes {
    const struct attribute *list;
    size_t count;
};

struct absence {
    int64_t from_ms, until_ms;
    struct text delegate; /* empty: nobody */
};

struct person {
    struct text id, name, phone, email;
    struct text language; /* "zh" or "en" */
    struct text method;   /* preferred channel, as the tier workers know it */
    struct text station;  /* empty for those above stations */
    uint8_t tier;         /* 1.. ; 0: none */
    const struct absence *absences;
    size_t absence_count;
    struct attributes attributes;
};

/* One after the other, each for as long as the others; by the wall clock of the
 * place, so that the hour of handing over stays where it is. */
struct rotation {
    const struct text *of; /* ids */
    size_t count;
    int64_t every_ms;
    int64_t from_ms;  /* wall clock as if it were UTC; nobody before */
    int64_t until_ms; /* 0: for ever */
};

struct contact {
    struct text person; /* id; with per_station the part before '@' */
    const struct rotation *rotation; /* instead of a person; or NULL */
    const struct zone *zone;         /* of its hours; NULL: the station's */
    bool per_station;
    uint8_t days;         /* bit 0 Monday; 0 means every day */
    uint16_t from_minute; /* local; from == until means all day */
    uint16_t until_minute;
};

struct roster {
    const struct contact *contacts;
    size_t count;
};

struct line {
    struct text product_line; /* empty: the station's default */
    const struct calendar *calendar;
};

struct station {
    struct text id, region, name;
    const struct zone *zone;
    const struct line *lines; /* the default is first */
    size_t line_count;
    struct roster
        roles[ROLES_MAX + 1]; /* by role number; empty: the region's */
    struct attributes attributes;
};

struct region {
    struct text id, name;
    const struct station *template;     /* for its stations that are not listed;
                                           NULL: the directory's */
    struct roster roles[ROLES_MAX + 1]; /* empty: the directory's */
    struct attributes attributes;
};

struct directory {
    struct text version;          /* hash, short */
    const struct person *persons; /* by id, ascending */
    size_t person_count;
    const struct station *stations; /* by id, ascending */
    size_t station_count;
    const struct region *regions; /* by id, ascending */
    size_t region_count;
    struct station template; /* for any station that is not listed */
    struct roster roles[ROLES_MAX + 1];
    const struct duty_override *overrides; /* of the view, not of the files */
    size_t override_count;
};

const struct person *directory_person(const struct directory *d,
                                      struct text id);
/* Whether somebody is listed, or is "head@GROUP" of a template. */
bool directory_knows(const struct directory *d, struct text person);
/* Never NULL: for an unknown station the template of its region (as the event
 * or the case names it; may be empty) stands in, or the directory's. */
const struct station *directory_station(const struct directory *d,
                                        struct text id, struct text region);
const struct region *directory_region(const struct directory *d,
                                      struct text id);
const struct calendar *station_calendar(const struct station *s,
                                        struct text product_line);

/* NONE if it has none of that name. */
struct value attributes_find(const struct attributes *a, struct text name);

/* Of the station, else its region, else all. */
const struct roster *directory_roster(const struct directory *d,
                                      const struct station *s,
                                      struct text region, uint8_t role);

/* The persons on duty in a role for a station at a moment, in calling order,
 * overrides first, absences replaced by their delegates, nobody twice. Returns
 * how many. */
size_t directory_on_call(const struct directory *d, struct text station,
                         struct text region, uint8_t role, int64_t at_ms,
                         struct name *out, size_t max);
/* Whoever answers for a person at a moment: himself, or his delegate while he
 * is absent; false if nobody does. */
bool directory_answers_for(const struct directory *d, struct text person,
                           int64_t at_ms, struct name *out);
/* The highest tier in which a person serves for that station; 0 if none. */
uint8_t directory_tier_of(const struct directory *d, struct text station,
                          struct text region, struct text person,
                          uint8_t tier_count);

/* The same at a moment, with whoever an override has put there then. */
uint8_t directory_tier_at(const struct directory *d, struct text station,
                          struct text region, struct text person,
                          uint8_t tier_count, int64_t at_ms);
/* Whether an override is for that slot of that station, at whatever time. */
bool override_is_of(const struct duty_override *o, struct text station,
                    struct text region, uint8_t role);
/* Whether his hours cover a minute of a day, from 0 on Monday. */
bool contact_covers(const struct contact *c, unsigned weekday, unsigned minute);
/* Whose turn it is; empty before and after. */
struct text rotation_person(const struct rotation *r, int64_t local_ms);

#endif
