// Numbers as people read them. What is not known is a dash.

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

function count(value) {
    return typeof value === "number" ? whole.format(value) : "–";
}

/** Something a second. */
function rate(value) {
    if (typeof value !== "number") return "–";
    return value > 0 && value < 10 ? value.toFixed(1) : whole.format(value);
}

/** Milliseconds, with their unit if it is asked for. */
function milliseconds(value, unit = "") {
    if (typeof value !== "number") return "–";
    if (unit && value >= 10000) return `${(value / 1000).toFixed(1)} s`;
    const digits = value < 1 ? 2 : value < 10 ? 1 : 0;
    return (value < 1000 ? value.toFixed(digits) : whole.format(value)) + unit;
}

function percent(part, all) {
    if (!(all > 0)) return "–";
    const share = part / all * 100;
    if (share > 0 && share < 0.1) return "<0.1 %";
    return `${share.toFixed(share > 0 && share < 10 ? 1 : 0)} %`;
}

function bytes(value) {
    if (typeof value !== "number") return "–";
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let place = 0;
    while (value >= 1024 && place < units.length - 1) {
        value /= 1024;
        place += 1;
    }
    return `${value.toFixed(value < 10 && place > 0 ? 1 : 0)} ${units[place]}`;
}

/** A length of time by its largest two units. */
function span(seconds) {
    if (typeof seconds !== "number") return "–";
    const days = Math.floor(seconds / 86400);
    const hours = Math.floor(seconds / 3600) % 24;
    const minutes = Math.floor(seconds / 60) % 60;
    if (days > 0) return `${count(days)}\u00a0d\u00a0${hours}\u00a0h`;
    if (hours > 0) return `${hours}\u00a0h\u00a0${minutes}\u00a0min`;
    if (minutes > 0) return `${minutes}\u00a0min\u00a0${Math.floor(seconds) % 60}\u00a0s`;
    return `${Math.floor(seconds)}\u00a0s`;
}

/** The time of day, with the date where it is another day's. */
function moment(text) {
    const time = new Date(text);
    if (Number.isNaN(time.getTime())) return "–";
    const clock = time.toLocaleTimeString("en-GB");
    const isToday = time.toDateString() === new Date().toDateString();
    return isToday ? clock : `${time.toLocaleDateString("en-CA")} ${clock}`;
}

function several(value, noun) {
    return value === 0 ? "none" : `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A token of the gateway as words. */
function words(token, isTitle = false) {
    const text = String(token).replaceAll("_", " ");
    return isTitle ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** Some of many names, and how many are left out. */
function names(list, most) {
    const shown = list.slice(0, most).join(", ");
    return list.length > most ? `${shown} and ${count(list.length - most)} more` : shown;
}

const marks = {
    healthy: "good", degraded: "warn", unhealthy: "bad", draining: "warn",
    unreachable: "bad", admitting: "good", probing: "warn", refusing: "bad",
};

function mark(state) {
    return marks[state] ?? "off";
}
