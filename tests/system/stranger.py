"""A client in another language, written from docs/protocol.md and docs/queries.md
alone: it publishes, is answered, tries again, orders, loses a race and asks."""
from harness import *
import struct
import zmq

HELLO, WELCOME, PING, PONG, BUSY, ERROR, EVENTS, EVENTS_ACK = 1, 2, 3, 4, 5, 6, 7, 8
COMMAND, ANSWER, QUERY, REPLY, FETCH, RECORDS, BYE = 9, 10, 11, 12, 17, 18, 24
STATION, SUPERVISOR, VIEWER = 1, 4, 5  # Role


def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def read(data, at=0):
    """{number: [values]} of one message."""
    def number(at, shift=0):
        rest, end = number(at + 1, shift + 7) if data[at] >> 7 else (0, at + 1)
        return (data[at] & 127) << shift | rest, end
    found = {}
    while at < len(data):
        tag, at = number(at)
        value, at = number(at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        found.setdefault(tag >> 3, []).append(value)
    return found


class Client:
    def __init__(self, endpoint, identity, role):
        self.sock, self.request, self.identity = zmq.Context.instance().socket(zmq.DEALER), 0, identity
        self.sock.linger, self.sock.immediate = 0, 1
        self.sock.connect(endpoint)
        self.call(HELLO, field(1, identity) + field(2, role) + field(3, "stranger"), WELCOME)

    def call(self, kind, body, wanted, partition=0):
        self.request += 1
        head = struct.pack(">2sBBIQ", b"Yn", 1, kind, partition, self.request)
        self.sock.send_multipart([head, body])
        while self.sock.poll(5000):
            head, body = self.sock.recv_multipart()
            _, version, kind, _, request = struct.unpack(">2sBBIQ", head)
            if kind == PING:
                self.sock.send_multipart([struct.pack(">2sBBIQ", b"Yn", 1, PONG, 0, 0), body])
            elif request == self.request:
                check(kind == wanted, "answered by kind", kind, body)
                return read(body)
        raise AssertionError("no answer")

    def publish(self, epoch, first, *events, backlog=0):
        return self.call(EVENTS, field(1, self.identity) + field(2, epoch) + field(3, first) +
                         b"".join(field(4, e) for e in events) + field(5, backlog), EVENTS_ACK)

    def order(self, request_id, verb, kind, case, source=1, extra=b""):
        event = field(2, kind) + field(9, case) + field(12, self.identity) + field(14, source)
        return self.call(COMMAND, field(1, request_id) + field(2, self.identity) + field(4, verb) +
                         field(5, case) + field(13, event) + extra, ANSWER)


def event(event_id, kind, case, more=b""):
    return (field(1, event_id) + field(2, kind) + field(4, int(time.time() * 1000)) +
            field(6, "ST") + field(7, "R") + field(9, case) + more)


def publishes(front):
    s = Client(front, "ST", STATION)
    opened = event("e-1", "case.opened", "K-1", field(20, field(1, "fault") + field(4, "major") +
                                                      field(9, "desk@ST")))
    lost = event("e-2", "case.resolved", "nobody-knows-it")
    a = s.publish(7, 1, opened, lost)
    check(a[2] == [2], "accepted to 2:", a)
    refusal = read(a[3][0])
    check(refusal[1] == [2] and refusal[2] == [7], "number 2 is refused, unknown_case:", refusal)
    again = s.publish(7, 1, opened, lost)
    check(again[2] == [2] and read(again[3][0])[2] == [7], "the first answer again:", again)
    gap = s.publish(7, 4, event("e-4", "note.internal", "K-1"))
    check(gap[4] == [3] and gap[2] == [2], "go on from 3:", gap)
    other = s.publish(7, 1, event("e-1", "note.internal", "K-1"))
    check(read(other[3][0])[2] == [17], "duplicate_differs:", other)
    old = s.publish(6, 1, opened)
    check(read(old[3][0])[2] == [16], "stale_epoch:", old)
    mine = s.call(EVENTS, field(1, "somebody") + field(2, 1) + field(3, 1) + field(4, opened), ERROR)
    check(mine[1] == [13], "only as itself:", mine)
    return a[5][0]


def orders(front):
    head, deputy = (Client(front, p, SUPERVISOR) for p in ("head@ST", "deputy@ST"))
    owner = Client(front, "desk@ST", SUPERVISOR).order("r-0", "ack", "notify.ack", "K-1")
    check(owner[2] == [22] and 7 not in owner, "no page of his: not_found, nobody won:", owner)
    done = head.order("r-1", "ack", "notify.ack", "K-1")
    check(done[2] == [0] and done[10] == [2] and 8 in done, "acknowledged, others run on:", done)
    again = head.order("r-1", "ack", "notify.ack", "K-1")
    check(again[2] == [0] and again[11] == [1] and again[4] == done[4], "the same answer:", again)
    late = deputy.order("r-2", "ack", "notify.ack", "K-1")
    check(late[2] == [20] and late[7] == [b"head@ST"], "lost_race names the winner:", late)
    for verb in ("close", "record"):  # by what it is, not by what it is called
        mute = head.order("r-3", verb, "case.closed", "K-1")
        check(mute[2] == [29], "reason_needed:", mute)
    gate = head.order("r-5", "record", "case.closed", "K-1", source=5, extra=field(7, "imported"))
    check(gate[2] == [10], "an order is no import:", gate)
    said = head.order("r-4", "note", "note.internal", "K-1", extra=field(7, "He called twice."))
    row = head.call(QUERY, field(1, "case.show") + field(3, said[4][0]) + field(6, "head@ST") +
                    field(2, field(1, "case_id") + field(2, "K-1")), REPLY)
    check(row[3] == [b"Case"] and read(row[4][0])[1] == [b"K-1"] and row[6][0] >= said[4][0], row)
    return said[4][0]


with System() as s:
    s.start_all(tiers=False)
    front = "ipc://" + s.path("run", "front")
    publishes(front)
    last = orders(front)
    board = Client(front, "a board", VIEWER)
    seen, cursor = [], b""
    while not seen or seen[-1] < last:
        page = board.call(FETCH, field(1, cursor) + field(2, 2), RECORDS)
        seen += [read(r)[2][0] for r in page[1]]
        cursor = page[3][0]
    ahead = board.call(FETCH, field(1, "p0-99999"), ERROR)
    check(ahead[1] == [38], "ahead of the journal, bad_cursor:", ahead)
    for name, more in (("overdue", field(2, "yes")), ("colour", field(2, "red"))):
        wrong = board.call(QUERY, field(1, "case.list") + field(2, field(1, name) + more), REPLY)
        check(wrong[1] == [10] and wrong[2] == [name.encode()], "never ignored:", wrong)
    check(seen == list(range(1, seen[-1] + 1)), "every record once and in order:", seen)
    words = [r for r in s.journal() if r["seq"] == last]
    check("twice" not in json.dumps(words), "words are personal:", words)
    shown = s.cli("journal", "dump", "--personal", "--output", "json").stdout
    check("He called twice." in shown, "the reason is on record")
    s.stop()
    s.verify()
    s.replay()
    print("%d records; published, tried again, ordered and followed by the page alone" % len(seen))
