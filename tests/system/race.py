"""Two supervisors answer one page, and an answer races the ladder's next rung:
one wins, once, and both sides see the same."""
from harness import *
import threading

ROUNDS = 12


def two_heads(s):
    """Both tell the system at the same moment. Exit 0 for one, 4 for the other,
    who hears the winner's name."""
    for n in range(ROUNDS):
        case = "two-%d" % n
        s.cli("record", "case.opened", case, "station=ST", "region=R", "class=fault",
              "impact=major", "owner=desk@ST", person="desk@ST")
        done = {}

        def answer(person):
            done[person] = s.cli("ack", case, "--output", "json", person=person, check=False)
        people = [threading.Thread(target=answer, args=(p,)) for p in ("head@ST", "deputy@ST")]
        for t in people:
            t.start()
        for t in people:
            t.join()
        codes = sorted(d.returncode for d in done.values())
        check(codes == [0, 4], case, codes, [d.stderr for d in done.values()])
        winner = [p for p, d in done.items() if d.returncode == 0][0]
        loser = [d for p, d in done.items() if d.returncode == 4][0]
        check(winner in loser.stdout + loser.stderr, "the winner is named:", loser.stderr)
        acks = [d for r in s.ask("case", "timeline", case) for d in r.get("decisions", ())
                if d["kind"] == "acknowledge"]
        check(len(acks) == 1 and acks[0]["person"] == winner, acks)


def answer_against_ladder(s):
    """The rung is due 2 s after the page. Whoever is first in the journal has
    won: an acknowledgement before it, and nobody is called again; after it,
    and he was called before."""
    before = after = 0
    for n in range(ROUNDS):
        case = "late-%d" % n
        s.cli("record", "case.opened", case, "station=ST", "region=R", "class=fault",
              "impact=major", "owner=desk@ST", person="desk@ST")
        start = time.monotonic()
        wait = 1.75 + 0.04 * n
        until(lambda: time.monotonic() - start >= wait, 5, "the moment")
        s.cli("ack", case, person="head@ST", check=False)
        rows = s.ask("case", "timeline", case)
        story = [(d["kind"], d.get("person")) for r in rows for d in r.get("decisions", ())
                 if d["kind"] == "acknowledge" or
                 (d["kind"] == "page" and d["rule"] in ("SY-01", "SY-20"))]  # the ladder's
        check([k for k, p in story].count("acknowledge") == 1, case, story)
        called = [i for i, (k, p) in enumerate(story) if k == "page"][1:]
        acked = [i for i, (k, p) in enumerate(story) if k == "acknowledge"][0]
        check(all(i < acked for i in called), "called after the answer:", case, story)
        before += not called
        after += bool(called)
    return before, after


with System() as s:
    s.start_all()
    two_heads(s)
    before, after = answer_against_ladder(s)
    records = s.journal()
    check_numbers(records)
    check_timers(records, grace=5.0)
    s.stop()
    s.verify()
    s.replay()
    print("%d races of two, one winner each; of %d answers %d came before the rung, %d after"
          % (ROUNDS, before + after, before, after))
