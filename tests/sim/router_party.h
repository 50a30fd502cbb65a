/* router_party - what the oracle may see of the router. */
#ifndef TESTS_SIM_ROUTER_PARTY_H
#define TESTS_SIM_ROUTER_PARTY_H

#include "tests/sim/sim.h"

struct router;

/* NULL while it is down. */
struct router *router_live(struct party *p);

/* The last line that the product logged. */
const char *sim_last_log(void);

#endif
