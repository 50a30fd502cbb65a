#!/usr/bin/env python3
"""Pages through a real broker to a real worker with the log channel."""

import signal
import time

from world import *


def a_page_is_shown_and_its_receipt_comes_back(w):
    w.broker()
    w.router()
    w.worker()
    w.ready()
    w.page("p12.0", severity=S1, language="zh_CN",
           customer_words="请你们尽快答复", why="电视台要求采访")
    r = w.receipt_of("p12.0")
    w.check(r.outcome == DELIVERED and r.channel == "log", "delivered by log")
    w.check(w.times_shown("p12.0") == 1, "shown once")
    text = w.shown()
    w.check("请你们尽快答复" in text and "电视台要求采访" in text, "in his words")
    w.check("yinuo ack p12.0" in text, "with the command")
    w.check(text.index("请你们") < text.index("C-9") < text.index("电视台")
            < text.index("yinuo ack"), "in the order that people read")


def the_same_page_again_is_not_shown_again(w):
    w.broker()
    w.router()
    w.worker()
    w.ready()
    for _ in range(3):
        w.page("p1.0")
    w.receipt_of("p1.0")
    w.page("p1.0")
    w.until("the same receipt again", lambda: w.sent("p1.0") >= 2)
    w.check(w.times_shown("p1.0") == 1, "shown once")


def a_worker_killed_after_showing_does_not_show_it_again(w):
    w.broker()
    w.router()
    w.hold_acks = True
    w.worker()
    w.ready()
    w.page("p2.0")
    w.receipt_of("p2.0")
    w.kill("tier")
    w.lanes.clear()
    w.receipts.clear()
    w.hold_acks = False
    w.worker()
    w.ready()
    # the broker may still give it to the one who is dead
    w.page_again("a receipt", lambda: w.receipts, "p2.0")
    r = w.receipt_of("p2.0")
    w.check(r.outcome == DELIVERED, "it was delivered, before")
    w.check(w.times_shown("p2.0") == 1, "shown once in both lives")
    w.page_again("another ledger's page of that name",
                 lambda: w.times_shown("p2.0") == 2,
                 "p2.0", created_ms=1400000000000)


def a_receipt_is_sent_until_somebody_has_it(w):
    w.broker()
    w.router()
    w.hold_acks = True
    w.worker()
    w.ready()
    w.page("p3.0")
    w.until("again and again", lambda: w.sent("p3.0") >= 3)
    w.hold_acks = False
    w.until("once more", lambda: w.sent("p3.0") >= 4)
    count = w.sent("p3.0")
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        w.step()
    w.check(w.sent("p3.0") == count, "then no more")


def receipts_survive_the_broker_and_the_router(w):
    w.broker()
    w.router()
    w.hold_acks = True
    w.worker()
    w.ready()
    w.page("p4.0")
    w.receipt_of("p4.0")
    w.no_router()
    w.kill("broker")
    w.receipts.clear()
    w.lanes.clear()
    w.broker()
    w.hold_acks = False
    w.router()
    r = w.receipt_of("p4.0", 20)
    w.check(r.outcome == DELIVERED, "delivered")
    w.ready()
    w.page("p4.1")
    w.receipt_of("p4.1")


def sigterm_ends_it_cleanly(w):
    w.broker()
    w.router()
    w.worker()
    w.ready()
    w.page("p5.0")
    w.receipt_of("p5.0")
    w.check(w.kill("tier", signal.SIGTERM) == 0, "exit 0")
    w.until("the lane is empty", lambda: w.lanes[-1][1] == 0)


def a_second_worker_on_the_same_file_is_refused(w):
    w.broker()
    w.router()
    w.worker()
    w.ready()
    first = w.processes.pop("tier")
    w.worker()
    w.check(w.processes["tier"].wait(10) == 1, "exit 1")
    w.check("held by process" in w.output("tier"), "and says who has it")
    w.processes["tier"] = first


def a_storm_of_pages_is_taken_with_credit(w):
    w.broker()
    w.router()
    w.worker()
    w.ready()
    sent = 0
    got = lambda: len({r.page_id for r in w.receipts})
    while sent < 1000:
        if sent - got() < 128:  # as many as a router leases at one time
            w.page("p%d.0" % (1000 + sent))
            sent += 1
            w.step(0)
        else:
            w.step()
    w.until("every receipt", lambda: got() == 1000, 30)
    w.check(w.shown().count("--- end p") == 1000, "each shown once")


if __name__ == "__main__":
    tell(a_page_is_shown_and_its_receipt_comes_back,
         the_same_page_again_is_not_shown_again,
         a_worker_killed_after_showing_does_not_show_it_again,
         a_receipt_is_sent_until_somebody_has_it,
         receipts_survive_the_broker_and_the_router,
         sigterm_ends_it_cleanly,
         a_second_worker_on_the_same_file_is_refused,
         a_storm_of_pages_is_taken_with_credit)
