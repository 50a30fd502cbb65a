#include "base/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"

enum status signals_open(int *fd, bool children, struct error *err)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (children)
        sigaddset(&set, SIGCHLD);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return error_set_errno(err, errno, "block signals");
    *fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return *fd < 0 ? error_set_errno(err, errno, "watch signals") : STATUS_OK;
}

bool signals_read(int fd)
{
    struct signalfd_siginfo info;
    struct error err;
    bool end = false;

    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            end = true;
        else if (info.ssi_signo == SIGHUP && log_reopen(&err) != STATUS_OK)
            log_warn("LOG-REOPEN", "%s -> the old file is written", err.text);
    }
    return end;
}
