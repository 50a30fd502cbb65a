"""The wall clock of the router's machine jumps a day ahead and back: nothing
fires early, nothing is held up, and an alarm says what is wrong. A router that
starts while the clock is wrong does not believe it either.

libfaketime moves the clock of the router alone; everybody else has the right
time, by which the firings are judged."""
from harness import *
import glob

DAY = "+86400"
LATE = 2.0  # on a busy machine


def library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        skip("libfaketime is not there (package faketime)")
    if is_sanitized():
        skip("the sanitizer and libfaketime both want to be loaded first")
    return found[0]


class Stepped(System):
    """The router's wall clock is off by what a file says."""

    def __init__(self):
        super().__init__()
        self.clock = self.path("clock")
        self.set_clock("+0")
        self.extra_env["router"] = {
            "LD_PRELOAD": library(), "FAKETIME_TIMESTAMP_FILE": self.clock,
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1"}

    def set_clock(self, offset):
        with open(self.clock + ".new", "w") as f:
            f.write(offset + "\n")
        os.rename(self.clock + ".new", self.clock)

    def words(self):
        with open(self.path("log", "router.log"), errors="replace") as f:
            return f.read()


def open_cases(s, name, count):
    for n in range(count):
        s.cli("record", "case.opened", "%s-%d" % (name, n), "station=ST", "region=R",
              "class=fault", "impact=down", "owner=desk@ST", person="desk@ST")


def fired(s):
    return s.ask("status")["timers"]["fired"]


def goes_on(s, name):
    """Cases that begin now are called for when it is time."""
    before, began = fired(s), time.time()
    open_cases(s, name, 3)
    until(lambda: fired(s) >= before + 6, 15, "timers fire after " + name)
    check(time.time() - began < 12, "they were held up")


with Stepped() as s:
    s.start_all()
    goes_on(s, "before")
    s.set_clock(DAY)
    until(lambda: "CLOCK-AHEAD" in s.words(), 10, "an alarm")
    goes_on(s, "ahead")
    now = moment(s.ask("status")["router"]["now"])
    check(abs(now - time.time()) < 5, "the journal does not follow:", now - time.time())
    s.kill("router")
    s.start("router")
    s.wait_ready()
    now = moment(s.ask("status")["router"]["now"])
    check(abs(now - time.time()) < 5, "nor after a start:", now - time.time())
    goes_on(s, "restarted")
    s.set_clock("+0")
    goes_on(s, "back")
    s.set_clock("-86400")
    goes_on(s, "behind")
    s.set_clock("+0")
    goes_on(s, "right")
    records = s.journal()
    check_numbers(records)
    count = check_timers(records, grace=5)
    late = [moment(r["at"]) - moment(d["due"]) for r in records
            for d in r.get("decisions", ()) if d["kind"] == "fire"]
    check(max(late) < LATE, "held up by", max(late))
    ats = [moment(r["at"]) for r in records]
    check(ats == sorted(ats), "journal time never goes back")
    check(max(ats) < time.time() + 5, "nor ahead of the world:", max(ats) - time.time())
    off = [moment(r["wall"]) - moment(r["at"]) for r in records]
    check(max(off) > 80000 and min(off) < -80000, "the clock was moved:", max(off), min(off))
    s.stop()
    s.verify()
    s.replay()
    print("%d firings over a day ahead, a start in it, a day behind and back; the latest by %.2f s"
          % (count, max(late)))
