"""Stands between a client and reprise simulate, and holds every request and answer against X's description of its API.

x_contract.py OPENAPI UPSTREAM: prints its own address and serves until it is ended. GET /_report
answers with what came by and what was wrong. Requests are held against the description as it stands. Answers may be in the old
spelling, which is taken for the new one, and may hold problems that X sends and describes no more.
"""
import http.client
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator

DESCRIPTION = json.load(open(sys.argv[1]))
UPSTREAM = urlsplit(sys.argv[2])
RENAMED = {
    "edit_history_tweet_ids": "edit_history_post_ids", "referenced_tweets": "referenced_posts",
    "retweet_count": "repost_count", "tweets": "posts", "tweet_count": "post_count",
}
# Problems of X's that its description had until version 2.166, or never.
UNDESCRIBED = {
    "about:blank", "streaming-connection", "duplicate-rules", "invalid-rules", "rule-cap", "operational-disconnect",
}


def converted(schema):
    """A schema of OpenAPI 3.0 as JSON Schema."""
    if isinstance(schema, list):
        return [converted(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: converted(value) for key, value in schema.items() if key not in ("discriminator", "example")}
    if "$ref" in out:
        return {"$ref": out["$ref"].replace("#/components/schemas/", "#/$defs/")}
    if out.pop("nullable", False):
        return {"anyOf": [out, {"type": "null"}]}
    return out


DEFINITIONS = {name: converted(schema) for name, schema in DESCRIPTION["components"]["schemas"].items()}
validators = {}


def complaints(value, schema):
    key = json.dumps(schema, sort_keys=True)
    if key not in validators:
        validators[key] = Draft202012Validator({**converted(schema), "$defs": DEFINITIONS})
    return [f"{error.json_path}: {error.message[:200]}" for error in validators[key].iter_errors(value)]


def new_spelling(value):
    if isinstance(value, list):
        return [new_spelling(item) for item in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for name, item in value.items():
        new = RENAMED.get(name, name)
        if new != name and new in value:
            continue
        out[new] = "post" if name == "scope" and item == "tweet" else new_spelling(item)
    return out


def described(answer):
    """The answer without problems that are not described, and those for themselves."""
    left = dict(answer)
    problems = [p for p in left.get("errors", []) if kind(p) in UNDESCRIBED]
    if problems:
        rest = [p for p in left["errors"] if kind(p) not in UNDESCRIBED]
        left.pop("errors")
        if rest:
            left["errors"] = rest
    return left, problems


def kind(problem):
    return problem.get("type", "").split("/")[-1]


def operation(method, path):
    for template, methods in DESCRIPTION["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        exact = template == path
        if (exact or re.fullmatch(pattern, path) and path not in DESCRIPTION["paths"]) and method.lower() in methods:
            return template, methods[method.lower()]
    return None, None


def resolved(part):
    while "$ref" in part:
        name = part["$ref"].split("/")[1:]
        part = DESCRIPTION
        for step in name:
            part = part[step]
    return part


lock = threading.Lock()
seen = {}
wrong = {}


def report(what, found):
    with lock:
        for line in found:
            wrong[f"{what}: {line}"] = wrong.get(f"{what}: {line}", 0) + 1


def check_request(method, target, body):
    parts = urlsplit(target)
    template, found = operation(method, parts.path)
    if found is None:
        return None, f"{method} {parts.path}", ["no such operation"]
    what = f"{method} {template}"
    parameters = {p["name"]: p for p in map(resolved, found.get("parameters", [])) if p["in"] == "query"}
    errors = []
    given = parse_qsl(parts.query, keep_blank_values=True)
    for name, text in given:
        if name not in parameters:
            errors.append(f"unknown parameter {name}")
            continue
        schema = resolved(parameters[name]["schema"])
        value = text.split(",") if schema.get("type") == "array" else text
        if schema.get("type") == "integer":
            value = int(text)
        if schema.get("type") == "boolean":
            value = {"true": True, "false": False}.get(text, text)
        errors += [f"{name} {line}" for line in complaints(value, parameters[name]["schema"])]
    names = [name for name, _ in given]
    errors += [f"{name} missing" for name, p in parameters.items() if p.get("required") and name not in names]
    errors += [f"{name} twice" for name in set(names) if names.count(name) > 1]
    if "requestBody" in found and body:
        schema = found["requestBody"]["content"]["application/json"]["schema"]
        errors += [f"body {line}" for line in complaints(json.loads(body), schema)]
    if "requestBody" not in found and body:
        errors.append("a body where none belongs")
    return found, what, errors


def check_answer(found, status, body):
    answer = new_spelling(json.loads(body))
    responses = found["responses"]
    if str(status) in responses:
        schema = responses[str(status)]["content"]["application/json"]["schema"]
        left, problems = described(answer)
        # An answer to rules of which none can be taken is 400 with the answer's own shape.
        errors = complaints(left, schema)
    else:
        problems = []
        if kind(answer) in UNDESCRIBED:
            problems, errors = [answer], []
        elif "errors" in answer and "meta" in answer:
            left, problems = described(answer)
            errors = complaints(left, responses["200"]["content"]["application/json"]["schema"])
        else:
            errors = complaints(answer, {"$ref": "#/components/schemas/Problem"})
    for problem in problems:
        errors += [] if isinstance(problem.get("title"), str) else [f"a problem without a title: {problem}"]
    return errors


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        if self.path == "/_report":
            with lock:
                content = json.dumps({"seen": seen, "wrong": [f"{n} x {k}" for k, n in sorted(wrong.items())]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            return
        found, what, errors = check_request(self.command, self.path, body)
        # What is meant to be refused says so.
        if not self.headers.get("X-Wrong-On-Purpose"):
            report(f"request {what}", errors)
        upstream = http.client.HTTPConnection(UPSTREAM.hostname, UPSTREAM.port, timeout=60)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        upstream.request(self.command, self.path, body or None, headers)
        answer = upstream.getresponse()
        with lock:
            key = f"{what} {answer.status}"
            seen[key] = seen.get(key, 0) + 1
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length", "keep-alive"):
                self.send_header(name, value)
        if answer.getheader("Content-Length") is None:
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                self.relay(found, what, answer)
            except OSError:
                pass
            upstream.close()
            return
        content = answer.read()
        upstream.close()
        if found is not None:
            report(f"answer {what} {answer.status}", check_answer(found, answer.status, content))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def relay(self, found, what, answer):
        rest = b""
        while chunk := answer.read1(65536):
            self.wfile.write(chunk)
            self.wfile.flush()
            *lines, rest = (rest + chunk).split(b"\n")
            for line in filter(None, (line.strip() for line in lines)):
                with lock:
                    seen["records"] = seen.get("records", 0) + 1
                report(f"record {what}", check_answer(found, 200, line))

    do_GET = do_POST = do_DELETE = serve

    def log_message(self, *words):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
server.daemon_threads = True
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
