"use strict";

// Likes by category, and the most liked posts; loaded before page.js, whose helpers it uses once figures come.

function perPost(entry) {
  if (!entry.counted) return "–";
  const each = entry.likes / entry.counted;
  // A few likes over many posts are few, but not none.
  if (each < 0.01) return each > 0 ? "< 0.01" : "0";
  return (each < 1 ? hundredths : tenths).format(each);
}
const hundredths = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const likesOf = (count) => number.format(count) + (count === 1 ? " like" : " likes");

/// A time without a second word where it is today, else with its day.
function momentOf(time) {
  const day = time.slice(0, 10);
  return (day === summary.day ? "" : day + " ") + time.slice(11, 16);
}

function showLikes() {
  const neither = summary.likes - summary.sides.reduce((sum, side) => sum + side.likes, 0);
  showParts(byId("likes-tug"), summary.sides.map((side) => [place(side.name), side.likes]), neither);
  byId("by-likes").hidden = !summary.counted;
  showSentence(byId("likes-headline"), summary.likesHeadline, summary.likesLeader);
  setText(byId("likes-detail"), summary.likesDetail);
  const names = shades(summary.categories);
  byId("likes-table").hidden = !summary.counted;
  const rows = fitRows(byId("likes"), summary.categories.length, 4);
  summary.categories.forEach((category, index) => {
    const [head, posts, all, part, each] = rows[index].children;
    head.children[0].className = "swatch " + names.get(category.name);
    showName(head.children[1], category.name);
    setText(posts, number.format(category.total));
    setText(all, number.format(category.likes));
    setText(each, perPost(category));
    setText(part, share(category.likes, summary.likes));
  });
  setText(byId("likes-age"), likesAge());
}

/// When the likes that are shown were read; each post's are as old as its own last reading.
function likesAge() {
  if (!summary.counted) return "No post's likes are known yet.";
  const [oldest, newest] = [summary.oldestLikes, summary.newestLikes].map(momentOf);
  const unknown = summary.total - summary.counted;
  const when = oldest === newest
    ? "all of them in the minute " + oldest + " UTC."
    : "the oldest at " + oldest + ", the newest at " + newest + " UTC.";
  return "Each post's likes are as X told them when it was last read, " + when
    + (unknown ? " Of " + number.format(unknown) + (unknown === 1 ? " more post" : " more posts") + " they are not known." : "")
    + " Reposts count as posts and have no likes of their own.";
}

/// A post's text as its author wrote it: X escapes these three. The result is text still, never HTML.
const written = (text) => text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);

function makeLikedPost() {
  const item = element("li");
  const words = element("div", "words");
  const link = element("a", "text");
  link.rel = "noopener noreferrer";
  // Words of strangers may run in any direction, and must not turn round what stands beside them.
  link.dir = "auto";
  const more = element("p", "more");
  more.append(element("span", "swatch"), element("bdi"), element("span"));
  words.append(link, more);
  const figures = element("p", "figures");
  figures.append(element("span", "figure"), element("span", "gain"));
  item.append(words, figures);
  return item;
}

function showMostLiked() {
  const list = byId("most-liked");
  const posts = summary.mostLiked;
  while (list.children.length > posts.length) list.lastChild.remove();
  while (list.children.length < posts.length) list.append(makeLikedPost());
  const names = shades(summary.categories);
  posts.forEach((post, index) => {
    const [words, figures] = list.children[index].children;
    const [link, more] = words.children;
    const category = post.category || "without a category";
    if (/^[0-9]{1,19}$/.test(post.id)) link.href = "https://x.com/i/web/status/" + post.id;
    setText(link, post.text ? written(post.text) : "Post " + post.id);
    more.children[0].className = "swatch " + (names.get(category) || place(post.side) + "-3");
    showName(more.children[1], category);
    setText(more.children[2], " · read at " + momentOf(post.observedAt));
    setText(figures.children[0], likesOf(post.likes));
    const sign = post.gained < 0 ? "−" : "+";
    setText(
      figures.children[1],
      post.gainedSince ? sign + number.format(Math.abs(post.gained)) + " since " + momentOf(post.gainedSince) : "first reading",
    );
  });
  byId("none-liked").hidden = posts.length > 0;
}
