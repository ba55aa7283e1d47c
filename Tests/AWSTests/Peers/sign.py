"""Signs requests, a JSON object a line on standard input, as botocore does; writes a signature a line."""

import hashlib
import json
import sys

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

for line in sys.stdin:
    wanted = json.loads(line)
    headers = HTTPHeaders()
    for name, value in wanted["headers"]:
        headers[name] = value
    url = "https://example.com" + wanted["path"] + ("?" + wanted["query"] if wanted["query"] else "")
    request = AWSRequest(wanted["method"], url, data=wanted["body"].encode())
    for name, value in wanted["headers"]:
        request.headers[name] = value
    if wanted["service"] == "aoss":
        # As opensearch-py adds it for Serverless.
        request.headers["x-amz-content-sha256"] = hashlib.sha256(wanted["body"].encode()).hexdigest()
    request.context["timestamp"] = wanted["time"]
    signer = S3SigV4Auth if wanted["service"] == "s3" else SigV4Auth
    auth = signer(
        Credentials("AKIDEXAMPLE", wanted["key"], wanted.get("token")), wanted["service"], wanted["region"]
    )
    auth._modify_request_before_signing(request)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    print(auth.signature(text, request))
