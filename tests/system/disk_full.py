"""A full disk under the ledger: new events are refused and stay with their
station, what people answer and what is due goes on, a restart starts, and when
there is room again everything goes on by itself.

The ledger lies on an ext4 of its own, mounted from a file; that needs root."""
from harness import *
from wire import BUSY, STORAGE_FULL, Client, event, fields

SIZE = 1 << 30
MIB = 1 << 20
LOW = 150 * MIB  # free: between LIMIT_DISK_RESERVE_BYTES and LIMIT_DISK_STOP_BYTES


class Disk:
    """A small file system, and a file that takes its room."""

    def __init__(self, path):
        self.path, self.image = path, path + ".img"
        os.makedirs(path, 0o700)
        with open(self.image, "wb") as f:
            f.truncate(SIZE)
        for command in (["mkfs.ext4", "-q", "-m", "0", self.image],
                        ["mount", "-o", "loop", self.image, path]):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                os.rmdir(path)
                skip("no disk of its own: " + done.stderr.strip())

    def free(self):
        v = os.statvfs(self.path)
        return v.f_bavail * v.f_frsize

    def fill(self, leave):
        """As far as it goes: what others take meanwhile is not there."""
        with open(os.path.join(self.path, "filler"), "ab") as f:
            step = 64 * MIB
            while step >= 4096:
                more = min(step, self.free() - leave)
                try:
                    if more < step:
                        raise OSError
                    os.posix_fallocate(f.fileno(), f.tell(), more)
                    f.seek(0, 2)
                except OSError:
                    step //= 2

    def release(self):
        os.unlink(os.path.join(self.path, "filler"))

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=True)


def opened(first, count):
    return [{"id": "e-%d" % n, "kind": "case.opened", "case_id": "d-%d" % n, "station": "st-1",
             "region": "R", "source": "station", "class": "fault", "impact": "major",
             "owner": "desk@st-1", "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
            for n in range(first, first + count)]


def space(s):
    return s.ask("status")["journal"]["space"]


def refuses_events(s):
    """By a code that a station understands, before anything is decided."""
    c = Client(s.path("run"), "st-raw")
    kind, got, _ = c.publish(event("raw", "case.opened", "raw"))
    c.close()
    check(kind == BUSY and got[3][0] == STORAGE_FULL, "storage full:", kind, got)


def goes_on(s, case):
    """Answers, timers and receipts."""
    before = s.ask("status")
    done = s.cli("ack", case, person="head@st-1", check=False)
    check(done.returncode in (0, 4), "an answer is taken:", done.stdout, done.stderr)
    check(any(d["kind"] == "acknowledge" for r in s.ask("case", "timeline", case)
              for d in r.get("decisions", ())), "and on record")
    until(lambda: s.ask("status")["timers"]["fired"] > before["timers"]["fired"] + 3, 20,
          "timers fire")
    until(lambda: s.ask("status")["pages"]["delivered"] > before["pages"]["delivered"], 20,
          "receipts are taken")


def run(s, disk):
    s.start_all()
    s.start("station-st-1")
    put_file(s.spool("st-1"), "1.jsonl", opened(0, 30))
    until(lambda: s.ask("status")["cases"]["opened"] == 30, 20, "thirty cases")
    check(space(s) == "ok", space(s))

    disk.fill(LOW)
    until(lambda: space(s) == "low", 10, "the router has seen it")
    refuses_events(s)
    put_file(s.spool("st-1"), "2.jsonl", opened(30, 20))
    goes_on(s, "d-1")
    check(s.ask("status")["cases"]["opened"] == 30, "no event came in")

    disk.fill(0)  # the reserve is let go: people and timers go on
    until(lambda: "SPACE-RESERVE-USED" in s.tail_of("router"), 10, "the reserve is used")
    refuses_events(s)
    put_file(s.spool("st-1"), "3.jsonl", opened(50, 10))
    s.cli("ack", "d-2", person="head@st-1")
    pid = s.processes["router"].pid

    disk.fill(0)  # and that is gone too
    until(lambda: space(s) == "none", 10, "nothing can be written")
    refuses_events(s)
    check(s.cli("ack", "d-3", person="head@st-1", check=False).returncode in (1, 5),
          "an answer that cannot be kept is not taken")
    check(s.processes["router"].pid == pid and s.processes["router"].poll() is None, "it lives")
    s.kill("router")
    s.start("router")
    s.wait_ready()
    check(space(s) == "none" and s.ask("status")["cases"]["opened"] == 30, "it starts")
    refuses_events(s)
    pid = s.processes["router"].pid

    disk.release()
    until(lambda: s.ask("status")["cases"]["opened"] == 60, 30, "the outbox empties itself")
    check(s.processes["router"].pid == pid and s.processes["router"].poll() is None,
          "without a restart")
    check(space(s) == "ok", "and the reserve is made again")
    s.cli("ack", "d-3", person="head@st-1")
    until(lambda: s.ask("status")["timers"].get("oldest_overdue", 0) == 0, 30, "all has fired")


class OnDisk(System):
    def tail_of(self, name):
        with open(self.path("log", name + ".log"), errors="replace") as f:
            return f.read()


if os.geteuid() != 0:
    skip("only root can mount a disk of its own")
with OnDisk() as s:
    disk = Disk(s.path("ledger"))
    try:
        run(s, disk)
        records = s.journal()
        check_numbers(records)
        count = check_once(records, {"st-1": ["e-%d" % n for n in range(60)]})
        fired = check_timers(records, grace=5)
        s.stop()
        s.verify()
        s.replay()
    finally:
        s.stop()
        disk.close()
    print("%d events once and in order over a full disk, %d firings" % (count, fired))
