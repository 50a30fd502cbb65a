"""A dashboard in forty lines: every record of the stream, once and in order.

Subscribe first, then fetch from the cursor; what the live tail says is only a
hint that there is more to fetch.  subscriber.py RUN_DIRECTORY LAST_SEEN"""
import struct
import sys
import zmq


def fields(data, at=0):
    def varint(at, shift=0):
        more = data[at] >> 7
        rest, end = varint(at + 1, shift + 7) if more else (0, at + 1)
        return (data[at] & 127) << shift | rest, end
    while at < len(data):
        tag, at = varint(at)
        size, at = varint(at) if tag & 7 in (0, 2) else (8 if tag & 7 == 1 else 4, at)
        if tag & 7 == 0:
            yield tag >> 3, size
        else:
            at += size
            yield tag >> 3, data[at - size:at]


def fetch(front, seen, request=[0]):
    request[0] += 1
    cursor = b"p0-%d" % seen
    front.send_multipart([struct.pack(">2sBBIQ", b"Yn", 1, 17, 0, request[0]),
                          b"\x0a" + bytes([len(cursor)]) + cursor])
    while front.poll(1000):
        head, body = front.recv_multipart()
        if head[3] == 18 and struct.unpack(">Q", head[8:])[0] == request[0]:
            return [dict(f for f in fields(r) if f[0] == 2)[2] for n, r in fields(body) if n == 1]
    return None  # the broker is gone or busy: connect and ask again


context, (run, seen) = zmq.Context(), (sys.argv[1], int(sys.argv[2]))
tail = context.socket(zmq.SUB)
tail.setsockopt(zmq.SUBSCRIBE, b"p0-")
tail.connect("ipc://%s/stream" % run)
while True:
    front = context.socket(zmq.DEALER)
    front.connect("ipc://%s/front" % run)
    front.send_multipart([struct.pack(">2sBBIQ", b"Yn", 1, 1, 0, 1), b"\x0a\x05board\x10\x05"])
    while (records := fetch(front, seen)) is not None:
        for seq in (r for r in records if r == seen + 1 or sys.exit("a hole")):
            seen = seq
            print(seq, flush=True)
        if not records:
            tail.poll(2000) and tail.recv_multipart()
    front.close(0)
