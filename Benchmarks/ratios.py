#!/usr/bin/env python3
"""Holds what was measured against what is promised: ratios.py RESULTS LATENCY; exit status 1 where a promise is broken.

RESULTS: what bench.py --json wrote; LATENCY: what latency.py printed. Ratios within one run, because an absolute figure means
little on a shared machine.
"""
import json
import statistics
import sys

results, latency = (json.load(open(path)) for path in sys.argv[1:3])


def median(group, name, key):
    values = [r[key] for r in results if (r["group"], r["name"]) == (group, name) and key in r]
    assert values, f"no run of {group}: {name}"
    return statistics.median(values)


def ratio(group, ours, theirs, key):
    return median(group, ours, key) / median(group, theirs, key)


record = ("record", "reprise record", "curl | zstd -3")
replay = ("replay", "reprise replay, 1 job", "DuckDB, 1 thread")
rows = [
    ("record / (curl | zstd -3), MB/s", ratio(*record, "rate"), ">=", 1.0),
    ("record / (curl | zstd -3), CPU", ratio(*record, "cpu_per"), "<=", 1.0),
    ("record, peak MiB", median(*record[:2], "rss_mib"), "<=", 64),
    ("replay, 1 job / DuckDB, 1 thread, MB/s", ratio(*replay, "rate"), ">=", 1.2),
    ("replay, 1 job, peak MiB", median(*replay[:2], "rss_mib"), "<=", 64),
    ("arrival to synced, p99 ms", latency.get("to_sync_p99_ms"), "<=", 250),
    ("arrival to the page, p99 ms", latency["to_page_p99_ms"], "<=", 1000),
    ("reprise run, share of a core", latency["cpu_share"], "<=", 0.10),
]
broken = [f"not whole: {r['name']}" for r in results if not r["ok"]]
ceiling = "curl to /dev/null (the server's ceiling)"
margin = ratio("record", ceiling, "reprise record", "rate")
print(f"\nThe server's ceiling is {margin:.1f} times ours" + ("" if margin >= 3 else "; a figure counts only from 3 on") + ".")
others = statistics.median(r["other_cpu"] / r["wall"] for r in results)
if others > 0.3:
    print(f"Others kept {others:.1f} cores of this machine busy meanwhile; measure again when it is quiet.")
print("\n| what | measured | promised | |\n|---|---:|---:|---|")
for name, value, sign, limit in rows:
    if value is None:
        print(f"| {name} | not measured: needs strace | {sign} {limit:g} | |")
        continue
    held = value >= limit if sign == ">=" else value <= limit
    print(f"| {name} | {value:.3g} | {sign} {limit:g} | {'held' if held else 'BROKEN'} |")
    if not held:
        broken.append(name)
if broken:
    sys.exit("broken: " + "; ".join(broken))
