// Where things lie in a chart: pure arithmetic, no page. Instants are seconds since 1970.

const STEPS_S = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200];
const DAY_S = 86400;

// A round number that is not below the highest, so that it and its half can be read.
export function top(highest) {
    if (!(highest > 0)) {
        return 1;
    }
    const power = 10 ** Math.floor(Math.log10(highest));
    const found = [1, 2, 4, 5, 6, 8, 10].find((each) => each * power >= highest * (1 - 1e-9));
    return found * power;
}

export function scale(from, to, first, last) {
    const span = to - from || 1;
    return (value) => first + ((value - from) / span) * (last - first);
}

// Full steps of the clock, at most as many as fit.
export function timeTicks(from, to, most) {
    const span = Math.max(1, to - from);
    const fits = STEPS_S.find((each) => span / each <= most);
    const step = fits || Math.ceil(span / most / DAY_S) * DAY_S;
    const ticks = [];
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
        ticks.push(at);
    }
    return ticks;
}

export function clock(at, span) {
    const text = new Date(at * 1000).toISOString();
    if (span > 2 * DAY_S) {
        return text.slice(5, 10);
    }
    return span <= 600 ? text.slice(11, 19) : text.slice(11, 16);
}

export function brief(number) {
    const size = Math.abs(number);
    if (size >= 1e6) {
        return trimmed(number / 1e6) + "M";
    }
    return size >= 1e4 ? trimmed(number / 1e3) + "k" : trimmed(number);
}

function trimmed(number) {
    const digits = Math.abs(number) >= 100 ? 0 : Math.abs(number) >= 1 ? 1 : 2;
    return String(Number(number.toFixed(digits)));
}

// Stretches of points without a hole: nothing is drawn across what nobody saw.
export function stretches(xs, ys, gap) {
    const found = [];
    let run = [];
    let last = null;
    xs.forEach((x, index) => {
        const known = ys[index] !== null && ys[index] !== undefined;
        if (run.length && (!known || x - last > gap)) {
            found.push(run);
            run = [];
        }
        if (known) {
            run.push(index);
            last = x;
        }
    });
    if (run.length) {
        found.push(run);
    }
    return found;
}

export function line(xs, ys, gap, x, y) {
    return stretches(xs, ys, gap).map((run) => {
        const points = run.map((each) => at(x(xs[each]), y(ys[each])));
        // A lone point is a short stroke, or nobody would see it.
        return "M" + points.join("L") + (run.length === 1 ? "h1" : "");
    }).join("");
}

export function area(xs, lows, highs, gap, x, y) {
    return stretches(xs, highs, gap).map((run) => {
        const above = run.map((each) => at(x(xs[each]), y(highs[each])));
        const below = run.map((each) => at(x(xs[each]), y(lows[each]))).reverse();
        return "M" + above.concat(below).join("L") + "Z";
    }).join("");
}

// Columns laid on top of each other: for each the floor it stands on and its own top.
export function stacked(columns) {
    let floor = (columns[0] || []).map((value) => (value === null ? null : 0));
    return columns.map((column) => {
        const low = floor;
        floor = column.map((value, index) => (value === null ? null : low[index] + value));
        return { low, high: floor };
    });
}

export function highest(columns) {
    let found = 0;
    for (const column of columns) {
        for (const value of column) {
            found = value > found ? value : found;
        }
    }
    return found;
}

// Where a falling line comes to nothing, by its slope over the last while; null if it never does.
export function end(xs, ys, lately) {
    const last = ys.length - 1;
    const first = xs.findIndex((at, index) => at >= xs[last] - lately && ys[index] !== null);
    if (last < 1 || first < 0 || first >= last || ys[last] === null) {
        return null;
    }
    const slope = (ys[last] - ys[first]) / (xs[last] - xs[first]);
    return slope < 0 ? xs[last] - ys[last] / slope : null;
}

function at(x, y) {
    return x.toFixed(1) + " " + y.toFixed(1);
}
