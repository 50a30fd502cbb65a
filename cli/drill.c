/* drill - a rehearsal of the whole system on real input (演练): its processes
 * are started under a drill clock, an imported log runs in the background,
 * stories in the foreground, pages are answered, the router is killed, and the
 * last screen says who was told when.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time_text.h"
#include "cli/drill.h"
#include "cli/when.h"
#include "cli/words.h"
#include "ledger/import.h"
#include "proto/decision.h"
#include "proto/event_json.h"

#define DAY_MS (24LL * 3600 * 1000)
#define STEP_REAL_MS 250 /* the clock is moved by so much real time at once */

#define FIRST_DAY_SHARE 0.75

enum { READY_MS = 20000 };

static struct {
    struct option_list policy, background;
    const char *map, *day;
    int64_t speed, kill_minute;
    bool serve;
} set = {.speed = 720, .kill_minute = -1};

const struct option_row drill_options[] = {
    {"policy", 'p', OPTION_LIST, N_("DIR"), N_("packs to rehearse"),
     &set.policy},
    {"background", 0, OPTION_LIST, N_("FILE"),
     N_("a log to run behind the stories"), &set.background},
    {"map", 0, OPTION_TEXT, N_("FILE"), N_("how to read that log"), &set.map},
    {"day", 0, OPTION_TEXT, N_("DATE"), N_("move the stories to this day"),
     &set.day},
    {"speed", 0, OPTION_INT, N_("N"),
     N_("ledger seconds per second, first day (720)"), &set.speed},
    {"kill-router-at", 0, OPTION_INT, N_("MINUTE"),
     N_("when the router is killed with -9"), &set.kill_minute},
    {"serve", 0, OPTION_FLAG, NULL, N_("leave it running, to try commands"),
     &set.serve},
    {0}};

/* --- the plan --- */

static enum status put_event(struct drill *d, const json_t *json,
                             const char *zone, int64_t received_ms, int story,
                             const char *caption, struct error *err)
{
    struct drill_item item = {.story = story, .caption = caption};
    struct fault fault;

    arena_reset(&d->arena);
    Yinuo__V1__Event *e = event_from_json(json, zone, &d->arena, &fault);
    if (!e)
        return error_set(err, STATUS_INVALID, "%s", fault.text);
    item.kind = DRILL_EVENT;
    item.at_ms = received_ms             ? received_ms
                 : e->has_received_at_ms ? e->received_at_ms
                                         : e->at_ms;
    if (codec_encode(&e->base, &item.event) != STATUS_OK)
        return error_set(err, STATUS_NO_MEMORY, "plan an event");
    if (!d->first_ms || item.at_ms < d->first_ms)
        d->first_ms = item.at_ms;
    if (item.at_ms > d->last_event_ms)
        d->last_event_ms = item.at_ms;
    drill_plan_put(&d->plan, &item);
    return STATUS_OK;
}

static enum status put_line(void *state, struct slice line, struct error *err)
{
    json_t *json = json_loadb((const char *)line.data, line.size, 0, NULL);
    enum status st =
        json ? put_event(state, json, "UTC", 0, DRILL_NO_STORY, NULL, err)
             : error_set(err, STATUS_INVALID, "no JSON");

    json_decref(json);
    return st;
}

static enum status plan_background(struct drill *d, struct error *err)
{
    struct import_summary summary;
    struct import_options o = {.map = set.map,
                               .files = set.background.list,
                               .file_count = set.background.count,
                               .sink = put_line,
                               .sink_state = d,
                               .complain = d->cli->out.errors};

    return set.background.count ? import_run(&o, &summary, err) : STATUS_OK;
}

static enum status plan_story(struct drill *d, const char *path,
                              struct error *err)
{
    struct drill_story *s = &d->stories[d->story_count];
    enum status st;

    if (d->story_count == DRILL_STORIES_MAX)
        return error_set(err, STATUS_FULL, "more than %d stories",
                         DRILL_STORIES_MAX);
    st = story_load(path, set.day, &s->story, err);
    if (st != STATUS_OK)
        return st;
    s->case_id = s->story->case_id;
    const struct story_tale *tale = &s->story->tales[0];
    for (size_t i = 0; i < tale->event_count && st == STATUS_OK; i++)
        st = put_event(d, tale->events[i].json, s->story->zone,
                       tale->events[i].received_ms, (int)d->story_count,
                       tale->events[i].caption, err);
    d->story_count++;
    return st == STATUS_OK ? st : error_wrap(err, "%s", path);
}

static enum status make_plan(struct drill *d, int argc, char **argv,
                             struct error *err)
{
    enum status st = plan_background(d, err);

    for (int i = 0; i < argc && st == STATUS_OK; i++)
        st = plan_story(d, argv[i], err);
    if (st == STATUS_OK && !d->plan.count)
        return error_set(err, STATUS_INVALID,
                         "nothing to rehearse: give stories, or --background");
    return st;
}

/* --- the system --- */

/* Time of a drill is not that of a real ledger, and begins anew each time. */
static enum status want_new_home(struct drill *d, struct error *err)
{
    char path[LIMIT_PATH_BYTES];
    enum status st =
        file_join(path, sizeof path, d->cli->home_path, "ledger", err);

    if (st == STATUS_OK && access(path, F_OK) == 0)
        return error_set(err, STATUS_INVALID,
                         _("a drill wants a home of its own, and %.300s has a "
                           "ledger; name another one with --home or "
                           "YINUO_HOME"),
                         d->cli->home_path);
    return st;
}

static enum status start_system(struct drill *d, struct error *err)
{
    static char self[LIMIT_PATH_BYTES], clock[TIME_TEXT_SIZE],
        log[LIMIT_PATH_BYTES];
    const char *argv[16 + 2 * OPTION_LIST_MAX];
    size_t n = 0;
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    int64_t start_ms = d->first_ms - d->first_ms % DAY_MS;

    if (size < 0)
        return error_set_errno(err, errno, "find myself");
    self[size] = 0;
    enum status st = time_text_format(start_ms, "UTC", clock, err);
    if (st == STATUS_OK)
        st = file_make_dirs(d->cli->home_path, 0700, err);
    if (st == STATUS_OK)
        st = file_join(log, sizeof log, d->cli->home_path, "up.log", err);
    if (st != STATUS_OK)
        return st;
    argv[n++] = self;
    argv[n++] = "up";
    argv[n++] = "--home";
    argv[n++] = d->cli->home_path;
    argv[n++] = "--drill-clock";
    argv[n++] = clock;
    for (size_t i = 0; i < set.policy.count; i++) {
        argv[n++] = "--policy";
        argv[n++] = set.policy.list[i];
    }
    argv[n] = NULL;
    struct child_spec spec = {
        .name = "up", .argv = argv, .output = log, .once = true};
    st = child_group_init(&d->children, d->cli->clock, err);
    if (st == STATUS_OK)
        st = child_group_add(&d->children, &spec, NULL, err);
    if (st == STATUS_OK)
        st = drill_stage_open(&d->stage, d->cli, READY_MS, err);
    if (st != STATUS_OK)
        return error_wrap(err, "start the system (see %.200s)", log);
    d->stage.now_ms = start_ms;
    return STATUS_OK;
}

static bool stopped(struct drill *d)
{
    return !child_group_step(&d->children, 0);
}

/* --- killing the router --- */

static pid_t router_pid(const struct drill *d)
{
    char path[LIMIT_PATH_BYTES], text[32];
    struct bytes all = {0};
    struct error err;
    long pid = 0;

    if (snprintf(path, sizeof path, "%s/run/router.pid", d->cli->home_path) <
            (int)sizeof path &&
        file_read(path, 64, &all, &err) == STATUS_OK) {
        snprintf(text, sizeof text, "%.*s", (int)all.size, (char *)all.data);
        pid = strtol(text, NULL, 10);
    }
    bytes_fini(&all);
    return (pid_t)pid;
}

/* Between two steps of the clock; the next step waits until it is back. */
static enum status kill_router(struct drill *d, struct error *err)
{
    pid_t pid = router_pid(d);
    int64_t then_ms = clock_monotonic_ms(d->cli->clock);

    d->killed = true;
    if (pid <= 0 || kill(pid, SIGKILL) != 0)
        return error_set(err, STATUS_NOT_FOUND, "no router to kill");
    d->at_kill = d->stage.seen;
    enum status st = drill_stage_advance(&d->stage, d->stage.now_ms, 0, err);
    if (st != STATUS_OK)
        return st;
    d->back_ms = clock_monotonic_ms(d->cli->clock) - then_ms;
    d->recovery_ms = drill_stage_status(&d->stage, "router", "recovery");
    int64_t recovered = drill_stage_status(&d->stage, "router", "recovered");
    int64_t last = drill_stage_status(&d->stage, "journal", "last_seq");
    drill_say_apart(&d->show, d->stage.now_ms, _(" router killed with -9 "),
                    _("back after %lld ms, of which recovery took %lld ms "
                      "(%lld records applied again); %llu records before, "
                      "%lld after: nothing is missing"),
                    (long long)d->back_ms, (long long)d->recovery_ms,
                    (long long)recovered, (unsigned long long)d->at_kill,
                    (long long)last);
    if (last < (int64_t)d->at_kill)
        return error_set(err, STATUS_CORRUPT,
                         "records were lost: %llu were seen, %lld are there",
                         (unsigned long long)d->at_kill, (long long)last);
    return STATUS_OK;
}

/* --- what is seen --- */

static int story_of(const struct drill *d, const char *case_id)
{
    for (size_t i = 0; case_id && i < d->story_count; i++)
        if (strcmp(d->stories[i].case_id, case_id) == 0)
            return (int)i;
    return DRILL_NO_STORY;
}

static bool is_answered(const struct drill *d, int story)
{
    return story == DRILL_NO_STORY ||
           d->stories[story].story->tales[0].answer_ms != STORY_NEVER;
}

static void answer_later(struct drill *d, int story,
                         const Yinuo__V1__Decision *page)
{
    struct drill_item item = {.kind = DRILL_ANSWER,
                              .story = story,
                              .at_ms = page->at_ms + STORY_ANSWER_MS};

    if (item.at_ms < d->stage.now_ms)
        item.at_ms = d->stage.now_ms;
    snprintf(item.case_id, sizeof item.case_id, "%s", page->case_id);
    snprintf(item.page_id, sizeof item.page_id, "%s", page->page_id);
    snprintf(item.person, sizeof item.person, "%s",
             page->person ? page->person : "");
    drill_plan_put(&d->plan, &item);
}

/* What a story shows beside its pages. */
static void on_effect(struct drill *d, const struct drill_story *story,
                      const Yinuo__V1__StreamRecord *r,
                      const Yinuo__V1__Decision *one, bool answered)
{
    if (DECISION_IS(one, EMIT))
        drill_say(&d->show, story, one->at_ms, OUT_BAD,
                  _("→ found by the system itself: %s%s%s"),
                  kind_word(one->text), one->key && *one->key ? " " : "",
                  one->key ? one->key : "");
    else if (DECISION_IS(one, ACKNOWLEDGE) && !answered)
        drill_say(&d->show, story, one->at_ms, OUT_GOOD, _("→ %s acknowledges"),
                  one->person ? one->person : "");
    else if (DECISION_IS(one, REFUSE) && one->rule && *one->rule)
        drill_say(&d->show, story, one->at_ms, OUT_WARN,
                  _("→ refused by gate %s: %s"), one->rule,
                  r->event ? kind_word(r->event->kind) : "");
}

static void on_decision(struct drill *d, const Yinuo__V1__StreamRecord *r,
                        const Yinuo__V1__Decision *one)
{
    int story = story_of(d, one->case_id);
    bool answered = is_answered(d, story);

    if (DECISION_IS(one, PAGE)) {
        d->pages++;
        if (story != DRILL_NO_STORY)
            drill_say_page(&d->show, &d->stories[story], r, one);
        if (answered && one->page_id && one->case_id)
            answer_later(d, story, one);
    } else if (story != DRILL_NO_STORY) {
        on_effect(d, &d->stories[story], r, one, answered);
    }
}

static void on_record(void *context, const Yinuo__V1__StreamRecord *r)
{
    struct drill *d = context;

    d->firings += r->firing != NULL;
    d->events_seen += r->producer && strcmp(r->producer, "drill") == 0;
    for (size_t i = 0; i < r->n_decisions; i++)
        on_decision(d, r, r->decisions[i]);
}

/* --- what is done --- */

static void caption(struct drill *d, const struct drill_item *item)
{
    if (item->story != DRILL_NO_STORY && item->caption && *item->caption)
        drill_say(&d->show, &d->stories[item->story], item->at_ms, OUT_PLAIN,
                  "%s", _(item->caption));
}

/* Everything of this instant: events in batches, then answers. */
static enum status do_due(struct drill *d, struct error *err)
{
    struct drill_item items[DRILL_BATCH];
    enum status st = STATUS_OK;
    size_t count = 0;

    while (st == STATUS_OK && count < DRILL_BATCH &&
           drill_plan_take(&d->plan, d->stage.now_ms, &items[count])) {
        if (items[count].kind == DRILL_ANSWER) {
            if (count) { /* later than the events before it */
                drill_plan_put(&d->plan, &items[count]);
                break;
            }
            return drill_stage_answer(&d->stage, &items[0], err);
        }
        caption(d, &items[count++]);
    }
    if (count)
        st = drill_stage_publish(&d->stage, items, count, err);
    d->published += st == STATUS_OK ? count : 0;
    for (size_t i = 0; i < count; i++)
        drill_item_fini(&items[i]);
    return st;
}

/* On the first day the clock walks, then it jumps to what is next. */
static enum status step(struct drill *d, int64_t day_end_ms, struct error *err)
{
    int64_t until_ms = drill_plan_next_ms(&d->plan), now_ms = d->stage.now_ms;
    double speed = now_ms < day_end_ms ? (double)set.speed : 0;

    if (speed > 0 && until_ms > now_ms + set.speed * STEP_REAL_MS)
        until_ms = now_ms + set.speed * STEP_REAL_MS;
    enum status st = drill_stage_advance(&d->stage, until_ms, speed, err);
    if (st == STATUS_OK)
        st = drill_stage_collect(&d->stage, on_record, d, err);
    while (st == STATUS_OK && drill_plan_next_ms(&d->plan) <= d->stage.now_ms) {
        st = do_due(d, err);
        if (st == STATUS_OK)
            st = drill_stage_collect(&d->stage, on_record, d, err);
    }
    return st;
}

/* The first day is most of the waiting; what follows counts by its events. */
static void draw(struct drill *d, int64_t start_ms)
{
    double day = (double)(d->stage.now_ms - start_ms) / (double)DAY_MS;
    double done =
        d->published ? (double)d->published / (double)d->plan.events : 0;

    if (day < 1)
        d->before_jump = done;
    done = day < 1 ? FIRST_DAY_SHARE * day
                   : FIRST_DAY_SHARE + (1 - FIRST_DAY_SHARE) *
                                           (done - d->before_jump) /
                                           (1.0001 - d->before_jump);
    drill_bar(&d->show, clock_monotonic_ms(d->cli->clock), done,
              d->stage.now_ms, d->stage.seen);
}

static enum status rehearse(struct drill *d, struct error *err)
{
    int64_t start_ms = d->stage.now_ms;
    enum status st = STATUS_OK;

    while (st == STATUS_OK && d->plan.count) {
        if (stopped(d))
            return error_set(err, STATUS_CANCELLED, "interrupted");
        if (!d->killed && set.kill_minute >= 0 &&
            d->stage.now_ms >= start_ms + set.kill_minute * 60000)
            st = kill_router(d, err);
        if (st == STATUS_OK)
            st = step(d, start_ms + DAY_MS, err);
        draw(d, start_ms);
    }
    return st;
}

static void finish(struct drill *d)
{
    drill_bar_clear(&d->show);
    if (d->stage.client)
        drill_stage_close(&d->stage);
    (void)child_group_stop(&d->children, LIMIT_STOP_WAIT_MS);
    child_group_fini(&d->children);
    for (size_t i = 0; i < d->story_count; i++)
        story_free(&d->stories[i].story);
    drill_plan_fini(&d->plan);
    arena_fini(&d->arena);
}

/* Times are those of the stories from here on; the processes keep theirs. */
static void open_the_show(struct drill *d)
{
    size_t told = 0;

    d->show.zone = d->story_count ? d->stories[0].story->zone : when_zone();
    (void)setenv("TZ", d->show.zone, 1);
    for (size_t i = 0; i < d->story_count; i++)
        told += d->stories[i].story->tales[0].event_count;
    drill_opening(&d->show, d->story_count, d->plan.events - told, set.speed);
}

int run_drill(struct cli *cli, int argc, char **argv)
{
    struct drill *d = calloc(1, sizeof *d);

    if (!d)
        abort();
    log_set_level(LOG_WARN); /* what the programs say is in their logs */
    d->cli = cli;
    d->show.out = &cli->out;
    arena_init(&d->arena, LIMIT_DECODE_BYTES);
    enum status st = want_new_home(d, &cli->error);
    if (st == STATUS_OK)
        st = make_plan(d, argc, argv, &cli->error);
    if (st == STATUS_OK) {
        st = start_system(d, &cli->error);
        if (st == STATUS_OK) {
            open_the_show(d);
            st = rehearse(d, &cli->error);
        }
        if (st == STATUS_OK && d->events_seen != d->stage.sequence)
            st = error_set(&cli->error, STATUS_CORRUPT,
                           "%llu events were published, the stream shows %llu",
                           (unsigned long long)d->stage.sequence,
                           (unsigned long long)d->events_seen);
        if (st == STATUS_OK) {
            drill_last_screen(&d->show, d->stories, d->story_count);
            drill_why(d);
            drill_summary(d);
            if (set.serve)
                drill_serve(d);
        }
        finish(d);
    }
    free(d);
    return st == STATUS_OK ? CLI_DONE : cli_failed(cli);
}
