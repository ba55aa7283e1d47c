"""The handler of the original pipeline's Lambda: reads an event from standard input, prints its response."""

import base64
import json
import sys


def lambda_handler(event, context):
    output = []
    for record in event["records"]:
        payload = base64.b64decode(record["data"]).decode("utf-8")
        tweet = json.loads(payload)
        metrics = tweet["data"]["public_metrics"]
        document = {
            "tweet_id": tweet["data"]["id"],
            "retweets": metrics["retweet_count"],
            "replies": metrics["reply_count"],
            "likes": metrics["like_count"],
            "category": tweet["matching_rules"][0]["tag"],
            "timestamp": record["approximateArrivalTimestamp"],
        }
        data = json.dumps(document) + "\n"
        output.append(
            {
                "recordId": record["recordId"],
                "result": "Ok",
                "data": base64.b64encode(data.encode("utf-8")).decode("utf-8"),
            }
        )
    return {"records": output}


print(json.dumps(lambda_handler(json.load(sys.stdin), None)))
