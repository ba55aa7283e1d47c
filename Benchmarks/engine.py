#!/usr/bin/env python3
"""Replay into a real OpenSearch against ready-made bodies that curl sends: engine.py REPRISE JOURNAL SERVE-SEARCH [--documents N] [--runs N].

Both sides deliver the same documents with the same action lines, in bodies of the same size, four at a time, through an alias with
the same mapping; each run fills an index of its own, and the two take turns. What curl sends was made before: its time is that of
the engine alone, and of the machine that both share. Prints one JSON object.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("reprise")
parser.add_argument("journal")
parser.add_argument("serve_search")
parser.add_argument("--documents", type=int, default=200_000)
parser.add_argument("--runs", type=int, default=5)
arguments = parser.parse_args()

BODY_BYTES = 2_000_000
FIELDS = "errors,items.*.status,items.*.error.type,items.*.error.reason"


def replay(sink, *more):
    return subprocess.run(
        [arguments.reprise, "replay", "--journal", arguments.journal, "--sink", sink, *more], check=True, capture_output=True
    )


def ask(method, url):
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=60) as reply:
        return json.loads(reply.read())


def make_bodies(folder):
    """The documents of a replay as bulk bodies; append sinks write the version as the last field, so it is cut off there."""
    bodies, lines, size = [], [], 0

    def end():
        path = folder / f"{len(bodies)}.ndjson"
        path.write_bytes(b"".join(lines))
        bodies.append(path)

    with (folder / "all.ndjson").open("rb") as documents:
        for line in documents:
            whole, version = line.rstrip(b"\n").rsplit(b',"version":', 1)
            key = whole[len(b'{"tweet_id":"') : whole.index(b'"', 13)]
            action = b'{"index":{"version_type":"external","_id":"' + key + b'","version":' + version[:-1] + b"}}\n"
            lines += [action, whole, b"}\n"]
            size += len(action) + len(whole) + 2
            if size >= BODY_BYTES:
                end()
                lines, size = [], 0
    if lines:
        end()
    return bodies


def send(url, alias, bodies, folder):
    """Four curls at a time in one process, each with its connection kept open."""
    config = folder / "curl"
    target = f"{url}/{alias}/_bulk?require_alias=true&filter_path={FIELDS}"
    with config.open("w") as out:
        for number, body in enumerate(bodies):
            if number:
                out.write("next\n")
            out.write(f'url = "{target}"\nheader = "Content-Type: application/x-ndjson"\nheader = "Expect:"\n')
            out.write(f'data-binary = "@{body}"\noutput = "{folder}/reply.{number}"\nfail\nsilent\nshow-error\n')
    subprocess.run(["curl", "--no-progress-meter", "--parallel", "--parallel-max", "4", "--config", config], check=True)
    for number in range(len(bodies)):
        reply = json.loads((folder / f"reply.{number}").read_bytes())
        assert not reply["errors"] or all(next(iter(i.values()))["status"] in (200, 201, 409) for i in reply["items"])


def timed(work):
    before = time.monotonic()
    work()
    return time.monotonic() - before


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        replay(f"ndjson:{folder}/all.ndjson", "--limit", str(arguments.documents))
        bodies = make_bodies(folder)
        log = (folder / "engine.log").open("w")
        engine = subprocess.Popen(
            [arguments.serve_search, "opensearch", "--heap", "2g", "--stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            line = engine.stdout.readline()
            assert line.startswith("ready "), f"the engine did not start: {(folder / 'engine.log').read_text()[-2000:]}"
            url = line.split()[1]
            rates = {"reprise": [], "curl": []}
            # The first round warms the engine up and is not counted.
            for number in range(arguments.runs + 1):
                for side in rates:
                    alias = f"bench-{side}-{number}"
                    # Makes index and alias, before the clock starts.
                    replay(f"opensearch:{url}/{alias}", "--limit", "1")
                    if side == "curl":
                        elapsed = timed(lambda: send(url, alias, bodies, folder))
                    else:
                        elapsed = timed(lambda: replay(f"opensearch:{url}/{alias}", "--limit", str(arguments.documents)))
                    ask("POST", f"{url}/{alias}/_refresh")
                    count = ask("GET", f"{url}/{alias}/_count")["count"]
                    ask("DELETE", f"{url}/{alias}-000001")
                    if number:
                        rates[side].append((arguments.documents / elapsed, count))
            counts = {count for side in rates.values() for _, count in side}
            assert len(counts) == 1, f"the two sides filled different indices: {counts}"
        finally:
            engine.stdin.close()
            engine.wait(timeout=60)
        log.close()
    medians = {side: statistics.median(rate for rate, _ in runs) for side, runs in rates.items()}
    print(
        json.dumps(
            {
                "documents": arguments.documents,
                "runs": arguments.runs,
                "reprise_rates": sorted(round(rate) for rate, _ in rates["reprise"]),
                "curl_rates": sorted(round(rate) for rate, _ in rates["curl"]),
                "ratio": medians["reprise"] / medians["curl"],
            }
        )
    )


if __name__ == "__main__":
    sys.exit(main())
