"""Fourteen days down with ten thousand open cases: what is due is told once per
person and case, the most severe first and at once, as late, and nobody is
flooded.

The days before are played under a drill clock; the router that comes back has a
real one, so its journal is fourteen days behind."""
from harness import *
import collections
import re

PACKS = os.path.join(ROOT, "packs", "service-network")
CASES = 10000
DAYS = 14
SHOWN_LATE = 0.3
FIRST_S1 = 1.0  # seconds from the start of the router to the words at a person


def number_of(name):
    with open(os.path.join(ROOT, "workers", "router", "leases.h")) as f:
        return int(re.search(name + r" = (\d+)", f.read()).group(1))


RATE, BURST = number_of("LEASE_RATE"), number_of("LEASE_BURST")


def events(at):
    """One in a hundred is a crisis, one in twenty severe."""
    for n in range(CASES):
        station = "ST-%d" % (n % 200)
        e = {"id": "o-%d" % n, "kind": "case.opened", "case_id": "out-%d" % n, "station": station,
             "region": "R-%d" % (1 + n % 3), "source": "station", "class": "fault",
             "owner": "desk@" + station, "at": at, "impact": "none"}
        if n % 100 == 99:
            e["kind"] = "media.requested"
        elif n % 20 == 19:
            e["impact"] = "major"
        elif n % 4 == 3:
            e["impact"] = "down"
        yield e


def play_the_days_before(s, then):
    s.start_all(tiers=False)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(then))
    put_file(s.spool("net"), "all.jsonl", events(at))
    began = time.monotonic()
    s.start("station-net")
    until(lambda: s.ask("status")["cases"]["opened"] >= CASES, 120, "ten thousand cases")
    took = time.monotonic() - began
    status = s.ask("status")
    check(status["events"]["rejected"] == 0, status["events"])
    # and those of the rules: who has so many in hand is one more for his head
    more = status["cases"]["opened"] - CASES
    check(0 <= more <= 200, "one of a person at most:", more)
    check(status["state"]["cases_open"] == CASES + more, status["state"])
    s.kill("station-net")
    for name in ("router", "broker"):
        s.kill(name)
    return took


def blocks(s, tier):
    """Pages as the people of a tier read them, in order."""
    try:
        with open(s.path("pages", tier + ".log"), errors="replace") as f:
            text = f.read()
    except FileNotFoundError:
        return []
    return re.findall(r"^--- page (\S+).*?\n(.*?)^--- end ", text, re.S | re.M)


def severity(text):
    """Of a page, in English or 中文."""
    found = re.search(r"\[(?:S(\d)|([一二三四])级)", text)
    check(found, "a page without severity:", text)
    return int(found.group(1) or "一二三四".index(found.group(2)) + 1)


def first_crisis(s):
    return any(severity(text) == 1 for tier in TIERS for _, text in blocks(s, tier))


def watch_the_start(s, seconds):
    """Starts the router; how long until somebody reads of a crisis, and how
    many pages each tier gets by when."""
    s.start("broker", *("tier-" + t for t in TIERS))
    until(lambda: all(os.path.exists(s.path("log", "tier-%s.log" % t)) for t in TIERS), 10,
          "the tiers are up")
    counts, first = collections.defaultdict(list), None
    began = time.monotonic()
    s.start("router")
    while (gone := time.monotonic() - began) < seconds:
        if first is None and first_crisis(s):
            first = time.monotonic() - began
        for tier in TIERS:
            before, count = time.monotonic() - began, len(blocks(s, tier))
            counts[tier].append((before, time.monotonic() - began, count))
        time.sleep(0.02)
    return first, counts


def check_rates(counts):
    """In no span does a tier get more than the rate and one burst. A page may be
    read a little after it was sent, while the machine does other things."""
    most = 0
    for tier, points in counts.items():
        for i, (t0, _, n0) in enumerate(points):
            for _, t1, n1 in points[i + 1:]:
                check(n1 - n0 <= BURST + RATE * (t1 - t0 + SHOWN_LATE) + 1, tier, "got", n1 - n0,
                      "pages in %.2f s" % (t1 - t0))
        most = max(most, points[-1][2] / points[-1][1])
    return most


def check_pages_made(records, last):
    """After the start: one page per person and case; late ones say so."""
    told, late = collections.Counter(), 0
    for r in records:
        if r["seq"] <= last:
            continue
        for d in r.get("decisions", ()):
            if d["kind"] == "page":
                told[d["case_id"], d["person"]] += 1
                late += bool(d.get("late_by"))
    twice = [k for k, n in told.items() if n > 1]
    check(not twice, len(twice), "persons were paged twice for a case:", twice[:3])
    ours = {case for case, _ in told if case.startswith("out-")}
    check(len(ours) == CASES, len(ours))
    check(late == sum(told.values()), late, "of", sum(told.values()), "say that they are late")
    return told


def check_order(s):
    for tier in TIERS:
        order = [severity(text) for _, text in blocks(s, tier)]
        check(order == sorted(order), tier, "in the order of severity:", order[:300])
        for page, text in blocks(s, tier):
            check("late by" in text or "迟了" in text, "late by is shown:", text)


def check_shown_once(s, records):
    """Of the pages that were waiting already, none joins the new one."""
    pages = {d["page_id"]: d for r in records for d in r.get("decisions", ())
             if d["kind"] == "page"}
    shown = collections.Counter()
    for tier in TIERS:
        for page, _ in blocks(s, tier):
            shown[pages[page]["case_id"], pages[page]["person"]] += 1
    twice = [k for k, n in shown.items() if n > 1]
    check(not twice, len(twice), "persons read two pages of a case:", twice[:3])
    return sum(shown.values())


with System(policy=[PACKS]) as s:
    then = time.time() - DAYS * 86400 - 3600  # not the very moment of a step
    s.drill = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(then))
    took = play_the_days_before(s, then)
    s.drill = None
    first, counts = watch_the_start(s, 8)
    check(first is not None, "nobody heard of a crisis")
    print("10,000 cases opened in %.1f s; first S1 %.0f ms after the router's start"
          % (took, first * 1000))
    check(first < FIRST_S1 or is_sanitized(), "the first crisis came after %.2f s" % first)
    most = check_rates(counts)
    until(lambda: s.ask("status")["timers"].get("oldest_overdue", 0) == 0, 60, "all has fired")
    records = s.journal()
    last = max(r["seq"] for r in records if "event" in r)
    told = check_pages_made(records, last)
    check_order(s)
    shown = check_shown_once(s, records)
    check_numbers(records)
    check_timers(records)
    s.stop()
    s.verify()
    s.replay()
    print("%d pages for %d persons and cases, %d shown meanwhile, at most %.0f a second and tier "
          "(stated: %d)" % (sum(told.values()), len(told), shown, most, RATE))
