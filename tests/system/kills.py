"""A hundred and more kill -9 at random instants: nothing that was accepted is
lost or comes twice, no timer generation is lost, early or fires twice, each page
has its receipt or still waits, and the journal rebuilds to the live state.

  kills.py [SEED] [KILLS]"""
from harness import *

STATIONS = ["st-1", "st-2", "st-3"]
PROGRAMS = ["broker", "router", "tier", "station"]
LEAST = 16  # of each program


def event(number, station, rng):
    case = "%s-c%d" % (station, rng.randrange(12))
    kind = rng.choice(["case.opened", "customer.contacted", "note.internal", "promise.made",
                       "case.resolved", "customer.contacted", "note.internal"])
    e = {"id": "%s-%06d" % (station, number), "kind": kind, "case_id": case, "station": station,
         "region": "R", "source": "station"}
    if kind == "case.opened":
        e["case_id"] = "%s-n%d" % (station, number)
        e["class"] = "fault"
        e["impact"] = rng.choice(["none", "down", "major"])
        e["owner"] = "desk@" + station
    if kind == "promise.made":
        e["promise_id"] = "P%d" % number
        e["due"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
        e["accepted_by_customer"] = True
        e["what"] = "something"
    if kind == "customer.contacted":
        e["direction"] = "outbound"
    e["at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return e


def run(seed, kills):
    rng = random.Random(seed)
    sent = {s: [] for s in STATIONS}
    opened = {s: [] for s in STATIONS}
    with System() as s:
        s.start_all()
        s.start(*("station-" + name for name in STATIONS))
        number = done = 0
        targets = []
        while done < kills:
            for station in STATIONS:
                lines = []
                for _ in range(rng.randrange(1, 6)):
                    number += 1
                    e = event(number, station, rng)
                    if e["kind"] == "case.opened":
                        opened[station].append(e["case_id"])
                    elif opened[station]:
                        e["case_id"] = rng.choice(opened[station][-12:])
                    else:
                        continue
                    lines.append(e)
                if lines:
                    put_file(s.spool(station), "%08d.jsonl" % number, lines)
                    sent[station] += [e["id"] for e in lines]
            if not targets:  # each program as often as the others, in any order
                targets = PROGRAMS * 4
                rng.shuffle(targets)
            time.sleep(rng.random() * 0.25)  # the instant is what is random
            program = targets.pop()
            if program == "tier":
                program = "tier-" + rng.choice(TIERS[:2])
            if program == "station":
                program = "station-" + rng.choice(STATIONS)
            check(s.processes[program].poll() is None, program, "ended by itself",
                  s.tail(program))
            s.kill(program)
            s.start(program)
            done += 1
        s.wait_ready()
        until(lambda: not any(n.endswith(".jsonl") for st in STATIONS
                              for n in os.listdir(s.spool(st))), 60, "the spools are empty")

        def all_there():
            return check_arrived(s, sent)
        until(all_there, 60, "everything accepted has arrived")
        until(lambda: quiet(s), 60, "all timers have fired and all pages are told")
        records = s.journal()
        check_numbers(records)
        count = check_once(records, sent)
        fired = check_timers(records)
        pages, waiting, shown = check_pages(records, s)
        open_pages = s.ask("status")["pages"]
        check(waiting <= open_pages["waiting"] + open_pages["leased"],
              waiting, "pages without receipt,", open_pages)
        per = {}
        for name, n in s.kills.items():
            per[name.split("-")[0]] = per.get(name.split("-")[0], 0) + n
        check(sum(per.values()) >= kills and all(per[p] >= min(LEAST, kills // 8) for p in PROGRAMS),
              per)
        s.stop()
        s.verify()
        s.replay()
        print("seed %d: kills %s; %d events once and in order; %d firings; %d pages, %d shown, "
              "%d waiting; %d records" % (seed, per, count, fired, pages, shown, waiting,
                                          len(records)))


def check_arrived(s, sent):
    status = s.ask("status", check=False) if s.cli("status", check=False).returncode == 0 else None
    return status and status["events"]["accepted"] + status["events"]["rejected"] >= \
        sum(len(ids) for ids in sent.values())


def quiet(s):
    status = s.ask("status")
    return status["pages"]["waiting"] == 0 and status["pages"]["leased"] == 0 and \
        status["timers"].get("oldest_overdue", 0) == 0 and \
        ("next_due" not in status["timers"] or
         moment(status["timers"]["next_due"]) - moment(status["router"]["now"]) > 15)


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 1, int(sys.argv[2]) if len(sys.argv) > 2 else 110)
