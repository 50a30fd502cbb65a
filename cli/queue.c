#include "cli/queue.h"

#include "cli/publishing.h"

int queue_event(struct cli *cli, const Yinuo__V1__Event *event)
{
    struct publishing *p = NULL;
    int code = publishing_open(cli, &p);

    if (code == CLI_DONE)
        code = publishing_event(cli, p, event);
    publishing_close(&p);
    return code;
}
