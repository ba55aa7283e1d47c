#!/usr/bin/env python3
"""Holds what was measured against what is promised: ratios.py DATA RESULTS LATENCY VERIFY ENGINE REFRESH; exit status 1 unless all
are held.

DATA: the folder of the data that was measured with. RESULTS: what bench.py --json wrote; the others: what latency.py, verify.py,
engine.py and refresh.py printed. Ratios within one run, because an absolute figure means little on a shared machine. A ratio is
spoiled too where others disturbed one side of it more than the other, so only runs during which the rest of the machine was quiet
count; where a side has none, there is no verdict.
"""
import json
import statistics
import sys

data = sys.argv[1]
results, latency, verify, engine, refresh = (json.load(open(path)) for path in sys.argv[2:7])


def documents():
    """How many documents a replay makes: one for each post, and one for each earlier version that a post says it had."""
    count = int(open(f"{data}/N").read())
    for line in open(f"{data}/raw.ndjson", "rb"):
        if b'"edit_history_tweet_ids"' in line:
            post = json.loads(line)["data"]
            count += sum(version != post["id"] for version in post["edit_history_tweet_ids"])
    return count


# What else the machine did, in cores; a quiet one stays below 0.1, kernel threads included.
QUIET = 0.15


def runs(group, name):
    found = [r for r in results if (r["group"], r["name"]) == (group, name)]
    assert found, f"no run of {group}: {name}"
    return found


def quiet(group, name):
    return [r for r in runs(group, name) if r["other_cpu"] < QUIET * r["wall"]]


def ratio(group, ours, theirs, key):
    """The medians' ratio, and of how many runs each; no ratio where a side had no quiet run."""
    sides = [quiet(group, name) for name in (ours, theirs)]
    counts = " and ".join(f"{len(side)} of {len(runs(group, name))}" for side, name in zip(sides, (ours, theirs)))
    if not all(sides):
        return None, counts
    ours, theirs = (statistics.median(r[key] for r in side) for side in sides)
    return ours / theirs, counts


def peak(group, name):
    """Memory does not depend on what others do: the worst of all runs."""
    return max(r["rss_mib"] for r in runs(group, name)), str(len(runs(group, name)))


record = ("record", "reprise record", "curl | zstd -3")
replay = ("replay", "reprise replay, 1 job", "DuckDB, 1 thread")
bulk = ("es-raw", "reprise replay", "raw.zst: zstandard + orjson + streaming_bulk, 5000 a request, orjson")
rows = [
    ("record / (curl, zstd -3), MB/s", ratio(*record, "rate"), ">=", 1.25),
    ("record / (curl, zstd -3), CPU", ratio(*record, "cpu_per"), "<=", 0.95),
    ("record, peak MiB", peak(*record[:2]), "<=", 64),
    ("verify, 1 job / zstd -t", (verify["ratio"], str(verify["runs"])), ">=", 0.8),
    ("replay, 1 job / DuckDB, 1 thread, MB/s", ratio(*replay, "rate"), ">=", 1.2),
    ("replay, 1 job, peak MiB", peak(*replay[:2]), "<=", 64),
    ("replay to _bulk / streaming_bulk, documents/s", ratio(*bulk, "rate"), ">=", 6),
    ("replay to _bulk / streaming_bulk, CPU", ratio(*bulk, "cpu_per"), "<=", 1 / 6),
    ("replay to _bulk, peak MiB", peak(*bulk[:2]), "<=", 64),
    ("replay to OpenSearch / ready-made bodies, documents/s", (engine["ratio"], str(engine["runs"])), ">=", 0.9),
    ("arrival to synced, p99 ms", (latency.get("to_sync_p99_ms"), "1"), "<=", 250),
    ("arrival to the page, p99 ms", (latency["to_page_p99_ms"], "1"), "<=", 1000),
    ("refresh of 350,000 posts, s", (refresh["seconds"], "1"), "<=", 60),
    ("refresh of 350,000 posts, peak MiB", (refresh["peak_mib"], "1"), "<=", 64),
    ("reprise run, share of a core", (latency["cpu_share"], "1"), "<=", 0.10),
]
# The kit counts posts, but a replay tells of earlier versions too.
expected = documents()
whole = {f"{expected}", f"{expected} docs, 0 twice"}
broken = [
    f"not whole: {r['name']}: {r['got']}"
    for r in results
    if not r["ok"] and not (r["name"].startswith("reprise replay") and r["exit"] == 0 and r["got"] in whole)
]
ceiling = "curl to /dev/null (the server's ceiling)"
margin, _ = ratio("record", "curl to /dev/null (the server's ceiling)", "reprise record", "rate")
if margin is not None:
    print(f"\nThe server's ceiling is {margin:.1f} times ours" + ("" if margin >= 3 else "; ours counts only from 3 on") + ".")
print("\n| what | measured | promised | quiet runs | |\n|---|---:|---:|---:|---|")
open_questions = []
for name, (value, counts), sign, limit in rows:
    if value is None:
        verdict = "needs strace" if "synced" in name else "no verdict: others kept the machine busy"
        open_questions.append(name)
    elif value >= limit if sign == ">=" else value <= limit:
        verdict = "held"
    else:
        verdict = "BROKEN"
        broken.append(name)
    print(f"| {name} | {'' if value is None else f'{value:.3f}'} | {sign} {limit:g} | {counts} | {verdict} |")
if open_questions:
    print("\nNo verdict, measure again: " + "; ".join(open_questions))
if broken:
    sys.exit("broken: " + "; ".join(broken))
sys.exit(1 if open_questions else 0)
