"""Checks what the page shows in states that a server is hardly ever in, with events that are made up here.

Usage: page_states.py CHROMIUM URL POSTS. The page, and the shape of its figures, are the server's own.
"""

import json
import sys

from chromium import Chromium

# Events come from here, and what waits for seconds waits until `passTime()`.
SCRIPT = """
    const [later, never] = [window.setTimeout, window.clearTimeout];
    const waiting = new Map();
    let last = 1e9;
    window.setTimeout = (what, time) => time < 1000 ? later(what, time) : (waiting.set(++last, what), last);
    window.clearTimeout = (number) => { if (!waiting.delete(number)) never(number); };
    window.passTime = () => {
        const due = [...waiting.values()];
        waiting.clear();
        due.forEach((what) => what());
    };
    window.troubles = [];
    const ask = window.fetch;
    window.fetch = (address, ...more) =>
        address === "api/troubles" ? Promise.resolve(new Response(JSON.stringify(troubles))) : ask(address, ...more);
    window.streams = [];
    window.EventSource = class {
        constructor() { this.readyState = 0; streams.push(this); }
        addEventListener(_, told) { this.tell = (summary) => told({ data: JSON.stringify(summary) }); }
        close() { this.readyState = 2; }
    };
"""
TROUBLES = [
    dict(part="opensearch:https://search.example/" + "x" * 80, reason="GET failed; check that the server runs"),
    dict(part="ndjson:/dev/full", reason="No space left on device"),
]
# The sides' accents are texts too; a chart's parts need less.
TEXTS = ["ink", "soft", "good", "warn", "first-1", "second-1"]
SHADES = [f"{family}-{shade}" for family in ("first", "second", "other") for shade in (1, 2, 3)]

program, url = sys.argv[1:3]


def entry(likes=0, counted=0, today=0, total=0, **names):
    return dict(names, total=total, today=today, likes=likes, counted=counted)


def crowded(summary):
    """Figures and names as large as they get, of a stream that fell silent nine minutes ago."""
    name = "cats in boxes and on keyboards " + "x" * 80
    post = dict(id="1" * 19, text="w" * 280, category=name, side="cats", likes=123_456_789, gained=-12_345_678)
    return summary | dict(
        headline="Cats lead: 50.02 % of today's posts", leader="cats", total=123_466_789, today=10_000,
        likesHeadline="By likes, dogs lead: 51 %", likesLeader="dogs", likes=12_345_678, counted=123_466_789,
        asOf="2026-05-29T10:19:30.000000Z", newest="2026-05-29T10:10:59.000000Z", day="2026-05-29",
        sides=[entry(name="cats", total=123_456_789, today=9_999, likes=12_345_678, counted=123_456_789),
               entry(name="dogs", total=10_000, today=1, likes=1, counted=10_000)],
        categories=[entry(name=name, side="cats", total=123_456_789, today=9_999, likes=12_345_677, counted=1_000_000),
                    entry(name="dogs", side="dogs", total=10_000, today=1, likes=1, counted=10_000)],
        mostLiked=[dict(post, observedAt="2026-05-29T10:10:30.000000Z", gainedSince="2026-05-20T10:10:30.000000Z")],
    )


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


with Chromium(program) as browser:
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=SCRIPT)

    def look(width, scheme="light"):
        """Loads the page anew, and waits until it listens."""
        browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 800)
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.call("Page.navigate", url=url)
        browser.until("document.readyState === 'complete' && streams.length === 1")

    def tell(summary):
        browser.evaluate(f"streams.at(-1).tell({json.dumps(summary)})")

    def shown(selector):
        return browser.evaluate(f"[...document.querySelectorAll('{selector}')].map(e => e.textContent)")

    def state():
        return browser.evaluate("document.getElementById('state').dataset.state")

    browser.call("Page.navigate", url=url)
    real = json.loads(browser.evaluate("fetch('/api/summary').then(answer => answer.text())"))
    empty = real | dict(total=0, today=0, likes=0, counted=0, categories=[], mostLiked=[], sides=[
        entry(name="cats"), entry(name="dogs")])
    for missing in ("newest", "leader", "likesLeader"):
        empty.pop(missing, None)

    # Neither an open connection nor old figures told again are a sign of life, and the page goes on trying.
    look(1280)
    assert state() == "connecting", state()
    tell(empty)
    assert state() == "live", state()
    browser.evaluate("passTime()")
    assert browser.evaluate("streams.length") == 2
    assert state() == "reconnecting" and "as of" in shown("#state")[0], shown("#state")
    tell(empty)
    assert state() == "reconnecting", state()
    browser.evaluate("passTime()")
    assert browser.evaluate("streams.length") == 3
    tell(empty | {"asOf": "2126-05-29T10:19:30.000000Z"})
    assert state() == "live", state()

    # What has no figures is no table.
    heads = browser.evaluate("[...document.querySelectorAll('#today table, #likes-table table')].map(e => e.offsetHeight)")
    assert heads == [0, 0], heads

    for width in (320, 390, 1280):
        look(width)
        tell(crowded(empty))
        wide = browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"{wide} too wide at {width}"
        lines = browser.evaluate(
            "[...document.querySelectorAll('#totals .figure')].map(e => e.offsetHeight / parseFloat(getComputedStyle(e).fontSize))"
        )
        assert max(lines) < 1.5, f"a figure does not fit its card at {width}: {lines}"
    assert state() == "quiet" and "10:10" in shown("#state")[0], shown("#state")
    assert shown("#headline span") == ["Cats"] and shown("#likes-headline span") == ["dogs"]
    # Nothing is rounded to none or to all.
    assert shown("#categories td:last-child") == ["99.9 %", "< 0.1 %"], shown("#categories td")
    assert shown("#likes td:last-child") == ["12.3", "< 0.01"], shown("#likes td")

    # Each part that does not work stands for itself, its name above its reason; what does not change is not written again.
    for width in (320, 1280):
        look(width)
        assert shown("#troubles li") == [] and browser.evaluate("document.getElementById('troubles').offsetHeight") == 0
        browser.evaluate(f"troubles = {json.dumps(TROUBLES)}; showTroubles()")
        assert shown("#troubles strong") == [each["part"] + " does not work" for each in TROUBLES], shown("#troubles li")
        assert shown("#troubles .reason") == [each["reason"] for each in TROUBLES], shown("#troubles li")
        places = browser.evaluate(
            "[...document.querySelectorAll('#troubles strong, #troubles .reason')].map(e => e.getBoundingClientRect())"
            ".map(box => [box.left, box.top, box.bottom, box.right])"
        )
        assert all(one[2] <= other[1] for one, other in zip(places, places[1:])), f"lines run together: {places}"
        assert max(place[3] for place in places) <= width, f"too wide at {width}: {places}"
        browser.evaluate("first = document.querySelector('#troubles .reason').firstChild; showTroubles()")
        assert browser.evaluate("document.querySelector('#troubles .reason').firstChild === first"), "written again"
        browser.evaluate("troubles = troubles.slice(1); showTroubles()")
        assert shown("#troubles strong") == [TROUBLES[1]["part"] + " does not work"], shown("#troubles li")
        browser.evaluate("troubles = []; showTroubles()")
        assert browser.evaluate("document.getElementById('troubles').offsetHeight") == 0

    for scheme in ("light", "dark"):
        look(1280, scheme)
        names = json.dumps(TEXTS + SHADES + ["ground", "panel"])
        colours = browser.evaluate(f"Object.fromEntries({names}.map(name => [name, colour(name)]))")
        for least, inks, papers in ((4.5, TEXTS, ("ground", "panel")), (3, SHADES, ("panel",))):
            for ink, paper in ((ink, paper) for ink in inks for paper in papers):
                found = contrast(colours[ink], colours[paper])
                assert found >= least, f"{ink} on {paper}, {scheme}: {found:.2f} instead of {least}"
    assert not browser.problems, browser.problems
