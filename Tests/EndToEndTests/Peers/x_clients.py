"""Uses reprise simulate as tweepy, twarc2 or X's own SDK use X: x_clients.py CLIENT URL TOKEN.

Nothing of the clients is changed. Those that know X's address alone are sent elsewhere below them, where a proxy would stand.
Prints one JSON object with what they saw.
"""
import json
import sys
import threading

from requests.adapters import HTTPAdapter
from requests.sessions import Session

KIND, URL, TOKEN = sys.argv[1:4]
POSTS = 25
RULE = "#fox has:images"


class Detour(HTTPAdapter):
    """Takes a request for X to the simulator."""

    def send(self, request, **options):
        for host in ("https://api.twitter.com", "https://api.x.com"):
            request.url = request.url.replace(host, URL)
        return super().send(request, **options)


find_adapter = Session.get_adapter
detour = Detour()
Session.get_adapter = lambda self, url: detour if "api.twitter.com" in url or "api.x.com" in url else find_adapter(self, url)


def tweepy():
    import tweepy

    seen = []

    class Stream(tweepy.StreamingClient):
        def on_response(self, response):
            seen.append(response)
            if len(seen) >= POSTS:
                self.disconnect()

    stream = Stream(TOKEN)
    dry = stream.add_rules(tweepy.StreamRule(RULE, tag="foxes"), dry_run=True)
    before = len(stream.get_rules().data)
    added = stream.add_rules(tweepy.StreamRule(RULE, tag="foxes")).data
    found = [rule for rule in stream.get_rules().data if rule.value == RULE]
    stream.delete_rules([rule.id for rule in found])
    after = len(stream.get_rules().data)
    stream.filter(
        tweet_fields=["author_id", "created_at", "public_metrics", "referenced_tweets", "attachments"],
        expansions=["author_id", "attachments.media_keys"],
        media_fields=["url"],
        user_fields=["public_metrics"],
    )
    ids = [response.data.id for response in seen]
    client = tweepy.Client(TOKEN)
    answer = client.get_tweets(ids, tweet_fields=["public_metrics"], expansions=["author_id"])
    one = client.get_tweet(ids[0], tweet_fields=["public_metrics"])
    return {
        "dry_run": len(dry.data), "before": before, "added": len(added), "tag": found[0].tag, "after": after,
        "streamed": len(ids), "tags": sum(bool(r.matching_rules[0].tag) for r in seen),
        "users": sum(bool(r.includes.get("users")) for r in seen),
        "media": sum(bool(r.includes.get("media")) for r in seen),
        "metrics": sum("retweet_count" in r.data.public_metrics for r in seen),
        "looked_up": len({tweet.id for tweet in answer.data} & set(ids)), "authors": len(answer.includes["users"]),
        "one": one.data.id == ids[0] and "like_count" in one.data.public_metrics,
    }


def twarc():
    from twarc import Twarc2
    from twarc.expansions import flatten

    client = Twarc2(bearer_token=TOKEN)
    # twarc2 has no dry run of its own; its session sends one.
    url = "https://api.twitter.com/2/tweets/search/stream/rules"
    rules = [{"value": RULE, "tag": "foxes"}]
    dry = client.client.post(url, params={"dry_run": "true"}, json={"add": rules}).json()
    before = len(client.get_stream_rules()["data"])
    added = client.add_stream_rules(rules)["data"]
    found = [rule for rule in client.get_stream_rules()["data"] if rule["value"] == RULE]
    client.delete_stream_rule_ids([rule["id"] for rule in found])
    after = len(client.get_stream_rules()["data"])
    seen = []
    stop = threading.Event()
    for record in client.stream(event=stop):
        seen.append(record)
        if len(seen) >= POSTS:
            stop.set()
            break
    ids = [record["data"]["id"] for record in seen]
    pages = list(client.tweet_lookup(ids))
    posts = [post for page in pages for post in page["data"]]
    flat = [post for page in pages for post in flatten(page)]
    return {
        "dry_run": len(dry["data"]), "before": before, "added": len(added), "tag": found[0]["tag"], "after": after,
        "streamed": len(ids), "tags": sum(bool(r["matching_rules"][0]["tag"]) for r in seen),
        "users": sum(bool(r["includes"].get("users")) for r in seen),
        "media": sum(bool(r["includes"].get("media")) for r in seen),
        "metrics": sum("retweet_count" in r["data"]["public_metrics"] for r in seen),
        "looked_up": len({post["id"] for post in posts} & set(ids)),
        "authors": len({post["author"]["username"] for post in flat}), "one": True,
    }


def xdk():
    from xdk import Client
    from xdk.streaming import StreamConfig

    client = Client(base_url=URL, bearer_token=TOKEN)

    def rules():
        return [rule for page in client.stream.get_rules() for rule in page.data or []]

    body = {"add": [{"value": RULE, "tag": "foxes"}]}
    dry = client.stream.update_rules(body=body, dry_run=True)
    before = len(rules())
    added = client.stream.update_rules(body=body).data
    found = [rule for rule in rules() if rule.value == RULE]
    client.stream.update_rules(body={"delete": {"ids": [rule.id for rule in found]}})
    after = len(rules())
    seen = []
    stream = client.stream.posts(
        tweet_fields=["author_id", "created_at", "public_metrics", "referenced_tweets", "attachments"],
        expansions=["author_id", "attachments.media_keys"],
        media_fields=["url"],
        stream_config=StreamConfig(max_retries=0),
    )
    connection = None
    for record in stream:
        seen.append(record)
        if len(seen) >= POSTS:
            open_ones = [c for page in client.connections.get_connection_history(
                status="active", connection_fields=["endpoint_name", "client_ip", "connected_at", "id"]
            ) for c in page.data or []]
            connection = open_ones[0]
            killed = client.connections.delete_by_uuids(body={"uuids": [connection.id]})
            break
    stream.close()
    nothing = client.connections.delete_all()
    by_endpoint = client.connections.delete_by_endpoint("filtered_stream")
    ids = [record.data.id for record in seen]
    answer = client.posts.get_by_ids(ids, post_fields=["public_metrics", "created_at"], expansions=["author_id"])
    one = client.posts.get_by_id(ids[0], post_fields=["public_metrics"], expansions=["author_id"])
    usage = client.usage.get(usage_fields=["daily_project_usage"])
    assert usage.data is not None and nothing.data is not None and by_endpoint.data is not None
    assert connection.endpoint_name == "filtered_stream" and killed.data.successful_kills == 1
    return {
        "dry_run": len(dry.data), "before": before, "added": len(added), "tag": found[0].tag, "after": after,
        "streamed": len(ids), "tags": sum(bool(r.matching_rules[0].tag) for r in seen),
        "users": sum(bool(r.includes.users) for r in seen),
        "media": sum(bool(r.includes.media) for r in seen),
        "metrics": sum(r.data.public_metrics.repost_count is not None for r in seen),
        "looked_up": len({post.id for post in answer.data} & set(ids)), "authors": len(answer.includes.users),
        "one": one.data.id == ids[0] and one.data.author_id == one.includes.users[0].id,
    }


print(json.dumps({"tweepy": tweepy, "twarc": twarc, "xdk": xdk}[KIND]()))
