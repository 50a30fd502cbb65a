/* i18n - the user's language, by gettext.
 *
 * Sentences that a person reads are marked _("..."); N_("...") marks those in
 * tables, to be translated where they are shown. Those that stand in a call of
 * report_error(), error_set() and the like (po/update names them) need no mark:
 * the function translates. Codes, field names and logs are never translated.
 * Catalogues lie in ../share/locale beside the program.
 *
 * Threads  i18n_init: before threads; the rest: any.
 */
#ifndef BASE_I18N_H
#define BASE_I18N_H

#include <libintl.h>

#define I18N_DOMAIN "yinuo"

#define _(text) dgettext(I18N_DOMAIN, text)
#define N_(text) (text)
#define P_(one, many, n) dngettext(I18N_DOMAIN, one, many, n)

/* The language of the environment. Numbers are always written as in C. */
void i18n_init(void);

/* Another one than that of the environment, "zh_CN" or "en"; for --lang. */
void i18n_set_language(const char *language);

/* "zh_CN" or "en": what messages are in. */
const char *i18n_language(void);

#endif
