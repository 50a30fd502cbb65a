#!/usr/bin/env python3
"""No requirement's id stands in C, and no kind of event that only a pack uses:
what a row asks for is data. Commands of people (cli/, and the table of who may
give them) and the kinds that the system itself reports are the exceptions."""
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDERS = ["base", "proto", "engine", "policy", "ledger", "broker", "workers",
           "station", "cli"]
TABLES = {"proto/kinds.def", "proto/kind_fields.def"}
COMMANDS = ("cli/", "workers/router/access.c", "station/example.c")
ROWS = "MD ES OW PR CT HO QA FE TK OP VI CF FB LC TE".split()
ROW = re.compile(r"\b(%s)-\d\d?\b" % "|".join(ROWS))


def sources():
    for folder in FOLDERS:
        for path, _, names in os.walk(os.path.join(TOP, folder)):
            for name in sorted(names):
                full = os.path.relpath(os.path.join(path, name), TOP)
                if name.endswith((".c", ".h", ".def")) and full not in TABLES:
                    yield full


def pack_kinds():
    text = open(os.path.join(TOP, "proto/kinds.def"), encoding="utf-8").read()
    rows = re.findall(r'^KIND\(\w+,\s*"([^"]+)",\s*\d+,\s*(\w+)', text, re.M)
    assert len(rows) > 100
    return {name for name, group in rows if group != "SYSTEM"}


def main():
    kinds, bad = pack_kinds(), []
    for path in sources():
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            text = file.read()
        for n, line in enumerate(text.split("\n"), 1):
            if ROW.search(line):
                bad.append("%s:%d: %s" % (path, n, line.strip()))
        if path.startswith(COMMANDS):
            continue
        code = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        for word in re.findall(r'"((?:[^"\\]|\\.)*)"', code):
            if word in kinds:
                bad.append('%s: "%s" is a pack\'s' % (path, word))
    print("\n".join(bad) or "nothing of a row stands in C")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
