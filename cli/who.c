#include "cli/who.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/utf8.h"
#include "cli/suggest.h"

enum { CONFIG_MAX = 64 * 1024 };

static enum status config_path(char out[LIMIT_PATH_BYTES], struct error *err)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (xdg && *xdg == '/')
        return file_join(out, LIMIT_PATH_BYTES, xdg, "yinuo/config", err);
    if (home && *home)
        return file_join(out, LIMIT_PATH_BYTES, home, ".config/yinuo/config",
                         err);
    out[0] = 0;
    return STATUS_OK;
}

static enum status set_key(struct who_config *config, const char *key,
                           const char *value, unsigned line, struct error *err)
{
#define X(name, size) #name,
    static const char *const names[] = {WHO_KEYS(X)};
#undef X
    const char *meant;

#define X(name, room)                                                          \
    if (strcmp(key, #name) == 0) {                                             \
        if (strlen(value) >= sizeof config->name)                              \
            return error_set(err, STATUS_INVALID, _("%s:%u: %s is too long"),  \
                             config->path, line, key);                         \
        strcpy(config->name, value);                                           \
        return STATUS_OK;                                                      \
    }
    WHO_KEYS(X)
#undef X
    meant = suggest_word(key, names, sizeof names / sizeof names[0]);
    if (meant)
        return error_set(err, STATUS_INVALID,
                         _("%s:%u: unknown key \"%.40s\", did you mean %s?"),
                         config->path, line, key, meant);
    return error_set(err, STATUS_INVALID, _("%s:%u: unknown key \"%.40s\""),
                     config->path, line, key);
}

/* Without blanks around, in place. */
static char *trim(char *text)
{
    size_t size;

    text += strspn(text, " \t");
    size = strlen(text);
    while (size && strchr(" \t\r", text[size - 1]))
        text[--size] = 0;
    return text;
}

static enum status parse_line(struct who_config *config, char *text,
                              unsigned line, struct error *err)
{
    char *colon, *key = trim(text);

    if (!*key || *key == '#')
        return STATUS_OK;
    colon = strchr(key, ':');
    if (!colon)
        return error_set(err, STATUS_INVALID,
                         _("%s:%u: expected \"key: value\""), config->path,
                         line);
    *colon = 0;
    return set_key(config, trim(key), trim(colon + 1), line, err);
}

enum status who_config_parse(struct who_config *config, const char *text,
                             struct error *err)
{
    char *copy = strdup(text), *rest = copy, *line;
    enum status status = STATUS_OK;

    if (!copy)
        return error_set(err, STATUS_NO_MEMORY, "config");
    for (unsigned n = 1; status == STATUS_OK && (line = strsep(&rest, "\n"));
         n++)
        status = parse_line(config, line, n, err);
    free(copy);
    return status;
}

static enum status read_config(struct who_config *config, struct error *err)
{
    struct bytes text = {0};
    enum status status = config_path(config->path, err);

    if (status != STATUS_OK || !config->path[0] || !file_exists(config->path))
        return status;
    status = file_read(config->path, CONFIG_MAX, &text, err);
    if (status == STATUS_OK && !utf8_valid(bytes_slice(&text)))
        status = error_set(err, STATUS_INVALID, _("%s: not valid UTF-8"),
                           config->path);
    if (status == STATUS_OK)
        status = who_config_parse(config, bytes_text(&text), err);
    bytes_fini(&text);
    return status;
}

enum status who_find(struct who *who, const char *as, struct error *err)
{
    const char *said = as ? as : getenv("YINUO_PERSON");
    enum status status;

    memset(who, 0, sizeof *who);
    status = read_config(&who->config, err);
    if (status != STATUS_OK)
        return status;
    if (said && *said) {
        who->source = as ? "--as" : "YINUO_PERSON";
    } else {
        said = who->config.person;
        who->source = who->config.path;
    }
    if (strlen(said) > LIMIT_ID_BYTES || !utf8_clean(slice_of_text(said)))
        return error_set(err, STATUS_INVALID, _("%s: not the id of a person"),
                         who->source);
    strcpy(who->person, said);
    return STATUS_OK;
}
