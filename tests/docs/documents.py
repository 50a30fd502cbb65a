"""Documents say what is there: links and their anchors resolve, command lines
name commands and options that exist, README and its twin have the same shape
and the same commands, and no file knows the machine on which it was written."""
import glob
import os
import re
import shlex
import subprocess
import sys

YINUO = os.path.join(os.environ["YINUO_BIN"], "yinuo")
TWINS = ("README.md", "README.zh-CN.md")
faults = []


def fault(path, number, words):
    faults.append("%s:%d: %s" % (path, number, words))


def tracked():
    """All files of the repository; without git (an archive) all but builds."""
    git = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"],
                         capture_output=True, text=True)
    if git.returncode == 0:
        return [f for f in git.stdout.split("\n") if f and os.path.isfile(f)]
    return [f for f in glob.glob("**", recursive=True)
            if os.path.isfile(f) and not f.startswith("build")]


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def lines_of(text):
    """(number, line, inside a fenced block or an indented one)"""
    fenced = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            continue
        yield number, line, fenced or line.startswith("    ")


# --- links ---

def anchors(path):
    found = set()
    for _, line, code in lines_of(read(path)):
        head = re.match(r"#+ +(.*)", line)
        if head and not code:
            slug = re.sub(r"[^\w\- ]", "", head.group(1).strip().lower())
            found.add(slug.replace(" ", "-"))
    return found


def links_of(path):
    for number, line, code in lines_of(read(path)):
        if not code:
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                yield number, target


def check_links(path):
    for number, target in links_of(path):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        full = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
        if not os.path.exists(full):
            fault(path, number, "there is no %s" % target)
        elif anchor and full.endswith(".md") and anchor not in anchors(full):
            fault(path, number, "%s has no heading #%s" % (full, anchor))


# --- command lines ---

def help_of(words):
    run = subprocess.run([YINUO] + words + ["--help"], capture_output=True, text=True,
                         env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en"})
    return run.stdout


COMMANDS = set(re.findall(r"^  ([a-z][a-z-]*(?: [a-z-]+)?)  +\S", help_of([]), re.M))
NOUNS = {c.split()[0] for c in COMMANDS if " " in c}
OPTIONS = {}


def options(command):
    if command not in OPTIONS:
        text = help_of(command.split() or ["inbox"])
        OPTIONS[command] = set(re.findall(r"(?:^  +|, )(--?[a-z][a-z-]*)", text, re.M))
    return OPTIONS[command]


def words_of(line):
    """The words of a command line up to a pipe, a redirection or a comment."""
    line = re.sub(r"[\[\]…]|\.\.\.", " ", line)
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        words = line.split()
    for i, word in enumerate(words):
        if word in ("|", ">", "&&", "&", "||", ";", "<"):
            return words[:i]
    return words


def check_command(path, number, line):
    words = words_of(line)[1:]
    if not words or words[0].isupper():
        return
    plain = [w for w in words if not w.startswith("-")]
    command = next((c for n in (2, 1) for c in [" ".join(plain[:n])] if c in COMMANDS), "")
    if not words[0].startswith("-") and not command and words[0] not in NOUNS:
        fault(path, number, "there is no command: %s" % line)
    elif not words[0].startswith("-") and not command and len(plain) > 1:
        fault(path, number, "there is no command: %s" % line)
    for word in words:
        name = word.split("=")[0]
        if word == "--":
            break
        if re.match(r"--?[a-z]", name) and name not in options(command):
            fault(path, number, '"%s" has no option %s' % (command or "yinuo", name))


def check_commands(path):
    for number, line, code in lines_of(read(path)):
        spans = [line.strip()] if code else re.findall(r"`(yinuo[^`]*)`", line)
        for span in spans:
            span = re.sub(r"^\$ ", "", span)
            if re.match(r"yinuo( |$)", span):
                check_command(path, number, span)


# --- the twin ---

def shape(path):
    """Levels of headings, and what is to be typed."""
    levels, typed, inside = [], [], False
    for line in read(path).split("\n"):
        if line.startswith("```"):
            inside = line == "```sh"
        elif inside:
            typed.append(line)
        elif re.match(r"#+ ", line):
            levels.append(line.split()[0])
    return levels, typed


def check_twins():
    one, other = (shape(path) for path in TWINS)
    if one[0] != other[0]:
        fault(TWINS[1], 1, "headings %s, in %s %s" % (other[0], TWINS[0], one[0]))
    if one[1] != other[1]:
        fault(TWINS[1], 1, "what is to be typed differs from %s" % TWINS[0])
    targets = [{t for _, t in links_of(path) if t not in TWINS} for path in TWINS]
    for target in targets[0] ^ targets[1]:
        fault(TWINS[1], 1, "only one of the two links to %s" % target)


# --- the machine ---

# Paths of somebody's machine, and hosts that serve packages. Written in pieces,
# so that this file is not found by itself.
MACHINE = re.compile(r"(?<![\w.$})/-])/(?:wo" r"rk|ro" r"ot|Us" r"ers)/\w|/ho" r"me/[a-z]+/"
                     r"|/tm" r"p/(?!yinuo-|channel-|\")[\w.-]+"
                     r"|py" r"pi\.org|files\.pythonhosted|registry\.npm" r"js|deb\.deb" r"ian\.org|crat" r"es\.io")


def check_machine(path):
    try:
        text = read(path)
    except (UnicodeDecodeError, OSError):
        return
    for number, line in enumerate(text.split("\n"), 1):
        found = MACHINE.search(line)
        if found:
            fault(path, number, "names a machine: %s" % found.group(0))


files = tracked()
documents = [f for f in files if f.endswith(".md")]
assert len(COMMANDS) > 30 and len(documents) > 10, (len(COMMANDS), len(documents))
for document in documents:
    check_links(document)
    check_commands(document)
check_twins()
for file in files:
    check_machine(file)
print("\n".join(faults) or "%d documents, %d files: as they say" % (len(documents), len(files)))
sys.exit(1 if faults else 0)
