"""Leaves files as the disk would hold them after the failures that failing_calls.c logged.

usage: disk_after_failure.py BEFORE LOG
  BEFORE: a copy of the folder from before the program ran, as BEFORE/<absolute path>.
A sync that fails loses what was written to that file since the last one that did not: Linux marks those pages clean, and a
later sync, which says that all is well, writes none of them. What no sync was asked for is written sooner or later.
Prints the bytes lost.
"""
import os
import struct
import sys

before, log_path = sys.argv[1:3]
with open(log_path, "rb") as file:
    log = file.read()

disks = {}
waiting = {}


def disk(path):
    if path not in disks:
        old = before + path
        disks[path] = bytearray(open(old, "rb").read()) if os.path.isfile(old) else bytearray()
    return disks[path]


def write_back(path):
    content = disk(path)
    for what, start, data in waiting.pop(path, []):
        if what == "T":
            del content[start:]
            content.extend(bytes(start - len(content)))
        else:
            content.extend(bytes(max(0, start - len(content))))
            content[start : start + len(data)] = data


place, lost, renamed, touched = 0, 0, None, set()
while place < len(log):
    what, path_length, a, b = struct.unpack_from("4Q", log, place)
    place += 32
    path = log[place : place + path_length].decode()
    place += path_length
    what = chr(what)
    if what == "W":
        waiting.setdefault(path, []).append(("W", a, log[place : place + b]))
        place += b
    elif what == "T":
        waiting.setdefault(path, []).append(("T", a, b""))
    elif what == "S":
        write_back(path)
    elif what == "F":
        gone = sum(len(data) for _, _, data in waiting.pop(path, []))
        disk(path)
        lost += gone
        if gone:
            touched.add(path)
    elif what == "N":
        renamed = path
    elif what == "n":
        disks[path] = disk(renamed)
        waiting[path] = waiting.pop(renamed, [])
        del disks[renamed]
        if renamed in touched:
            touched.add(path)

for path in touched:
    # SQLite deletes its log when it has no more need of it, and a deleted file is gone for good.
    if not os.path.isfile(path):
        continue
    write_back(path)
    with open(path, "r+b") as file:
        file.truncate(0)
        file.write(disks[path])
print(lost)
