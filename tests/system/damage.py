"""Pages of the ledger's files go bad. A state is made again of the journal by the
next start; a damaged record is told to whoever asks for it, and everything else
goes on; a journal whose end is damaged ends the router with the exit code that
nobody starts again, and with a sentence that names the file."""
from harness import *
from wire import EVENTS_ACK, Client, event

PAGE = 4096


def publish(s, first, count):
    c = Client(s.path("run"), "st-%d" % first)
    for n in range(first, first + count, 16):
        kind, _, refused = c.publish(*[event("e-%d" % i, "case.opened", "c-%d" % i)
                                       for i in range(n, n + 16)])
        check(kind == EVENTS_ACK and not refused, kind, refused)
    c.close()


def opened(s):
    return s.ask("status")["cases"]["opened"]


def cut_state(s):
    """All but its two first pages, which say that there is more."""
    os.truncate(s.path("ledger", "state.mdb"), 2 * PAGE)


def blank_record(s):
    """The page on which a record of the middle lies."""
    path = s.path("ledger", "journal", "000001.mdb")
    with open(path, "r+b") as f:
        data = f.read()
        at = data.index(b"e-100") // PAGE * PAGE
        f.seek(at)
        f.write(bytes(PAGE))


def ended(s):
    return until(lambda: s.processes["router"].poll() is not None, 20, "it ends") and \
        s.processes.pop("router").returncode


with System() as s:
    s.start_all(tiers=False)
    publish(s, 0, 320)
    s.kill("router", signal.SIGTERM)
    check(os.path.getsize(s.path("ledger", "state.mdb")) > 2 * PAGE, "there is a checkpoint")
    cut_state(s)
    s.start("router")
    check(ended(s) == 1, "another start helps:", s.tail("router"))
    check("state.mdb is damaged" in s.tail("router"), s.tail("router"))
    s.start("router")
    s.wait_ready()
    check(opened(s) == 320, opened(s), "cases are back")

    blank_record(s)
    s.kill("broker", signal.SIGTERM)  # which remembers the newest ones
    s.start("broker")
    s.wait_ready()
    done = s.cli("journal", "dump", "--output", "json", check=False)
    check(done.returncode == 7 and "000001.mdb" in done.stderr, done.returncode, done.stderr)
    check(len(done.stdout.splitlines()) > 20, "what is before it is shown")
    told = s.cli("case", "timeline", "c-100", check=False)
    check(told.returncode != 0 or "c-100" in told.stdout, told.stdout)
    watching = s.cli("watch", "--from", "p0-50", "--limit", "200", check=False)
    check(watching.returncode != 0, watching.stdout[-300:])
    check(s.processes["router"].poll() is None, "the router lives:", s.tail("router"))
    publish(s, 320, 32)
    check(opened(s) == 352, "and goes on")

    s.kill("router", signal.SIGTERM)
    os.truncate(s.path("ledger", "journal", "000001.mdb"), 4 * PAGE)
    s.start("router")
    check(ended(s) == 3, "a person has to look at it:", s.tail("router"))
    check("000001.mdb" in s.tail("router"), s.tail("router"))

    # So short that nothing of it is left that could be damaged.
    os.truncate(s.path("ledger", "journal", "000001.mdb"), PAGE + 904)
    done = s.cli("journal", "verify", check=False)
    check(done.returncode == 7 and "the state stands for record" in done.stderr,
          done.returncode, done.stdout, done.stderr)
    print("a state made again, a damaged record told, a damaged end refused")
