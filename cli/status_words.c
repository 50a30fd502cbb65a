#include "cli/status_words.h"

#include <string.h>

#include "base/i18n.h"
#include "cli/words.h"

/* Of the router (workers/router/query_status.c), then of the broker
 * (broker/status.c). */
static const char *const names[] = {
    N_("router"),
    N_("journal"),
    N_("state"),
    N_("timers"),
    N_("events"),
    N_("cases"),
    N_("promises"),
    N_("pages"),
    N_("escalations"),
    N_("policy"),
    N_("broker"),
    N_("version"),
    N_("pid"),
    N_("partition"),
    N_("owner_epoch"),
    N_("started"),
    N_("now"),
    N_("drill"),
    N_("recovery"),
    N_("recovered"),
    N_("records"),
    N_("batches"),
    N_("duplicates"),
    N_("differing"),
    N_("refused"),
    N_("quarantined"),
    N_("late"),
    N_("expired"),
    N_("first_seq"),
    N_("last_seq"),
    N_("segments"),
    N_("bytes"),
    N_("chain"),
    N_("free_bytes"),
    N_("space"),
    N_("applied_seq"),
    N_("durable_seq"),
    N_("cases_open"),
    N_("memory"),
    N_("checkpoint_write"),
    N_("armed_total"),
    N_("oldest_overdue"),
    N_("next_due"),
    N_("fired"),
    N_("accepted"),
    N_("rejected"),
    N_("gates_bypassed"),
    N_("opened"),
    N_("closed"),
    N_("reopened"),
    N_("reopen_total"),
    N_("reassigned"),
    N_("reassign_total"),
    N_("made"),
    N_("kept"),
    N_("missed"),
    N_("waiting"),
    N_("leased"),
    N_("delivered"),
    N_("failed"),
    N_("sessions"),
    N_("partitions"),
    N_("partitions_served"),
    N_("requests_pending"),
    N_("held_bytes"),
    N_("held_bytes_most"),
    N_("held_bytes_max"),
    N_("ring_bytes"),
    N_("unconfirmed_bytes"),
    N_("front_in"),
    N_("front_out"),
    N_("back_in"),
    N_("back_out"),
    N_("hellos"),
    N_("byes"),
    N_("unreachable"),
    N_("demoted"),
    N_("dropped_out"),
    N_("dropped_in"),
    N_("orphans"),
    N_("busy_peer"),
    N_("busy_all"),
    N_("busy_no_router"),
    N_("busy_router_gone"),
    N_("busy_late"),
    N_("malformed"),
    N_("wrong_version"),
    N_("wrong_partition"),
    N_("unknown_kind"),
};

bool status_is_known(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

const char *status_word(const char *name)
{
    if (strcmp(i18n_language(), "en") == 0)
        return name;
    return status_is_known(name) ? _(name) : key_word(name);
}
