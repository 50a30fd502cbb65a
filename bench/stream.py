#!/usr/bin/env python3
"""What followers cost those who publish, on the real programs.

  stream.py [BUILD]     acknowledgement latency at a steady load, in pairs:
    - ten subscribers that read against the same with one of them stopped
    - nobody catching up against one who fetches a million records
  and the broker's memory. Medians of five pairs of one run."""
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build")
BIN, PAIRS, SECS = os.path.join(BUILD, "bin"), 5, "4"
PORT = "tcp://127.0.0.1:%d" % (20000 + os.getpid() % 20000)
BENCH = os.path.join(BUILD, "bench") if os.path.exists(os.path.join(BUILD, "bench", "bench_load")) else BIN


def load(**more):
    args = dict(connect=PORT, cases="20000", secs=SECS, conns="8", batch="8", w="64")
    args.update(more)
    out = subprocess.run([os.path.join(BENCH, "bench_load")] + ["%s=%s" % kv for kv in args.items()],
                         capture_output=True, text=True, check=True).stdout
    return {k: float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", out)}


def memory(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) // 1024


def main():
    home = tempfile.mkdtemp(prefix="yinuo-bench-")
    run, processes = os.path.join(home, "run"), []

    def start(*args, **kwargs):
        processes.append(subprocess.Popen(args, stderr=subprocess.DEVNULL, **kwargs))
        return processes[-1]
    try:
        broker = start(os.path.join(BIN, "yinuo-broker"), "--run", run, "--listen", PORT)
        time.sleep(0.5)
        start(os.path.join(BIN, "yinuo-router"), "--run", run, "--ledger", os.path.join(home, "ledger"),
              "--policy", os.path.join(ROOT, "packs", "service-network"))
        time.sleep(2)
        load(open="1", w="1024", batch="32", conns="16")
        while load(w="1024", batch="32", conns="16")["acked"] and \
                int(subprocess.run([os.path.join(BIN, "yinuo"), "status", "--connect",
                                    "ipc://%s/front" % run, "--output", "json"],
                                   capture_output=True, text=True).stdout.split('"last_seq":')[1]
                    .split(",")[0]) < 1000000:
            pass
        followers = [start(os.path.join(BENCH, "bench_follow"), "run=" + run,
                           stdout=subprocess.DEVNULL) for _ in range(10)]
        time.sleep(1)
        pairs = []
        for _ in range(PAIRS):
            reading = load()
            followers[0].send_signal(signal.SIGSTOP)
            stopped = load()
            followers[0].send_signal(signal.SIGCONT)
            pairs.append((reading["ack_p99_us"], stopped["ack_p99_us"]))
            print("ten read: p99 %6.0f us   one stopped: p99 %6.0f us   broker %d MB"
                  % (*pairs[-1], memory(broker.pid)), flush=True)
        print("one of ten stopped: p99 x %.2f (median of %d pairs)"
              % (statistics.median(b / a for a, b in pairs), PAIRS))
        for f in followers:
            f.terminate()
        pairs = []
        for _ in range(PAIRS):
            quiet = load()
            catching = start(os.path.join(BENCH, "bench_follow"), "run=" + run, "catchup=1000000",
                             stdout=subprocess.PIPE, text=True)
            busy = load()
            caught = catching.communicate(timeout=300)[0].strip()
            if catching.returncode:
                sys.exit("stream: the catch-up failed")
            pairs.append((quiet["ack_p99_us"], busy["ack_p99_us"]))
            print("alone: p99 %6.0f us   beside a catch-up: p99 %6.0f us   %s   broker %d MB"
                  % (*pairs[-1], caught, memory(broker.pid)), flush=True)
        print("beside a catch-up of a million: p99 x %.2f (median of %d pairs)"
              % (statistics.median(b / a for a, b in pairs), PAIRS))
    finally:
        for p in processes:
            p.send_signal(signal.SIGCONT)
            p.terminate()
        for p in processes:
            p.wait()
        shutil.rmtree(home, ignore_errors=True)


main()
