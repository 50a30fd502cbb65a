"""A client of the protocol in plain Python, which can also say it wrong."""
import os
import struct
import sys
import time

import zmq

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from message import field, fields

(HELLO, WELCOME, PING, PONG, BUSY, ERROR, EVENTS, EVENTS_ACK, COMMAND, ANSWER, QUERY, REPLY) = \
    range(1, 13)
FETCH, RECORDS, BYE = 17, 18, 24
STATION, SUPERVISOR, VIEWER, ADMIN = 1, 4, 5, 6

MALFORMED, TOO_LARGE, WRONG_VERSION, WRONG_PARTITION, NOT_UTF8, UNKNOWN_KIND, UNKNOWN_CASE = \
    range(1, 8)
MISSING_FIELD, BAD_FIELD, TIME_OUT_OF_RANGE, ID_TOO_LONG = 9, 10, 11, 12
STORAGE_FULL, TOO_MANY, UNSUPPORTED = 19, 26, 37


def event(id, kind, case=None, at=None, station="st-wire", **own):
    """own: numbers as f22=..., appended as they are."""
    body = field(1, id) + field(2, kind) + field(6, station) + field(7, "R")
    body += field(4, int((time.time() if at is None else at) * 1000))
    if case is not None:
        body += field(9, case)
    for key, value in own.items():
        body += field(int(key[1:]), value)
    return body


class Client:
    def __init__(self, run, identity="st-wire", role=STATION):
        self.sock = zmq.Context.instance().socket(zmq.DEALER)
        self.sock.linger, self.sock.immediate = 0, 1
        self.sock.connect("ipc://%s/front" % run)
        self.identity, self.request = identity, 0
        self.epoch, self.sequence = int.from_bytes(os.urandom(7), "big") | 1, 0
        kind, _ = self.ask(HELLO, field(1, identity) + field(2, role) + field(3, "test"))
        assert kind == WELCOME, kind

    def head(self, kind, version=1, partition=0, magic=b"Yn"):
        self.request += 1
        return struct.pack(">2sBBIQ", magic, version, kind, partition, self.request)

    def receive(self, wait_ms=5000, request=None):
        """(kind, body) of the answer to the last request; None when none came."""
        end = time.monotonic() + wait_ms / 1000
        while self.sock.poll(max(0, int((end - time.monotonic()) * 1000))):
            frames = self.sock.recv_multipart()
            _, _, kind, _, number = struct.unpack(">2sBBIQ", frames[0])
            if kind == PING:
                self.sock.send_multipart(
                    [struct.pack(">2sBBIQ", b"Yn", 1, PONG, 0, 0), frames[1]])
            elif request is None or number == request:
                return kind, frames[1]
        return None

    def ask(self, kind, body, wait_ms=5000, **head):
        self.sock.send_multipart([self.head(kind, **head), body])
        return self.receive(wait_ms, self.request)

    def publish(self, *events):
        """(kind, fields, {sequence: code of the refusal})"""
        body = field(1, self.identity) + field(2, self.epoch) + field(3, self.sequence + 1)
        body += b"".join(field(4, e) for e in events)
        answer = self.ask(EVENTS, body)
        if answer is None:
            return None, {}, {}
        kind, data = answer
        got = fields(data)
        if kind == EVENTS_ACK:
            self.sequence = got.get(2, [self.sequence])[0]
        refusals = [fields(r) for r in got.get(3, [])] if kind == EVENTS_ACK else []
        return kind, got, {r[1][0]: (r[2][0], r.get(3, [b""])[0].decode()) for r in refusals}

    def close(self):
        self.sock.send_multipart([self.head(BYE), b""])
        self.sock.close(0)
