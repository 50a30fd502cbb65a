"""A file of events with bad lines in it: each bad line is told with its number,
every good one is kept, also while nobody is there to take it."""
from harness import *

NOTE = '{"kind":"note.internal","case_id":"P-1","note":"%s"}'
GOOD = ['{"kind":"case.opened","case_id":"P-1","station":"ST","region":"R","class":"fault"}'] + [
    NOTE % ("n%d" % n) for n in range(600)]
BAD = {3: b"not json", 7: b'{"kind":"promise.made","case_id":"P-1"}', 8: b"[1, 2]",
       300: b'{"kind":"note.internal","case_id":"P-1","at":"yesterday"}',
       301: b"\xff\xfe", 302: (NOTE % ("x" * 100000)).encode(), 303: b""}


def the_file(s):
    lines = [line.encode() for line in GOOD]
    for number in sorted(BAD):
        lines.insert(number - 1, BAD[number])
    path = s.path("events.jsonl")
    with open(path, "wb") as f:
        f.write(b"\xef\xbb\xbf" + b"\n".join(lines) + b"\n")
    return path


def ends_when_asked(s):
    """Nobody takes its events, and it waits for that: a signal is sooner."""
    agent = subprocess.Popen(
        [os.path.join(BIN, "yinuo-station"), "--outbox", s.path("outbox-end"), "--identity",
         "ST", "--broker", "ipc://" + s.path("nobody"), "--wait", "10min"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=s.env)
    agent.stdin.write(GOOD[0] + "\n")
    agent.stdin.close()
    data = s.path("outbox-end", "data.mdb")
    until(lambda: os.path.exists(data) and b"P-1" in open(data, "rb").read(), 10, "it is stored")
    agent.send_signal(signal.SIGTERM)
    words = agent.stderr.read()
    check(agent.wait(20) in (0, 5), agent.returncode, words)


with System() as s:
    ends_when_asked(s)
    args = ("publish", "--identity", "ST", "--output", "json", "--file")
    done = s.cli(*args, the_file(s), check=False)
    check(done.returncode == 7, "exit", done.returncode, done.stderr)
    check(json.loads(done.stdout)["stored"] == len(GOOD), done.stdout, done.stderr)
    told = sorted(int(line.split(".jsonl:")[1].split(":")[0])
                  for line in done.stderr.splitlines() if ".jsonl:" in line)
    check(told == [n for n in sorted(BAD) if BAD[n]], "told", told)
    for nothing in (("publish",), ("publish", "--file", s.home)):
        check(s.cli(*nothing, check=False).returncode in (1, 2), nothing)
    s.start_all()
    s.cli("publish", "--identity", "ST", "note.internal", "case_id=P-1", "note=last")
    notes = [r["event"].get("note") for r in s.journal()
             if r.get("event", {}).get("kind") == "note.internal"]
    check(len(notes) == 601, len(notes), "notes arrived")
    print("%d good lines kept beside %d bad ones" % (len(GOOD), len(told)))
