/* contacts - persons whom no page would reach: without an address, with one
 * that cannot be one, or who want to be reached in a way that nobody serves. */
#include <stdio.h>

#include "base/i18n.h"
#include "base/methods.h"
#include "policy/directory_file.h"
#include "policy/words.h"

static const char *const channels[][2] = {
#define X(name, methods) {name, methods},
    METHOD_CHANNELS(X)
#undef X
};

/* The next word of a list, behind *at. */
static bool next_word(const char *list, size_t *at, struct text *word)
{
    size_t from = *at;

    while (list[from] == ' ' || list[from] == ',')
        from++;
    *at = from;
    while (list[*at] && list[*at] != ' ' && list[*at] != ',')
        ++*at;
    *word = (struct text){list + from, (uint32_t)(*at - from)};
    return word->size > 0;
}

static bool has_word(const char *list, struct text wanted, struct nearest *near)
{
    struct text word;
    size_t at = 0;

    while (next_word(list, &at, &word)) {
        if (text_equal(word, wanted))
            return true;
        if (near)
            nearest_try(near, word);
    }
    return false;
}

static const char *channel_of(struct text method, struct nearest *near)
{
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (has_word(channels[i][0], method, near) ||
            has_word(channels[i][1], method, near))
            return channels[i][0];
    return NULL;
}

static bool can_be_dialled(struct text number)
{
    unsigned digits = 0;

    for (uint32_t i = 0; i < number.size; i++) {
        if (number.data[i] >= '0' && number.data[i] <= '9')
            digits++;
        else if (!strchr("+-() ./x", number.data[i]))
            return false;
    }
    return digits >= 3;
}

/* something@something */
static bool can_be_mailed(struct text address)
{
    const char *at = memchr(address.data, '@', address.size);

    return at && at > address.data && at + 1 < address.data + address.size &&
           !memchr(address.data, ' ', address.size);
}

static void lint_addresses(struct loader *l, const struct person_draft *p)
{
    struct text phone = p->person.phone, email = p->person.email;

    if (!phone.size && !email.size)
        report_warning(l, p->place, "a page would reach nobody",
                       "phone: +86 138 0000 0001, or email:",
                       "%.*s has no contact that works",
                       TEXT_ARG(p->person.id));
    if (phone.size && !can_be_dialled(phone))
        report_warning(l, p->place, "a page would reach nobody",
                       "phone: +86 138 0000 0001",
                       "%.*s has no contact that works: \"%.*s\" cannot be "
                       "dialled",
                       TEXT_ARG(p->person.id), TEXT_ARG(phone));
    if (email.size && !can_be_mailed(email))
        report_warning(l, p->place, "a page would reach nobody",
                       "email: name@example.com",
                       "%.*s has no contact that works: \"%.*s\" is no mail "
                       "address",
                       TEXT_ARG(p->person.id), TEXT_ARG(email));
}

static void lint_method(struct loader *l, const struct person_draft *p)
{
    struct text method = p->person.method;
    struct nearest near;
    const char *channel;
    bool number = has_word(METHODS_BY_NUMBER, method, NULL);

    nearest_begin(&near, method);
    channel = channel_of(method, &near);
    if (!channel)
        report_warning(l, p->place, "a page takes the first channel there is",
                       *report_meant(l, near.best)
                           ? report_meant(l, near.best)
                           : N_("log, phone, sms, mail ...: see channels.md"),
                       "%.*s: no channel serves the method \"%.*s\"",
                       TEXT_ARG(p->person.id), TEXT_ARG(method));
    else if ((number && !p->person.phone.size) ||
             (has_word(METHODS_BY_MAIL, method, NULL) && !p->person.email.size))
        report_warning(l, p->place, "a page goes on to the next channel",
                       number ? N_("phone: +86 138 0000 0001")
                              : N_("email: name@example.com"),
                       "%.*s is to be reached by %.*s, and has no address "
                       "for it",
                       TEXT_ARG(p->person.id), TEXT_ARG(method));
    else if (l->findings->channels &&
             !has_word(l->findings->channels, text_of(channel), NULL))
        report_warning(l, p->place, "a page goes on to the next channel",
                       report_words(l, "yinuo up --channels %s,%s",
                                    l->findings->channels, channel),
                       "%.*s is to be reached by %.*s, and the channel %s "
                       "is not set up",
                       TEXT_ARG(p->person.id), TEXT_ARG(method), channel);
}

void contacts_lint(struct loader *l)
{
    const struct directory_draft *d = l->directory;

    if (!l->findings->contacts)
        return;
    l->topic = "contact";
    for (size_t i = 0; i < d->person_count; i++) {
        const struct person_draft *p = &d->persons[i];

        l->source = (struct pack_file *)(uintptr_t)&p->draft->directory;
        lint_addresses(l, p);
        if (p->person.method.size)
            lint_method(l, p);
    }
    l->topic = NULL;
}
