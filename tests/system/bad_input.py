"""Bad input at every door: each gets a clear answer with a code, is counted, and
a healthy publisher beside it loses nothing and waits for nobody."""
from harness import *
from wire import *
import threading


class Healthy(threading.Thread):
    """One event after the other, all the time."""

    def __init__(self, run):
        super().__init__()
        self.run_directory, self.done, self.sent, self.waits, self.wrong = run, False, [], [], []

    def run(self):
        client = Client(self.run_directory, "st-healthy")
        while not self.done:
            name = "h-%d" % len(self.sent)
            began = time.monotonic()
            kind, got, refused = client.publish(
                event(name, "case.opened", "case-" + name, station="st-healthy"))
            self.waits.append(time.monotonic() - began)
            if kind != EVENTS_ACK or refused:
                self.wrong.append((name, kind, got, refused))
            self.sent.append(name)
            time.sleep(0.005)  # the pace of a busy station
        client.close()


def error_of(answer, words):
    check(answer is not None, words, "was not answered")
    kind, body = answer
    got = fields(body)
    check(kind == ERROR and got.get(2), words, "is an error in words:", kind, got)
    return got[1][0]


def bad_frames(run):
    """At the broker: what is no message, or none that it carries."""
    for words, frames, code in [
            ("a truncated header", lambda c: [c.head(QUERY)[:9], b""], MALFORMED),
            ("no header's magic", lambda c: [c.head(QUERY, magic=b"no"), b""], MALFORMED),
            ("one frame", lambda c: [c.head(QUERY)], MALFORMED),
            ("too many frames", lambda c: [c.head(QUERY)] + [b"x"] * 6, MALFORMED),
            ("another version", lambda c: [c.head(QUERY, version=9), b""], WRONG_VERSION),
            ("another partition", lambda c: [c.head(EVENTS, partition=77), b"x"], WRONG_PARTITION),
            ("an unknown kind of message", lambda c: [c.head(200), b""], UNKNOWN_KIND),
            ("a truncated body", lambda c: [c.head(EVENTS), b"\x0a\x7fst"], MALFORMED),
    ]:
        c = Client(run)
        c.sock.send_multipart(frames(c))
        answer = c.receive()
        got = error_of(answer, words)
        check(got == code, words, "has code", got)
        c.close()


def oversized_frame(run):
    """libzmq ends the connection of who sends it; nobody else notices."""
    c = Client(run)
    c.sock.send_multipart([c.head(EVENTS), b"\0" * (257 * 1024)])
    answer = c.receive(500)
    check(answer is None or answer[0] == ERROR, "nothing good comes of it", answer)
    c.sock.close(0)


def bad_events(run):
    """At the router: each is refused for itself and uses up its number."""
    now = time.time()
    cases = [
        ("not UTF-8", event("b-1", "case.opened", b"\xff\xfe"), [NOT_UTF8]),
        ("a NUL", event("b-2", "case.opened", "a\0b"), [NOT_UTF8]),
        ("an unknown kind", event("b-3", "no.such.kind", "b-case"), [UNKNOWN_KIND]),
        ("an unknown case", event("b-4", "customer.contacted", "nobody-knows"), [UNKNOWN_CASE]),
        ("a promise without a date", event("b-5", "promise.made", "b-case",
                                           f23=field(1, "P1") + field(2, "x")), [MISSING_FIELD]),
        ("the far past", event("b-6", "case.opened", "b-past", at=-4e9), [TIME_OUT_OF_RANGE]),
        ("two years ago", event("b-7", "case.opened", "b-old", at=now - 2 * 366 * 86400),
         [TIME_OUT_OF_RANGE]),
        ("the far future", event("b-8", "case.opened", "b-fut", at=now + 1e9),
         [TIME_OUT_OF_RANGE]),
        ("the end of time", event("b-9", "case.opened", "b-end", at=9.2e15), [TIME_OUT_OF_RANGE]),
        ("an id of 10 kB", event("x" * 10240, "case.opened", "b-id"), [ID_TOO_LONG]),
        ("a case id of 10 kB", event("b-10", "case.opened", "y" * 10240), [ID_TOO_LONG]),
        ("no kind", field(1, "b-11") + field(4, int(now * 1000)), [MISSING_FIELD]),
        ("an event of 20 kB", event("b-12", "note.internal", "b-case", f15="z" * 20000),
         [TOO_LARGE]),
        ("bytes that are none", b"\x0a\xff\xff\xff\xff\x0fabc", [MALFORMED]),
    ]
    c = Client(run)
    kind, _, refused = c.publish(event("b-0", "case.opened", "b-case"))
    check(kind == EVENTS_ACK and not refused, kind, refused)
    for words, bad, codes in cases:
        kind, got, refused = c.publish(bad)
        check(kind == EVENTS_ACK and list(refused) == [c.sequence], words, kind, got, refused)
        code, text = refused[c.sequence]
        check(code in codes and text, words, "has code", code, text)
    kind, got, refused = c.publish(*[event("m-%d" % i, "note.internal", "b-case")
                                     for i in range(65)])
    check(kind == ERROR and got[1][0] == TOO_MANY, "65 events at once", kind, got)
    kind, _, refused = c.publish(event("b-last", "note.internal", "b-case"))
    check(kind == EVENTS_ACK and not refused, "the good one behind them", kind, refused)
    c.close()
    return len(cases)


def bad_commands(run):
    c = Client(run, "desk", SUPERVISOR)
    kind, body = c.ask(COMMAND, field(2, "head@ST"))
    check(kind == ERROR and fields(body)[1][0] == MISSING_FIELD, "without its id", body)
    kind, body = c.ask(COMMAND, field(1, "r-1") + field(2, "nobody at all") + field(4, "record") +
                       field(13, event("c-1", "case.opened", "c-1")))
    check(kind == ANSWER and fields(body)[2][0] == 14, "by nobody", fields(body))
    kind, body = c.ask(QUERY, field(1, "no such query"))
    check(fields(body).get(1, [0])[0] != 0, "an unknown query", kind, fields(body))
    kind, body = c.ask(FETCH, field(1, "q9-xyz"))
    check(fields(body).get(4, [0])[0] == 38, "no cursor", kind, fields(body))
    c.close()


def second_of_each(s):
    """A second router on the directory, a second broker on the socket."""
    for name, words in (("router", "ledger"), ("broker", "run")):
        command = [w if w != s.path("log", name + ".log") else s.path("log", name + "-2.log")
                   for w in s.command(name)]
        done = subprocess.run(command, capture_output=True, text=True, env=s.env, timeout=20)
        check(done.returncode != 0, "a second", name, "has started")
        pid = str(s.processes[name].pid)
        check(pid in done.stderr, "it names", pid, done.stderr)


def bad_policy(s):
    before = s.ask("status")["policy"]
    directory = s.path("bad-pack")
    shutil.copytree(PACK, directory)
    with open(os.path.join(directory, "policy.yaml"), "a") as f:
        f.write("\nladder: {S9: nonsense}\n")
    done = s.cli("policy", "load", directory, check=False)
    check(done.returncode == 7, "a bad policy is refused", done.returncode, done.stderr)
    words = done.stdout + done.stderr
    check("policy.yaml:" in words, "with file and line", words)
    check(s.ask("status")["policy"] == before, "the old one stays")


def counted(s):
    c = Client(s.path("run"), "viewer", VIEWER)
    kind, body = c.ask(QUERY, field(1, "broker.status"))
    rows = {}
    for row in fields(body).get(4, []):
        r = fields(row)
        rows[r[1][0].decode() + "." + r[2][0].decode()] = r.get(3, [0])[0]
    c.close()
    return rows


with System() as s:
    s.start_all()
    healthy = Healthy(s.path("run"))
    healthy.start()
    try:
        bad_frames(s.path("run"))
        for _ in range(3):
            oversized_frame(s.path("run"))
        refused = bad_events(s.path("run"))
        bad_commands(s.path("run"))
        second_of_each(s)
        bad_policy(s)
        enough = len(healthy.sent) + 100
        until(lambda: len(healthy.sent) > enough, 30, "the healthy one goes on")
    finally:
        healthy.done = True
        healthy.join()
    check(not healthy.wrong, "the healthy one was disturbed:", healthy.wrong[:3])
    status = s.ask("status")
    check(status["events"]["rejected"] == refused, status["events"])
    check(status["router"]["refused"] >= 3, status["router"])
    rows = counted(s)
    for name in ("malformed", "wrong_version"):
        n = [v for k, v in rows.items() if k.endswith("." + name)]
        check(n and n[0] >= 1, name, "is counted:", rows)
    records = s.journal()
    check_numbers(records)
    check_once(records, {"st-healthy": healthy.sent})
    s.stop()
    s.verify()
    s.replay()
    waits = sorted(healthy.waits)
    print("%d bad events refused by code, %d good ones meanwhile, none lost; p50 %.1f ms, p99 %.1f ms"
          % (refused, len(waits), waits[len(waits) // 2] * 1e3, waits[int(len(waits) * .99)] * 1e3))
