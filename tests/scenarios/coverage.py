"""docs/coverage.md is true: for each row of the requirements the entries of the
pack that carry it are taken out of a copy, and the check that proves it must
then fail, having held with them.

    coverage.py                    the test
    coverage.py try ENTRY...       which stories fail without these entries
    coverage.py try MD-01          the same for what the table says

An entry is `rule: MD-01` (all that bears this rule id), or a path:
`clocks.plan`, `events.promise.made.do[contact]`; of another file than
policy.yaml with its name in front: `directory.yaml: persons.x`.
A proof is `ln-4.yaml` (a story beside this file), `$ yinuo policy check PACK`
with `says: WORDS` behind it, or `test NAME` (of ctest)."""
import collections
import concurrent.futures
import copy
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError:
    print("skipped: no python3-yaml")
    sys.exit(77)

HERE = "tests/scenarios"
TABLE = "docs/coverage.md"
PACK = "packs/service-network"
REQUIREMENTS = "../shared/requirements.md"
YINUO = os.path.join(os.environ.get("YINUO_BIN", "build/bin"), "yinuo")
BUILD = os.environ.get("YINUO_BUILD", "build")
TOTALS = {"core": 78, "should": 62, "could": 10}
faults = []

Row = collections.namedtuple("Row", "line id priority entries proofs reason")


def fault(line, words):
    faults.append("%s:%d: %s" % (TABLE, line, words))


# --- the pack, without some of it ---

class Missing(Exception):
    pass


LOADED = {}


def load(name):
    """Everything is text, as the pack's own reader has it."""
    if name not in LOADED:
        with open(os.path.join(PACK, name), encoding="utf-8") as f:
            LOADED[name] = yaml.load(f, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    return copy.deepcopy(LOADED[name])


def plain(value):
    """An empty value is nothing, not an empty text."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return None if value == "" else value


def dump(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(plain(value), f, ensure_ascii=False, indent=1)


OUTCOMES = ("severity", "raise_by", "page", "inform", "rule")




def drop_rule(node, rule, parents, depth=0):
    """Takes out what bears the rule; how many did."""
    count = 0
    if isinstance(node, dict):
        if node.get("rule") == rule and parents:
            holder, key = parents[-1]
            if len(parents) == 2 and parents[0][1] == "events":
                for name in OUTCOMES:
                    node.pop(name, None)
            else:
                del holder[key]
                return 1
            count += 1
        for key in list(node):
            count += drop_rule(node[key], rule, parents + [(node, key)])
            if key in node and node[key] in ([], {}) and len(parents) >= 1 \
                    and not (len(parents) == 1 and parents[0][1] in ("events", "counters")):
                del node[key]
                if key == "steps":          # a clock without steps is none
                    holder, name = parents[-1]
                    del holder[name]
                    return count
    elif isinstance(node, list):
        for i in range(len(node) - 1, -1, -1):
            count += drop_rule(node[i], rule, parents + [(node, i)])
    return count


def step_into(node, path):
    """(key, rest): the longest key of a mapping that the path begins with."""
    if isinstance(node, dict):
        for key in sorted(node, key=len, reverse=True):
            if path == key or path.startswith((key + ".", key + "[")):
                return key, path[len(key):].lstrip(".")
        raise Missing(path)
    word, _, rest = path.partition(".")
    if isinstance(node, list) and word.isdigit() and int(word) < len(node):
        return int(word), rest
    raise Missing(path)


def item_of(items, words):
    """The index of the item that is these words, begins with them, or bears
    them as its rule."""
    for i, item in enumerate(items):
        if isinstance(item, str) and (item == words or item.startswith(words + " ")):
            return i
        if isinstance(item, dict) and words in (item.get("rule"), item.get("emit")):
            return i
    raise Missing("[%s]" % words)


def drop_path(root, path):
    node, rest, parents = root, path, []
    while rest:
        found = re.match(r"\[([^]]*)\]\.?", rest)
        if found:
            words = found.group(1)
            key = int(words) if words.isdigit() else item_of(node, words)
            rest = rest[found.end():]
        else:
            key, rest = step_into(node, rest)
        parents.append((node, key))
        node = node[key]
    holder, key = parents[-1]
    del holder[key]
    if holder == [] and len(parents) > 1:
        above, name = parents[-2]
        del above[name]


def names_list(text, name):
    return re.search(r"(?<![\w.])(?:\w+\.)?%s(?![\w])" % re.escape(name), text)


def scrub(node, name):
    """What speaks of a list that is gone goes too: effects and triggers that
    name it, rules and gates that ask for it."""
    if isinstance(node, dict):
        for key in list(node):
            value = node[key]
            if key == "about":
                continue
            if isinstance(value, dict) and names_list(str(value.get("when", "")), name):
                del node[key]
            elif isinstance(value, (dict, list)):
                scrub(value, name)
                if value in ([], {}) and key not in ("steps", "all"):
                    node[key] = ""
                    if isinstance(value, list):
                        del node[key]
    elif isinstance(node, list):
        for i in range(len(node) - 1, -1, -1):
            item = node[i]
            asked = item if isinstance(item, str) else \
                str(item.get("when", "")) if isinstance(item, dict) else ""
            if names_list(asked, name):
                del node[i]
            else:
                scrub(item, name)


def forget(root, before):
    """Nothing may name a list or a clock that was taken out."""
    for name in before["conditions"] - set(root.get("conditions") or {}):
        scrub(root.get("events"), name)
        scrub(root.get("clocks"), name)
    for name in before["lists"] - set(root.get("lists") or {}):
        scrub(root.get("events"), name)
        scrub(root.get("clocks"), name)
        for condition, text in list((root.get("conditions") or {}).items()):
            if names_list(text, name):
                del root["conditions"][condition]
                scrub(root.get("events"), condition)
    for name in before["clocks"] - set(root.get("clocks") or {}):
        for one in (root.get("lists") or {}).values():
            if isinstance(one, dict) and one.get("clock") == name:
                del one["clock"]


def cards_forget(files):
    """No card of people.yaml may show a list that was taken out."""
    rules = files.get("policy.yaml")
    if rules is None or not os.path.exists(os.path.join(PACK, "people.yaml")):
        return
    gone = set(load("policy.yaml")["lists"]) - set(rules.get("lists") or {})
    people = files.get("people.yaml") or load("people.yaml")
    for card in (people.get("cards") or {}).values():
        if gone & set(card.get("lists") or []):
            card["lists"] = [n for n in card["lists"] if n not in gone]
            if not card["lists"]:
                del card["lists"]
            files["people.yaml"] = people


def without(entries, target):
    """A copy of the pack without the entries."""
    shutil.copytree(PACK, target, ignore=shutil.ignore_patterns("messages", "maps"))
    files = {}
    for entry in entries:
        name, colon, path = entry.rpartition(".yaml: ")
        name = name + ".yaml" if colon else "policy.yaml"
        if name not in files:
            files[name] = load(name)
        if path.startswith("rule: "):
            if not drop_rule(files[name], path[6:], []):
                raise Missing(path)
        else:
            drop_path(files[name], path)
    cards_forget(files)
    for name, value in files.items():
        forget(value, {part: set(load(name).get(part) or {})
                       for part in ("conditions", "lists", "clocks")})
        dump(os.path.join(target, name), value)


# --- checks ---

def run(command, env=None):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en", **(env or {})})
    return done.returncode, done.stdout + done.stderr


def prove(proof, pack):
    """(holds, words); an error that is none of the check's own is an exception."""
    if proof.endswith(".yaml"):
        code, text = run([YINUO, "simulate", "--policy", pack, os.path.join(HERE, proof)])
        if code not in (0, 1):
            raise Missing("%s: exit %d: %s" % (proof, code, text.strip()[-300:]))
        return code == 0, text
    if proof.startswith("$ "):
        command, _, words = proof[2:].partition(" says: ")
        argv = [w.replace("PACK", pack) for w in shlex.split(command)]
        argv[0] = YINUO if argv[0] == "yinuo" else argv[0]
        code, text = run(argv)
        return words in text, text
    name = proof[len("test "):]
    code, text = run(["ctest", "--test-dir", BUILD, "-R", "^%s$" % re.escape(name)],
                     {"YINUO_PACK": os.path.abspath(pack)})
    if "No tests were found" in text:
        raise Missing("no test %s" % name)
    return code == 0, text


HELD = {}


def holds_with_all(proof):
    """Once per proof; two at a time may both do it, which harms nobody."""
    if proof not in HELD:
        HELD[proof] = prove(proof, PACK)[0]
    return HELD[proof]


def check_row(row):
    """Words of what is wrong with a row that is carried; or None."""
    with tempfile.TemporaryDirectory() as where:
        pack = os.path.join(where, os.path.basename(PACK))
        try:
            for proof in row.proofs:
                if not holds_with_all(proof):
                    return "%s does not hold" % proof
            if not row.entries:
                return None if all(p.startswith("test ") for p in row.proofs) \
                    else "which entries carry it?"
            without(row.entries, pack)
            for proof in row.proofs:
                if prove(proof, pack)[0]:
                    return "%s holds without %s" % (proof, ", ".join(row.entries))
        except Missing as missing:
            return "%s" % missing
    return None


# --- the table ---

def ticked(cell):
    return re.findall(r"`([^`]+)`", cell)


def read_table():
    rows = []
    with open(TABLE, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if not re.match(r"\| [A-Z]{2}-\d\d \|", line):
                continue
            cells = [c.strip() for c in line.strip().strip("|").split(" | ")]
            if len(cells) != 4:
                fault(number, "a row has an id, a priority, entries and a proof")
                continue
            rows.append(Row(number, cells[0], cells[1], ticked(cells[2]), ticked(cells[3]),
                            cells[3] if not ticked(cells[3]) else ""))
    return rows


def required():
    """id -> priority, of the requirements where they lie beside."""
    found = {}
    with open(REQUIREMENTS, encoding="utf-8") as f:
        for line in f:
            row = re.match(r"\| ([A-Z]{2}-\d\d) \|.*\| (core|should|could) \|$", line)
            if row:
                found[row.group(1)] = row.group(2)
    return found


def check_table(rows):
    ids = [r.id for r in rows]
    for row in rows:
        if ids.count(row.id) > 1:
            fault(row.line, "%s stands twice" % row.id)
        if row.priority not in TOTALS:
            fault(row.line, "a priority is core, should or could")
        if not row.proofs and not row.reason:
            fault(row.line, "%s: not carried, and no reason is given" % row.id)
    for priority, total in TOTALS.items():
        have = sum(r.priority == priority for r in rows)
        if have != total:
            fault(1, "%d rows are %s, not %d" % (have, priority, total))
    if not os.path.exists(REQUIREMENTS):
        return
    wanted = required()
    for row in rows:
        if wanted.get(row.id) != row.priority:
            fault(row.line, "%s is %s" % (row.id, wanted.get(row.id, "no requirement")))
    for name in sorted(set(wanted) - set(ids)):
        fault(1, "%s is missing" % name)


def count_line(rows):
    def part(priority):
        return "%d of %d %s" % (sum(bool(r.proofs) and r.priority == priority for r in rows),
                                TOTALS[priority], priority)
    return "Carried and proved: %s." % ", ".join(part(p) for p in TOTALS)


def check_all():
    rows = read_table()
    check_table(rows)
    with open(TABLE, encoding="utf-8") as f:
        if count_line(rows) not in f.read():
            fault(1, "the count at the top is not: %s" % count_line(rows))
    carried = [r for r in rows if r.proofs]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for row, words in zip(carried, pool.map(check_row, carried)):
            if words:
                fault(row.line, "%s: %s" % (row.id, words))
    print("\n".join(faults) or count_line(rows))
    return bool(faults)


def try_entries(entries):
    """For whoever writes a row: what would prove it."""
    if len(entries) == 1 and re.fullmatch(r"[A-Z]{2}-\d\d", entries[0]):
        named = [r.entries for r in read_table() if r.id == entries[0] and r.entries]
        entries = named[0] if named else ["rule: " + entries[0]]
    with tempfile.TemporaryDirectory() as where:
        pack = os.path.join(where, os.path.basename(PACK))
        try:
            without(entries, pack)
        except Missing as missing:
            return "no such entry: %s" % missing
        failing = []
        for path in sorted(glob.glob(HERE + "/*.yaml")):
            name = os.path.basename(path)
            try:
                if not prove(name, pack)[0]:
                    failing.append(name)
            except Missing as missing:
                return str(missing)
        return " ".join(failing) or "nothing fails"


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "try":
        print(try_entries(sys.argv[2:]))
        sys.exit(0)
    sys.exit(check_all())
