"""A record that kills the engine: one event and one timer, by an assertion that
only the tests' router has. After two deaths each is set aside, an alarm reaches
the crisis center, and everybody else's events and timers go on."""
from harness import *
import threading

ROUTER = os.path.join(os.environ.get("YINUO_BUILD", os.path.join(ROOT, "build")),
                      "tests", "poisoned_router")
STATIONS = ["st-1", "st-2"]
ON_TIME = 2.0  # beside the time without a router; the machine may be busy


def utc():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def opened(number, station, case):
    return {"id": "e-%d" % number, "kind": "case.opened", "case_id": case, "station": station,
            "region": "R", "source": "station", "class": "fault", "impact": "down",
            "owner": "desk@" + station, "at": utc()}


def note(number, station, case):
    return {"id": "e-%d" % number, "kind": "note.internal", "case_id": case, "station": station,
            "region": "R", "source": "station", "at": utc()}


def promise(number, station, case):
    due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
    return dict(note(number, station, case), kind="promise.made", promise_id="poison", due=due,
                what="something", accepted_by_customer=True)


class Publishers(threading.Thread):
    """The stations' own people: they write all the time, whatever the router does."""

    def __init__(self, s):
        super().__init__()
        self.s, self.sent, self.number, self.done = s, {name: [] for name in STATIONS}, 0, False

    def run(self):
        while not self.done:
            for station in STATIONS:
                self.number += 1
                n = self.number
                lines = [opened(n, station, "c-%d" % n)]
                if n == 9:
                    lines += [note(100009, station, "poison-event")]
                if n == 10:
                    lines += [opened(100010, station, "poison-timer"),
                              promise(100011, station, "poison-timer")]
                put_file(self.s.spool(station), "%08d.jsonl" % n, lines)
                self.sent[station] += [e["id"] for e in lines]
            time.sleep(0.1)  # their pace


def restart_until_aside(s):
    """Starts the router whenever it has ended by itself, until two records are
    set aside; returns when it did."""
    deaths, end, words = [], time.monotonic() + 50, ""
    while words.count("QUARANTINED") < 2:
        check(time.monotonic() < end, "not set aside after", len(deaths), "deaths", s.tail("router"))
        router = s.processes["router"]
        if router.poll() is not None:
            check(router.returncode == -signal.SIGABRT, "not by the assertion:",
                  router.returncode, s.tail("router"))
            deaths.append(time.time())
            s.start("router")
        time.sleep(0.02)
        with open(s.path("log", "router.log")) as f:
            words = f.read()
    return deaths


def spans_down(s, deaths):
    """From each death to the start after it, by the router's log."""
    with open(s.path("log", "router.log")) as f:
        starts = [moment(line.split()[0]) for line in f if "ROUTER-STARTED" in line]
    return [(dead, min(t for t in starts if t > dead)) for dead in deaths]


def lateness(records, down):
    """Of every timer that has fired: how long a router was there and it did not."""
    for r in records:
        for d in r.get("decisions", ()):
            if d["kind"] == "fire":
                due, at = moment(d["due"]), moment(r["at"])
                yield at - due - sum(max(0, min(at, up) - max(due, dead)) for dead, up in down)


def check_alarms(s, records):
    aside = [r for r in records if r.get("quarantined")]
    check(sorted(r["quarantined"]["what"] for r in aside) == ["event", "firing"],
          [r["quarantined"] for r in aside])
    alarms = [r for r in records if r.get("event", {}).get("kind") == "system.alarm"]
    check(len(alarms) == 2, "one alarm for each:", alarms)
    for r, alarm in zip(aside, alarms):
        check(alarm["seq"] == r["seq"] + 1 and alarm["at"] == r["at"],
              "in the same batch:", r["seq"], alarm["seq"])
        pages = [d for d in alarm["decisions"] if d["kind"] == "page"]
        check([d["tier"] for d in pages] == ["crisis_center"] and pages[0]["severity"] == "S2",
              alarm["decisions"])
        check_page(s, pages[0]["page_id"], r["quarantined"]["case_id"])
    with open(s.path("log", "router.log")) as f:
        check(f.read().count("QUARANTINED") == 2, "in the log")


def check_page(s, page, case):
    def shown():
        with open(s.path("pages", "crisis_center.log"), errors="replace") as f:
            return [p for p in f.read().split("--- page ") if p.startswith(page + " ")]
    text = until(lambda: os.path.exists(s.path("pages", "crisis_center.log")) and shown(), 20,
                 "the crisis center is told")[0]
    check(case in text, "it says which case:", text)


if not os.path.exists(ROUTER):
    skip("poisoned_router is not built")
with System(router=ROUTER) as s:
    s.start_all()
    s.start(*("station-" + name for name in STATIONS))
    people = Publishers(s)
    people.start()
    try:
        deaths = restart_until_aside(s)
        enough = people.number + 20
        until(lambda: people.number >= enough, 20, "more events come afterwards")
    finally:
        people.done = True
        people.join()
    check(len(deaths) == 4, "two deaths each, not", deaths)
    sent, number = people.sent, people.number
    total = sum(len(ids) for ids in sent.values()) + 2  # and the alarms
    until(lambda: total == (lambda e: e["accepted"] + e["rejected"])(s.ask("status")["events"]),
          20, "all has arrived")
    status = s.ask("status")
    check(status["events"]["quarantined"] == 2, status["events"])
    check("quarantined" in s.cli("status").stdout, "a row of the status")
    until(lambda: sum(1 for d in s.ask("case", "timeline", "c-%d" % number)
                      for x in d.get("decisions", ()) if x["kind"] == "fire") > 0, 20,
          "the timers of the last case fire")
    records = s.journal()
    check_numbers(records)
    count = check_once(records, {n: [i for i in ids if i != "e-100009"]
                                 for n, ids in sent.items()})
    fired = check_timers(records, grace=5)
    down = spans_down(s, deaths)
    late = max(lateness(records, down))
    check(late < ON_TIME, "a timer was late by", late)
    check_alarms(s, records)
    check(s.processes["router"].poll() is None, "still running")
    s.kill("router")
    s.start("router")
    s.wait_ready()
    check(s.ask("status")["events"]["quarantined"] == 2, "remembered over a restart")
    s.stop()
    s.verify()
    s.replay()
    print("4 deaths, 2 records set aside, 2 alarms; %d events once and in order, %d firings, "
          "the latest by %.2f s beside %.2f s without a router"
          % (count, fired, late, sum(up - dead for dead, up in down)))
