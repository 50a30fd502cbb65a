#!/usr/bin/env python3
"""The smtp channel against a real mail server process, with a real broker."""

import email
import email.policy
import glob
import os
import subprocess
import sys

from world import *

try:
    import aiosmtpd  # noqa: F401
except ImportError:
    print("skipped: no aiosmtpd for", sys.executable)
    sys.exit(77)


def server(w, port="0"):
    w.mails = os.path.join(w.dir, "mails")
    w.port_file = os.path.join(w.dir, "port")
    os.makedirs(w.mails, exist_ok=True)
    if os.path.exists(w.port_file):
        os.unlink(w.port_file)
    here = os.path.dirname(os.path.abspath(__file__))
    w.processes["smtp"] = subprocess.Popen(
        [sys.executable, os.path.join(here, "smtp_server.py"), w.port_file, w.mails],
        env=dict(os.environ, SMTP_PORT=port))
    w.until("a mail server", lambda: os.path.exists(w.port_file))
    w.port = open(w.port_file).read()


def world_with_mail(w):
    server(w)
    w.broker()
    w.router()
    w.worker("--channels", "smtp,log", "--smtp", "smtp://127.0.0.1:" + w.port,
             "--smtp-from", "yinuo@example.com", "--timeout", "1s",
             "--retry-wait", "200ms", "--tries", "3")
    w.ready()


def mails(w, who):
    out = []
    for path in sorted(glob.glob(os.path.join(w.mails, who + ".*.eml"))):
        with open(path, "rb") as f:
            out.append(email.message_from_binary_file(f, policy=email.policy.default))
    return out


def a_mail_arrives_whole(w):
    world_with_mail(w)
    w.page("p1.0", severity=S1, method="mail", mail="li@example.com",
           language="zh_CN", customer_words="请你们尽快答复，我等了三天",
           why="电视台要求采访，" * 12)
    r = w.receipt_of("p1.0")
    w.check(r.outcome == DELIVERED and r.channel == "smtp", "by smtp: " + r.error)
    w.check(r.provider_id == "<p1.0.0.1338773100000@example.com>", r.provider_id)
    mail, = mails(w, "li")
    w.check(mail["Message-ID"] == r.provider_id, "the stable id")
    w.check("li@example.com" in mail["To"] and "yinuo@example.com" in mail["From"], "from and to")
    w.check(mail["References"] == "<C-9@example.com>", "one thread per case")
    w.check("ST-LN-03" in mail["Subject"] and "电视台要求采访" in mail["Subject"], "subject: " + mail["Subject"])
    text = mail.get_content()
    w.check("请你们尽快答复，我等了三天" in text and "yinuo ack p1.0" in text, "the text")


def a_server_that_is_busy_is_tried_again(w):
    world_with_mail(w)
    w.page("p2.0", method="mail", mail="later@example.com")
    r = w.receipt_of("p2.0")
    w.check(r.channel == "smtp" and r.attempts == 3, "at the third try")
    w.check(len(mails(w, "later")) == 1, "one mail")


def a_refused_mail_goes_another_way_at_once(w):
    world_with_mail(w)
    w.page("p3.0", method="mail", mail="never@example.com")
    r = w.receipt_of("p3.0")
    w.check(r.channel == "log" and r.attempts == 2, "one try, then log")
    w.check("550" in r.error, "and says why: " + r.error)


def a_silent_server_costs_its_time_only(w):
    world_with_mail(w)
    w.page("p4.0", method="mail", mail="silent@example.com")
    w.page("p4.1", method="mail", mail="li@example.com")
    w.check(w.receipt_of("p4.1", 3).channel == "smtp", "others are not held up")
    r = w.receipt_of("p4.0", 15)
    w.check(r.channel == "log" and r.attempts == 4, "given up after three")


def a_mail_sent_twice_has_one_name(w):
    world_with_mail(w)
    w.page("p5.0", method="mail", mail="hangup@example.com")
    r = w.receipt_of("p5.0")
    w.check(r.channel == "smtp" and r.attempts == 2, "tried again")
    ids = {m["Message-ID"] for m in mails(w, "hangup")}
    w.check(len(mails(w, "hangup")) == 2 and len(ids) == 1, "two mails, one id")


def a_server_that_comes_back_is_found(w):
    world_with_mail(w)
    w.kill("smtp")
    w.page("p6.0", method="mail", mail="li@example.com")
    w.until("a first try", lambda: "PAGE-TRY-FAILED" in w.output("tier"))
    server(w, w.port)
    r = w.receipt_of("p6.0")
    w.check(r.outcome == DELIVERED, "it was told")


def without_an_address_another_way_is_taken(w):
    world_with_mail(w)
    w.page("p7.0", method="mail")
    w.page("p7.1", method="mail", mail="a@b>\r\nRCPT TO:<c@d")
    w.check("no mail address of wang" in w.receipt_of("p7.0").error, "said so")
    r = w.receipt_of("p7.1")
    w.check(r.channel == "log" and "cannot be right" in r.error, "no forged command")


if __name__ == "__main__":
    tell(a_mail_arrives_whole,
         a_server_that_is_busy_is_tried_again,
         a_refused_mail_goes_another_way_at_once,
         a_silent_server_costs_its_time_only,
         a_mail_sent_twice_has_one_name,
         a_server_that_comes_back_is_found,
         without_an_address_another_way_is_taken)
