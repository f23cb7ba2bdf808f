// What changed, in sentences: seen in a list, and read out by screen readers as it is a log.

const changesMax = 50;

class Changes {
    constructor() {
        this.list = element("news");
        this.known = null;
        this.toldAt = -Infinity;
    }

    say(text) {
        const item = made("p");
        const time = made("time", new Date().toLocaleTimeString("en-GB"));
        item.append(time, text);
        this.list.prepend(item);
        while (this.list.children.length > changesMax) this.list.lastChild.remove();
    }

    /**
     * Says in what a status differs from the one that was spoken of last: whatever goes to and fro
     * is told of every five seconds at most.
     */
    note(status) {
        const facts = Changes.facts(status);
        if (this.known === null) {
            this.known = facts;
            return this.say(`Watching: ${status.status}`);
        }
        if (performance.now() - this.toldAt < 5000) return;
        const told = [];
        for (const [name, fact] of facts) {
            const before = this.known.get(name);
            if (before !== fact && (before !== undefined || !name.startsWith("check "))) {
                told.push(fact);
            }
        }
        for (const name of this.known.keys()) {
            if (name.startsWith("maintenance ") && !facts.has(name)) {
                told.push(`${name.slice(12)} out of maintenance`);
            }
        }
        this.known = facts;
        if (told.length === 0) return;
        this.toldAt = performance.now();
        this.say(names(told, 6));
    }

    /** Sentences by what they are about. */
    static facts(status) {
        const facts = new Map([["status", `Status: ${status.status}`]]);
        for (const [name, check] of Object.entries(status.checks)) {
            const reason = check.reason ? ` (${words(check.reason)})` : "";
            facts.set(`check ${name}`, `${name} ${check.status}${reason}`);
        }
        if (status.redis) facts.set("breaker", `Redis breaker ${status.redis.breaker}`);
        for (const { route } of status.maintenance) {
            facts.set(`maintenance ${route}`, `${route} in maintenance`);
        }
        facts.set("start", `Serving since ${moment(status.started_at)}`);
        facts.set("reload",
            `Configuration of ${moment(status.configuration.loaded_at)} serves`
            + (status.configuration.last_reload_successful ? "" : ", a later one was refused"));
        return facts;
    }
}
