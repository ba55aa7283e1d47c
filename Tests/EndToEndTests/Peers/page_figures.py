"""Compares the figures of the page, as a browser shows them, with a count over the journal made here.

Usage: page_figures.py CHROMIUM URL CAT. CAT: what journal cat --times printed.
"""

import collections
import json
import sys

from chromium import Chromium

program, url, cat = sys.argv[1:]


def sightings():
    """The newest sighting of each post."""
    newest = {}
    with open(cat, "rb") as file:
        for line in file:
            arrival, record = line.rstrip(b"\r\n").split(b"\t", 1)
            post = json.loads(record)
            likes = post["data"].get("public_metrics", {}).get("like_count")
            newest[post["data"]["id"]] = (arrival[:10].decode(), post["matching_rules"][0]["tag"], likes)
    return newest


def count(day=None):
    """Posts by category: each post once, by its newest sighting; of one day alone where one is given."""
    return collections.Counter(tag for when, tag, _ in sightings().values() if day in (None, when))


def liked():
    """Likes by category, and the posts that they are of."""
    likes, posts = collections.Counter(), collections.Counter()
    for _, tag, own in sightings().values():
        if own is not None:
            likes[tag] += own
            posts[tag] += 1
    return likes, posts


def sides(counts):
    return {side: sum(n for tag, n in counts.items() if tag.startswith(side)) for side in ("cats", "dogs")}


def digits(text):
    return int("".join(filter(str.isdigit, text)))


with Chromium(program) as browser:
    browser.call("Page.navigate", url=url)
    expected_total = sum(count().values())
    browser.until("document.querySelectorAll('#categories tr').length > 0")
    # Figures may still be on their way where a follower fills the index.
    figure = "Number(document.querySelector('#totals .figure').textContent.replace(/\\D/g, ''))"
    browser.until(f"{figure} >= {expected_total}")
    page = json.loads(
        browser.evaluate(
            """JSON.stringify({
                headline: document.getElementById('headline').textContent,
                detail: document.getElementById('detail').textContent,
                day: document.getElementById('as-of').dateTime.slice(0, 10),
                totals: [...document.querySelectorAll('#totals li')].map(li => [...li.children].map(p => p.textContent)),
                rows: [...document.querySelectorAll('#categories tr')].map(tr => [...tr.children].map(c => c.textContent)),
                likes: [...document.querySelectorAll('#likes tr')].map(tr => [...tr.children].map(c => c.textContent)),
                age: document.getElementById('likes-age').textContent,
                charts: [...document.querySelectorAll('canvas')].map(c => c.width * c.height),
            })"""
        )
    )
    assert not browser.problems, browser.problems

all_time, today = count(), count(page["day"])
whole, of_today = sum(all_time.values()), sum(today.values())

rows = {name: [digits(cell) for cell in cells] for name, *cells in page["rows"]}
assert set(rows) == set(all_time), f"{sorted(rows)} instead of {sorted(all_time)}"
for tag, (shown_today, shown_share) in rows.items():
    # A share is rounded, and a half may go either way.
    assert abs(shown_share - 100 * today[tag] / max(of_today, 1)) <= 0.5, (tag, shown_share)
    assert shown_today == today[tag], (tag, shown_today, today[tag])

likes, counted = liked()
shown = {name: cells for name, *cells in page["likes"]}
assert set(shown) == set(all_time), f"{sorted(shown)} instead of {sorted(all_time)}"
for tag, (posts, of_all, _, of_each) in shown.items():
    assert [digits(posts), digits(of_all)] == [all_time[tag], likes[tag]], (tag, posts, of_all, likes[tag])
    # Rounded to a tenth, or less.
    assert abs(float(of_each.strip("< ").replace(",", "")) - likes[tag] / counted[tag]) <= 0.0501, (tag, of_each)
assert page["age"].startswith("Each post's likes are as X told them when it was last read, "), page["age"]

totals = {
    name.lower(): [digits(figure), digits(more), digits(own.split("like")[0])]
    for name, figure, more, own in page["totals"]
}
wanted = {side: [sides(all_time)[side], sides(today)[side], sides(likes)[side]] for side in ("cats", "dogs")}
wanted["all posts"] = [whole, of_today, sum(likes.values())]
assert totals == wanted, f"{totals} instead of {wanted}"

ours = sides(today)
leader = max(ours, key=ours.get)
if ours["cats"] != ours["dogs"]:
    assert page["headline"].lower().startswith(leader), page["headline"]
    assert abs(digits(page["headline"]) - 100 * ours[leader] / of_today) <= 1, page["headline"]
for side, n in ours.items():
    assert f"{side} {n}" in page["detail"].lower().replace(",", "").replace("\u202f", ""), page["detail"]
assert page["charts"] and all(page["charts"]), page["charts"]
print(json.dumps({"posts": whole, "today": of_today, "categories": len(rows)}))
