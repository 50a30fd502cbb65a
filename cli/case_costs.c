#include "cli/case_costs.h"

#include "base/i18n.h"
#include "cli/words.h"
#include "proto/roles.h"

void case_costs_md(FILE *out, const struct costs *c)
{
    fprintf(out, "| %s | %s | %s |\n|---|---:|---:|\n", _("who"), _("hours"),
            _("cost"));
    for (uint32_t t = 1; t <= roles_tier_count() && t < REPORT_TIERS; t++)
        if (c->hours[t] > 0)
            fprintf(out, "| %s | %.2f | %.2f |\n", tier_word((int)t),
                    c->hours[t], c->money[t]);
    if (c->goods > 0)
        fprintf(out, "| %s | | %.2f |\n", _("goods and refunds"), c->goods);
    fprintf(out, "| %s | | %.2f |\n\n", _("all"), costs_total(c));
    if (c->signalled)
        fprintf(out,
                _("At the first chance, when the customer first showed that he "
                  "was not content: %.2f; in the end: %.2f."),
                c->at_signal, costs_total(c));
    else
        fprintf(out, "%s",
                _("The customer never showed that he was not "
                  "content."));
    fprintf(out, "\n");
}

json_t *case_costs_json(const struct costs *c)
{
    json_t *all = json_object(), *tiers = json_object();

    for (uint32_t t = 1; t <= roles_tier_count() && t < REPORT_TIERS; t++)
        if (c->hours[t] > 0)
            json_object_set_new(tiers, role_name(t),
                                json_pack("{s:f, s:f}", "hours", c->hours[t],
                                          "cost", c->money[t]));
    json_object_set_new(all, "tiers", tiers);
    json_object_set_new(all, "goods", json_real(c->goods));
    json_object_set_new(all, "total", json_real(costs_total(c)));
    if (c->signalled)
        json_object_set_new(all, "at_first_signal", json_real(c->at_signal));
    return all;
}
