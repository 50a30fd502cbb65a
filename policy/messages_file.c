#include "policy/messages_file.h"

#include <string.h>

#include "policy/document.h"

enum {
    BOOKS_MAX = 64,
    WHY_BYTES_MAX = 400,
    DO_BYTES_MAX = 800,
    ROLE_WORD_SIZE = 64
};

static const char *const groups[] = {
#define X(name, word) word,
    MESSAGE_GROUPS(X)
#undef X
};

static const struct shape_row message_rows[] = {
    {"why", read_text, INTO(struct message, why), MUST, 0, 0, 0},
    {"do", read_text, INTO(struct message, what), MAY, 0, 0, 0},
};
static const struct shape message_shape = SHAPE("a message", message_rows);

bool messages_is_file(struct text name)
{
    static const char folder[] = MESSAGES_FOLDER;
    return name.size > sizeof(folder) - 1 &&
           memcmp(name.data, folder, sizeof(folder) - 1) == 0;
}

static void check_words(struct loader *l, yaml_node_t *node, struct text words,
                        size_t bytes_max)
{
    size_t end = 0;
    if (words.size > bytes_max)
        report_error(l, node_place(node), "a person reads it on a telephone",
                     UNSAID, "this text has more than %zu bytes", bytes_max);
    for (size_t i = 0; i < words.size; i++)
        if (words.data[i] == '{' &&
            messages_field(words, i, &end) == MESSAGE_FIELDS_END) {
            report_error(l, node_place(node),
                         "nobody could fill it in when a page is written",
                         "{span}, {due}, {key}, {owner}, {tier}; of hints "
                         "{word}, {number}",
                         "there is no such field in braces");
            return;
        }
}

static size_t count_all(struct loader *l, yaml_node_t *root)
{
    size_t count = 0;
    for (size_t g = 0; g < MESSAGE_GROUPS_END; g++) {
        yaml_node_t *node = node_child(l->source, root, groups[g]);
        count += node ? node_count(node) : 0;
    }
    return count;
}

/* What a role is called: the word alone. */
static struct text read_word(struct loader *l, yaml_node_t *node)
{
    struct text word = node_text(node);
    if (node->type != YAML_SCALAR_NODE || !word.size ||
        word.size >= ROLE_WORD_SIZE) {
        report_error(l, node_place(node), UNSAID, "station head",
                     "a role is called by one word or a few, at most %d bytes",
                     ROLE_WORD_SIZE - 1);
        return (struct text){NULL, 0};
    }
    return loader_text(l, word);
}

static void read_group(struct loader *l, yaml_node_t *node,
                       enum message_group group, struct message *list,
                       size_t room, size_t *count)
{
    yaml_node_t *key, *value;
    if (!node_is_mapping(l, node, "names with their words"))
        return;
    for (size_t i = 0; i < node_count(node) && *count < room; i++) {
        if (!node_pair(l, node, i, &key, &value))
            continue;
        struct message *m = &list[(*count)++];
        if (message_is_word(group))
            m->why = read_word(l, value);
        else
            shape_read(l, value, &message_shape, m);
        m->group = group;
        m->name = loader_text(l, node_text(key));
        check_words(l, value, m->why, WHY_BYTES_MAX);
        check_words(l, value, m->what, DO_BYTES_MAX);
    }
}

static bool known_group(struct text name)
{
    for (size_t g = 0; g < MESSAGE_GROUPS_END; g++)
        if (text_equal(name, text_of(groups[g])))
            return true;
    return false;
}

static void read_book(struct loader *l, struct message_book *book)
{
    yaml_node_t *root = l->source->root, *key, *value;
    if (!root || !node_is_mapping(l, root, "rules, clocks, kinds and roles"))
        return;
    size_t room = count_all(l, root);
    struct message *list = loader_array(l, room ? room : 1, sizeof(*list));
    if (!list)
        return;
    for (size_t i = 0; i < node_count(root); i++)
        if (node_pair(l, root, i, &key, &value) && !known_group(node_text(key)))
            report_error(
                l, node_place(key), UNSAID, "rules, clocks, kinds or roles",
                "there are no messages for \"%.*s\"", TEXT_ARG(node_text(key)));
    for (size_t g = 0; g < MESSAGE_GROUPS_END; g++)
        if ((value = node_child(l->source, root, groups[g])) != NULL)
            read_group(l, value, (enum message_group)g, list, room,
                       &book->count);
    book->list = list;
}

/* "messages/zh_CN.yaml" is zh_CN. */
static struct text language_of(struct text name)
{
    struct text out = {name.data + sizeof(MESSAGES_FOLDER) - 1,
                       name.size - (uint32_t)(sizeof(MESSAGES_FOLDER) - 1)};
    static const char end[] = ".yaml";
    if (out.size > sizeof(end) - 1 &&
        memcmp(out.data + out.size - (sizeof(end) - 1), end, sizeof(end) - 1) ==
            0)
        out.size -= (uint32_t)(sizeof(end) - 1);
    return out;
}

static const struct draft *draft_of(const struct loader *l, struct text pack)
{
    for (size_t i = 0; i < l->draft_count; i++)
        if (text_equal(text_of(l->drafts[i].name), pack))
            return &l->drafts[i];
    return NULL;
}

static void add_book(struct loader *l, const struct blob_file *f,
                     struct message_book *book)
{
    const struct draft *d = draft_of(l, f->pack);
    struct pack_file source = {.text = f->content};
    struct pack_file *before = l->source;
    source.file = arena_format(l->arena, "%.*s/%.*s", TEXT_ARG(f->pack),
                               TEXT_ARG(f->name));
    if (!source.file)
        source.file = "messages";
    book->pack = d && d->policy ? d->policy->name : f->pack;
    book->language = loader_text(l, language_of(f->name));
    l->source = &source;
    if (document_open(l, &source))
        read_book(l, book);
    document_close(&source);
    l->source = before;
}

const struct messages *messages_read(struct loader *l, const struct blob *blob)
{
    struct messages *m = loader_array(l, 1, sizeof(*m));
    struct message_book *books = loader_array(l, BOOKS_MAX, sizeof(*books));
    if (!m || !books)
        return NULL;
    m->books = books;
    for (size_t i = 0; i < blob->count && m->count < BOOKS_MAX; i++)
        if (messages_is_file(blob->files[i].name))
            add_book(l, &blob->files[i], &books[m->count++]);
    return m;
}
