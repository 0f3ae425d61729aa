// A chart of our own: lines and stacks over time as SVG, with a legend and a table behind it.
import * as geo from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 180;
const LEFT = 44;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 22;
const TICK_WIDTH = 76;
const ROWS_MAX = 60;
const HOLE_S = 12;

function svg(name, attributes, words) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) {
        made.setAttribute(key, value);
    }
    if (words) {
        made.textContent = words;
    }
    return made;
}

function html(name, words, className) {
    const made = document.createElement(name);
    made.textContent = words || "";
    made.className = className || "";
    return made;
}

export class Chart {
    // plan: { id, title, unit, stack: [series], band: [low, high], lines: [series], falls: key,
    // more: [series] for the table alone }, a series being { key, name, tone }.
    constructor(plan, home) {
        this.plan = plan;
        this.figure = html("section", "", "campaigns-card campaign-chart");
        this.figure.setAttribute("aria-labelledby", "chart-" + plan.id);
        const title = html("h2", plan.title);
        title.id = "chart-" + plan.id;
        this.legend = html("ul", "", "campaign-legend");
        this.values = new Map();
        for (const each of this.series()) {
            this.legend.append(this.entry(each));
        }
        this.picture = svg("svg", { class: "campaign-picture", role: "img", height: HEIGHT });
        this.says = html("p", "", "campaigns-beside");
        this.details = html("details", "");
        this.details.append(html("summary", "As a table"));
        this.table = html("div", "", "campaign-scroll");
        this.table.tabIndex = 0;
        this.table.setAttribute("role", "region");
        this.table.setAttribute("aria-label", plan.title + " as a table");
        this.details.append(this.table);
        this.details.addEventListener("toggle", () => this.tell());
        this.figure.append(title, this.legend, this.picture, this.says, this.details);
        home.append(this.figure);
    }

    series() {
        const { stack, band, lines } = this.plan;
        return [...(stack || []), ...(band || []), ...(lines || [])];
    }

    entry(series) {
        const item = html("li", "");
        const swatch = svg("svg", { width: 20, height: 10, "aria-hidden": "true" });
        const { stack, band } = this.plan;
        const isArea = [...(stack || []), ...(band || [])].includes(series);
        swatch.append(isArea
            ? svg("rect", { width: 20, height: 10, class: "fill-" + series.tone })
            : svg("path", { d: "M0 5H20", class: "line line-" + series.tone }));
        const value = html("b", "");
        this.values.set(series.key, value);
        item.append(swatch, " " + series.name + " ", value);
        return item;
    }

    // seen: { columns, marks, stretches, step_s, from, to }
    draw(told) {
        // What falls gets room on the right, for the line that goes on.
        const ahead = this.plan.falls ? (told.to - told.from) / 4 : 0;
        const seen = { ...told, now: told.to, to: told.to + ahead };
        this.seen = told;
        const width = Math.max(240, Math.floor(this.figure.clientWidth - 36));
        const columns = seen.columns;
        const stack = (this.plan.stack || []).map((each) => columns[each.key]);
        const piled = geo.stacked(stack);
        const lines = (this.plan.lines || []).map((each) => columns[each.key]);
        const band = (this.plan.band || []).map((each) => columns[each.key]);
        const high = geo.top(geo.highest([...piled.map((each) => each.high), ...band, ...lines]));
        this.x = geo.scale(seen.from, seen.to, LEFT, width - RIGHT);
        this.y = geo.scale(0, high, HEIGHT - BOTTOM, TOP);
        const gap = Math.max(2.5 * seen.step_s, HOLE_S);
        const parts = [...this.shades(seen), ...this.axes(seen, high, width)];
        piled.forEach((each, index) => parts.push(svg("path", {
            class: "fill-" + this.plan.stack[index].tone,
            d: geo.area(columns.at, each.low, each.high, gap, this.x, this.y)
        })));
        if (band.length) {
            parts.push(svg("path", {
                class: "fill-" + this.plan.band[1].tone,
                d: geo.area(columns.at, ...band, gap, this.x, this.y)
            }));
        }
        lines.forEach((each, index) => parts.push(svg("path", {
            class: "line line-" + this.plan.lines[index].tone,
            d: geo.line(columns.at, each, gap, this.x, this.y)
        })));
        parts.push(...this.fall(columns, seen), ...this.strokes(seen));
        this.picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
        this.picture.setAttribute("width", width);
        this.picture.replaceChildren(...parts);
        this.say(columns);
        this.tell();
    }

    shades(seen) {
        return seen.stretches.map((each) => {
            const from = this.x(Math.max(each.from, seen.from));
            const to = this.x(Math.min(each.to === null ? seen.now : each.to, seen.to));
            return { each, from, to };
        }).filter(({ from, to }) => to > from).map(({ each, from, to }) => svg("rect", {
            class: "shade-" + each.kind, x: from, y: TOP,
            width: Math.max(1, to - from), height: HEIGHT - TOP - BOTTOM
        }));
    }

    axes(seen, high, width) {
        const parts = [];
        for (const value of [0, high / 2, high]) {
            const y = this.y(value);
            parts.push(svg("path", { class: "grid", d: `M${LEFT} ${y}H${width - RIGHT}` }));
            const at = { class: "tick", x: LEFT - 6, y: y + 4, "text-anchor": "end" };
            parts.push(svg("text", at, geo.brief(value)));
        }
        const span = seen.to - seen.from;
        const most = Math.floor((width - LEFT - RIGHT) / TICK_WIDTH);
        for (const at of geo.timeTicks(seen.from, seen.to, most)) {
            const x = this.x(at);
            parts.push(svg("path", { class: "grid", d: `M${x} ${HEIGHT - BOTTOM}v4` }));
            const edge = x > width - 34 ? "end" : x < LEFT + 26 ? "start" : "middle";
            const place = { class: "tick", x, y: HEIGHT - 4, "text-anchor": edge };
            parts.push(svg("text", place, geo.clock(at, span)));
        }
        return parts;
    }

    // The end of what falls, if it lies within the picture's own span from here.
    fall(columns, seen) {
        const ys = columns[this.plan.falls];
        const ends = ys && geo.end(columns.at, ys, 300);
        if (!ends) {
            return [];
        }
        const from = columns.at[ys.length - 1];
        const left = ys[ys.length - 1];
        const until = Math.min(ends, seen.to);
        const then = left * (1 - (until - from) / (ends - from));
        const path = `M${this.x(from)} ${this.y(left)}L${this.x(until)} ${this.y(then)}`;
        return [svg("path", { class: "line line-projected", d: path })];
    }

    strokes(seen) {
        return seen.marks.filter((each) => each.at >= seen.from && each.at <= seen.to)
            .map((each) => {
                const x = this.x(each.at).toFixed(1);
                const path = `M${x} ${TOP}V${HEIGHT - BOTTOM}`;
                const stroke = svg("path", { class: "mark mark-" + each.kind, d: path });
                const words = [geo.clock(each.at, 0), each.kind, each.by, each.said];
                stroke.append(svg("title", {}, words.filter(Boolean).join(" · ")));
                return stroke;
            });
    }

    say(columns) {
        const words = [];
        for (const each of this.series()) {
            const known = columns[each.key].filter((value) => value !== null);
            const last = known.length ? known[known.length - 1] : null;
            const text = last === null ? "unknown" : geo.brief(last);
            this.values.get(each.key).textContent = text;
            words.push(`${each.name} ${text}`);
        }
        const label = `${this.plan.title}, ${this.plan.unit}. Now: ${words.join(", ")}.`;
        this.picture.setAttribute("aria-label", label + " The figures are in the table below.");
        this.says.textContent = this.plan.unit;
    }

    tell() {
        if (!this.details.open || !this.seen) {
            return;
        }
        const { columns, from, to } = this.seen;
        const table = html("table", "", "campaigns-table");
        const head = table.createTHead().insertRow();
        const told = [...this.series(), ...(this.plan.more || [])];
        for (const name of ["UTC", ...told.map((each) => each.name)]) {
            const cell = html("th", name);
            cell.scope = "col";
            head.append(cell);
        }
        const body = table.createTBody();
        const every = Math.ceil(columns.at.length / ROWS_MAX) || 1;
        for (let index = columns.at.length - 1; index >= 0; index -= every) {
            const row = body.insertRow();
            const when = html("th", geo.clock(columns.at[index], Math.min(to - from, 600)));
            when.scope = "row";
            row.append(when);
            for (const each of told) {
                const value = columns[each.key][index];
                row.insertCell().textContent = value === null ? "–" : value.toLocaleString("en");
            }
        }
        this.table.replaceChildren(table);
    }
}
