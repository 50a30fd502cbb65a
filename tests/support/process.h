/* process - real programs for system tests: started, killed, waited for.
 *
 * Programs are found in $YINUO_BIN.
 */
#ifndef TESTS_SUPPORT_PROCESS_H
#define TESTS_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Its stderr goes to a file when named; its stdin from fd, -1: /dev/null. */
pid_t process_start(const char *program, const char *const *words,
                    const char *errors, int input);

/* The exit code; 128 + signal when it was killed. */
int process_wait(pid_t pid);
int process_kill(pid_t pid, int signal);

/* A new directory under /tmp; removed with all in it. */
void process_make_dir(char out[64]);
void process_drop_dir(const char *dir);

bool process_wait_for_file(const char *path, int wait_ms);
size_t process_memory_kb(pid_t pid, const char *what); /* "VmHWM:" */
void process_nap(int wait_ms);

#endif
