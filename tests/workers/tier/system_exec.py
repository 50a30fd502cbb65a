#!/usr/bin/env python3
"""The exec channel: a program per page, with a real broker."""

import json
import os
import stat
import time

from world import *


def program(w, text):
    path = os.path.join(w.dir, "program")
    with open(path, "w") as f:
        f.write("#!/bin/sh\ncd %s\n%s\n" % (w.dir, text))
    os.chmod(path, 0o700)
    w.broker()
    w.router()
    w.worker("--channels", "exec,log", "--exec", path, "--timeout", "700ms",
             "--retry-wait", "100ms", "--tries", "3")
    w.ready()


def file(w, name):
    path = os.path.join(w.dir, name)
    return open(path, encoding="utf-8").read() if os.path.exists(path) else ""


def the_program_gets_the_page_and_its_name(w):
    program(w, 'cat >page.json; env | grep ^YINUO >env; echo call-17; echo more')
    w.page("p1.0", severity=S2, method="phone", phone="+86 10 1234",
           language="zh_CN", customer_words="三天了没有人回电话",
           what_to_do="先回电话", do_by_ms=1338773400000,
           now_ms=1338773100000, time_zone="Asia/Shanghai")
    r = w.receipt_of("p1.0")
    w.check(r.outcome == DELIVERED and r.channel == "exec", "by exec")
    w.check(r.provider_id == "call-17", "the program's own name of it")
    page = json.loads(file(w, "page.json"))
    w.check(page["page_id"] == "p1.0" and page["severity"] == "S2", "as JSON")
    w.check(page["channels"] == {"phone": "+86 10 1234"}, "with the number")
    w.check(len(page["short"]) <= 300 and "三天了没有人回电话" in page["short"], "short words")
    w.check("先回电话" in page["text"] and "09:30" in page["text"], "full words, local time")
    env = file(w, "env")
    w.check("YINUO_PAGE_ID=p1.0\n" in env and "YINUO_PHONE=+86 10 1234\n" in env,
            "the environment")


def it_is_tried_again_until_it_works(w):
    program(w, 'echo x >>tries; test $(wc -l <tries) -ge 3 || '
               '{ echo the line is busy >&2; exit 75; }')
    w.page("p2.0", method="exec")
    r = w.receipt_of("p2.0")
    w.check(r.outcome == DELIVERED and r.channel == "exec", "by exec")
    w.check(r.attempts == 3 and file(w, "tries") == "x\n" * 3, "at the third try")


def another_channel_takes_over(w):
    program(w, "echo x >>tries; echo nobody is there >&2; exit 1")
    w.page("p3.0", method="exec")
    r = w.receipt_of("p3.0")
    w.check(r.outcome == DELIVERED and r.channel == "log", "by log")
    w.check(r.attempts == 4 and file(w, "tries") == "x\n" * 3, "after three tries")
    w.check("exec: exit 1: nobody is there" in r.error, "and says why: " + r.error)


def no_such_person_is_not_tried_again(w):
    program(w, "echo x >>tries; exit 67")
    w.page("p4.0", method="exec")
    r = w.receipt_of("p4.0")
    w.check(r.channel == "log" and file(w, "tries") == "x\n", "one try")


def what_hangs_is_killed_with_all_that_it_started(w):
    program(w, 'trap "" TERM; (trap "" TERM; echo $$ >>pids; exec sleep 300) & sleep 300')
    begun = time.monotonic()
    w.page("p5.0", method="exec")
    r = w.receipt_of("p5.0", 30)
    w.check(r.channel == "log" and "no end in time" in r.error, "given up: " + r.error)
    w.check(time.monotonic() - begun < 15, "in time")
    alive = os.popen("ps -eo pgid,args | grep '[s]leep 300' | grep -c %s"
                     % "|".join(file(w, "pids").split()[:1] or ["none"])).read()
    w.check(alive.strip() == "0", "and nothing is left of it")


def withdrawn_while_it_waits_it_is_not_shown(w):
    program(w, "exit 75")
    w.page("p6.0", method="exec")
    w.until("a first try", lambda: "PAGE-TRY-FAILED" in w.output("tier"))
    w.withdraw("p6.0")
    r = w.receipt_of("p6.0")
    w.check(r.outcome == WITHDRAWN, "withdrawn")
    w.check("p6.0" not in w.shown(), "and never shown")


def withdrawn_before_it_came_it_is_not_shown(w):
    program(w, "exit 0")
    w.withdraw("p7.0")
    w.page("p7.0", method="log")
    r = w.receipt_of("p7.0")
    w.check(r.outcome == WITHDRAWN and "p7.0" not in w.shown(), "withdrawn")


if __name__ == "__main__":
    tell(the_program_gets_the_page_and_its_name,
         it_is_tried_again_until_it_works,
         another_channel_takes_over,
         no_such_person_is_not_tried_again,
         what_hangs_is_killed_with_all_that_it_started,
         withdrawn_while_it_waits_it_is_not_shown,
         withdrawn_before_it_came_it_is_not_shown)
