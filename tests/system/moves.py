"""What people must not be able to do to a case, by mistake or otherwise, and
that they are told why in their own language."""
import pty
import select

from harness import *

NETWORK = os.path.join(ROOT, "packs", "service-network")
HEAD, E1, E2, CENTER = "ln01-head", "ln01-e1", "ln01-e2", "crc-head"


def opened(s, case, *fields):
    s.cli("record", "case.opened", case, "station=ST-LN-01", "class=fault",
          "owner=" + E1, *fields, person=HEAD)


def no(s, code, word, person, *args, **more):
    done = s.cli(*args, person=person, check=False, **more)
    check(done.returncode == code, args, "exit", done.returncode, "not", code,
          done.stdout + done.stderr)
    check(word in done.stderr, args, done.stderr)


def yes(s, person, *args):
    return s.cli(*args, person=person).stdout


def case(s, case_id):
    return s.ask("case", "show", case_id)


def merging(s):
    """A case goes on in one that lives and is not calmer; nobody is lost."""
    for c in ("M-1", "M-2", "M-4"):
        opened(s, c)
    opened(s, "M-3", "severity=S2")
    because = ("--reason", "same machine")
    no(s, 6, "may not", E1, "merge", "M-1", "M-2", *because)
    no(s, 1, "less severe", HEAD, "merge", "M-3", "M-1", *because)
    yes(s, HEAD, "merge", "M-1", "M-2", *because)
    no(s, 1, "closed", HEAD, "merge", "M-2", "M-1", *because)
    check(case(s, "M-2")["state"] == "open", "the one it goes on in lives")
    no(s, 3, "no case", HEAD, "record", "case.merged", "M-4", "to=M-77", *because)
    yes(s, E1, "record", "media.requested", "M-4", "outlet=TV")
    opened(s, "M-5", "severity=S1")
    no(s, 1, "MD-14", HEAD, "merge", "M-4", "M-5", *because)
    yes(s, HEAD, "reopen", "M-1")
    check("merged_into" not in case(s, "M-1"), "it goes on by itself again")


def handing_on(s):
    opened(s, "H-1")
    no(s, 6, "roster", E1, "transfer", "H-1", "nobody")
    no(s, 6, "roster", CENTER, "assign", "H-1", "nobody")
    no(s, 1, "already", E1, "transfer", "H-1", E1)
    no(s, 6, "may not", E2, "transfer", "H-1", E2)
    no(s, 6, "offered", E2, "accept", "H-1")
    no(s, 6, "offered", E2, "decline", "H-1", "--reason", "busy")
    yes(s, E1, "transfer", "H-1", E2)
    no(s, 6, "offered", HEAD, "decline", "H-1", "--reason", "busy")
    check(case(s, "H-1")["pending_owner"] == E2, "still offered to him")
    yes(s, E2, "decline", "H-1", "--reason", "busy")
    yes(s, E1, "transfer", "H-1", E2)
    yes(s, E2, "accept", "H-1")
    check(case(s, "H-1")["owner"] == E2, "his now")


def a_whole_work(s):
    """A person's whole work is handed over by a head of his, and by no slip."""
    start = ("handover", "start")
    no(s, 6, "roster", HEAD, *start, "nobody", "--reason", "leaves")
    no(s, 6, "roster", HEAD, *start, E2, "--to", "nobody", "--reason", "leaves")
    no(s, 6, "may not", "ln05-head", *start, E2, "--force", "--reason", "gone")
    no(s, 6, "may not", E1, "record", "handover.started", f"person={E2}", "station=ST-LN-01")
    yes(s, HEAD, *start, E2, "--reason", "leaves")


def times_that_are_over(s):
    opened(s, "T-1")
    for due in ("2020-01-01", "2020-01-01 10:00"):
        no(s, 2, "over", E1, "promise", "make", "T-1", "part", "--due", due)
        no(s, 2, "over", E1, "case", "wait", "T-1", "--for", "part", "--until", due)
    said = yes(s, E1, "promise", "make", "T-1", "part", "--due", "2035-05-17", "--accepted")
    check("2035-05-17" in said and "00:00" not in said, said)


def slips(s):
    """A wrong name, another's page, a slip in a field: each is told, none is
    taken for "nothing waits" or "done"."""
    opened(s, "X-1", "severity=S2")
    for args in (("inbox",), ("ack",), ("ack", "--all", "--yes"),
                 ("case", "list", "--mine"), ("promise", "list", "--mine")):
        no(s, 6, "roster", "ln01-haed", *args)
    until(lambda: case(s, "X-1").get("pages"), 10, "X-1 is paged")
    page = [p for p in case(s, "X-1")["pages"] if p["tier"] == "station_head"][0]
    no(s, 6, "not yours", E2, "ack", page["page_id"])
    check(page in case(s, "X-1")["pages"], "it waits for the head")
    check("X-1" not in yes(s, None, "case", "list", "--overdue"), "nothing is late")
    opened(s, "X-2", "severity=s3")
    check(case(s, "X-2")["severity"] == "S3", "S3 may be small")
    no(s, 2, "S9", HEAD, "record", "case.opened", "X-3", "station=ST-LN-01", "severity=S9")
    no(s, 2, "station is said twice", HEAD, "record", "case.opened", "X-3",
       "station=ST-LN-01", "station=ST-LN-02")
    no(s, 2, "control", HEAD, "note", "X-1", "one\x07two")
    no(s, 1, "yinuo: at: is in the future", HEAD, "note", "X-1", "hi", "--at", "2099-01-01")
    no(s, 2, "at least 1min", HEAD, "snooze", "X-1", "--for", "0min", "--reason", "x")
    no(s, 2, "at least 1", None, "watch", "--limit", "0")
    done = s.cli("mute", "end", "X-1", "--reason", "x", person=HEAD, check=False)
    check(done.returncode == 3 and "(not_found)" not in done.stderr, done.stderr)
    no(s, 2, "at least 1", None, "policy", "test", "media.requested station=ST-LN-01",
       "--policy", NETWORK, "--limit", "0")


def ctrl_c_at_a_question(s):
    """It ends the command, and what was typed so far is not sent."""
    opened(s, "Q-1")
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(os.path.join(BIN, "yinuo"), ["yinuo", "record", "promise.made", "Q-1", "due=+1h",
                                      "--as", E1, "--home", s.home])
    said = b""
    while b"promise_id" not in said:
        check(select.select([fd], [], [], 10)[0], "it asks", said)
        said += os.read(fd, 4096)
    os.write(fd, b"\x03")
    check(os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGINT, "it ends there")
    os.close(fd)
    check("promises" not in case(s, "Q-1"), "nothing was promised")


def passed_up(s):
    """Whom somebody calls by hand reads why in words, in the inbox too."""
    opened(s, "U-1")
    yes(s, E1, "escalate", "U-1", "--to", "crisis_center")
    why = [p["why"] for p in s.ask("inbox", person=CENTER)["pages"] if p["case_id"] == "U-1"]
    check(why and why[0] != "escalated", why)


def kept_promises(s):
    opened(s, "K-1")
    yes(s, E1, "promise", "make", "K-1", "part", "--due", "+3h", "--accepted")
    no(s, 2, "ten years", E1, "promise", "renegotiate", "K-1", "--due", "9999-12-31")
    yes(s, E1, "promise", "kept", "K-1")
    no(s, 1, "already", E1, "promise", "renegotiate", "K-1", "P1", "--due", "+5h", "--accepted")
    check(case(s, "K-1")["promises"][0]["state"] == "kept", "it stays kept")


def states(s):
    opened(s, "S-1")
    before = case(s, "S-1")["severity"]
    yes(s, HEAD, "reopen", "S-1")
    check(case(s, "S-1")["severity"] == before, "open it was: nothing is raised")
    no(s, 6, "may not", E2, "case", "wait", "S-1", "--for", "part")
    no(s, 6, "may not", E2, "resolve", "S-1")
    no(s, 1, "not resolved", HEAD, "close", "S-1", "--reason", "done", "--cause", "x")
    no(s, 2, "no state", None, "case", "list", "--state", "lost")


def nobody_answers(s):
    """Whoever wants an end of the stream is not kept by a router that hangs."""
    s.processes["router"].send_signal(signal.SIGSTOP)
    no(s, 5, "not reached", None, "watch", "--from", "0", "--no-follow", timeout=8)
    s.processes["router"].send_signal(signal.SIGCONT)


def in_chinese(s):
    zh = ("--lang", "zh_CN")
    no(s, 2, "not \"xx\"", None, "case", "list", "--lang", "xx")
    opened(s, "S-2", "severity=S2")
    for word, person, args in (
            ("没有转交", E1, ("accept", "S-1")),
            ("还没有解决", HEAD, ("close", "S-1", "--reason", "好了", "--cause", "x")),
            ("条件", E1, ("severity", "S-2", "S4", "--reason", "x")),
            ("不属于", "ln05-head", ("ack", "S-1"))):
        done = s.cli(*args, *zh, person=person, check=False)
        check(done.returncode in (1, 6) and word in done.stderr, args, done.stderr)
        said = done.stderr.replace("yinuo:", "").replace("ES-14", "")
        check(not any(c.isascii() and c.isalpha() for c in said), said)


with System(policy=(NETWORK,)) as s:
    s.start_all()
    for part in (merging, handing_on, a_whole_work, times_that_are_over, slips,
                 ctrl_c_at_a_question, passed_up, kept_promises, states, in_chinese,
                 nobody_answers):
        part(s)
    s.stop()
    s.verify()
    s.replay()
    print("what must not be was refused, with its reason")
