// The page of one campaign: told live by one stream, else by asking; still while nobody looks.
import { Chart } from "./chart.js";
import { changes, patchWith, states } from "./patch.js";

const SPANS_S = { "5m": 300, "1h": 3600, "9h": 32400 };
const POLL_MS = 2000;
const PATIENCE_MS = 10000;
const SILENT_MS = 20000;
const AGAIN_MS = 30000;
const AGE_MS = 1000;
const STEPS_MAX = 30;
const page = document.getElementById("campaign");
const home = document.getElementById("campaign-charts");
const head = document.getElementById("campaign-head");
const rest = document.getElementById("campaign-rest");
const news = document.getElementById("campaign-news");
const dot = document.getElementById("campaign-dot");
const refreshed = document.getElementById("campaign-refreshed");
const still = document.getElementById("campaign-still");
const { campaign, range, live, series } = page.dataset;
const value = Number(page.dataset.value) || 1;

const PLANS = [
    {
        id: "backlog", title: "Backlog by tier", unit: "claims accepted and not yet issued",
        stack: [0, 1, 2, 3].map((tier) => ({ key: `backlog_p${tier}`, name: `p${tier}`, tone: `p${tier}` })),
        lines: [
            { key: "threshold", name: "pauses above", tone: "threshold" },
            { key: "resume_at", name: "clear at", tone: "resume" }
        ]
    },
    {
        id: "flow", title: "Flow", unit: "claims per second",
        lines: [
            { key: "entered_per_s", name: "entered", tone: "one" },
            { key: "issued_per_s", name: "issued", tone: "two" },
            { key: "ended_per_s", name: "declined or cancelled", tone: "three" },
            { key: "refused_per_s", name: "refused", tone: "four" }
        ]
    },
    {
        id: "waits", title: "Waits", unit: "seconds, from entering to the coupon, for those who got theirs then; oldest: of those who wait",
        lines: [
            { key: "wait_p50_s", name: "p50", tone: "one" },
            { key: "wait_p95_s", name: "p95", tone: "two" },
            { key: "wait_p99_s", name: "p99", tone: "three" },
            { key: "oldest_s", name: "oldest", tone: "four" }
        ]
    },
    {
        id: "told", title: "Told and kept", unit: "seconds; the band is what those who got their coupon then had been told when they came",
        band: [
            { key: "were_told_low_s", name: "told, at least", tone: "told" },
            { key: "were_told_high_s", name: "told, at most", tone: "told" }
        ],
        lines: [
            { key: "wait_p50_s", name: "waited, p50", tone: "one" },
            { key: "wait_p95_s", name: "waited, p95", tone: "two" },
            { key: "told_high_s", name: "told now, at most", tone: "four" }
        ],
        more: [{ key: "kept_of_100", name: "waited no longer than told, of 100" }]
    },
    {
        id: "line", title: "In line and parked", unit: "claims",
        lines: [
            { key: "waitlisted", name: "in line", tone: "one" },
            { key: "parked", name: "parked", tone: "three" }
        ]
    },
    {
        id: "budget", title: "Budget", unit: "coupons; the dotted line goes on as the last five minutes did",
        falls: "left",
        lines: [
            { key: "left", name: "left", tone: "one" },
            { key: "promised", name: "reserved for open claims", tone: "four" }
        ]
    }
];

const charts = home ? PLANS.map((plan) => new Chart(plan, home)) : [];
let seen = null;
let marks = null;
let source = null;
let timer = null;
let watchdog = null;
let heardAt = 0;
let readAt = 0;

// What charts show beside the columns that were sent.
function derive(columns) {
    const per = (name) => columns[name].map((each) => (each === null ? null : each / value));
    columns.left = per("available");
    columns.promised = per("reserved");
    columns.kept_of_100 = columns.judged.map((each, index) => (
        each ? Math.floor((100 * columns.kept[index]) / each) : null
    ));
    columns.ended_per_s = columns.declined_per_s.map((each, index) => (
        each === null ? null : each + columns.cancelled_per_s[index]
    ));
}

function draw() {
    if (!seen) {
        return;
    }
    const times = seen.columns.at;
    const to = times.length ? times[times.length - 1] : Date.now() / 1000;
    const span = SPANS_S[range];
    const from = span ? to - span : Math.min(times[0] || to, to - 60);
    derive(seen.columns);
    for (const chart of charts) {
        chart.draw({ ...seen, from, to });
    }
}

async function ask(address) {
    // The origin alone: an address with a login in it can't be fetched from.
    const answer = await fetch(window.location.origin + address, {
        credentials: "same-origin",
        signal: AbortSignal.timeout(PATIENCE_MS)
    });
    if (!answer.ok) {
        throw new Error("Flower answers " + answer.status);
    }
    return answer.json();
}

async function load() {
    seen = await ask(`${series}?range=${range}`);
    draw();
}

// The newest points of this range: each in place of the one of its step, or behind the last.
function add(told) {
    if (seen && !told.points) {
        goOn(told.at);
    }
    for (const row of (seen && told.points && told.points[range]) || []) {
        put(row);
    }
}

// Nothing has changed until then: each step is like the last one.
function goOn(to) {
    const columns = seen.columns;
    const last = columns.at.length - 1;
    if (last < 0) {
        return;
    }
    const row = Object.keys(columns).map((name) => columns[name][last]);
    const steps = Math.min((to - row[0]) / seen.step_s, STEPS_MAX);
    for (let step = 1; step <= steps; step += 1) {
        put([row[0] + step * seen.step_s, ...row.slice(1)]);
    }
}

function put(row) {
    const names = Object.keys(seen.columns).slice(0, row.length);
    const times = seen.columns.at;
    const step = (at) => Math.floor(at / seen.step_s);
    let place = times.length;
    while (place > 0 && step(times[place - 1]) >= step(row[0])) {
        place -= 1;
    }
    if (place < times.length && step(times[place]) > step(row[0])) {
        return;
    }
    names.forEach((name, index) => seen.columns[name].splice(place, 1, row[index]));
    const oldest = SPANS_S[range] ? row[0] - SPANS_S[range] - 2 * seen.step_s : 0;
    const stale = times.findIndex((at) => at >= oldest);
    if (stale > 0) {
        names.forEach((name) => seen.columns[name].splice(0, stale));
    }
}

async function take(told) {
    heardAt = Date.now();
    if (told.rest && !rest) {
        // There was nothing to show when the page was made, and now there is.
        window.location.reload();
        return;
    }
    // What is not told has not changed.
    const before = states(head);
    if (told.head !== undefined) {
        patchWith(head, told.head);
    }
    if (told.rest) {
        patchWith(rest, told.rest);
    }
    const changed = changes(before, states(head));
    if (changed) {
        news.textContent = changed;
    }
    add(told);
    readAt = told.at;
    if (home && (!seen || (told.marks !== undefined && told.marks !== marks))) {
        marks = told.marks ?? marks;
        await load();
    }
    draw();
    showAge();
}

function showAge() {
    const age = Math.max(0, Math.round(Date.now() / 1000 - readAt));
    show(true, source ? `Live, read ${age} s ago` : `Asked, read ${age} s ago`);
}

function show(succeeded, words) {
    dot.classList.toggle("status-dot-live", succeeded);
    dot.classList.toggle("status-dot-error", !succeeded);
    refreshed.textContent = words;
}

function listen() {
    const address = `${live}?campaign=${encodeURIComponent(campaign)}`;
    source = new EventSource(window.location.origin + address);
    source.onmessage = (event) => take(JSON.parse(event.data)).catch(failed);
    source.onerror = () => {
        // A stream that was never opened or was refused is asked for instead.
        stop();
        poll();
        timer = window.setTimeout(go, AGAIN_MS);
    };
}

let asking = null;

async function poll() {
    try {
        await take(await ask(`${live}?campaign=${encodeURIComponent(campaign)}&once=1`));
    } catch (error) {
        failed(error);
    }
    if (!source && !isStill()) {
        asking = window.setTimeout(poll, POLL_MS);
    }
}

function failed(error) {
    readAt = 0;
    show(false, "Update failed: " + error.message);
}

function isStill() {
    return document.hidden || (still && still.getAttribute("aria-pressed") === "true");
}

function stop() {
    if (source) {
        source.close();
        source = null;
    }
    window.clearTimeout(timer);
    window.clearTimeout(asking);
}

function go() {
    stop();
    if (isStill()) {
        show(true, document.hidden ? "Waits until it is seen" : "Stands still");
        return;
    }
    heardAt = Date.now();
    // What was missed meanwhile is asked for once.
    marks = null;
    listen();
}

// Between two messages the reading grows older; a stream that waits to be opened says nothing.
window.setInterval(() => {
    if (source && source.readyState === EventSource.OPEN && readAt) {
        showAge();
    }
}, AGE_MS);

// A stream may die without a word: then begin anew.
watchdog = window.setInterval(() => {
    if (source && Date.now() - heardAt > SILENT_MS) {
        go();
    }
}, SILENT_MS / 4);

if (still) {
    still.addEventListener("click", () => {
        const now = still.getAttribute("aria-pressed") === "true";
        still.setAttribute("aria-pressed", String(!now));
        go();
    });
}
document.addEventListener("visibilitychange", go);
window.addEventListener("pagehide", () => {
    window.clearInterval(watchdog);
    stop();
});
window.addEventListener("resize", draw);
go();
