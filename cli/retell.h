/* retell - what another program has said in English, in the person's language.
 *
 * Broker, router and the station's library say what is wrong with an event in
 * words that travel and are kept. Here they are found again among their formats
 * (retell.def), and what was put in is put into the translation.
 *
 * Memory   The caller's room; what is not known stays as it came.
 * Threads  Any.
 */
#ifndef CLI_RETELL_H
#define CLI_RETELL_H

enum { RETELL_BYTES = 640 };

/* text itself, or out. "FIELD: words" are retold behind the field. */
const char *retell(const char *text, char out[RETELL_BYTES]);

/* The same, for as long as the block around it. */
#define RETOLD(text) retell(text, (char[RETELL_BYTES]){""})

#endif
