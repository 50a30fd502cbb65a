#!/usr/bin/env python3
"""A mail server, as a process: aiosmtpd, which keeps what it takes in a folder
and behaves as the name before the @ asks.

    smtp_server.py PORT-FILE MAIL-DIR

later@…    451 the first two times, then taken
never@…    550
silent@…   no answer to RCPT
hangup@…   taken, but the connection is cut before the answer
"""

import asyncio
import os
import sys
import time

try:
    from aiosmtpd.controller import Controller
except ImportError:
    sys.exit(77)

seen = {}


class Keeper:
    async def handle_RCPT(self, server, session, envelope, address, options):
        who = address.split("@")[0]
        seen[who] = seen.get(who, 0) + 1
        if who == "never":
            return "550 no such person here"
        if who == "later" and seen[who] <= 2:
            return "451 come again later"
        if who == "silent":
            await asyncio.sleep(60)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        who = envelope.rcpt_tos[0].split("@")[0]
        name = os.path.join(sys.argv[2], "%s.%d" % (who, time.time_ns()))
        with open(name + ".part", "wb") as f:
            f.write(envelope.content)
        os.rename(name + ".part", name + ".eml")
        if who == "hangup" and seen[who] == 1:
            server.transport.abort()
        return "250 OK"


controller = Controller(Keeper(), hostname="127.0.0.1", port=int(os.environ.get("SMTP_PORT", "0")))
if controller.port == 0:  # aiosmtpd wants to know it beforehand
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        controller.port = s.getsockname()[1]
controller.start()
with open(sys.argv[1] + ".part", "w") as f:
    f.write(str(controller.port))
os.rename(sys.argv[1] + ".part", sys.argv[1])
while os.getppid() != 1:
    time.sleep(0.2)
controller.stop()
