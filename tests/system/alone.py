"""A router whose broker is gone waits for it without burning a processor, and
sends what waits once it is back."""
from harness import *


def ticks(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


with System() as s:
    s.start("broker", "router")
    s.wait_ready()
    for n in range(5):
        s.cli("record", "case.opened", "c-%d" % n, "station=ST", "region=R", "class=fault",
              "impact=major", "owner=desk@ST", person="desk@ST")
        # its miss is paged when the router knows already that nobody is there
        s.cli("record", "promise.made", "c-%d" % n, "promise_id=P", "what=a call", "due=" +
              time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 14)), person="desk@ST")
    s.kill("broker")
    router = s.processes["router"].pid
    began, then = ticks(router), time.monotonic()
    until(lambda: time.monotonic() - then >= 18, 25, "it finds that the broker is silent")
    used = (ticks(router) - began) / os.sysconf("SC_CLK_TCK")
    check(used < 1, "the router used %.2f s of 18 s while it waited" % used)
    s.start("broker", *("tier-" + t for t in TIERS))
    s.wait_ready()
    until(lambda: s.ask("status")["pages"]["delivered"] >= 5, 30, "the pages are told")
    print("eighteen seconds without a broker cost %.2f s; then all pages were told" % used)
