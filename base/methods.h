/* methods - how a person may be reached, and which channel serves it.
 *
 * A person's method is a word of his directory; a tier worker takes the channel
 * that serves it first. The words are separated by blanks.
 *
 * Memory   Constants.
 * Source   docs/channels.md.
 */
#ifndef BASE_METHODS_H
#define BASE_METHODS_H

#define METHODS_LOG "log app board"
#define METHODS_EXEC "phone sms call hook"
#define METHODS_SMTP "mail email"

/* Those that want a number, or a mail address, of the person. */
#define METHODS_BY_NUMBER "phone sms call"
#define METHODS_BY_MAIL "smtp mail email"

/* clang-format off */
/*    channel  the methods that mean it, beside its own name */
#define METHOD_CHANNELS(X)                                                     \
    X("log",   METHODS_LOG)                                                    \
    X("exec",  METHODS_EXEC)                                                   \
    X("smtp",  METHODS_SMTP)
/* clang-format on */

#endif
