#include "cli/outbox.h"

int outbox_keep(struct cli *cli, const Yinuo__V1__Event *event)
{
    (void)event;
    (void)error_set(&cli->error, STATUS_UNSUPPORTED,
                    _("this build has no outbox"));
    return cli_failed(cli);
}
