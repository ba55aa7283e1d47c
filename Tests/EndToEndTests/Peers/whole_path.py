"""Checks a recording against what the simulator sent, and the rows of a replay against the recording.

Usage: whole_path.py JOURNAL RAW SENT CAT ROWS INDEX BOOKS. RAW: journal cat --raw; SENT: the simulator's --sent-log;
CAT: journal cat --times; ROWS: replay to ndjson; INDEX: replay to sqlite; BOOKS: what replay --json printed.
"""

import datetime
import glob
import json
import os
import sqlite3
import subprocess
import sys

journal, raw, sent, cat, rows, index, books = sys.argv[1:]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def connections():
    """The stored bytes of each connection and why it ended, by the catalog's view."""
    catalog = sqlite3.connect(f"file:{journal}/catalog.sqlite?mode=ro", uri=True)
    found = catalog.execute("SELECT first_offset, ended FROM connections ORDER BY opened_us").fetchall()
    whole = read(raw)
    ends = [offset for offset, _ in found[1:]] + [len(whole)]
    return [(whole[start:end], json.loads(ended)) for (start, ended), end in zip(found, ends)]


def milliseconds(text):
    date, fraction = text[:-1].split(".")
    seconds = datetime.datetime.fromisoformat(date + "+00:00").timestamp()
    return int(seconds) * 1000 + int(fraction[:3])


def original(line, arrival):
    """The six fields that the original pipeline makes of a record."""
    post = json.loads(line)
    metrics = post["data"]["public_metrics"]
    return {
        "tweet_id": post["data"]["id"],
        "retweets": metrics["retweet_count"],
        "replies": metrics["reply_count"],
        "likes": metrics["like_count"],
        "category": post["matching_rules"][0]["tag"],
        "timestamp": milliseconds(arrival),
    }


segments = sorted(glob.glob(f"{journal}/filtered/*.zst"))
unpacked = b"".join(subprocess.run(["zstd", "-dc", s], capture_output=True, check=True).stdout for s in segments)
assert unpacked == read(raw), "zstd -dc and journal cat --raw differ"

stored = connections()
logs = sorted(glob.glob(f"{sent}/connection-*.bytes"), key=lambda p: int(os.path.basename(p)[11:-6]))
assert 0 <= len(logs) - len(stored) <= 1, f"{len(logs)} connections sent, {len(stored)} stored"
lines, torn, after_a_tear = [], 0, []
for number, ((content, ended), log) in enumerate(zip(stored, logs), 1):
    was_sent = read(log)
    assert was_sent.startswith(content), f"connection {number} holds what was not sent"
    if ended.get("why") in ("server-closed", "cut"):
        assert content == was_sent, f"connection {number}: {len(content)} of {len(was_sent)} bytes"
    parts = content.split(b"\n")
    whole = [part.rstrip(b"\r") for part in parts[:-1] if part.strip()]
    if torn and whole and not after_a_tear:
        after_a_tear = whole[:1]
    torn += bool(parts[-1])
    lines += whole

delivered = [line.split(b"\t", 1) for line in read(cat).splitlines() if line]
assert [record for _, record in delivered] == lines, "journal cat has other records than were stored whole"
documents = [json.loads(line) for line in read(rows).splitlines()]
# An edited post says besides that its older version is gone.
documents = [document for document in documents if not document.get("gone")]
assert len(documents) == len(lines), f"{len(documents)} rows of {len(lines)} records"
for document, (arrival, record) in zip(documents, delivered):
    expected = original(record, arrival.decode())
    found = {name: document[name] for name in expected}
    assert found == expected, f"{found} is not {expected}"
assert after_a_tear and json.loads(after_a_tear[0])["data"]["id"] in {d["tweet_id"] for d in documents}

newest = {}
for document in documents:
    newest[document["tweet_id"]] = max(newest.get(document["tweet_id"], 0), document["version"])
found = dict(sqlite3.connect(f"file:{index}?mode=ro", uri=True).execute("SELECT tweet_id, version FROM posts"))
assert found == newest, f"{len(found)} rows in the index of {len(newest)} posts"

counts = json.loads(read(books))
assert counts["records"] == len(lines) + torn and counts["yielding"] == len(lines), counts
# Each version of an edited post before the newest gives a tombstone besides.
edits = sum(max(0, len(json.loads(line)["data"].get("edit_history_tweet_ids", [])) - 1) for line in lines)
assert counts["dropped"].get("torn", 0) == torn and not counts["failed"] and counts["accepted"] == len(lines) + edits, counts
print(json.dumps({"connections": [e.get("why", e["kind"]) for _, e in stored], "records": len(lines), "torn": torn}))
