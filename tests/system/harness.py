"""The system as real processes in a directory of its own, and what its journal
says afterwards. Used by the system tests; needs nothing but Python's library.

Processes are started, killed and started again by the test itself, without the
supervisor's back-off, so that a hundred kills fit into a minute."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BIN = os.environ.get("YINUO_BIN", os.path.join(ROOT, "build", "bin"))
TIERS = ["engineer", "station_head", "regional_rep", "crisis_center"]
PACK = os.path.join(HERE, "pack")


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def check(ok, *words):
    if not ok:
        raise AssertionError(" ".join(str(w) for w in words))


def until(condition, seconds, what):
    """Waits for the world, not for a time: polls until condition() holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("in vain for %s s: %s" % (seconds, what))


def is_sanitized():
    """Built to find mistakes, and slower for it; wants to be loaded first."""
    with open(os.path.join(BIN, "yinuo-router"), "rb") as f:
        program = f.read()
    return b"__asan_init" in program or b"__tsan_init" in program


class System:
    def __init__(self, policy=(PACK,), drill=None, listen=None, home=None,
                 router="yinuo-router", env=None):
        self.home = home or tempfile.mkdtemp(prefix="yinuo-sys-")
        self.own_home = home is None
        self.policy, self.drill, self.listen = policy, drill, listen
        self.router_program = router
        self.env = dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8", **(env or {}))
        self.extra_env = {}  # of one process alone
        self.processes = {}
        self.kills = {}
        for name in ("run", "log", "pages"):
            os.makedirs(self.path(name), 0o700, exist_ok=True)

    def path(self, *parts):
        return os.path.join(self.home, *parts)

    def command(self, name):
        program = name.split("-")[0].split(".")[0]
        log = ["--log", self.path("log", name + ".log")]
        if program == "broker":
            more = ["--listen", self.listen] if self.listen else []
            return [os.path.join(BIN, "yinuo-broker"), "--run", self.path("run")] + more + log
        if program == "router":
            more = sum((["--policy", p] for p in self.policy), [])
            if self.drill:
                more += ["--drill-clock", self.drill]
            router = self.router_program
            if "/" not in router:
                router = os.path.join(BIN, router)
            return [router, "--run", self.path("run"), "--ledger", self.path("ledger")] + more + log
        if program == "tier":
            return [os.path.join(BIN, "yinuo-tier"), "--run", self.path("run"),
                    "--tier", name[5:], "--log-dir", self.path("pages")] + log
        station = name[len("station-"):]
        return [os.path.join(BIN, "yinuo-station"), "--outbox", self.path("outbox-" + station),
                "--identity", station, "--region", "R", "--broker",
                "ipc://" + self.path("run", "front"), "--spool", self.spool(station)] + log

    def spool(self, station):
        directory = self.path("spool-" + station)
        os.makedirs(directory, exist_ok=True)
        return directory

    def start(self, *names):
        for name in names:
            out = open(self.path("log", name + ".out"), "ab")
            self.processes[name] = subprocess.Popen(
                self.command(name), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=dict(self.env, **self.extra_env.get(name, {})))
            out.close()

    def start_all(self, tiers=True):
        self.start("broker", "router", *(["tier-" + t for t in TIERS] if tiers else []))
        self.wait_ready()

    def wait_ready(self, seconds=20):
        until(lambda: self.cli("status", check=False).returncode == 0, seconds,
              "the system answers: " + self.tail("router"))

    def tail(self, name):
        words = ""
        for ending in (".out", ".log"):
            try:
                with open(self.path("log", name + ending), errors="replace") as f:
                    words += "".join(f.readlines()[-5:])
            except OSError:
                pass
        return words

    def kill(self, name, number=signal.SIGKILL):
        p = self.processes.pop(name)
        p.send_signal(number)
        p.wait()
        if number == signal.SIGKILL:
            self.kills[name] = self.kills.get(name, 0) + 1
        return p.returncode

    def stop(self):
        for name in list(self.processes):
            p = self.processes.pop(name)
            p.terminate()
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()

    def close(self):
        self.stop()
        if self.own_home and not os.environ.get("YINUO_KEEP"):
            shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            print("home was", self.home, "\nrouter:", self.tail("router"),
                  "\nbroker:", self.tail("broker"))
        self.close()

    # --- asking ---

    def cli(self, *args, person=None, check=True, text=None, timeout=60):
        command = [os.path.join(BIN, "yinuo"), *args, "--home", self.home]
        if person:
            command += ["--as", person]
        done = subprocess.run(command, capture_output=True, text=True, env=self.env,
                              input=text, timeout=timeout,
                              stdin=None if text is not None else subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise AssertionError("%s: exit %d\n%s%s" % (
                " ".join(args), done.returncode, done.stdout, done.stderr))
        return done

    def ask(self, *args, **kwargs):
        return json.loads(self.cli(*args, "--output", "json", **kwargs).stdout)

    def journal(self):
        """Every record of the journal, decisions and all."""
        out = self.cli("journal", "dump", "--output", "json", timeout=600).stdout
        return [json.loads(line) for line in out.splitlines()]

    def verify(self):
        done = self.cli("journal", "verify", "--rebuild", timeout=600)
        check("rebuilt from zero" in done.stdout, done.stdout)
        return done.stdout

    def replay(self):
        """What is decided again must be what was decided, byte for byte."""
        done = self.cli("simulate", "--journal", self.path("ledger"), "--output", "json",
                        timeout=600)
        summary = json.loads(done.stdout)
        check(summary["different"] == 0, summary)
        return summary


def put_file(directory, name, lines):
    """A file of the spool: whole, or not there."""
    path = os.path.join(directory, name)
    with open(path + ".part", "w") as f:
        f.write("".join(json.dumps(line) + "\n" for line in lines))
    os.rename(path + ".part", path)


def moment(text):
    import datetime
    return datetime.datetime.fromisoformat(text).timestamp()


# --- what must hold of any journal ---

def check_numbers(records):
    for i, r in enumerate(records):
        check(r["seq"] == records[0]["seq"] + i, "a hole at", r["seq"])
    last = {}
    for r in records:
        if "producer" not in r:
            continue
        key = (r["producer"], r["producer_epoch"])
        check(r["producer_sequence"] == last.get(key, 0) + 1, "order of", key, r["seq"])
        last[key] = r["producer_sequence"]
    return last


def check_once(records, accepted):
    """accepted: event ids by station, in the order in which they were taken."""
    seen = {}
    for r in records:
        if "event" in r:
            seen.setdefault(r["event"].get("id"), []).append(r["seq"])
    for station, ids in accepted.items():
        places = []
        for event_id in ids:
            check(event_id in seen, event_id, "was accepted and is not in the journal")
            check(len(seen[event_id]) == 1, event_id, "is there twice:", seen[event_id])
            places += seen[event_id]
        check(places == sorted(places), "order of", station)
    return sum(len(ids) for ids in accepted.values())


def timer_key(d):
    return d.get("case_id"), d.get("clock"), d.get("key", "")


def check_timers(records, now=None, grace=3.0):
    """Each generation fires at most once, never before it is due, and none that
    is due is forgotten."""
    armed, fired = {}, {}
    for r in records:
        for d in r.get("decisions", ()):
            key = timer_key(d)
            if d["kind"] == "arm":
                armed[key] = d
            elif d["kind"] == "cancel":
                armed.pop(key, None)
            elif d["kind"] == "fire":
                mark = key + (d.get("generation"), d.get("due"))
                # several steps of one timer may be over at once, in one record
                check(fired.get(mark, r["seq"]) == r["seq"], "fired twice:", mark, "in",
                      fired.get(mark), r["seq"])
                fired[mark] = r["seq"]
                check(moment(r["at"]) >= moment(d["due"]), "fired early:", mark)
            elif d["kind"] == "close":
                for other in [k for k in armed if k[0] == d["case_id"]]:
                    del armed[other]
    end = now if now is not None else moment(records[-1]["at"])
    for key, d in armed.items():
        due = d.get("due")
        check(not due or moment(due) > end - grace, "forgotten:", key, "due", due)
    return len(fired)


def check_pages(records, system):
    """A page has a receipt, was taken back, or is still in the outbox; and the
    people of a tier saw it once."""
    pages, done = {}, set()
    for r in records:
        for d in r.get("decisions", ()):
            if d["kind"] == "page":
                check(d["page_id"] not in pages, "two pages", d["page_id"])
                pages[d["page_id"]] = d
            elif d["kind"] in ("delivered", "failed", "withdraw"):
                done.add(d["page_id"])
    shown = {}
    for tier in TIERS:
        try:
            with open(system.path("pages", tier + ".log"), errors="replace") as f:
                for line in f:
                    if line.startswith("--- page "):
                        page = line.split()[2]
                        shown[page] = shown.get(page, 0) + 1
        except FileNotFoundError:
            pass
    twice = [p for p, n in shown.items() if n > 1]
    check(not twice, "shown twice:", twice[:5])
    return len(pages), len(pages.keys() - done), len(shown)


__all__ = [n for n in dir() if not n.startswith("_")]
