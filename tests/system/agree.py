"""A real run, counted three ways: by a script over the stream, by the router's
status and by a simulation of its journal. They agree; state rebuilt from zero
equals the live one; and two simulations of the log decide byte for byte alike.

The run: the one-day incident log to its end (2016-03-01 to 2016-05-23) under a
drill clock, some promises beside it, tier workers, and a router that is killed
on the way."""
from harness import *
import collections
import hashlib

PACKS = [os.path.join(ROOT, "packs", name) for name in ("incident-desk", "service-network")]
LOG = os.path.join(PACKS[0], "data", "incidents-day.feed.csv.gz")
MAP = os.path.join(PACKS[0], "maps", "incidents.yaml")
START = "2016-03-01T00:00:00Z"


def imported():
    done = subprocess.run([os.path.join(BIN, "yinuo"), "import", "--map", MAP, LOG],
                          capture_output=True, text=True, check=True,
                          env=dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8"))
    return [json.loads(line) for line in done.stdout.splitlines()]


def promises():
    """Thirty cases of stations; every third promise is kept, one is kept late."""
    for n in range(30):
        day = 1 + n % 20
        base = {"station": "ST-LN-01", "region": "R-1", "source": "station",
                "case_id": "prom-%d" % n}

        def at(hour, kind, later=0, **own):
            return dict(base, id="p-%d-%s" % (n, kind), kind=kind,
                        at="2016-03-%02dT%02d:00:00Z" % (day + later, hour), **own)
        yield at(1, "case.opened", **{"class": "fault", "owner": "desk@ST-LN-01"})
        yield at(2, "promise.made", promise_id="P", what="a call", accepted_by_customer=True,
                 due="2016-03-%02dT08:00:00Z" % (day + 1))
        if n % 3 == 0:
            yield at(5, "promise.kept", promise_id="P")
        elif n == 1:
            yield at(10, "promise.kept", later=1, promise_id="P")


def play(s):
    days = collections.defaultdict(list)
    total = 0
    for e in imported() + list(promises()):
        days[e.get("received_at", e["at"])[:10]].append(e)
        total += 1
    s.start_all()
    s.start("station-feed")
    sent = 0
    for i, (day, lines) in enumerate(sorted(days.items())):
        s.cli("clock", "advance", day + "T23:59:59Z")
        lines.sort(key=lambda e: moment(e.get("received_at", e["at"]).replace("Z", "+00:00")))
        put_file(s.spool("feed"), day + ".jsonl", lines)
        sent += len(lines)
        until(lambda: (lambda e: e["accepted"] + e["rejected"])(s.ask("status")["events"]) >= sent,
              30, "the lines of " + day)
        if i == len(days) // 2:
            s.kill("router")
            s.start("router")
            s.wait_ready()
    s.cli("clock", "advance", "2016-06-10T00:00:00Z")
    return total


def count_stream(s):
    """What every record that left the router says, and nothing else."""
    c = collections.Counter()
    tiers, climbs = collections.Counter(), collections.Counter()
    closed, reopened, moved, state = set(), set(), set(), {}
    for line in s.cli("watch", "--from", "0", "--no-follow", "--output", "json",
                      timeout=120).stdout.splitlines():
        r = json.loads(line)
        if ("event" in r and "derived" not in r) or "producer" in r:
            c["events"] += 1
            c["rejected"] += "refused" in r
        for d in r.get("decisions", ()):
            kind, case = d["kind"], d.get("case_id")
            c["cases_opened"] += kind == "open"
            c["gates_bypassed"] += kind == "bypass"
            c["timers_armed"] += kind == "arm"
            c["timers_fired"] += kind == "fire"
            c["timers_late"] += kind == "fire" and bool(d.get("late_by"))
            c["acknowledgements"] += kind == "acknowledge"
            c["receipts"] += kind == "delivered"
            c["receipts_failed"] += kind == "failed"
            if kind == "page":
                tiers[d["tier"]] += 1
            elif kind == "escalate":
                climbs[d["tier"]] += 1
            elif kind == "close":
                closed.add(case)
            elif kind == "reopen":
                reopened.add(case)
                c["reopen_total"] += 1
            elif kind == "count" and d.get("text") == "reassignments":
                more = int(d["number"]) - int(d.get("previous") or 0)
                if more > 0:
                    moved.add(case)
                    c["reassign_total"] += more
            elif kind == "promise":
                key, now = (case, d["key"]), d["promise"]["state"]
                c["promises_made"] += key not in state
                if state.get(key, "open") == "open":
                    c["promises_kept"] += now == "kept"
                    c["promises_missed"] += now in ("missed", "reversed")
                    state[key] = now
    c.update(cases_closed=len(closed), cases_reopened=len(reopened), reassigned_cases=len(moved))
    return dict(c, pages=dict(tiers), escalations=dict(climbs))


def of_status(status):
    """The names of the summary, from the sections of the status."""
    cases, made = status["cases"], status["promises"]
    tiers = {t: n for t, n in status["pages"].items() if t in TIERS}
    return {
        "events": status["events"]["accepted"] + status["events"]["rejected"],
        "rejected": status["events"]["rejected"],
        "gates_bypassed": status["events"]["gates_bypassed"],
        "cases_opened": cases["opened"], "cases_closed": cases["closed"],
        "cases_reopened": cases["reopened"], "reopen_total": cases["reopen_total"],
        "reassigned_cases": cases["reassigned"], "reassign_total": cases["reassign_total"],
        "promises_made": made["made"], "promises_kept": made["kept"],
        "promises_missed": made["missed"], "timers_armed": status["timers"]["armed_total"],
        "timers_fired": status["timers"]["fired"], "timers_late": status["timers"]["late"],
        "receipts": status["pages"]["delivered"], "receipts_failed": status["pages"]["failed"],
        "pages": tiers, "escalations": status["escalations"]}


def same(words, a, b):
    """Every figure that both have; returns how many."""
    n = 0
    for name in a.keys() & b.keys():
        if isinstance(a[name], dict):
            for tier in TIERS:
                check(a[name].get(tier, 0) == b[name].get(tier, 0), words, name, tier,
                      a[name], b[name])
                n += 1
        else:
            check(a[name] == b[name], words, name, a[name], "and", b[name])
            n += 1
    return n


def simulated_twice(directory):
    """Two simulations of the log alone."""
    events = os.path.join(directory, "events.jsonl")
    with open(events, "w") as f:
        f.write("".join(json.dumps(e) + "\n" for e in imported()))
    digests = []
    for n in range(2):
        out = os.path.join(directory, "decisions-%d" % n)
        subprocess.run([os.path.join(BIN, "yinuo"), "simulate", "--policy", PACKS[0],
                        "--decisions", out, "--output", "json", events],
                       check=True, capture_output=True)
        with open(out, "rb") as f:
            digests.append(hashlib.sha256(f.read()).hexdigest())
        check(os.path.getsize(out) > 100000, "there are decisions")
    check(digests[0] == digests[1], "two simulations differ")


with System(policy=PACKS, drill=START) as s:
    total = play(s)
    until(lambda: (lambda p: p["waiting"] + p["leased"] == 0)(s.ask("status")["pages"]), 60,
          "all pages are told")
    status = of_status(s.ask("status"))
    stream = count_stream(s)
    check(status["events"] == total, status["events"], "of", total)
    check(status["promises_kept"] == 10 and status["promises_missed"] == 20, status)
    n = same("stream and status:", stream, status)
    s.stop()
    s.verify()
    summary = s.replay()
    n += same("stream and simulation:", stream, summary)
    n += same("status and simulation:", status, summary)
    simulated_twice(s.home)
    print("%d events, %d pages: %d figures agree, two simulations byte for byte"
          % (total, sum(stream["pages"].values()), n))
