#include "base/i18n.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"

/* gettext forgets what it has looked up when this changes. */
extern int _nl_msg_cat_cntr;

static const char *language_of_environment(void)
{
    static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES",
                                        "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value && *value)
            return value;
    }
    return "C";
}

/* Not every machine has made the locale that it is set to; C.UTF-8 is there
 * always, and with it gettext goes by LANGUAGE alone. */
static void be_utf8(void)
{
    const char *now = setlocale(LC_MESSAGES, NULL);

    if (!now || strcmp(now, "C") == 0 || strcmp(now, "POSIX") == 0)
        (void)setlocale(LC_ALL, "C.UTF-8");
    (void)setlocale(LC_NUMERIC, "C");
}

void i18n_init(void)
{
    char dir[LIMIT_PATH_BYTES], locale[LIMIT_PATH_BYTES + 32];
    char wanted[64];

    snprintf(wanted, sizeof wanted, "%.32s", language_of_environment());
    wanted[strcspn(wanted, ".@")] = '\0';
    (void)setlocale(LC_ALL, "");
    if (!getenv("LANGUAGE") && strcmp(wanted, "C") != 0 &&
        strcmp(wanted, "POSIX") != 0)
        setenv("LANGUAGE", wanted, 1);
    be_utf8();
    if (file_program_dir(dir, sizeof dir, NULL) == STATUS_OK) {
        snprintf(locale, sizeof locale, "%s/../share/locale", dir);
        bindtextdomain(I18N_DOMAIN, locale);
    }
    bind_textdomain_codeset(I18N_DOMAIN, "UTF-8");
}

void i18n_set_language(const char *language)
{
    setenv("LANGUAGE", language, 1);
    be_utf8();
    _nl_msg_cat_cntr++;
}

const char *i18n_language(void)
{
    /* translators: the code of the language of this file, as in zh_CN */
    const char *code = _("language code: en");
    const char *colon = strrchr(code, ' ');

    return colon ? colon + 1 : "en";
}
