/* poison - the seeded assertion of quarantine.py: linked into a router of the
 * tests with --wrap=engine_decide, so that the product knows nothing of it. */
#include <assert.h>

#include "engine/engine.h"

enum engine_result __real_engine_decide(const struct view *view,
                                        const struct input *in,
                                        struct engine_out *out);
enum engine_result __wrap_engine_decide(const struct view *view,
                                        const struct input *in,
                                        struct engine_out *out);

/* Is the promise "poison" among what this firing is about? */
static bool is_poison(const struct view *view, const struct input *in)
{
    static struct case_record c;

    if (!view->find_case(view->context, in->case_id, &c))
        return false;
    for (uint8_t i = 0; i < c.clock_count; i++)
        if (name_is(&c.clocks[i].key, TEXT("poison")) &&
            c.clocks[i].step_count &&
            c.clocks[i].steps[0].due_ms <= in->as_of_ms)
            return true;
    return false;
}

enum engine_result __wrap_engine_decide(const struct view *view,
                                        const struct input *in,
                                        struct engine_out *out)
{
    assert(!(in->kind == INPUT_EVENT &&
             text_equal(in->case_id, TEXT("poison-event"))));
    assert(!(in->kind == INPUT_FIRING && is_poison(view, in)));
    return __real_engine_decide(view, in, out);
}
