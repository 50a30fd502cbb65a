"""Followers of the stream miss nothing and repeat nothing: over a disconnect,
over a killed broker and router, from any cursor, the command line as well as a
stranger in another language."""
from harness import *

try:
    import zmq  # noqa: F401
except ImportError:
    skip("python3-zmq is not there")


def publish(s, first, count):
    put_file(s.spool("st"), "%06d.jsonl" % first,
             [{"id": "e-%d" % n, "kind": "note.internal" if n > 1 else "case.opened",
               "case_id": "c", "station": "st", "region": "R", "class": "request",
               "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
              for n in range(first, first + count)])


def last_seq(s):
    return s.ask("status")["journal"]["last_seq"]


def numbers(path):
    with open(path) as f:
        return [int(line) for line in f if line.strip()]


def watch_numbers(path):
    with open(path) as f:
        return [json.loads(line)["seq"] for line in f if line.startswith("{")]


with System() as s:
    s.start_all()
    s.start("station-st")
    publish(s, 1, 40)
    until(lambda: last_seq(s) >= 41, 20, "the first events")
    out, watched = s.path("subscriber.out"), s.path("watch.out")

    def follow(cursor):
        return subprocess.Popen(
            ["/usr/bin/python3", os.path.join(HERE, "subscriber.py"), s.path("run"), str(cursor)],
            stdin=subprocess.DEVNULL, stdout=open(out, "a"))

    def watch(cursor):
        return subprocess.Popen(
            [os.path.join(BIN, "yinuo"), "watch", "--home", s.home, "--output", "json",
             "--from", cursor], stdin=subprocess.DEVNULL, stdout=open(watched, "a"),
            stderr=subprocess.DEVNULL, env=s.env)

    one, two = follow(0), watch("p0-0")
    until(lambda: len(numbers(out)) >= 41 and len(watch_numbers(watched)) >= 41, 20, "the past")
    publish(s, 41, 40)
    s.kill("broker")
    s.start("broker")
    publish(s, 81, 40)
    s.kill("router")
    s.start("router")
    s.wait_ready()
    publish(s, 121, 40)
    until(lambda: s.ask("status")["events"]["accepted"] >= 160, 60, "all events are in")
    end = last_seq(s)
    until(lambda: numbers(out)[-1] >= end, 30, "the subscriber is there")
    until(lambda: watch_numbers(watched)[-1] >= end, 30, "watch is there")
    one.kill()  # a disconnect: it goes on from its cursor
    two.kill()
    one.wait(), two.wait()
    publish(s, 161, 40)
    until(lambda: s.ask("status")["events"]["accepted"] >= 200, 60, "more events")
    end = last_seq(s)
    one = follow(numbers(out)[-1])
    two = watch("p0-%d" % watch_numbers(watched)[-1])
    until(lambda: numbers(out)[-1] >= end, 30, "the subscriber is there again")
    until(lambda: watch_numbers(watched)[-1] >= end, 30, "watch is there again")
    for name, seen in (("subscriber", numbers(out)), ("watch", watch_numbers(watched))):
        wanted = list(range(1, seen[-1] + 1))
        check(seen == wanted, name, "missed", sorted(set(wanted) - set(seen))[:5], "repeated",
              [n for n in set(seen) if seen.count(n) > 1][:5])
    one.terminate()
    one.wait(20)
    two.terminate()
    two.wait(20)
    middle = s.cli("case", "list", "--all").stdout
    check("c" in middle)
    print("%d records, each once and in order, over two kills and two disconnects" % end)
