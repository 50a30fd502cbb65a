"""A broker, a tier worker and a router of our own, for the tests beside this.

The broker and the worker are the real programs; the router is played here: it
registers partition 0, sends pages, and journals nothing."""

import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

try:
    import zmq
except ImportError:
    print("skipped: no zmq for", sys.executable)
    sys.exit(77)

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../support"))
from message import field, fields

HELLO, WELCOME, PING, PONG, BUSY, ERROR = 1, 2, 3, 4, 5, 6
PAGE, RECEIPT, RECEIPT_ACK, REGISTER, WITHDRAW, LANE, BYE = 14, 15, 16, 21, 22, 23, 24
DELIVERED, FAILED, WITHDRAWN = 1, 2, 3
S1, S2, S3, S4 = 1, 2, 3, 4

TIERS = ["engineer", "station_head", "regional_rep", "crisis_center"]
WORDS = {"station_head": "站长", "regional_rep": "首代"}


def head():
    """A PartitionHead: what the tiers are called."""
    roles = b""
    for name in TIERS:
        words = field(2, field(1, "zh_CN") + field(2, WORDS[name])) \
            if name in WORDS else b""
        roles += field(1, field(1, name) + words)
    return field(1, 0) + field(5, roles + field(2, len(TIERS)))


def page(page_id, severity=S3, tier=1, person="wang", method="log", mail=None,
         phone=None, **more):
    """A Page; more by name as in yinuo.proto."""
    numbers = {"language": 8, "customer_words": 9, "station": 10, "why": 11,
               "what_to_do": 12, "do_by_ms": 13, "next_person": 15,
               "next_tier": 16, "next_at_ms": 17, "answer_command": 18,
               "created_ms": 19, "late_by_ms": 21, "time_zone": 28,
               "rule": 29, "now_ms": 30}
    more.setdefault("created_ms", 1338773100000)
    more.setdefault("station", "ST-LN-03")
    more.setdefault("answer_command", "yinuo ack " + page_id)
    more.setdefault("why", "A TV crew asks for an interview")
    body = (field(1, page_id) + field(2, "C-9") + field(3, severity)
            + field(4, tier) + field(5, person) + field(6, method))
    for key, address in (("mail", mail), ("phone", phone)):
        if address:
            body += field(7, field(1, key) + field(2, address))
    for name, value in more.items():
        body += field(numbers[name], value)
    return body


class Receipt:
    def __init__(self, session, body):
        f = fields(body)
        text = lambda n: f.get(n, [b""])[0].decode()
        self.session, self.page_id = session, text(1)
        self.outcome, self.channel = f.get(2, [0])[0], text(3)
        self.provider_id, self.error = text(5), text(6)
        self.attempts = f.get(7, [0])[0]


class World:
    def __init__(self, tier="engineer"):
        self.dir = tempfile.mkdtemp(prefix="tier-")
        self.run = os.path.join(self.dir, "run")
        self.log_dir = os.path.join(self.dir, "log")
        self.bin = os.environ["YINUO_BIN"]
        self.tier = tier
        self.context = zmq.Context()
        self.sock = None
        self.processes = {}
        self.receipts, self.lanes = [], []
        self.hold_acks = False
        self.begun = time.monotonic()

    # -- processes

    def start(self, name, *args):
        out = open(os.path.join(self.dir, name + ".out"), "ab")
        self.processes[name] = subprocess.Popen(
            [os.path.join(self.bin, "yinuo-" + name), *args],
            stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    def broker(self):
        self.start("broker", "--run", self.run)

    def worker(self, *args):
        self.start("tier", "--run", self.run, "--tier", self.tier,
                   "--log-dir", self.log_dir, *args)

    def kill(self, name, how=signal.SIGKILL, wait=10):
        p = self.processes.pop(name)
        p.send_signal(how)
        return p.wait(wait)

    def end(self):
        for name in reversed(list(self.processes)):
            p = self.processes[name]
            if p.poll() is None and self.kill(name, signal.SIGTERM) and name == "tier":
                print("FAILED: the worker did not end cleanly\n" + self.output(name))
                os._exit(1)
        if self.sock:
            self.sock.close(0)
        self.context.term()
        shutil.rmtree(self.dir, ignore_errors=True)

    def output(self, name):
        with open(os.path.join(self.dir, name + ".out")) as f:
            return f.read()

    # -- the router

    def router(self):
        if self.sock:
            self.sock.close(0)
        self.sock = self.context.socket(zmq.DEALER)
        self.sock.linger, self.sock.immediate = 0, 1
        self.sock.connect("ipc://" + self.run + "/back")
        self.register()

    def no_router(self):
        self.send(BYE, b"")
        self.sock.close(0)
        self.sock = None

    def send(self, kind, body, session=0, request=0):
        peer = struct.pack(">QB", session, 3) + b"played"
        head = struct.pack(">2sBBIQ", b"Yn", 1, kind, 0, request)
        self.sock.send_multipart([peer, head, body])

    def register(self):
        self.send(REGISTER, field(1, 0) + field(2, 1) + field(3, head()),
                  request=1)

    def step(self, wait_ms=50):
        if not self.sock.poll(wait_ms):
            return
        peer, head, body = self.sock.recv_multipart()
        session = struct.unpack(">QB", peer[:9])[0]
        kind = head[3]
        if kind == RECEIPT:
            r = Receipt(session, body)
            self.receipts.append(r)
            if not self.hold_acks:
                self.ack(r)
        elif kind == LANE:
            f = fields(body)
            self.lanes.append((f[1][0], f.get(2, [0])[0], f.get(3, [0])[0]))
        elif kind == ERROR:
            self.register()
        elif kind == PING:
            self.send(PONG, body)

    def ack(self, receipt):
        self.send(RECEIPT_ACK, field(1, receipt.page_id) + field(2, 7) + field(3, 0),
                  session=receipt.session)

    def until(self, what, condition, wait=10):
        end = time.monotonic() + wait
        while not condition():
            if time.monotonic() > end:
                self.fail("in vain: " + what)
            if self.sock:
                self.step()
            else:
                time.sleep(0.02)

    def ready(self):
        """A worker with credit is known to the router."""
        self.until("a worker with credit",
                   lambda: any(w and c for _, w, c in self.lanes[-4:]))

    def page(self, *args, **more):
        self.send(PAGE, page(*args, **more))

    def page_again(self, what, condition, *args, **more):
        """As a router does whose lease has run out, only sooner."""
        end = time.monotonic() + 15
        while not condition():
            if time.monotonic() > end:
                self.fail("in vain: " + what)
            self.page(*args, **more)
            pause = time.monotonic() + 1
            while time.monotonic() < pause and not condition():
                self.step()

    def withdraw(self, page_id):
        self.send(WITHDRAW, field(1, page_id) + field(2, "acknowledged"))

    def receipt_of(self, page_id, wait=10):
        found = lambda: [r for r in self.receipts if r.page_id == page_id]
        self.until("a receipt of " + page_id, lambda: found(), wait)
        return found()[-1]

    def sent(self, page_id):
        return len([r for r in self.receipts if r.page_id == page_id])

    # -- what people see

    def shown(self):
        path = os.path.join(self.log_dir, self.tier + ".log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as f:
            return f.read()

    def times_shown(self, page_id):
        return self.shown().count("--- end " + page_id + " ")

    # -- checks

    def check(self, true, what):
        if not true:
            self.fail(what)

    def fail(self, what):
        print("FAILED:", what)
        for name in ("broker", "tier"):
            try:
                print("--", name, "said:\n" + self.output(name))
            except OSError:
                pass
        print("-- shown:\n" + self.shown())
        self.end()
        sys.exit(1)


def tell(*stories):
    """Runs each story in a world of its own."""
    wanted = sys.argv[1:]
    for story in stories:
        if wanted and story.__name__ not in wanted:
            continue
        w = World()
        story(w)
        w.end()
        print("%-55s ok %5.1f s" % (story.__name__, time.monotonic() - w.begun),
              flush=True)
