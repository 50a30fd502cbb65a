"""A backup of a running system, taken while events come in; restored into an
empty directory it starts, holds what had been accepted before the backup began,
and goes on. A head of the journal that was noted before holds for both."""
from harness import *
from wire import EVENTS_ACK, Client, event
import threading


class Publisher(threading.Thread):
    def __init__(self, run):
        super().__init__()
        self.run_directory, self.done, self.sent = run, False, []

    def run(self):
        client = Client(self.run_directory, "st-live")
        while not self.done:
            names = ["b-%d" % (len(self.sent) + i) for i in range(8)]
            kind, _, refused = client.publish(*[event(n, "case.opened", "case-" + n,
                                                      station="st-live") for n in names])
            check(kind == EVENTS_ACK and not refused, kind, refused)
            self.sent += names
        client.close()


def take(s, directory):
    people = Publisher(s.path("run"))
    people.start()
    try:
        until(lambda: len(people.sent) > 500, 30, "five hundred events")
        before = list(people.sent)
        s.cli("backup", directory, timeout=120)
        enough = len(people.sent) + 100
        until(lambda: len(people.sent) > enough, 30, "the system goes on")
    finally:
        people.done = True
        people.join()
    s.cli("backup", "--verify", directory, timeout=120)
    return before, people.sent


def head(s):
    """What somebody notes down: the last record and the chain up to it."""
    journal = s.ask("status")["journal"]
    return "%s:%s" % (journal["last_seq"], journal["chain"])


def check_head(s, noted):
    s.cli("journal", "verify", "--head", noted, timeout=120)
    wrong = noted[:-1] + ("0" if noted[-1] != "0" else "1")
    done = s.cli("journal", "verify", "--head", wrong, check=False, timeout=120)
    check(done.returncode != 0, "another chain is found out:", done.stdout)


with System() as s:
    s.start_all()
    noted = head(s)
    backup = s.path("backup")
    before, sent = take(s, backup)
    s.stop()
    s.verify()
    check_head(s, noted)
    with System() as other:
        other.cli("restore", backup, timeout=120)
        other.start_all()
        status = other.ask("status")
        check(len(before) <= status["cases"]["opened"] <= len(sent), status["cases"])
        until(lambda: other.ask("status")["timers"]["fired"] > status["timers"]["fired"], 20,
              "its timers go on")
        other.cli("record", "case.opened", "after", "station=ST", "region=R", "class=fault",
                  "owner=desk@ST", person="desk@ST")
        check(other.ask("status")["cases"]["opened"] == status["cases"]["opened"] + 1, "goes on")
        records = other.journal()
        check_numbers(records)
        check_once(records, {"st-live": before})
        other.stop()
        other.verify()
        other.replay()
        check_head(other, noted)
        done = other.cli("restore", backup, check=False)
        check(done.returncode != 0, "a directory that is not empty is left alone")
    print("%d events before the backup, %d restored, %d in the end"
          % (len(before), status["cases"]["opened"], len(sent)))
