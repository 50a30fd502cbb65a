"""Open cases are moved to new rules: one by command, the others by one order in
steps, while the router is killed again and again. None is lost or moved twice,
nothing that was done is done again, promises stay where they are, and what was
decided is decided again byte for byte."""
from harness import *

NETWORK = os.path.join(ROOT, "packs", "service-network")
START = "2016-03-01T09:00:00Z"
CASES = 3000

CHANGES = [
    # due earlier, later, another tier; a clock that is gone, one that is new
    ("      S4: [{after: 24h, page: [station_head], rule: TM-FIRST}]",
     "      S4: [{after: 2h, page: [station_head], rule: TM-FIRST}]"),
    ("""      S4:
        - {after: 72h, page: [station_head], rule: TM-PLAN}
        - {after: 7d, page: [regional_rep], rule: TM-PLAN}""",
     """      S4:
        - {after: 96h, page: [regional_rep], rule: TM-PLAN}
        - {after: 7d, page: [crisis_center], rule: TM-PLAN}"""),
    ("clocks:\n\n  ack:",
     """clocks:

  moved:
    about: begins when a case is moved
    armed_by: [policy.rebased]
    satisfied_by: [ended]
    steps:
      all: [{after: 12h, inform: [owner], rule: MOVED}]

  ack:"""),
]


def new_pack(s, name, changes):
    pack = s.path(name, "service-network")
    shutil.copytree(NETWORK, pack)
    path = os.path.join(pack, "policy.yaml")
    policy = open(path).read()
    for old, new in changes:
        check(policy.count(old) == 1, "the pack has changed:", old)
        policy = policy.replace(old, new)
    with open(path, "w") as f:
        f.write(policy)
    return pack


def rebased(records):
    return [d for r in records for d in r.get("decisions", ()) if d["kind"] == "rebase"]


def stamp(s):
    """Changes with each commit of the journal; found without asking the router."""
    return sum(os.stat(os.path.join(d, f)).st_mtime_ns
               for d, _, files in os.walk(s.path("ledger", "journal"))
               for f in files if f.endswith(".mdb"))  # not the locks


def open_cases(s):
    s.start("station-feed")
    lines = []
    for n in range(CASES):
        base = {"station": "ST-LN-01", "region": "R-1", "source": "station",
                "case_id": "c-%04d" % n, "at": START}
        lines.append(dict(base, id="o%d" % n, kind="case.opened", **{"class": "fault"},
                          owner="desk@ST-LN-01"))
        if n % 3 == 0:
            lines.append(dict(base, id="p%d" % n, kind="promise.made", promise_id="P",
                              what="a call", due="2016-03-03T08:00:00Z"))
    put_file(s.spool("feed"), "a.jsonl", lines)
    until(lambda: s.ask("status")["events"]["accepted"] >= len(lines), 60, "the cases")


with System(policy=(NETWORK,), drill=START) as s:
    s.start_all(tiers=False)
    open_cases(s)
    s.cli("clock", "advance", "2016-03-01T14:00:00Z")
    nothing = s.ask("policy", "rebase", "--preview")
    check(not nothing["cases"], "nothing is older:", nothing["summary"])
    new = new_pack(s, "new", CHANGES)
    s.cli("policy", "load", new)
    s.policy = (new,)
    before = len(s.journal())
    shown = s.ask("policy", "rebase", "--preview", timeout=120)
    cases = shown["summary"]["cases"]
    check(cases >= CASES, shown["summary"])  # and what a burst of them began
    check(len(s.journal()) == before, "a preview writes nothing")
    mine = [c for c in shown["cases"] if c["case_id"] == "c-0000"][0]
    one = {c["clock"]: c for c in mine["clocks"]}
    check(one["first_contact"]["change"] == "fires" and one["plan"]["change"] == "moves" and
          one["moved"]["change"] == "begins", one)
    check(one["plan"]["new_due"].startswith("2016-03-05T09:00"), one["plan"])

    no_reason = s.cli("policy", "rebase", "c-0000", check=False)
    check(no_reason.returncode == 2 and "reason" in no_reason.stderr, no_reason)
    s.cli("policy", "rebase", "c-0000", "--reason", "first of all", person="ops")
    again = s.cli("policy", "rebase", "c-0000", "--reason", "twice", check=False)
    check(len(rebased(s.journal())) == 1, "once:", again)
    why = s.cli("case", "why", "c-0000").stdout
    check("first of all" in why and "ops" in why, why)
    may = s.cli("may", "policy", "rebase", "c-0001").stdout
    check("allowed" in may, may)

    # all others, and a router that dies in the middle of it
    before = stamp(s)
    order = subprocess.Popen(
        [os.path.join(BIN, "yinuo"), "policy", "rebase", "--reason", "new deadlines",
         "--output", "json", "--home", s.home], env=s.env, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    for n in range(4):
        until(lambda: stamp(s) != before or order.poll() is not None, 60, "it is written")
        s.kill("router")
        before = stamp(s)
        s.start("router")
    s.wait_ready()
    out, err = order.communicate(timeout=120)
    told = json.loads(out) if out else err
    until(lambda: not s.ask("policy", "rebase", "--preview")["cases"], 60, "all are moved")
    check(order.returncode == 0, order.returncode, told)

    records = s.journal()
    moved = [d["case_id"] for d in rebased(records)]
    owners = {r["owner_epoch"] for r in records if rebased([r])}
    check(len(owners) > 1, "killed in the middle of it:", owners)
    check(len(moved) == cases and len(set(moved)) == cases, len(moved), len(set(moved)))
    audit = s.cli("audit", "--what", "policy").stdout
    check("new deadlines" in audit and "first of all" in audit, audit[:2000])
    s.cli("clock", "advance", "2016-03-03T09:00:00Z", timeout=300)
    records = s.journal()
    due = [(d["case_id"], d.get("key", ""), d["due"]) for r in records
           for d in r.get("decisions", ())
           if d["kind"] == "fire" and d["clock"] == "promise" and "T08:00" in d["due"]]
    check(len(due) >= CASES / 3, "promises keep their moments:", len(due))
    check_numbers(records)
    check_timers(records)
    s.stop()
    s.verify()
    s.replay()
    print("%d cases moved, %d kills, %d records" % (len(moved), s.kills["router"], len(records)))
