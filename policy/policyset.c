#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "policy/blob.h"
#include "policy/directory_file.h"
#include "policy/document.h"
#include "policy/messages_file.h"
#include "policy/overlay.h"
#include "policy/people_file.h"
#include "policy/routes.h"
#include "policy/rules_file.h"
#include "policy/values.h"

enum { SET_BYTES_MAX = 256 * 1024 * 1024, PACKS_MAX = 16 };

/* --- packs of a blob * ---------------------------------------------------- */

static struct pack_file file_of(struct loader *l, const struct blob *blob,
                                struct text pack, const char *name)
{
    const struct blob_file *f = blob_find(blob, pack, text_of(name));
    struct pack_file s = {.file = ""};

    if (!f)
        return s;
    s.file = arena_format(l->arena, "%.*s/%s", TEXT_ARG(pack), name);
    s.text = f->content;
    if (!s.file)
        s.file = name;
    return s;
}

static bool draft_exists(const struct loader *l, struct text pack)
{
    for (size_t i = 0; i < l->draft_count; i++)
        if (text_equal(text_of(l->drafts[i].name), pack))
            return true;
    return false;
}

static void add_draft(struct loader *l, const struct blob *blob,
                      struct text pack)
{
    struct draft *d = &l->drafts[l->draft_count++];

    d->name = arena_format(l->arena, "%.*s", TEXT_ARG(pack));
    d->rules = file_of(l, blob, pack, "policy.yaml");
    d->directory = file_of(l, blob, pack, "directory.yaml");
    d->calendars = file_of(l, blob, pack, "calendars.yaml");
}

static bool drafts_make(struct loader *l, const struct blob *blob)
{
    l->drafts = calloc(PACKS_MAX, sizeof *l->drafts);
    if (!l->drafts)
        return false;
    for (size_t i = 0; i < blob->count; i++)
        if (text_equal(blob->files[i].name, TEXT("policy.yaml")) &&
            !draft_exists(l, blob->files[i].pack) && l->draft_count < PACKS_MAX)
            add_draft(l, blob, blob->files[i].pack);
    return l->draft_count > 0;
}

static void drafts_open(struct loader *l)
{
    for (size_t i = 0; i < l->draft_count; i++) {
        struct pack_file *files[] = {&l->drafts[i].rules,
                                     &l->drafts[i].directory,
                                     &l->drafts[i].calendars};

        for (size_t j = 0; j < sizeof files / sizeof *files; j++)
            if (files[j]->text.data)
                document_open(l, files[j]);
        l->drafts[i].directory_there = l->drafts[i].directory.root != NULL;
    }
}

static void drafts_close(struct loader *l)
{
    for (size_t i = 0; i < l->draft_count; i++) {
        document_close(&l->drafts[i].rules);
        document_close(&l->drafts[i].directory);
        document_close(&l->drafts[i].calendars);
    }
    free(l->drafts);
}

/* --- checks between packs * ----------------------------------------------- */

static void check_default(struct loader *l)
{
    size_t defaults = 0;

    if (l->draft_count == 1)
        l->drafts[0].is_default = true;
    for (size_t i = 0; i < l->draft_count; i++) {
        l->source = &l->drafts[i].rules;
        defaults += l->drafts[i].is_default;
        if (!l->drafts[i].is_default && l->drafts[i].region_count == 0)
            report_error(l, AT_TOP, "it would never be used",
                         "regions: [...] or default: true",
                         "the pack stands for no region");
    }
    if (defaults == 1)
        return;
    l->source = &l->drafts[0].rules;
    report_error(l, AT_TOP,
                 "one pack of a set stands for all regions not named",
                 "default: true in one policy.yaml",
                 "%zu of %zu packs are the default", defaults, l->draft_count);
}

static void check_regions(struct loader *l)
{
    for (size_t i = 0; i < l->draft_count; i++)
        for (size_t j = 0; j < i; j++)
            for (size_t k = 0; k < l->drafts[i].region_count; k++)
                for (size_t m = 0; m < l->drafts[j].region_count; m++) {
                    struct text region = l->drafts[i].regions[k];

                    if (!text_equal(region, l->drafts[j].regions[m]))
                        continue;
                    l->source = &l->drafts[i].rules;
                    report_error(l, AT_TOP, UNSAID, UNSAID,
                                 "the region \"%.*s\" is bound to %s already",
                                 TEXT_ARG(region), l->drafts[j].name);
                }
}

/* The directory numbers roles once for all packs. */
static void check_roles(struct loader *l)
{
    const struct policy *first = l->drafts[0].policy;

    for (size_t i = 1; i < l->draft_count; i++) {
        const struct policy *p = l->drafts[i].policy;
        bool same = p->tier_count == first->tier_count;

        for (uint8_t r = 1;
             same && r <= p->role_count && r <= first->role_count; r++)
            same = text_equal(p->roles[r].name, first->roles[r].name);
        l->source = &l->drafts[i].rules;
        if (!same)
            report_error(l, AT_TOP, "packs of a set share one directory",
                         "the same names in the same order",
                         "tiers and roles differ from those of %s",
                         l->drafts[0].name);
    }
}

/* --- versions and blobs * ------------------------------------------------- */

static struct text version_of(struct loader *l, struct slice bytes)
{
    char version[BLOB_VERSION_DIGITS + 1];

    blob_version(bytes, version);
    return loader_text(l, text_of(version));
}

static struct slice keep_blob(struct loader *l, const struct blob *blob)
{
    struct bytes bytes;
    struct slice kept = SLICE_EMPTY;

    bytes_init(&bytes, 0);
    if (blob_write(blob, &bytes) == STATUS_OK)
        kept = arena_copy(l->arena, bytes_slice(&bytes));
    bytes_fini(&bytes);
    return kept;
}

static bool is_rules(const struct blob_file *f, struct text pack)
{
    return text_equal(f->pack, pack) &&
           text_equal(f->name, TEXT("policy.yaml"));
}

/* The files of one pack's rules, or those of all directories. */
static struct slice blob_of(struct loader *l, const struct blob *blob,
                            const struct draft *only)
{
    struct blob *part = loader_array(l, 1, sizeof *part);

    if (!part)
        return SLICE_EMPTY;
    for (size_t i = 0; i < blob->count; i++)
        if (only ? is_rules(&blob->files[i], text_of(only->name))
                 : !text_equal(blob->files[i].name, TEXT("policy.yaml")) &&
                       !text_equal(blob->files[i].name, TEXT(PEOPLE_FILE)) &&
                       !messages_is_file(blob->files[i].name))
            part->files[part->count++] = blob->files[i];
    return keep_blob(l, part);
}

static void set_packs(struct loader *l, struct policyset *s,
                      const struct blob *blob)
{
    s->packs = loader_array(l, l->draft_count, sizeof *s->packs);
    if (!s->packs)
        return;
    for (size_t i = 0; i < l->draft_count; i++) {
        struct draft *d = &l->drafts[i];
        struct slice rules = blob_of(l, blob, d);

        d->policy->version = version_of(l, rules);
        s->packs[s->pack_count++] = (struct policy_pack){
            d->policy, d->regions, d->region_count, d->is_default, rules};
    }
}

/* --- loading * ------------------------------------------------------------ */

static void compile(struct loader *l, struct policyset *s,
                    const struct blob *blob)
{
    struct directory *directory;

    for (size_t i = 0; i < l->draft_count; i++) {
        l->draft = &l->drafts[i];
        l->draft->policy = loader_array(l, 1, sizeof(struct policy));
        if (!l->draft->policy)
            return;
        rules_file_read(l);
        rules_lint(l);
    }
    check_default(l);
    check_regions(l);
    check_roles(l);
    directory = (struct directory *)(uintptr_t)directory_read(l);
    if (!directory)
        return;
    directory->version = version_of(l, blob_of(l, blob, NULL));
    s->directory = directory;
    routes_check(l);
    rosters_lint(l);
    contacts_lint(l);
    across_lint(l);
    attributes_lint(l);
    set_packs(l, s, blob);
    s->messages = messages_read(l, blob);
    hints_check(l, s->messages);
    s->people = people_read(l, blob);
    s->blob = keep_blob(l, blob);
    s->version = version_of(l, s->blob);
}

static enum status load(struct slice bytes, const struct policy_names *names,
                        struct policyset **out, struct findings *f)
{
    struct policyset *s = calloc(1, sizeof *s);
    struct blob *blob = calloc(1, sizeof *blob);
    struct loader l = {.findings = f, .names = names, .blob = blob};
    size_t before = f->errors;
    struct error err;

    *out = NULL;
    if (s && blob) {
        arena_init(&s->arena, SET_BYTES_MAX);
        l.arena = &s->arena;
        if (blob_parse(bytes, blob, &err))
            report_error(&l, OF_FILE, UNSAID, UNSAID, "%s", err.text);
        else if (!drafts_make(&l, blob))
            report_error(&l, OF_FILE, UNSAID, UNSAID, "the blob holds no pack");
        else {
            drafts_open(&l);
            compile(&l, s, blob);
        }
        drafts_close(&l);
    } else {
        report_error(&l, OF_FILE, UNSAID, UNSAID, "out of memory");
    }
    free(blob);
    if (f->errors > before) {
        policyset_free(s);
        return STATUS_INVALID;
    }
    *out = s;
    return STATUS_OK;
}

static enum status read_dirs(const char *const *dirs, size_t count,
                             struct bytes *bytes, struct findings *f)
{
    struct loader l = {.findings = f};
    struct error err;
    enum status st;

    bytes_init(bytes, 0);
    st = blob_read(dirs, count, bytes, &err);
    if (st)
        report_error(&l, OF_FILE, UNSAID, UNSAID, "%s", err.text);
    return st;
}

enum status policyset_load(const char *const *dirs, size_t count,
                           const struct policy_names *names,
                           struct policyset **out, struct findings *f)
{
    struct bytes bytes;
    enum status st = read_dirs(dirs, count, &bytes, f);

    *out = NULL;
    if (!st)
        st = load(bytes_slice(&bytes), names, out, f);
    bytes_fini(&bytes);
    return st;
}

/* --- with overlays * ------------------------------------------------------ */

/* One file of one pack, grown from what was laid over it. */
struct laid {
    struct overlay overlay; /* of the last one; its lines tell where from */
    char name[LIMIT_PATH_BYTES]; /* "service-network/directory.yaml" */
};

static struct text pack_of(const struct blob *blob, const char *dir)
{
    size_t end = strlen(dir), start;

    while (end && dir[end - 1] == '/')
        end--;
    for (start = end; start && dir[start - 1] != '/';)
        start--;
    for (size_t i = 0; i < blob->count; i++)
        if (text_equal(blob->files[i].pack,
                       (struct text){dir + start, (uint32_t)(end - start)}))
            return blob->files[i].pack;
    return blob->count ? blob->files[0].pack : TEXT("");
}

/* A line of a file that was laid over twice leads to the first one's lines. */
static void join_lines(struct laid *l, const struct laid *before, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(before[i].name, l->name) != 0)
            continue;
        for (size_t j = 0; j < l->overlay.line_count; j++) {
            struct overlay_line *line = &l->overlay.lines[j];

            if (strcmp(line->file, l->name) == 0)
                (void)overlay_origin(&before[i].overlay, line->place.line,
                                     line);
        }
    }
}

static enum status lay(struct blob *blob, struct text pack,
                       const struct policy_overlay *o, struct laid *laid,
                       size_t done, struct error *err)
{
    struct overlay_source over = {o->file, o->text, o->part, o->under};
    struct laid *l = &laid[done];
    struct blob_file *file = NULL;
    enum status status;

    snprintf(l->name, sizeof l->name, "%.*s/%s", TEXT_ARG(pack), o->over);
    for (size_t i = 0; i < blob->count; i++)
        if (text_equal(blob->files[i].pack, pack) &&
            text_equal(blob->files[i].name, text_of(o->over)))
            file = &blob->files[i];
    status = overlay_make(l->name, file ? file->content : SLICE_EMPTY, &over,
                          &l->overlay, err);
    if (status)
        return status;
    if (!file && blob->count < BLOB_FILES_MAX) {
        file = &blob->files[blob->count++];
        file->pack = pack;
        file->name = text_of(o->over);
    }
    if (!file)
        return error_set(err, STATUS_FULL, "%s: too many files", l->name);
    file->content = bytes_slice(&l->overlay.text);
    join_lines(l, laid, done);
    return STATUS_OK;
}

/* Findings name the line that was written, not the one it became. */
static void tell_origins(struct findings *f, const struct laid *laid,
                         size_t count)
{
    for (size_t i = 0; i < f->count; i++)
        for (size_t j = count; j-- > 0;) {
            struct overlay_line line;

            if (strcmp(f->list[i].file, laid[j].name) != 0)
                continue;
            if (overlay_origin(&laid[j].overlay, f->list[i].line, &line)) {
                const char *name = arena_text(&f->arena, line.file);

                f->list[i].file = name ? name : "";
                f->list[i].line = line.place.line;
                f->list[i].column = line.place.column;
            }
            break;
        }
}

enum status policyset_load_overlaid(const char *const *dirs, size_t count,
                                    const struct policy_overlay *overlays,
                                    size_t overlay_count,
                                    const struct policy_names *names,
                                    struct policyset **out, struct findings *f)
{
    struct laid *laid = calloc(overlay_count + 1, sizeof *laid);
    struct blob *blob = calloc(1, sizeof *blob);
    struct loader l = {.findings = f};
    struct bytes bytes, whole;
    struct error err = {0};
    enum status st = read_dirs(dirs, count, &bytes, f);
    size_t done = 0;

    *out = NULL;
    bytes_init(&whole, 0);
    if (!laid || !blob)
        abort();
    if (!st)
        st = blob_parse(bytes_slice(&bytes), blob, &err);
    for (; !st && done < overlay_count; done++)
        st = lay(blob, pack_of(blob, dirs[0]), &overlays[done], laid, done,
                 &err);
    if (!st)
        st = blob_write(blob, &whole);
    if (st && *err.text)
        report_error(&l, OF_FILE, UNSAID, UNSAID, "%s", err.text);
    if (!st)
        st = load(bytes_slice(&whole), names, out, f);
    tell_origins(f, laid, done);
    for (size_t i = 0; i < overlay_count; i++)
        overlay_fini(&laid[i].overlay);
    bytes_fini(&bytes);
    bytes_fini(&whole);
    free(blob);
    free(laid);
    return st;
}

enum status policyset_load_directories(const struct policyset *running,
                                       const char *const *dirs, size_t count,
                                       const struct policy_names *names,
                                       struct policyset **out,
                                       struct findings *f)
{
    struct loader l = {.findings = f};
    struct bytes fresh, both;
    struct error err;
    enum status st = read_dirs(dirs, count, &fresh, f);

    *out = NULL;
    bytes_init(&both, 0);
    if (!st && (st = blob_with_directories(running->blob, bytes_slice(&fresh),
                                           &both, &err)))
        report_error(&l, OF_FILE, UNSAID, UNSAID, "%s", err.text);
    if (!st)
        st = load(bytes_slice(&both), names, out, f);
    bytes_fini(&fresh);
    bytes_fini(&both);
    return st;
}

_Static_assert(POLICY_VERSION_SIZE == BLOB_VERSION_DIGITS + 1,
               "a version is one of a blob");

enum status policyset_version_of(const char *const *dirs, size_t count,
                                 char version[POLICY_VERSION_SIZE],
                                 struct findings *f)
{
    struct bytes bytes;
    enum status st = read_dirs(dirs, count, &bytes, f);

    if (!st)
        blob_version(bytes_slice(&bytes), version);
    bytes_fini(&bytes);
    return st;
}

enum status policyset_load_blob(struct slice blob,
                                const struct policy_names *names,
                                struct policyset **out, struct findings *f)
{
    return load(blob, names, out, f);
}

enum status policyset_load_rules(struct slice blob,
                                 const struct policy_names *names,
                                 struct policyset **out, struct findings *f)
{
    return load(blob, names, out, f);
}

enum status policyset_words(struct slice blob, struct bytes *out,
                            struct error *err)
{
    return blob_without_directories(blob, out, err);
}

void policyset_free(struct policyset *s)
{
    if (!s)
        return;
    arena_fini(&s->arena);
    free(s);
}

/* --- look-ups * ----------------------------------------------------------- */

const struct policy *policyset_for(const struct policyset *s,
                                   struct text region)
{
    const struct policy *fallback = NULL;

    for (size_t i = 0; i < s->pack_count; i++) {
        const struct policy_pack *p = &s->packs[i];

        if (p->is_default)
            fallback = p->policy;
        for (size_t j = 0; j < p->region_count; j++)
            if (text_equal(p->regions[j], region))
                return p->policy;
    }
    assert(fallback);
    return fallback;
}

const struct policy *policyset_version(const struct policyset *s,
                                       struct text version)
{
    for (size_t i = 0; i < s->pack_count; i++)
        if (text_equal(s->packs[i].policy->version, version))
            return s->packs[i].policy;
    return NULL;
}
