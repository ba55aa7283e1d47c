"use strict";

// Shows what the server says. Every text from outside is set as text, never as HTML; styles are set through classes and
// the style object only, which the page's Content-Security-Policy allows.

const byId = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const darkness = matchMedia("(prefers-color-scheme: dark)");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

let summary = null;
let timeline = null;
let range = "1h";

/// Makes an element with a class and a text.
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/// Changes a text only where it differs, so that nothing flickers and selections stay.
function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

const clockTime = (date, seconds) => date.toISOString().slice(11, seconds ? 19 : 16);
const place = (side) => {
  const index = summary ? summary.sides.findIndex((each) => each.name === side) : -1;
  return index === 0 ? "first" : index === 1 ? "second" : "other";
};

/// The class, and colour variable, of each category: shades of its side's colour, in the server's order.
function shades(categories) {
  const used = {};
  const names = new Map();
  for (const { name, side } of categories) {
    const family = place(side);
    used[family] = (used[family] || 0) + 1;
    names.set(name, family + "-" + Math.min(used[family], 3));
  }
  return names;
}

function share(part, whole) {
  if (!whole) return "–";
  const percent = (100 * part) / whole;
  // No share is rounded to nothing or to all that is neither.
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  if (percent > 0 && percent < 1) return percent.toFixed(1) + " %";
  if (percent < 100 && percent >= 99) return (Math.floor(10 * percent) / 10).toFixed(1) + " %";
  return Math.round(percent) + " %";
}

// MARK: Troubles

/// Names the parts of the program that do not work just now; the recording continues meanwhile.
async function showTroubles() {
  let troubles = [];
  try {
    const response = await fetch("api/troubles");
    if (response.ok) troubles = await response.json();
  } catch {
    // The state line already says that the server does not answer.
  }
  const list = byId("troubles");
  list.hidden = troubles.length === 0;
  while (list.children.length > troubles.length) list.lastChild.remove();
  troubles.forEach(({ part, reason }, number) => {
    const item = list.children[number] ?? list.appendChild(element("li"));
    if (item.children.length === 0) item.append(element("strong"), element("p", "reason"));
    // Only what changed is written, so that it can be selected and is not read aloud again.
    setText(item.firstChild, part + " does not work");
    setText(item.lastChild, reason);
  });
}

showTroubles();
setInterval(showTroubles, 5000);

// MARK: Summary

function showHeadline() {
  showSentence(byId("headline"), summary.headline, summary.leader);
  document.title = summary.headline + " · Reprise";
  setText(byId("detail"), summary.detail);
  speak();
}

/// A sentence with the leader's name in its colour.
function showSentence(target, sentence, leader) {
  // A number and its unit stay on one line.
  const text = sentence.replaceAll(" %", "\u00a0%");
  if (target.textContent === text) return;
  const start = leader ? text.toLowerCase().indexOf(leader.toLowerCase()) : -1;
  if (start < 0) return setText(target, text);
  const end = start + leader.length;
  const name = element("span", "leader-" + place(leader), text.slice(start, end));
  target.replaceChildren(text.slice(0, start), name, text.slice(end));
}

// A screen reader is told when the leader changes, and of the figures at most every half minute.
let spoken = { leader: undefined, at: 0 };
function speak() {
  const leader = (summary.leader || "") + "/" + (summary.likesLeader || "");
  if (leader === spoken.leader && Date.now() - spoken.at < 30000) return;
  spoken = { leader, at: Date.now() };
  setText(byId("spoken"), summary.headline + ". " + summary.likesHeadline + ".");
}

function showTug() {
  const neither = summary.today - summary.sides.reduce((sum, side) => sum + side.today, 0);
  showParts(byId("tug"), summary.sides.map((side) => [place(side.name), side.today]), neither);
}

/// A bar of the sides' parts; what is neither stands between the two sides.
function showParts(bar, parts, neither) {
  parts.splice(1, 0, ["other", neither]);
  while (bar.children.length < parts.length) bar.append(element("span"));
  parts.forEach(([name, count], index) => {
    const part = bar.children[index];
    part.className = name;
    part.style.flexGrow = String(count);
    part.hidden = count === 0;
  });
}

function showTotals() {
  const cards = [["All posts", summary, ""]];
  for (const side of summary.sides) {
    const title = side.name.charAt(0).toUpperCase() + side.name.slice(1);
    cards.push([title, side, "is-" + place(side.name)]);
  }
  const list = byId("totals");
  while (list.children.length < cards.length) {
    const item = element("li");
    item.append(element("p", "name"), element("p", "figure"), element("p", "more"), element("p", "more"));
    list.append(item);
  }
  cards.forEach(([title, counts, className], index) => {
    const [name, figure, more, likes] = list.children[index].children;
    list.children[index].className = className;
    setText(name, title);
    setText(figure, number.format(counts.total));
    figure.classList.toggle("long", figure.textContent.length > 7);
    setText(more, number.format(counts.today) + " today");
    // Where the card is narrow, each part keeps together.
    setText(likes, likesLine(counts));
  });
}

function likesLine(counts) {
  if (!counts.counted) return counts.total ? "likes not known yet" : "no likes";
  return [likesOf(counts.likes), perPost(counts) + " a post"].map((part) => part.replaceAll(" ", "\u00a0")).join(" · ");
}

/// A category's name, whole where the room is for a part only.
function showName(target, name) {
  setText(target, name);
  target.title = name;
}

/// Makes a table's body have that many rows: a name with its swatch, and cells for numbers.
function fitRows(body, count, cells) {
  while (body.children.length > count) body.lastChild.remove();
  while (body.children.length < count) {
    const row = element("tr");
    const head = element("th");
    head.scope = "row";
    head.append(element("span", "swatch"), element("span", "category"));
    row.append(head, ...Array.from({ length: cells }, () => element("td", "number")));
    body.append(row);
  }
  return body.children;
}

function showCategories() {
  byId("today").hidden = !summary.today;
  byId("no-today").hidden = summary.today > 0;
  const names = shades(summary.categories);
  const rows = fitRows(byId("categories"), summary.categories.length, 2);
  summary.categories.forEach((category, index) => {
    const [head, today, part] = rows[index].children;
    head.children[0].className = "swatch " + names.get(category.name);
    showName(head.children[1], category.name);
    setText(today, number.format(category.today));
    setText(part, share(category.today, summary.today));
  });
}

function showFooter() {
  const asOf = new Date(summary.asOf);
  byId("as-of").dateTime = summary.asOf;
  setText(byId("as-of"), summary.day + " " + clockTime(asOf, true) + " UTC");
}

// MARK: Charts

const hasCharts = typeof Chart !== "undefined";
let donut = null;
let line = null;

function makeCharts() {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.animation = reducedMotion.matches ? false : { duration: 350 };
  donut = new Chart(byId("donut"), {
    type: "doughnut",
    data: { labels: [], datasets: [{ data: [], backgroundColor: [], borderWidth: 2 }] },
    options: {
      maintainAspectRatio: false,
      cutout: "62%",
      plugins: { legend: { display: false }, tooltip: { callbacks: { label: donutLabel } } },
    },
  });
  line = new Chart(byId("line"), {
    type: "bar",
    data: { labels: [], datasets: [] },
    options: {
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", intersect: false },
      plugins: { legend: { display: false }, tooltip: { callbacks: { title: lineTitle } } },
      scales: {
        x: { stacked: true, grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 24 } },
        y: { stacked: true, beginAtZero: true, ticks: { precision: 0, maxTicksLimit: 6 } },
      },
    },
  });
}

const donutLabel = (item) => " " + item.label + ": " + number.format(item.raw);
const lineTitle = (items) => (items.length ? items[0].label + " UTC" : "");

function paintCharts() {
  Chart.defaults.color = colour("soft");
  donut.data.datasets[0].borderColor = colour("panel");
  for (const axis of ["x", "y"]) {
    line.options.scales[axis].ticks.color = colour("soft");
    line.options.scales[axis].grid.color = colour("line");
    line.options.scales[axis].grid.borderColor = colour("line");
  }
}

function showDonut() {
  // Where the panel was without posts, there was no room to take the size of.
  if (!donut.width) donut.resize();
  const names = shades(summary.categories);
  donut.data.labels = summary.categories.map((category) => category.name);
  donut.data.datasets[0].data = summary.categories.map((category) => category.today);
  // A single part is a whole ring, without the line between parts.
  donut.data.datasets[0].borderWidth = summary.categories.filter((category) => category.today > 0).length > 1 ? 2 : 0;
  donut.data.datasets[0].backgroundColor = summary.categories.map((category) => colour(names.get(category.name)));
  donut.update();
}

/// The start of a bucket.
const bucketTime = (index) => new Date(Date.parse(timeline.start) + 1000 * timeline.bucketSeconds * index);

/// The series in the summary's order, so that colours agree between the charts.
function orderedSeries() {
  const order = summary.categories.map((category) => category.name);
  const rank = (series) => (order.indexOf(series.category) + 1 || order.length + 1);
  return [...timeline.series].sort((a, b) => rank(a) - rank(b));
}

function showLine() {
  const names = shades(summary.categories);
  const known = new Map(line.data.datasets.map((set) => [set.label, set]));
  line.data.labels = Array.from({ length: timeline.bucketCount }, (_, index) => clockTime(bucketTime(index)));
  line.data.datasets = orderedSeries().map((series) => {
    const set = known.get(series.category) || { label: series.category };
    set.data = series.counts;
    set.backgroundColor = colour(names.get(series.category) || "other-3");
    set.barPercentage = 1;
    set.categoryPercentage = 0.86;
    return set;
  });
  line.update();
}

// MARK: Timeline

const captions = { "1h": "Posts a minute, the last hour", "6h": "Posts in 5 minutes, the last 6 hours", "24h": "Posts in 15 minutes, the last 24 hours" };

function showTimeline() {
  if (!timeline || !summary) return;
  if (hasCharts) showLine();
  const posts = timeline.series.reduce((sum, series) => sum + series.counts.reduce((a, b) => a + b, 0), 0);
  setText(byId("line-caption"), captions[timeline.range] + ": " + number.format(posts));
  if (byId("time-details").open) showTimelineTable();
}

function showTimelineTable() {
  const series = orderedSeries();
  const head = element("tr");
  for (const title of ["From (UTC)", ...series.map((each) => each.category)]) {
    const cell = element("th", head.children.length ? "number" : "", title);
    cell.scope = "col";
    head.append(cell);
  }
  byId("time-head").replaceChildren(head);
  const rows = [];
  for (let index = timeline.bucketCount - 1; index >= 0; index--) {
    const row = element("tr");
    const first = element("th", "", clockTime(bucketTime(index)));
    first.scope = "row";
    row.append(first, ...series.map((each) => element("td", "number", number.format(each.counts[index]))));
    rows.push(row);
  }
  byId("time-rows").replaceChildren(...rows);
}

let isLoading = false;
let isWanted = false;

/// Loads the timeline; while one answer is under way, any number of calls ask for one more.
async function loadTimeline() {
  if (isLoading) {
    isWanted = true;
    return;
  }
  isLoading = true;
  try {
    const answer = await fetch("api/timeline?range=" + range);
    if (answer.ok) {
      timeline = await answer.json();
      showTimeline();
    }
  } catch {
    // The state line says that the server is away, and the next event or tick asks again.
  } finally {
    isLoading = false;
    if (isWanted) {
      isWanted = false;
      loadTimeline();
    }
  }
}

let lastLoad = 0;

/// Loads it if the last time is long enough ago for the range.
function refreshTimeline() {
  const pause = range === "1h" ? 1000 : 5000;
  if (document.hidden || Date.now() - lastLoad < pause) return;
  lastLoad = Date.now();
  loadTimeline();
}

// MARK: Events

function setState(state, text) {
  byId("state").dataset.state = state;
  setText(byId("state-text"), text);
}

/// The server tells how things are; whether X does is another matter.
function setLive() {
  const isQuiet = summary.newest && new Date(summary.asOf) - new Date(summary.newest) > 60000;
  if (isQuiet) setState("quiet", "nothing new since " + momentOf(summary.newest));
  else setState("live", "live");
}

/// The figures stand still, so that they are what they were.
function setLost() {
  setState("reconnecting", summary ? "reconnecting · as of " + momentOf(summary.asOf) : "reconnecting");
}

function showSummary() {
  showHeadline();
  showTug();
  showTotals();
  showCategories();
  showLikes();
  showMostLiked();
  showFooter();
  if (hasCharts) showDonut();
  refreshTimeline();
}

// The server tells its figures every few seconds even where nothing has changed, so silence means that it is away: a
// sleeping laptop or a dead tunnel ends no connection.
const silence = 20000;
let watchdog = 0;

function connect() {
  const events = new EventSource("events");
  // From the start: a connection that never comes about says nothing either.
  const watch = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      events.close();
      setLost();
      connect();
    }, silence);
  };
  watch();
  events.addEventListener("summary", (event) => {
    const next = JSON.parse(event.data);
    // A server that cannot read its index tells its last figures to whoever connects; they are no sign of life.
    if (summary && next.asOf === summary.asOf) return;
    summary = next;
    watch();
    setLive();
    showSummary();
  });
  events.onerror = () => {
    setLost();
    // After an error status the browser gives up; after a lost connection it tries again by itself.
    if (events.readyState !== EventSource.CLOSED) return;
    clearTimeout(watchdog);
    watchdog = setTimeout(connect, 3000);
  };
}

for (const button of document.querySelectorAll("[data-range]")) {
  button.addEventListener("click", () => {
    range = button.dataset.range;
    for (const other of document.querySelectorAll("[data-range]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    loadTimeline();
  });
}
byId("time-details").addEventListener("toggle", showTimeline);
document.addEventListener("visibilitychange", refreshTimeline);
darkness.addEventListener("change", () => {
  if (!hasCharts) return;
  paintCharts();
  if (summary) showDonut();
  showTimeline();
});

if (hasCharts) {
  makeCharts();
  paintCharts();
} else {
  byId("no-charts").hidden = false;
  document.body.classList.add("no-charts");
}
connect();
// Time passes without posts, too.
setInterval(refreshTimeline, 10000);
