#!/usr/bin/env python3
"""Times `reprise refresh` of many due posts against the simulator at full speed: refresh.py REPRISE [--posts 350000]; prints JSON.

350,000 is what X's limit of requests allows an app in 15 minutes. The posts are recorded first, and are due a minute later. Each read
is reserved in the ledger, as if nothing were free. The simulator runs on the same machine, so its time counts too.
"""
import argparse
import json
import os
import sqlite3
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("reprise")
parser.add_argument("--posts", type=int, default=350_000)
parser.add_argument("--wait", type=float, default=61, help="seconds until the posts are due")
arguments = parser.parse_args()


def run(words, **environment):
    return subprocess.run([arguments.reprise, *words], check=True, stdout=subprocess.DEVNULL, env=os.environ | environment)


with tempfile.TemporaryDirectory(dir=os.environ.get("DATA")) as folder:
    simulate = ["simulate", "--lookups", "--port", "0", "--rate", "max", "--fault", f"1:close@{arguments.posts}"]
    simulator = subprocess.Popen(
        [arguments.reprise, *simulate, "--log-level", "error"], stdout=subprocess.PIPE, text=True
    )
    try:
        url = simulator.stdout.readline().strip()
        journal = ["--journal", f"{folder}/journal"]
        run(["record", "--once", "--log-level", "error", *journal], X_API_URL=url)
        time.sleep(arguments.wait)
        words = ["refresh", *journal, "--schedule", "1m", "--reposts", "--billing", "none", "--budget", f"{2 * arguments.posts}/day"]
        start = time.perf_counter()
        process = subprocess.Popen(
            [arguments.reprise, *words, "--json", "--log-level", "warning"],
            stdout=subprocess.PIPE,
            env=os.environ | {"X_API_URL": url},
        )
        report = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, f"refresh ended with {process.returncode}"
        # Posts that were edited meanwhile are not read any more; the pass found some of them only as it went on.
        with sqlite3.connect(f"{folder}/journal/posts.sqlite") as known:
            edited = known.execute("SELECT count(*) FROM posts WHERE superseded AND first IS NOT NULL").fetchone()[0]
        due = report["due"]
        assert arguments.posts - edited <= due <= arguments.posts, f"not all were due, {edited} edited: {report}"
        assert report["read"] + report["gone"] + report["unknown"] == due, f"not all were read: {report}"
    finally:
        simulator.terminate()
        simulator.wait(timeout=30)
print(
    json.dumps(
        {
            "posts": arguments.posts,
            "seconds": round(seconds, 2),
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
            "peak_mib": round(usage.ru_maxrss / 1024, 1),
            "report": report,
        }
    )
)
