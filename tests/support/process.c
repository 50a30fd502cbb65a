#include "tests/support/process.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

pid_t process_start(const char *program, const char *const *words,
                    const char *errors, int input)
{
    enum { WORDS = 32 };
    char path[512];
    char *argv[WORDS] = {path};
    const char *bin = getenv("YINUO_BIN");
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    size_t n = 1;
    snprintf(path, sizeof(path), "%s/%s", bin ? bin : "build/bin", program);
    for (; words[n - 1] && n + 1 < WORDS; n++)
        argv[n] = strdup(words[n - 1]);
    posix_spawn_file_actions_init(&actions);
    if (input >= 0)
        posix_spawn_file_actions_adddup2(&actions, input, 0);
    else
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, errors ? errors : "/dev/null",
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (posix_spawn(&pid, path, &actions, NULL, argv, environ) != 0)
        pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    for (size_t i = 1; i < n; i++)
        free(argv[i]);
    return pid;
}

int process_wait(pid_t pid)
{
    int status = 0;
    if (pid <= 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int process_kill(pid_t pid, int number)
{
    if (pid <= 0)
        return -1;
    kill(pid, number);
    return process_wait(pid);
}

void process_make_dir(char out[64])
{
    snprintf(out, 64, "/tmp/yinuo-system-XXXXXX");
    if (!mkdtemp(out))
        abort();
}

static int drop(const char *path, const struct stat *st, int flag,
                struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void process_drop_dir(const char *dir)
{
    if (nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "%s stays\n", dir);
}

void process_nap(int wait_ms)
{
    (void)poll(NULL, 0, wait_ms);
}

bool process_wait_for_file(const char *path, int wait_ms)
{
    for (; wait_ms > 0 && access(path, F_OK) != 0; wait_ms -= 10)
        process_nap(10);
    return access(path, F_OK) == 0;
}

size_t process_memory_kb(pid_t pid, const char *what)
{
    char path[64], line[128];
    size_t kb = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, what, strlen(what)) == 0)
            kb = strtoul(line + strlen(what), NULL, 10);
    if (file)
        fclose(file);
    return kb;
}
