#include "pack.h"
#include "pack_tables.h"

static const struct zone_offset utc_offsets[] = {{INT64_MIN, 0}};
const struct zone utc = {T("UTC"), utc_offsets, 1};

#define OPEN_DAY(open, close)                                                  \
    {                                                                          \
        .open_minute = (open), .close_minute = (close)                         \
    }
#define WEEK(open, close)                                                      \
    {                                                                          \
        OPEN_DAY(open, close), OPEN_DAY(open, close), OPEN_DAY(open, close),   \
            OPEN_DAY(open, close), OPEN_DAY(open, close),                      \
            OPEN_DAY(open, close), OPEN_DAY(open, close)                       \
    }
const struct calendar shop_hours = {
    .id = T("shop"), .zone = &utc, .week = WEEK(540, 1080)};
const struct calendar all_hours = {
    .id = T("24x7"), .zone = &utc, .week = WEEK(0, 1440)};

static const struct line shop_line[] = {{T(""), &shop_hours}};
static const struct line net_line[] = {{T(""), &all_hours}};
#define WHO(id)                                                                \
    {                                                                          \
        .person = T(id)                                                        \
    }
static const struct contact engineers[] = {WHO("E1"), WHO("E2"), WHO("A"),
                                           WHO("B"), WHO("C")};
static const struct contact heads[] = {WHO("HD"), WHO("DP")};
static const struct contact reps[] = {WHO("R1"), WHO("R2")};
static const struct contact centers[] = {WHO("C1"), WHO("C2")};
static const struct contact spokesmen[] = {WHO("SP")};
static const struct contact any_head[] = {
    {.person = T("HEAD"), .per_station = true},
    {.person = T("DEPUTY"), .per_station = true}};

#define ROLES                                                                  \
    {                                                                          \
        [ENGINEER] = {engineers, 5}, [HEAD] = { heads, 2 }                     \
    }
static const struct station stations[] = {
    {.id = T("NET"),
     .region = T("R"),
     .zone = &utc,
     .lines = net_line,
     .line_count = 1,
     .roles = ROLES},
    {.id = T("SHOP"),
     .region = T("R"),
     .zone = &utc,
     .lines = shop_line,
     .line_count = 1,
     .roles = ROLES},
};
static const struct region regions[] = {
    {.id = T("R"), .roles = {[REP] = {reps, 2}}}};

static const struct absence away[] = {{0, INT64_MAX, T("B")}};
static const struct absence gone[] = {{0, INT64_MAX, T("")}};
static const struct person persons[] = {
    {.id = T("AWAY"), .absences = away, .absence_count = 1},
    {.id = T("GONE"), .absences = gone, .absence_count = 1},
    {.id = T("HD"), .method = T("sms")},
};

const struct directory people = {
    .persons = persons,
    .person_count = COUNT(persons),
    .stations = stations,
    .station_count = COUNT(stations),
    .regions = regions,
    .region_count = COUNT(regions),
    .template = {.zone = &utc,
                 .lines = net_line,
                 .line_count = 1,
                 .roles = {[HEAD] = {any_head, 2}}},
    .roles = {[REP] = {reps, 2},
              [CENTER] = {centers, 2},
              [SPOKESMAN] = {spokesmen, 1}},
};
