"""Reads sealed segments with today's tools and compares each with what zstd -dc prints.

Usage: segments.py SEGMENT... ; prints the records of each, and which readers read it.
"""

import json
import subprocess
import sys

import duckdb
import indexed_zstd
import polars
import pyzstd


def spots(size):
    return [0, 1, size // 3, size // 2, max(0, size - 1000)]


def read_at_random(name, file, raw):
    assert file.read() == raw, f"{name}: another content"
    for spot in spots(len(raw)):
        file.seek(spot)
        assert file.read(1000) == raw[spot : spot + 1000], f"{name}: other bytes at {spot}"


def is_whole(line):
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def duck(path, ignoring):
    return duckdb.connect().execute(
        f"SELECT count(data) FROM read_json('{path}', format='newline_delimited', compression='zstd', "
        f"columns={{data: 'STRUCT(id VARCHAR)'}}, ignore_errors={str(ignoring).lower()})"
    ).fetchone()[0]


def check(path):
    raw = subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout
    subprocess.run(["zstd", "-t", "-q", path], check=True)
    with pyzstd.SeekableZstdFile(path, "r") as file:
        read_at_random("pyzstd", file, raw)
    read_at_random("indexed_zstd", indexed_zstd.IndexedZstdFile(path), raw)
    readers = ["zstd -dc", "zstd -t", "pyzstd", "indexed_zstd"]
    lines = [line for line in raw.split(b"\n") if line.strip()]
    whole = sum(map(is_whole, lines))
    torn = len(lines) - whole
    if whole:
        assert duck(path, True) == whole, f"duckdb, errors ignored: {duck(path, True)} of {whole}"
        readers.append("duckdb, errors ignored")
    if whole and not torn:
        assert duck(path, False) == whole, f"duckdb: {duck(path, False)} of {whole}"
        found = polars.read_ndjson(path, infer_schema_length=None).height
        assert found == whole, f"polars: {found} of {whole}"
        readers += ["duckdb", "polars"]
    return {"segment": path, "bytes": len(raw), "records": whole, "torn": torn, "readers": readers}


for path in sys.argv[1:]:
    print(json.dumps(check(path)))
