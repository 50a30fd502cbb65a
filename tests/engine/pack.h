/* pack - a service network by hand, as C tables: the default policy of
 * requirements.md section 4 as far as the engine's tests tell stories of it.
 *
 * Stations  SHOP 09:00-18:00 every day, NET round the clock; both UTC. Each
 *           has E1 E2 A B C, head HD and deputy DP, representatives R1 R2,
 *           crisis center C1 C2, spokesman SP. Any other station: HEAD@it.
 */
#ifndef TESTS_ENGINE_PACK_H
#define TESTS_ENGINE_PACK_H

#include "engine/engine.h"

enum { ENGINEER = 1, HEAD, REP, CENTER, SPOKESMAN };

extern const struct policy service;
extern const struct directory people;
extern const struct calendar shop_hours, all_hours;
extern const struct zone utc;

#endif
