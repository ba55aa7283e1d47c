"""Drives a headless Chromium over its DevTools protocol, with nothing but Python's own library."""

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request


class Chromium:
    """A browser with a profile of its own; both are gone at the end of `with`."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        self.process = subprocess.Popen(
            [program, *options, "--remote-debugging-port=0", f"--user-data-dir={self.profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.number = 0
        self.problems = []

    def __enter__(self):
        try:
            self._connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _connect(self, limit=30):
        until = time.monotonic() + limit
        note = self.profile + "/DevToolsActivePort"
        while not (os.path.exists(note) and len(open(note).read().split()) == 2):
            assert self.process.poll() is None, f"chromium ended with {self.process.returncode}"
            assert time.monotonic() < until, "chromium opened no port"
            time.sleep(0.05)
        port = int(open(note).read().split()[0])
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=limit) as answer:
            page = next(target for target in json.load(answer) if target["type"] == "page")
        path = page["webSocketDebuggerUrl"].split(str(port), 1)[1]
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=limit)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.file = self.socket.makefile("rb")
        while self.file.readline().strip():
            pass
        for domain in ["Log", "Runtime", "Page"]:
            self.call(f"{domain}.enable")

    def _message(self):
        """One whole message; a server's frames are not masked."""
        message = b""
        while True:
            first, second = self._exactly(2)
            length = second & 127
            if length == 126:
                (length,) = struct.unpack(">H", self._exactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self._exactly(8))
            message += self._exactly(length)
            if first & 128:
                return json.loads(message)

    def _exactly(self, count):
        content = self.file.read(count)
        assert len(content) == count, "chromium closed the connection"
        return content

    def call(self, method, **parameters):
        self.number += 1
        data = json.dumps({"id": self.number, "method": method, "params": parameters}).encode()
        mask = os.urandom(4)
        head = bytes([0x81]) + (bytes([128 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data)))
        self.socket.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))
        while True:
            message = self._message()
            # A page that breaks its own security policy, or throws, says so here.
            if message.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.problems.append(message["params"])
            if message.get("id") == self.number:
                return message["result"]

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def until(self, expression, limit=20):
        """Waits until an expression is true in the page."""
        until = time.monotonic() + limit
        while not self.evaluate(expression):
            assert time.monotonic() < until, f"not within {limit} s: {expression}; {self.problems}"
            time.sleep(0.05)
