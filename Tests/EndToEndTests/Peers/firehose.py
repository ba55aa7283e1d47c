"""AWS in memory (moto) with its checks of signatures on: a delivery stream into a bucket, and a user who may do everything.

Prints the URL, the user's key and its secret in one line. Whenever a file `ask` appears in the folder that the first argument names,
all lines of all objects are written to `objects` there.
"""

import json
import os
import sys
import time
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

place = sys.argv[1]
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://127.0.0.1:{port}"


def client(service, key="setup", secret="setup"):
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )


iam = client("iam")
iam.create_user(UserName="putter")
rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
iam.put_user_policy(UserName="putter", PolicyName="all", PolicyDocument=json.dumps(rights))
key = iam.create_access_key(UserName="putter")["AccessKey"]
client("s3").create_bucket(Bucket="documents")
client("firehose").create_delivery_stream(
    DeliveryStreamName="posts",
    ExtendedS3DestinationConfiguration={
        "RoleARN": "arn:aws:iam::123456789012:role/delivery",
        "BucketARN": "arn:aws:s3:::documents",
    },
)
# From here on each call is checked.
# As a form its body would not be read.
plain = {"Content-Type": "text/plain"}
urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset-auth", b"0", plain, method="POST"))
print(f"{url} {key['AccessKeyId']} {key['SecretAccessKey']}", flush=True)

s3 = client("s3", key["AccessKeyId"], key["SecretAccessKey"])
while os.getppid() != 1:
    if os.path.exists(f"{place}/ask"):
        os.remove(f"{place}/ask")
        with open(f"{place}/part", "wb") as file:
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket="documents"):
                for item in page.get("Contents", []):
                    file.write(s3.get_object(Bucket="documents", Key=item["Key"])["Body"].read())
        os.rename(f"{place}/part", f"{place}/objects")
    time.sleep(0.05)
