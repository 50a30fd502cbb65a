"""Every message of the loader, and what other programs say of an event, is in
the catalogue: what the sources say is compared with po/zh_CN.po.

One that po/update does not see (a choice without N_(), braces in the call) or
that nobody has translated fails here with its file and line."""
import glob
import re
import sys

# Which arguments of a call are sentences, from 0; as po/update has it.
CALLS = {
    "report_error": (2, 3, 4), "report_warning": (2, 3, 4), "report_words": (1,),
    "compiler_fail": (2, 3), "compiler_fail_expected": (1,), "expect": (2,),
    "node_is_mapping": (2,), "node_is_list": (2,), "node_is_text": (2,),
    "SHAPE": (0,), "NAMES_OF": (0,),
}
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
SPEC = re.compile(r"%[0-9.*]*[lzh]*[a-z]")


def joined(literal):
    return "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', literal))


def without_comments(text):
    return re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text,
                  flags=re.S)


def arguments(text, at):
    """The arguments behind the bracket at, each with where it begins."""
    found, depth, begin, quoted = [], 0, at, False
    while at < len(text):
        c = text[at]
        if c == "\\" and quoted:
            at += 1
        elif c == '"' and text[at - 1:at + 2] != "'\"'":
            quoted = not quoted
        elif not quoted and c in "([{":
            depth += 1
        elif not quoted and c in ")]}":
            if depth == 0:
                return found + [(begin, text[begin:at])]
            depth -= 1
        elif not quoted and c == "," and depth == 0:
            found.append((begin, text[begin:at]))
            begin = at + 1
        at += 1
    return found


def catalogue():
    known, text = {}, open("po/zh_CN.po", encoding="utf8").read()
    for entry in text.split("\n\n"):
        key = re.search(r'^msgid ((?:"[^\n]*"\n?)+)', entry, re.M)
        said = re.search(r'^msgstr(?:\[0\])? ((?:"[^\n]*"\n?)+)', entry, re.M)
        if key and said:
            known[joined(key.group(1))] = joined(said.group(1))
    return known


def sentences_of(path):
    text = without_comments(open(path, encoding="utf8").read())
    for call in re.finditer(r"\b(%s)\(" % "|".join(CALLS), text):
        parts = arguments(text, call.end())
        for index in CALLS[call.group(1)]:
            begin, part = parts[index] if index < len(parts) else (0, "")
            if re.match(r"\s*(const|struct|enum)\b", part) or "report_words(" in part:
                continue
            for literal in LITERAL.finditer(part):
                yield (text.count("\n", 0, begin + literal.start()) + 1,
                       joined(literal.group()))


def faults():
    """What is said of an event's field, with a word for each thing put in."""
    for path in glob.glob("proto/*.c") + glob.glob("ledger/*.c") + \
            glob.glob("workers/router/*.c"):
        text = without_comments(open(path, encoding="utf8").read())
        for call in re.finditer(r"\bfault_set\(", text):
            for literal in LITERAL.findall(
                    ",".join(p for _, p in arguments(text, call.end())[3:4])):
                yield path, SPEC.sub("text", joined(literal))


def main():
    known, wrong, count = catalogue(), [], 0
    for path in sorted(glob.glob("policy/*.c")):
        for line, words in sentences_of(path):
            count += 1
            if words and not known.get(words):
                wrong.append("%s:%d: not in po/zh_CN.po: %s" % (path, line, words))
    retold = [re.compile("".join(
        ".*" if i % 2 else re.escape(part)
        for i, part in enumerate(re.split("(%s)" % SPEC.pattern, joined(row))))
        + "$") for row in re.findall(r"N_\((.*)\)", open("cli/retell.def").read())]
    for path, words in faults():
        count += 1
        if words != "text" and not any(r.match(words) for r in retold):
            wrong.append("%s: not in cli/retell.def: %s" % (path, words))
    if count < 500:
        wrong.append("only %d sentences were found" % count)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
