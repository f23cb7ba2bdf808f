// The tables of the page: a line each of what stands in a column.

const number = (title, read, text = count) => ({
    title, isNumber: true, text: (item) => text(read(item)), value: (item) => read(item) ?? -1,
});

const name = (title, read) => ({ title, text: read, value: read, isTitled: true });

const plain = (title, read, look) => ({ title, text: (item) => read(item) ?? "", look });

function latencies() {
    return ["p50", "p95", "p99"].map((key) =>
        number(key, (item) => item.latency_ms[key], milliseconds));
}

function routeTable() {
    const ofClass = (title, look) => ({ ...number(title, (item) => item.statuses[title]), look });
    return new Table("routes", [
        name("Route", (item) => item.name === "-" ? "– no route" : item.name),
        number("Requests/s", (item) => item.rate, rate),
        ofClass("5xx", (item) => item.statuses["5xx"] > 0 ? "hot" : ""), ofClass("4xx"),
        ...latencies(),
        ofClass("3xx"), ofClass("2xx"),
        number("No answer", (item) => item.statuses.none),
    ], { none: "There are no routes.", sorted: { column: "Requests/s", direction: "descending" } });
}

function upstreamTable() {
    return new Table("upstreams", [
        name("Upstream", (item) => item.name),
        {
            title: "State", text: (item) => item.check?.status ?? "not asked",
            value: (item) => item.check?.status ?? "", mark: (item) => mark(item.check?.status),
        },
        {
            title: "Servers failing", isNumber: true, value: (item) => item.check?.failing ?? -1,
            text: (item) => item.check
                ? `${count(item.check.failing)} of ${count(item.check.servers)}` : "–",
            look: (item) => item.check?.failing > 0 ? "warm" : "zero",
        },
        number("Answers/s", (item) => item.rate, rate),
        {
            ...number("Errors", (item) => item.errors),
            look: (item) => item.errors > 0 ? "hot" : "",
        },
        ...latencies(),
        number("Active", (item) => item.active), number("Idle", (item) => item.idle),
    ], { none: "There are no upstreams." });
}

function limitTable() {
    return new Table("limits", [
        name("Limit", (item) => item.name),
        number("Redis admitted", (item) => item.redis.admitted),
        number("Redis refused", (item) => item.redis.refused),
        number("Local admitted", (item) => item.local.admitted),
        number("Local refused", (item) => item.local.refused),
        number("Shadow refused", (item) => item.redis.shadow_refused + item.local.shadow_refused),
        {
            title: "Refused, last minute", isNumber: true, text: (item) => item.recent.text,
            value: (item) => item.recent.share,
            look: (item) => item.recent.share > 0 ? "warm" : "zero",
        },
    ], { none: "No rate limits are configured." });
}

function webhookTable() {
    const ofResult = (result, look) =>
        ({ ...number(words(result, true), (item) => item[result]), look });
    const refused = ["bad_signature", "missing", "malformed", "stale", "too_large"];
    return new Table("webhooks", [
        name("Webhook", (item) => item.name),
        ...["verified", "replayed", "handshake"].map((result) => ofResult(result)),
        ...refused.map((result) => ofResult(result, (item) => item[result] > 0 ? "warm" : "")),
    ], { none: "No webhooks are configured." });
}

function errorTable() {
    return new Table("errors", [
        plain("Time", (item) => moment(item.time)),
        plain("Status", (item) => String(item.status), () => "hot"),
        plain("Route", (item) => item.route),
        plain("Outcome", (item) => words(item.outcome)),
        plain("Reason", (item) => words(item.reason ?? "")),
        plain("Upstream", (item) => item.upstream),
        plain("Request", (item) => item.request_id, () => "code"),
    ], { none: "None since the start.", key: (item) => item.request_id });
}

function listenerTable() {
    return new Table("listeners", [
        name("Listener", (item) => item.listener),
        {
            title: "State", text: (item) => item.check?.status ?? "–",
            mark: (item) => mark(item.check?.status),
        },
        number("Open", (item) => item.open), number("Since the start", (item) => item.total),
    ], { none: "There are no listeners.", key: (item) => item.listener });
}

/** Weeks before the end somebody should have renewed it. */
function certificateMark(seconds) {
    return seconds < 7 * 86400 ? "bad" : seconds < 30 * 86400 ? "warn" : "good";
}

function certificateTable() {
    return new Table("certificates", [
        name("Certificate", (item) => item.name),
        name("Listener", (item) => item.listener),
        {
            title: "Ends in", value: (item) => item.expires_in_seconds, isNumber: true,
            text: (item) => item.expires_in_seconds > 0
                ? `${count(Math.floor(item.expires_in_seconds / 86400))} days` : "ended",
            mark: (item) => certificateMark(item.expires_in_seconds),
        },
    ], {
        none: "No listener has one.", key: (item) => `${item.listener} ${item.name}`,
        sorted: { column: "Ends in", direction: "ascending" },
    });
}
