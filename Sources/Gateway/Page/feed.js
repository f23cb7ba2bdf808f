// Where the status comes from: server-sent events, and after a failure one request a try.

const quietAfter = 3500;
const hiddenFor = 300000;
const waitMax = 8000;

class Feed {
    /**
     * `take` gets each status; `tell` whether it is "live", "asked" for now and then, "quiet" or
     * "lost", whenever that changes, and each second while it is not live.
     */
    constructor(take, tell) {
        this.take = take;
        this.tell = tell;
        this.state = "connecting";
        this.heardAt = null;
        this.heard = performance.now();
        this.wait = 1000;
        this.source = null;
        this.retry = null;
        this.hidden = null;
        setInterval(() => this.look(), 1000);
        // A page that nobody sees keeps one of few places.
        document.addEventListener("visibilitychange", () => {
            clearTimeout(this.hidden);
            if (document.hidden) this.hidden = setTimeout(() => this.close(), hiddenFor);
            else if (!this.source && this.retry === null) this.open();
        });
        this.open();
    }

    open() {
        this.retry = null;
        this.openedAt = performance.now();
        this.source = new EventSource("/api/v1/events");
        this.source.addEventListener("status", (event) => {
            this.wait = 1000;
            this.receive(event.data, "live");
        });
        this.source.addEventListener("error", () => this.fail());
    }

    close() {
        clearTimeout(this.retry);
        this.retry = null;
        this.source?.close();
        this.source = null;
    }

    /** Tries again later and later; a gateway that has no place for events is asked meanwhile. */
    fail() {
        this.close();
        if (this.state !== "asked") this.become("lost");
        this.retry = setTimeout(async () => {
            try {
                const answer = await fetch("/api/v1/status", { cache: "no-store" });
                if (answer.ok) this.receive(await answer.text(), "asked");
            } catch {
                // It is away: the next try will tell.
            }
            if (this.retry !== null) this.open();
        }, this.wait);
        this.wait = Math.min(2 * this.wait, waitMax);
    }

    receive(text, state) {
        let status;
        try {
            status = JSON.parse(text);
        } catch {
            return;
        }
        this.heard = performance.now();
        this.heardAt = new Date();
        this.become(state);
        this.take(status);
    }

    /** An event that is late may be the only sign of a connection that is gone. */
    look() {
        const now = performance.now();
        const age = now - this.heard;
        const isMute = Math.min(age, now - this.openedAt) > 4 * quietAfter;
        if (this.source && isMute) return this.fail();
        if (this.state === "live" && age > quietAfter) this.become("quiet");
        else if (this.state === "asked" && age > 2 * waitMax) this.become("lost");
        else if (this.state !== "live") this.tell(this.state, this.heardAt);
    }

    become(state) {
        if (this.state === state) return;
        this.state = state;
        this.tell(state, this.heardAt);
    }
}
