"""More connections than a shell's limit of open files allows: the broker takes
what the system allows it instead, and goes on answering. What connects and says
nothing is in nobody's way, and neither is its leaving."""
from harness import *
from wire import EVENTS_ACK, Client, event
import resource
import socket

FEW, SILENT = 100, 400

before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
if most < 4 * SILENT:
    skip("the system allows %d open files" % most)
with System() as s:
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, most))
    s.start("broker")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4 * SILENT), most))
    s.start("router")
    s.wait_ready()
    pid = s.processes["broker"].pid
    crowd = []
    for _ in range(SILENT):
        one = socket.socket(socket.AF_UNIX)
        until(lambda: one.connect_ex(s.path("run", "front")) == 0, 10, "a connection")
        crowd.append(one)
    until(lambda: len(os.listdir("/proc/%d/fd" % pid)) > SILENT, 10, "all are let in")
    client = Client(s.path("run"))
    kind, _, refused = client.publish(event("crowd", "case.opened", "crowd"))
    check(kind == EVENTS_ACK and not refused, kind, refused)
    for one in crowd:
        one.close()
    until(lambda: len(os.listdir("/proc/%d/fd" % pid)) < FEW, 10, "all are let go")
    check(s.ask("status")["cases"]["opened"] == 1, "it goes on")
    check(s.processes["broker"].poll() is None, "it lives")
    client.close()
print("%d silent connections at a limit of %d" % (SILENT, FEW))
