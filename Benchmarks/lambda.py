"""Measures `reprise lambda` against a Runtime API of its own, and judges what is promised.

lambda.py [--root DIR | --command reprise] [--posts FILE] EVENT: --root runs DIR/var/task/bootstrap in a chroot, else the command runs
here. EVENT has 500 records; with --posts, 500 records of real posts count instead, which are larger.
"""

import argparse
import base64
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

START_MS, RECORDS_MS, MEMORY_MIB = 300, 25, 64


class Runtime:
    """The Runtime API on one connection after another."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        # A program that has ended asks for nothing.
        self.listener.settimeout(20)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.connection, self.buffer = None, b""

    def request(self):
        """The next request's line and body."""
        while True:
            if self.connection is None:
                self.connection, self.buffer = self.listener.accept()[0], b""
                self.connection.settimeout(20)
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if found:
                length = 0
                for line in head.split(b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                parts, count = [rest], len(rest)
                while count < length:
                    piece = self.connection.recv(1 << 20)
                    if not piece:
                        sys.exit("the program closed the connection inside an answer")
                    parts.append(piece)
                    count += len(piece)
                whole = b"".join(parts)
                self.buffer = whole[length:]
                return head.split(b"\r\n")[0].decode(), whole[:length]
            piece = self.connection.recv(1 << 20)
            if not piece:
                self.connection = None
            self.buffer += piece

    def invoke(self, event, number):
        """Gives an event to whoever asks next; how long the answer took in ms, and the answer."""
        line, _ = self.request()
        assert line.startswith("GET /2018-06-01/runtime/invocation/next "), line
        head = f"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: {number}\r\nContent-Length: {len(event)}\r\n\r\n"
        start = time.perf_counter()
        self.connection.sendall(head.encode() + event)
        line, body = self.request()
        took = (time.perf_counter() - start) * 1000
        assert line.startswith(f"POST /2018-06-01/runtime/invocation/{number}/response "), (line, body[:300])
        self.connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        return took, body


def start(options, runtime):
    """The program; what it says is shown where it fails."""
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "AWS_LAMBDA_RUNTIME_API": runtime.address,
        "AWS_LAMBDA_FUNCTION_NAME": "posts",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/runtime:/var/task:/var/task/lib",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }
    command = [shutil.which(options.command) or options.command, "lambda"]
    if options.root:
        command = [shutil.which("chroot") or "/usr/sbin/chroot", options.root, "/var/task/bootstrap"]
    errors = tempfile.TemporaryFile()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
    process.errors = errors
    return process


def stop(process):
    process.send_signal(signal.SIGTERM)
    if process.wait(10) != 0:
        process.errors.seek(0)
        sys.exit(f"the program ended with {process.returncode}: {process.errors.read()[-1000:].decode()}")


def event_of(posts):
    lines = [line for line in open(posts, "rb").read().split(b"\n") if len(line) > 1]
    records = [
        {
            "recordId": f"r{number}",
            "approximateArrivalTimestamp": 1780000000000 + number,
            "data": base64.b64encode(lines[number % len(lines)] + b"\n").decode(),
        }
        for number in range(500)
    ]
    return json.dumps({"records": records}).encode()


def peak_mib(process):
    for line in open(f"/proc/{process.pid}/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root")
    parser.add_argument("--command", default="reprise")
    parser.add_argument("--posts")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("event")
    options = parser.parse_args()
    small = open(options.event, "rb").read()
    event = event_of(options.posts) if options.posts and os.path.exists(options.posts) else small
    full = json.loads(event)
    while True:
        # Records over and over, up to what Lambda hands over.
        more = full["records"][: 500]
        size = len(json.dumps(full))
        if size * (1 + 500 / len(full["records"])) > 6_000_000:
            break
        full["records"] += more
    full = json.dumps(full).encode()

    starts, memories = [], []
    for _ in range(options.runs):
        runtime = Runtime()
        began = time.perf_counter()
        process = start(options, runtime)
        runtime.invoke(small, 0)
        starts.append((time.perf_counter() - began) * 1000)
        stop(process)
    runtime = Runtime()
    process = start(options, runtime)
    times = []
    for number in range(options.runs):
        took, body = runtime.invoke(event, number)
        times.append(took)
        assert len(json.loads(body)["records"]) == 500
    normal = peak_mib(process)
    took, body = runtime.invoke(full, "full")
    assert len(body) <= 6_000_000
    figures = {
        "first_answer_ms": {"median": statistics.median(starts), "worst": max(starts)},
        "records_500_ms": {"median": statistics.median(times), "worst": max(times), "event_bytes": len(event)},
        "peak_mib": normal,
        "full_event": {"bytes": len(full), "ms": took, "peak_mib": peak_mib(process)},
    }
    stop(process)
    print(json.dumps(figures, indent=1))
    promises = [
        ("first answer after start, ms", figures["first_answer_ms"]["median"], START_MS),
        ("500 records, ms", figures["records_500_ms"]["median"], RECORDS_MS),
        ("memory after 500 records, MiB", normal, MEMORY_MIB),
        ("memory after an event of 6 MB, MiB", figures["full_event"]["peak_mib"], MEMORY_MIB),
    ]
    for name, value, limit in promises:
        print(f"{'holds' if value <= limit else 'FAILS'}  {name}: {value:.1f} of {limit}", file=sys.stderr)
    sys.exit(0 if all(value <= limit for _, value, limit in promises) else 1)


main()
