"""Checks that the page shows the most liked posts with their texts as their authors wrote them, and that no text does more.

Usage: hostile_text.py CHROMIUM URL POSTS. POSTS: the posts as JSON lines, most liked first.
"""

import json
import sys

from chromium import Chromium

program, url, posts = sys.argv[1:]
wanted = [json.loads(line)["data"] for line in open(posts, encoding="utf-8")]

with Chromium(program) as browser:
    browser.call("Page.navigate", url=url)
    browser.until(f"document.querySelectorAll('#most-liked li').length === {len(wanted)}")
    shown = json.loads(
        browser.evaluate(
            """JSON.stringify({
                posts: [...document.querySelectorAll('#most-liked li')].map(li => [
                    li.querySelector('.text').textContent, li.querySelector('.text').getAttribute('href'),
                    li.querySelector('.figure').textContent]),
                strangers: [...document.querySelectorAll('#most-liked :not(li, div, a, p, span, bdi)')].map(e => e.tagName),
                wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
                hacked: typeof window.hacked,
            })"""
        )
    )
    assert not browser.problems, browser.problems

expected = [
    [
        # X escapes these three.
        post["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"),
        f"https://x.com/i/web/status/{post['id']}",
        f"{post['public_metrics']['like_count']:,} likes",
    ]
    for post in wanted
]
assert shown["posts"] == expected, f"{shown['posts']} instead of {expected}"
assert shown["strangers"] == [] and shown["hacked"] == "undefined" and not shown["wide"], shown
