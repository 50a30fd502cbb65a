"""A broker and a router of their own in a fresh directory, for the benchmarks."""
import datetime
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
PACK = os.path.join(ROOT, "packs", "service-network")


def program(name):
    return os.path.join(BUILD, "bench" if name.startswith("bench_") else "bin", name)


def build():
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD, "bin/yinuo-broker", "bin/yinuo-router", "bin/yinuo", "bench_load", "bench_follow"],
                   check=True, stdout=subprocess.DEVNULL)


def cpu_s(pid):
    """User and system time of a process, all its threads."""
    with open("/proc/%d/stat" % pid) as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid, field):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return sum(int(n) for n in re.findall(field + r":\s+(\d+)", f.read())) / 1024


def wall_ms(text):
    return datetime.datetime.fromisoformat(text).timestamp() * 1000


class System:
    def __init__(self, where=None):
        self.home = tempfile.mkdtemp(prefix="yinuo-bench-", dir=where)
        self.run = os.path.join(self.home, "run")
        self.ledger = os.path.join(self.home, "ledger")
        self.address = "tcp://127.0.0.1:%d" % (20000 + os.getpid() % 20000)
        self.broker = self.router = None
        os.mkdir(self.run, 0o700)

    def start_broker(self):
        self.broker = subprocess.Popen([program("yinuo-broker"), "--run", self.run, "--listen", self.address],
                                       stderr=subprocess.PIPE, text=True)
        while not os.path.exists(os.path.join(self.run, "back")):
            time.sleep(0.01)

    def start_router(self):
        """Returns when it is at work: the seconds from the fork until it says so. Its first sequence is
        in self.sequence then."""
        self.began_ms = time.time() * 1000
        began = time.monotonic()
        self.router = subprocess.Popen([program("yinuo-router"), "--run", self.run, "--ledger", self.ledger,
                                        "--policy", PACK], stderr=subprocess.PIPE, text=True)
        for line in self.router.stderr:
            started = re.search(r"ROUTER-STARTED .* -> sequence (\d+)", line)
            if started:
                self.sequence = int(started.group(1))
            if "ROUTER-WELCOME" in line:
                return time.monotonic() - began
        raise SystemExit("the router did not start")

    def start(self):
        self.start_broker()
        return self.start_router()

    def stop_router(self):
        if self.router:
            self.router.terminate()
            self.router.communicate()
        self.router = None

    def stop(self):
        self.stop_router()
        if self.broker:
            self.broker.terminate()
            self.broker.communicate()
        shutil.rmtree(self.home, ignore_errors=True)

    def record(self, sequence):
        out = subprocess.run([program("yinuo"), "journal", "dump", "--ledger", self.ledger, "--from", str(sequence),
                              "--limit", "1"], check=True, capture_output=True, text=True).stdout
        return json.loads(out) if out.strip() else None

    def load(self, **args):
        """One run of the load generator; its figures, and the CPU time of both programs per event."""
        before = cpu_s(self.router.pid), cpu_s(self.broker.pid)
        out = subprocess.run([program("bench_load"), "connect=" + self.address] +
                             ["%s=%s" % kv for kv in args.items()], check=True, capture_output=True, text=True).stdout
        figures = {k: float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", out)}
        figures["router_us"] = (cpu_s(self.router.pid) - before[0]) * 1e6 / figures["acked"]
        figures["broker_us"] = (cpu_s(self.broker.pid) - before[1]) * 1e6 / figures["acked"]
        return figures
