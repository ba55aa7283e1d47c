#!/usr/bin/env python3
"""Times `reprise journal verify` and `zstd -t` of the same files in turns: verify.py REPRISE JOURNAL [--runs 5]; prints JSON.

One job against one thread; the files are in memory after a first round that does not count.
"""
import argparse
import glob
import json
import os
import statistics
import subprocess
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("reprise")
parser.add_argument("journal")
parser.add_argument("--runs", type=int, default=5)
arguments = parser.parse_args()
files = sorted(glob.glob(os.path.join(arguments.journal, "filtered", "*.zst")))
commands = {
    "verify": [arguments.reprise, "journal", "verify", "--source", "filtered", "--jobs", "1", "--journal", arguments.journal],
    "zstd": ["zstd", "-q", "-t", *files],
}
walls = {name: [] for name in commands}
for run in range(arguments.runs + 1):
    for name, command in commands.items():
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        if run > 0:
            walls[name].append(time.perf_counter() - start)
medians = {name: statistics.median(times) for name, times in walls.items()}
stored = sum(os.path.getsize(file) for file in files)
print(
    json.dumps(
        {
            "verify_s": medians["verify"],
            "zstd_t_s": medians["zstd"],
            "ratio": medians["zstd"] / medians["verify"],
            "stored_bytes": stored,
            "runs": arguments.runs,
        }
    )
)
