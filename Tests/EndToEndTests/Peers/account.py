"""AWS in memory (moto) with a bucket of the name given; prints its URL."""

import os
import sys
import time

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://127.0.0.1:{port}"
s3 = boto3.client(
    "s3", region_name="us-east-1", endpoint_url=url, aws_access_key_id="any", aws_secret_access_key="any"
)
s3.create_bucket(Bucket=sys.argv[1])
print(url, flush=True)
while os.getppid() != 1:
    time.sleep(0.1)
