/* session - being connected, and what to say when that is not so.
 *
 * No command hangs: after CLI_WAIT_MS it ends with exit code 5, the words "not
 * recorded", and the last known duty list with telephone numbers, so that there
 * is somebody to call.
 *
 * Memory   The connection is the cli's.
 * Threads  One.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/cli.h"
#include "cli/client.h"

/* Connects if that has not been done. CLI_DONE, or the exit code; the user has
 * been told. */
int session_ready(struct cli *cli);

/* As session_ready, but says nothing: cli->error has the words. */
enum status session_try(struct cli *cli);

/* The tier or side role that the text names, by name, word or number; connects
 * first, because the running policy names them. NULL or "": 0. CLI_DONE, or
 * the exit code; the user has been told which there are. */
int session_role(struct cli *cli, const char *text, uint32_t *role);

/* What "today" and "+2h" count from: the ledger's clock, which in a drill is
 * not the wall clock's; the wall clock's where nobody answers. */
int64_t session_now_ms(struct cli *cli);

/* CLI_USAGE and a sentence when nobody is known to act. */
int session_need_person(struct cli *cli);

/* Whether the roster knows who acts. Asked where nothing was found for him: a
 * slip in his name must not read as "nothing waits". CLI_DONE, or the exit
 * code; the user has been told. */
int session_check_person(struct cli *cli);

/* One more call has CLI_WAIT_MS; for commands that make many. */
void session_more_time(struct cli *cli);

/* Tells why a call failed, with the duty list where nobody was reached, and
 * returns the exit code. */
int session_failed(struct cli *cli);

/* "ipc://HOME/run/front", or what --connect says. False: too long. */
bool session_endpoint(const struct cli *cli, const char *door,
                      char out[LIMIT_PATH_BYTES]);

#endif
