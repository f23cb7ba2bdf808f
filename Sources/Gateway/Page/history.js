// The last minutes, as this page saw them: one point a second, and no more than it draws.

const historySeconds = 300;

class History {
    constructor() {
        this.points = [];
        this.last = null;
        this.begins = true;
        this.svg = element("history");
        this.paths = Object.fromEntries(
            ["area", "all", "bad"].map((name) => [name, this.svg.querySelector(`path.${name}`)]));
    }

    /** Takes note of what was counted until a status was made. */
    note(status) {
        const totals = status.statuses_total;
        const now = {
            time: Date.parse(status.time), start: status.started_at,
            all: Object.values(totals).reduce((sum, value) => sum + value, 0), bad: totals["5xx"],
        };
        const last = this.last;
        this.last = now;
        if (!last) return;
        const seconds = (now.time - last.time) / 1000;
        // Another process, other names after a reload, or a clock that was set back.
        const isComparable = now.start === last.start && now.all >= last.all && now.bad >= last.bad;
        if (!isComparable || !(seconds > 0)) {
            this.begins = true;
            return;
        }
        this.points.push({
            time: now.time, begins: this.begins,
            all: (now.all - last.all) / seconds, bad: (now.bad - last.bad) / seconds,
        });
        this.begins = false;
        const oldest = now.time - historySeconds * 1000;
        while (this.points.length > 0
            && (this.points[0].time < oldest || this.points.length > historySeconds * 2)) {
            this.points.shift();
        }
        this.draw(now.time);
    }

    draw(now) {
        const peak = Math.max(...this.points.map((point) => point.all), 0);
        const most = History.round(peak);
        let all = "";
        let bad = "";
        let area = "";
        let start = null;
        let x = "";
        for (const point of this.points) {
            x = (historySeconds - (now - point.time) / 1000).toFixed(1);
            const y = (value) => (99 - value / most * 97).toFixed(1);
            const begins = start === null || point.begins;
            all += `${begins ? "M" : "L"}${x} ${y(point.all)}`;
            bad += `${begins ? "M" : "L"}${x} ${y(point.bad)}`;
            if (begins) area += start === null ? `M${x} 99` : `L${start} 99M${x} 99`;
            area += `L${x} ${y(point.all)}`;
            start = x;
        }
        this.paths.all.setAttribute("d", all);
        this.paths.area.setAttribute("d", area && `${area}L${x} 99Z`);
        const hasBad = this.points.some((point) => point.bad > 0);
        this.paths.bad.setAttribute("d", hasBad ? bad : "");
        write(element("scale"), `${count(most)}/s`);
        this.describe(peak);
    }

    describe(peak) {
        const last = this.points.at(-1);
        if (!last) return;
        const worst = Math.max(...this.points.map((point) => point.bad));
        this.svg.setAttribute("aria-label",
            `Requests a second in the last five minutes: ${rate(last.all)} now, ${rate(peak)} at `
            + `most; answered 5xx: ${rate(last.bad)} now, ${rate(worst)} at most`);
    }

    /** The next of 1, 2, 5, 10, 20, … that holds a value. */
    static round(value) {
        if (value <= 1) return 1;
        const power = 10 ** Math.floor(Math.log10(value));
        return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
    }
}

/** What counters gained in the last minute; looked at every five seconds. */
class LastMinute {
    constructor() {
        this.looks = [];
    }

    /** Takes counters by their names, at a time in milliseconds, of a process that began then. */
    note(counters, time, start) {
        if (this.start !== start) this.looks = [];
        this.start = start;
        this.now = counters;
        const latest = this.looks.at(-1);
        if (latest && time - latest.time >= 0 && time - latest.time < 5000) return;
        this.looks.push({ time, counters });
        if (this.looks.length > 13) this.looks.shift();
    }

    gain(name) {
        const before = this.looks[0]?.counters.get(name);
        return before === undefined ? 0 : Math.max(0, this.now.get(name) - before);
    }
}
