/* queue - the station's outbox, as the command line uses it.
 *
 * Lies in HOME/outbox. What is put there is on disk when the call returns, and
 * is delivered by whoever serves that outbox next: this program itself while
 * it publishes, the station agent, or the system started with "yinuo up".
 *
 * Errors   Exit codes; the user has been told.
 * Threads  One.
 */
#ifndef CLI_QUEUE_H
#define CLI_QUEUE_H

#include "cli/cli.h"
#include "proto/codec.h"

/* Keeps one event. */
int queue_event(struct cli *cli, const Yinuo__V1__Event *event);

#endif
