"""policy check over the days to come: each finding names station, line, tier,
hour, and what to do (ES-01, CF-01, CF-02, HO-06, HO-10 of the requirements)."""
import json
import os
import subprocess
import sys
import tempfile

YINUO = sys.argv[1]
RULES = """name: check
tiers: [engineer, head, rep]
events:
  case.opened: {case: opens, do: [open], page: [head, rep]}
  case.closed: {do: [close]}
clocks:
  ack: {satisfied_by: [case.closed]}
ladder:
  S1: {each_tier: true, repeat: 15min}
  S2: {each_tier: true, repeat: 15min}
  S3: {rungs: [{page: head, after: 4h}]}
  S4: {rungs: [{page: head, after: 4h}]}
"""
CALENDARS = """calendars:
  shop: {open: {daily: 09:00-18:00}, holidays: [2026-01-14]}
  night: {open: {daily: 02:15-20:00}}
  think: {open: {mon-sat: 09:00-18:00}}
  worked: {ics: worked.ics}
  saturday: {open: {sat: "09:00-12:00, 13:00-17:00"}}
"""
PERSONS = """persons:
  h1: {name: H One, tier: head, phone: +86 138 0000 0001}
  h2: {name: H Two, tier: head, phone: +86 138 0000 0002}
  r1: {name: R One, tier: rep, phone: +86 138 0000 0003%s}
  r2: {name: R Two, tier: rep, %s}
"""
GOOD = ("", "phone: +86 138 0000 0004")


# the week, a holiday, the Saturday that is worked for it, split by a lunch hour
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:check
BEGIN:VEVENT
UID:1
DTSTART:20260105T090000
DTEND:20260105T180000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20260107
DTEND;VALUE=DATE:20260108
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART:20260110T090000
DTEND:20260110T120000
END:VEVENT
BEGIN:VEVENT
UID:4
DTSTART:20260110T130000
DTEND:20260110T170000
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


def check(stations, persons=GOOD, top="", at="2026-01-05 00:00", days="14", only=None):
    with tempfile.TemporaryDirectory() as where:
        pack = os.path.join(where, "check")
        os.mkdir(pack)
        for name, text in (("policy.yaml", RULES), ("calendars.yaml", CALENDARS),
                           ("worked.ics", ICS),
                           ("directory.yaml", "zone: Asia/Shanghai\n" + top + "regions: {north: {}}\nstations:\n" + stations + PERSONS % persons)):
            with open(os.path.join(pack, name), "w", encoding="utf-8") as f:
                f.write(text)
        argv = [YINUO, "policy", "check", pack, "--output", "json", "--days", days, "--at", at]
        done = subprocess.run(argv + (["--only", only] if only else []), capture_output=True, text=True,
                              env=dict(os.environ, LANGUAGE="en", LC_ALL="C.UTF-8", TZ="Asia/Shanghai"))
        assert done.returncode == 0, (done.stdout, done.stderr)
        return json.loads(done.stdout)["findings"]


def station(n, more="", zone="Asia/Shanghai"):
    return "  S%d: {region: north, zone: %s, calendar: shop%s}\n" % (n, zone, more)


def one(findings, topic, *words):
    found = [f for f in findings if f["topic"] == topic]
    assert len(found) == 1, findings
    for word in words:
        assert word in found[0]["what"], (word, found)
    assert found[0]["hint"] and found[0]["line"] and found[0]["file"].endswith("directory.yaml"), found


assert check(station(1)) == []
HOLE = ", roster: {rep: [{person: r1, days: mon-sat}, {person: r1, days: sun, until: 10:00, from: 00:00}, {person: r2, days: sun, from: 11:00, until: 24:00}]}"
one(check(station(1, HOLE), days="7"), "roster", "S1", "line default", "rep", "Sunday 2026-01-11 10:00", "11:00")
NIGHT = ", roster: {rep: [{person: r1, from: 00:00, until: 12:00, days: mon-sun}, {person: r2, from: 12:00, until: 24:00, days: [mon, tue, thu-sun]}]}"
one(check(station(1, NIGHT), at="2026-01-12 00:00", days="5"), "holiday", "S1", "rep", "Wednesday 2026-01-14 12:00")

# twenty stations, three of which do not name the line that is closed on Sundays
SAID = ', ivr_text: "%s", lines: {think: think}'
network = "".join(station(n, SAID % ("open daily" if n in (3, 8, 20) else "Think rests on Sundays")) for n in range(1, 21))
audit = check(network, only="ivr")
assert [f["what"].split(":")[0] for f in audit] == ["station S%d" % n for n in (20, 3, 8)] or \
    sorted(f["what"].split(":")[0] for f in audit) == ["station S20", "station S3", "station S8"], audit

one(check(station(1), (", absences: [{from: 2026-01-06, until: 2026-01-09}]", GOOD[1])), "leave", "r1")
assert not [f for f in check(station(1), (", absences: [{from: 2026-01-06, until: 2026-01-09, delegate: r2}]", GOOD[1])) if f["topic"]]
one(check(station(1), ("", "phone: none")), "contact", "r2")

EDGE = ", roster: {rep: [{person: r1, from: 02:30, until: 14:30}, {person: r2, from: 14:30, until: 02:30}]}"
for at in ("2026-03-01 00:00", "2026-10-25 00:00"):
    found = [f for f in check(station(1, EDGE, "Europe/Berlin"), at=at, days="30") if f["topic"] == "clock"]
    if at.startswith("2026-03"):
        assert len(found) == 2 and "02:30" in found[0]["what"] and "2026-03-29" in found[0]["what"], found

TURN = ", roster: {rep: [{rotation: {of: [r1, r2], every: 7d, from: 2026-01-04 02:30}}]}"
one(check(station(1, TURN, "Europe/Berlin"), at="2026-03-20 00:00", days="14"), "clock", "rep", "02:30", "2026-03-29", "leaves out")
one(check(station(1, TURN, "Europe/Berlin"), at="2026-10-20 00:00", days="14"), "clock", "rep", "02:30", "2026-10-25", "brings twice")
NIGHTS = ", ivr_text: night, lines: {night: night}"
one(check(station(1, NIGHTS, "Europe/Berlin"), at="2026-03-20 00:00", days="14"), "clock", "line night", "02:15", "2026-03-29", "leaves out")
assert not [f for f in check(station(1, NIGHTS, "Europe/Berlin"), at="2026-04-20 00:00", days="14") if f["topic"] == "clock"]

WANTED = "checks: [{each: station, attribute: away, at_most: 24h, unless: partner, say: nobody is near}]\n"
far = check(station(1, ", attributes: {away: 36h}") + station(2, ", attributes: {away: 36h, partner: S1}") + station(3, ", attributes: {away: 4h}"), top=WANTED)
assert [f["what"] for f in far] == ["S1: nobody is near"], far

# by the .ics file: shut on Wednesday the 7th, though it is none of the shop's
# holidays; open on Saturday the 10th, and not at noon
LINES = ", lines: {worked: worked}"
one(check(station(1, LINES), at="2026-01-07 00:00", days="1"), "ivr", "worked", "Wednesday 2026-01-07 09:00")
one(check(station(1, LINES), at="2026-01-10 10:00", days="1"), "ivr", "worked", "Saturday 2026-01-10 12:00")
one(check(station(1, LINES), at="2026-01-11 00:00", days="1"), "ivr", "worked", "Sunday 2026-01-11 09:00")
