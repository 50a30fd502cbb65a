#!/usr/bin/env python3
"""What people read, from an event to the log of a tier: every program is the
real one, the packs are ours, and time is a drill's."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BIN = os.environ["YINUO_BIN"]
for program in ("yinuo", "yinuo-broker", "yinuo-router", "yinuo-tier"):
    if not os.path.exists(os.path.join(BIN, program)):
        print("skipped: no", program)
        sys.exit(77)

home = tempfile.mkdtemp(prefix="words-")
up = subprocess.Popen(
    [BIN + "/yinuo", "up", "--home", home, "--policy", "packs", "--channels", "log",
     "--drill-clock", "2026-03-02T09:00+08:00"],
    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end(code):
    up.send_signal(signal.SIGTERM)
    up.wait(20)
    shutil.rmtree(home, ignore_errors=True)
    sys.exit(code)


def yinuo(*words):
    p = subprocess.run([BIN + "/yinuo", *words, "--home", home],
                       capture_output=True, text=True, timeout=60)
    if p.returncode != 0:
        print("FAILED: yinuo", *words, "\n", p.stdout, p.stderr)
        end(1)


def pages():
    """[(person, text)] of all tiers."""
    out = []
    for tier in ("engineer", "station_head", "regional_rep", "crisis_center"):
        path = os.path.join(home, "pages", tier + ".log")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                out += re.findall(r"--- page [^\n]* to (\S+)\n(.*?)--- end", f.read(), re.S)
    return out


def wanted(what, person, *parts):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for who, text in pages():
            at = [text.find(part) for part in parts]
            if who == person and min(at) >= 0 and at == sorted(at):
                print("%-50s ok" % what)
                return
        time.sleep(0.1)
    print("FAILED:", what, "->", person, parts)
    for who, text in pages():
        print("--", who, "\n" + text)
    end(1)


while True:
    line = up.stdout.readline()
    if not line or line.startswith("ready"):
        break

yinuo("publish", "--identity", "ST-LN-04", "social.threatened", "station=ST-LN-04",
      "case_id=LN-7", "words=我要发微博", "at=2026-03-02T09:00:00+08:00")
wanted("the rule's words, in Chinese", "ln04-deputy",
       "二级", "我要发微博", "ST-LN-04", "LN-7", "客户声称要在网上曝光", "MD-06",
       "15 分钟内记录是否稳住", "09:10", "yinuo ack p")

yinuo("clock", "advance", "2026-03-02T09:30+08:00")
wanted("a clock's words, with how it began", "r1-rep",
       "二级", "我要发微博", "LN-7", "客户扬言曝光，尚未稳住", "起因：客户扬言曝光", "TM-THREAT", "yinuo ack p")
wanted("the ladder's words, with how long", "r1-rep2",
       "30 分钟无人确认收到", "起因：客户扬言曝光", "TM-ACK", "yinuo ack p")

yinuo("publish", "--identity", "desk-1", "case.opened", "station=desk-1", "region=desk",
      "case_id=INC-1", "severity=S1", "at=2026-03-02T09:30:00+08:00", "symptom=the line is dead")
wanted("another pack's words", "deputy@desk-1",
       "the line is dead", "desk-1", "INC-1", "DESK-P1", "yinuo ack p")
end(0)
