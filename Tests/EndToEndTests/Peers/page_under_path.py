"""Checks that the page works under a path of a host, behind a proxy that takes the path away before it passes a request on.

Usage: page_under_path.py CHROMIUM URL POSTS. Prints nothing; POSTS are the posts that the page must count.
"""

import http.client
import http.server
import sys
import threading
import urllib.parse

from chromium import Chromium

program, url, posts = sys.argv[1:]
target = urllib.parse.urlsplit(url)
PREFIX = "/some/where"
strays = []


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if not self.path.startswith(PREFIX + "/"):
            strays.append(self.path)
            self.send_error(404)
            return
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=20)
        connection.request("GET", self.path[len(PREFIX):])
        answer = connection.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "date"):
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while piece := answer.read1(65536):
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            pass
        self.close_connection = True

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
count = len(open(posts, encoding="utf-8").readlines())

with Chromium(program) as browser:
    browser.call("Page.navigate", url=f"http://127.0.0.1:{server.server_port}{PREFIX}/")
    # The figures come over the events, the style and the charts from files, the timeline from the API.
    browser.until(f"document.querySelector('#totals .figure')?.textContent === '{count}'")
    browser.until("getComputedStyle(document.querySelector('#totals')).listStyleType === 'none'")
    browser.until("document.querySelector('#state').dataset.state === 'live'")
    browser.until("document.querySelectorAll('#time-rows tr, #time-details[hidden]').length > 0 || timeline !== null")
    assert browser.evaluate("document.querySelector('.brand img').naturalWidth > 0")
    assert not browser.problems, browser.problems
assert not strays, strays
