// Puts each status on the page.

const tables = {
    routes: routeTable(), upstreams: upstreamTable(), limits: limitTable(), errors: errorTable(),
    listeners: listenerTable(), certificates: certificateTable(), webhooks: webhookTable(),
};
const history = new History();
const changes = new Changes();
const lastMinute = new LastMinute();

function stand(state) {
    write(element("standing"), state);
    writeMark(element("standing"), mark(state));
}

function showTop(status) {
    stand(status.status);
    write(element("build"),
        `${status.environment} · version ${status.version} · up ${span(status.uptime_seconds)}`);
    entitle(status.status === "healthy" ? "" : `${status.status} · `);
}

/** Tabs are told apart by their titles. */
function entitle(sign) {
    const title = `${sign}${location.host} · Apus`;
    if (document.title !== title) document.title = title;
}

function showTraffic(status) {
    const { rate: perSecond, latency_ms: latency, statuses } = status.requests;
    write(element("rate"), rate(perSecond));
    for (const key of ["p50", "p90", "p95", "p99"]) {
        write(element(key), milliseconds(latency[key], " ms"));
    }
    write(element("open"), count(status.connections.reduce((sum, one) => sum + one.open, 0)));
    write(element("window"), `in the last ${count(status.window_seconds)} s`);
    const total = status.requests.count;
    const classes = Object.entries(statuses).filter(([key]) => key !== "1xx" || statuses[key] > 0)
        .reverse();
    writeList(element("classes"), classes, () => {
        const item = made("div");
        item.append(made("dt", ""), made("dd", ""));
        return item;
    }, (item, [key, value]) => {
        item.dataset.class = key;
        write(item.firstChild, key === "none" ? "no answer" : key);
        const share = value > 0 ? ` (${percent(value, total)})` : "";
        write(item.lastChild, `${count(value)}${share}`);
    });
    writeList(element("bar"), classes, () => made("span"), (item, [key, value]) => {
        item.dataset.class = key;
        item.style.flexGrow = String(total > 0 ? value / total : 0);
    });
    history.note(status);
}

function showHealth(status) {
    const checks = Object.entries(status.checks).map(([name, check]) => ({ name, ...check }));
    const worse = checks.filter((check) => check.status !== "healthy");
    const well = checks.filter((check) => check.status === "healthy").map((check) => check.name);
    writeList(element("checks"), worse.slice(0, 40), () => {
        const item = made("li");
        item.append(made("strong", ""), made("span", ""));
        return item;
    }, (item, check) => {
        writeMark(item, mark(check.status));
        write(item.firstChild, check.name);
        const failing = check.failing > 0 ? `, ${check.failing} of ${check.servers} servers` : "";
        const reason = check.reason ? `: ${words(check.reason)}${failing}` : "";
        write(item.lastChild, ` ${check.status}${reason}`);
    });
    write(element("well"), well.length > 0 ? `Healthy: ${names(well, 12)}` : "");
    const breaker = status.redis?.breaker;
    write(element("breaker"), breaker ?? "no Redis");
    writeMark(element("breaker"), mark(breaker));
    showMaintenance(status.maintenance);
    const { last_reload_successful: isFine, loaded_at: loaded } = status.configuration;
    write(element("reload"), isFine ? `serves since ${moment(loaded)}` : "refused: see the log");
    writeMark(element("reload"), isFine ? "good" : "bad");
}

function showMaintenance(routes) {
    write(element("maintenance"), several(routes.length, "route"));
    writeMark(element("maintenance"), routes.length > 0 ? "warn" : "off");
    writeList(element("notices"), routes.slice(0, 20), () => made("li", ""),
        (item, { route, notice }) => {
            const message = notice.message ? `: “${notice.message}”` : "";
            const allowed = notice.allow ? `; passes: ${names(notice.allow, 5)}` : "";
            write(item, `${route} is in maintenance${message}${allowed}`);
        });
}

function showLimits(status) {
    const counters = new Map();
    for (const { name, redis, local } of status.limits) {
        counters.set(`refused ${name}`, redis.refused + local.refused);
        counters.set(`all ${name}`,
            redis.refused + local.refused + redis.admitted + local.admitted);
    }
    lastMinute.note(counters, Date.parse(status.time), status.started_at);
    tables.limits.show(status.limits.map((limit) => {
        const refused = lastMinute.gain(`refused ${limit.name}`);
        const all = lastMinute.gain(`all ${limit.name}`);
        const text = refused > 0 ? `${count(refused)} (${percent(refused, all)})` : "0";
        return { ...limit, recent: { text, share: all > 0 ? refused / all : 0 } };
    }));
}

function showTables(status) {
    const joined = (kind, name) => status.checks[`${kind}:${name}`];
    tables.routes.show(status.routes);
    tables.upstreams.show(
        status.upstreams.map((one) => ({ ...one, check: joined("upstream", one.name) })));
    showLimits(status);
    tables.webhooks.show(status.webhooks);
    tables.errors.show(status.errors);
    tables.listeners.show(
        status.connections.map((one) => ({ ...one, check: joined("listener", one.listener) })));
    tables.certificates.show(status.certificates);
    showFound(status.routes.length, status.routes_omitted);
}

function showProcess({ statuses_total: totals, process, log, started_at: started }) {
    write(element("total"), count(Object.values(totals).reduce((sum, one) => sum + one, 0)));
    write(element("memory"), bytes(process.resident_bytes));
    const { open_descriptors: open, descriptors_max: most } = process;
    write(element("descriptors"), `${count(open)} of ${count(most)}`);
    writeMark(element("descriptors"), open > 0.8 * most ? "warn" : undefined);
    write(element("lines"), count(log.lines));
    write(element("dropped"), count(log.dropped));
    writeMark(element("dropped"), log.dropped > 0 ? "warn" : undefined);
    write(element("started"), moment(started));
}

let routeCounts = { shown: 0, omitted: 0 };

function showFound(shown, omitted) {
    if (routeCounts.shown === shown && routeCounts.omitted === omitted) return;
    routeCounts = { shown, omitted };
    find();
}

/** Told only when it changes, as it is read out. */
function find() {
    const left = tables.routes.filter(element("sought").value);
    const { shown, omitted } = routeCounts;
    const more = omitted > 0 ? `, ${count(omitted)} with fewer requests left out` : "";
    write(element("found"), `${count(left)} of ${count(shown)}${more}`);
}

let isLost = false;

/** Whether the numbers are of now: else they step back, and a notice says so. */
function tell(state, heardAt) {
    const isOld = state === "lost" || state === "quiet";
    document.querySelector("main").classList.toggle("old", isOld && heardAt !== null);
    const clock = heardAt?.toLocaleTimeString("en-GB");
    const since = heardAt ? `No news since ${clock}` : "No news yet";
    const short = { live: "live", asked: `as of ${clock}: too many readers for live news` };
    write(element("feed"), short[state] ?? since);
    writeMark(element("feed"), state === "live" ? "good" : "warn");
    element("stale").hidden = !isOld;
    const age = heardAt ? `, for ${span((Date.now() - heardAt) / 1000)}` : "";
    const why = state === "lost" ? " The gateway cannot be reached; trying again." : "";
    write(element("stale"), `${since}${age}.${why}`);
    if (state === "lost") {
        stand("unreachable");
        entitle("unreachable · ");
    }
    if (isLost !== (state === "lost")) changes.say(isLost ? "Connected again" : "Connection lost");
    isLost = state === "lost";
}

element("place").textContent = location.host;
element("filter").addEventListener("submit", (event) => event.preventDefault());
element("sought").addEventListener("input", () => find());
new Feed((status) => {
    showTop(status);
    showTraffic(status);
    showHealth(status);
    showTables(status);
    showProcess(status);
    changes.note(status);
}, tell);
