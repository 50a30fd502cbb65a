#!/usr/bin/env python3
"""A mix of events in which every mechanism of a pack is in use: the stories of
tests/scenarios, told many times over, each copy a few minutes later, under
cases and things of its own. Writes JSON Lines to standard output.

    bench/mix.py [--copies 1000] [STORY.yaml...] > mix.jsonl
    build/bench/simulate_bench packs/service-network mix.jsonl
"""
import argparse
import datetime
import glob
import json
import os
import re
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
STEP = datetime.timedelta(minutes=7)
# fields of a story that are not the event's own ("no" is a flag in YAML)
TELLING = {"no", False, "at", "received", "caption", "times", "every"}
# what each copy has of its own
OWN = {"case_id", "asset_id", "customer_id", "parent"}
SPAN = re.compile(r"(\d+)(min|h|d|s)")
UNIT = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def moment(day, text):
    text = str(text)
    if re.match(r"\d{4}-\d\d-\d\d", text):
        at = datetime.datetime.fromisoformat(text.replace(" ", "T"))
        return at.replace(tzinfo=None)
    ahead = re.fullmatch(r"\+(\d+)d (.*)", text)
    if ahead:
        return moment(day + datetime.timedelta(days=int(ahead[1])), ahead[2])
    parts = [int(p) for p in text.split(":")]
    parts += [0] * (2 - len(parts))
    return day + datetime.timedelta(hours=parts[0], minutes=parts[1],
                                    seconds=parts[2] if len(parts) > 2 else 0)


def span(text):
    return datetime.timedelta(seconds=sum(int(n) * UNIT[u] for n, u in
                                          SPAN.findall(str(text))))


def ahead(day, value):
    """A field that is a moment of the story's own days."""
    if isinstance(value, str) and re.fullmatch(r"\+\d+d \d\d:\d\d", value):
        return moment(day, value)
    return value


def waiting(lines):
    """No story waits: the first of them does for an hour, while it is told."""
    received, at, body = lines[0]
    for minutes, kind in ((3, "case.waiting"), (63, "case.resumed")):
        when = at + datetime.timedelta(minutes=minutes)
        yield when, when, {"kind": kind, "case_id": body["case_id"],
                           "station": body.get("station"),
                           "reporter": body.get("owner")}


def told(story):
    """[(received, at, event)] of one story, times local and without zone."""
    day = datetime.datetime.fromisoformat(str(story["day"])[:10])
    for event in story.get("events", []):
        for n in range(int(event.get("times", 1))):
            at = moment(day, event["at"]) + n * span(event.get("every", 0))
            got = moment(day, event["received"]) if "received" in event else at
            body = {k: ahead(day, v) for k, v in event.items()
                    if k not in TELLING}
            if "times" in event:
                body["attempt_no"] = n + 1
            for key in ("station", "region", "product_line"):
                if key in story:
                    body.setdefault(key, story[key])
            if "case_id" not in body or body["case_id"]:
                body.setdefault("case_id", story.get("case", story["story"]))
            yield got, at, body


def ended(lines):
    """An hour after its last event somebody else's system says it is over:
    what is left open would call people for ever."""
    last = {}
    for _, at, body in lines:
        if "case_id" in body:
            last[body["case_id"]] = (max(at, last.get(body["case_id"], (at,))[0]),
                                     body)
    for case_id, (at, body) in last.items():
        for n, kind in enumerate(("case.resolved", "case.closed")):
            when = at + datetime.timedelta(minutes=60 + n)
            yield when, when, {"kind": kind, "case_id": case_id,
                               "station": body.get("station"),
                               "source": "import", "cause": "told"}


def plain(value, shift):
    """Moments of the fields move with the copy."""
    if isinstance(value, datetime.datetime):
        return (value + shift).isoformat(sep=" ")
    if isinstance(value, str) and re.fullmatch(
            r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", value):
        at = datetime.datetime.fromisoformat(value.replace(" ", "T"))
        return (at + shift).isoformat()
    if isinstance(value, datetime.date):
        return str(value)
    if isinstance(value, list):
        return [plain(v, shift) for v in value]
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--copies", type=int, default=1000)
    parser.add_argument("stories", nargs="*")
    args = parser.parse_args()
    paths = args.stories or sorted(
        glob.glob(os.path.join(HERE, "..", "tests", "scenarios", "*.yaml")))
    rows = []
    first = datetime.datetime(2026, 1, 5)
    for path in paths:
        with open(path, encoding="utf-8") as file:
            story = yaml.safe_load(file)
        if "pack" in story or "story" not in story:
            continue
        lines = list(told(story))
        if not lines:
            continue
        base = min(at for _, at, _ in lines).replace(hour=0, minute=0)
        if not rows and "case_id" in lines[0][2]:
            lines += list(waiting(lines))
        lines += list(ended(lines))
        for copy in range(args.copies):
            shift = first - base + copy * STEP
            for got, at, body in lines:
                event = {k: plain(v, shift) for k, v in body.items()}
                for key in OWN & event.keys():
                    event[key] = "%s/%d" % (event[key], copy)
                rows.append((got + shift, at + shift, event))
    rows.sort(key=lambda row: row[0])
    for n, (got, at, event) in enumerate(rows):
        event["id"] = "mix-%d" % n
        event["at"] = at.isoformat()
        event["received_at"] = got.isoformat()
        sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
