#!/usr/bin/env python3
"""What settings of zstd cost and gain on frames of 4 MiB: frames.py FILE [--mb 256]; needs the package zstandard.

The first line is level 3, the second what Reprise writes (BlockBuilder.compression). Processor time of one thread, the better of two.
"""
import argparse
import time

import zstandard

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("file")
parser.add_argument("--mb", type=int, default=256)
arguments = parser.parse_args()
data = open(arguments.file, "rb").read(arguments.mb << 20)
frames = [data[i : i + (4 << 20)] for i in range(0, len(data), 4 << 20)]
settings = [dict(level=3), dict(level=2, window_log=22, hash_log=17, min_match=7)]
settings += [dict(level=2, window_log=22, hash_log=h, min_match=m) for h in (16, 17, 18, 19) for m in (5, 6, 7)]
settings += [dict(level=2, window_log=w, hash_log=17, min_match=7) for w in (20, 21)]
settings += [dict(level=3, hash_log=16, chain_log=15), dict(level=2), dict(level=1)]
print("| settings | MB/s | density |\n|---|---:|---:|")
for setting in settings:
    chosen = dict(setting)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        chosen.pop("level"), source_size=4 << 20, write_checksum=True, **chosen
    )
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    best = None
    for _ in range(2):
        start = time.process_time()
        stored = sum(len(compressor.compress(frame)) for frame in frames)
        took = time.process_time() - start
        best = took if best is None else min(best, took)
    print(f"| {setting} | {len(data) / best / 1e6:.0f} | {len(data) / stored:.3f} |", flush=True)
