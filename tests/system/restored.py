"""A ledger is restored from a backup beside stations that live, and then an
outbox: neither knows what the other has meanwhile. What is published from then
on comes in, once, and nothing waits for ever."""
from harness import *

STATION = "station-st-1"


def opened(first, count):
    return [{"id": "e-%d" % n, "kind": "case.opened", "case_id": "d-%d" % n, "station": "st-1",
             "region": "R", "source": "station", "class": "fault", "impact": "major",
             "owner": "desk@st-1", "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
            for n in range(first, first + count)]


def publish(s, first, count):
    put_file(s.spool("st-1"), "%d.jsonl" % first, opened(first, count))


def wait_for(s, count):
    until(lambda: s.ask("status")["cases"]["opened"] == count, 20, "%d cases" % count)


def restore_ledger(s, backup):
    s.kill("router", signal.SIGTERM)
    shutil.rmtree(s.path("ledger"))
    s.cli("restore", backup)
    s.start("router")
    s.wait_ready()


def save_outbox(s):
    s.kill(STATION, signal.SIGTERM)
    shutil.copytree(s.path("outbox-st-1"), s.path("outbox-saved"))
    s.start(STATION)


def restore_outbox(s):
    s.kill(STATION, signal.SIGTERM)
    shutil.rmtree(s.path("outbox-st-1"))
    shutil.move(s.path("outbox-saved"), s.path("outbox-st-1"))


with System() as s:
    s.start_all(tiers=False)
    s.start(STATION)
    publish(s, 0, 10)
    wait_for(s, 10)
    s.cli("backup", s.path("backup"))
    publish(s, 10, 10)
    wait_for(s, 20)

    restore_ledger(s, s.path("backup"))
    check(s.ask("status")["cases"]["opened"] == 10, "it is the older one")
    publish(s, 100, 30)
    wait_for(s, 40)

    # More was published after the copy than before it is missed, and then less.
    save_outbox(s)
    publish(s, 200, 40)
    wait_for(s, 80)
    restore_outbox(s)
    publish(s, 300, 5)
    s.start(STATION)
    wait_for(s, 85)
    save_outbox(s)
    publish(s, 400, 5)
    wait_for(s, 90)
    restore_outbox(s)
    publish(s, 500, 20)
    s.start(STATION)
    wait_for(s, 110)

    records = s.journal()
    seen = [r["event"]["id"] for r in records if "event" in r]
    check(len(seen) == len(set(seen)) == 110, len(seen), "each once")
    check(s.processes[STATION].poll() is None, "the station lives")
    s.stop()
    s.verify()
    s.replay()
print("110 events once each, over three restored files")
