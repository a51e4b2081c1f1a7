// What the rider's phone knows and the server does not: a report as soon as it is due, and after a gap all of it, in batches
// that are asked for again until they are there. Pure: the time is an argument.

export const limits = {
    /** Places of one report. */
    batch: 256,
    /** Places that are kept without a network, an hour of them; then the oldest go. */
    kept: 3_600,
    /** Seconds between two reports, until the server says. */
    pace: 5,
};

export class Reporter {
    #fixes = [];
    #sentAt = -Infinity;
    #hasGap = false;
    /** Places in reports that are not answered yet, by their key. */
    #underway = new Map();

    /** Seconds between two reports, as the server wants them. */
    pace = limits.pace;
    /** Places: told in passing, which nobody answers; and of those in batches what the server said. */
    told = 0;
    accepted = 0;
    dropped = 0;
    /** The last refusal; null: none. */
    fault = null;

    /** Places that the server does not have. */
    get waiting() {
        return this.#fixes.length + [...this.#underway.values()].reduce((sum, count) => sum + count, 0);
    }

    add(fix) {
        this.#fixes = [...this.#fixes, fix].slice(-limits.kept);
    }

    /** There was no connection: what is there now has to arrive, whatever it takes. */
    interrupt() {
        this.#hasGap ||= this.#fixes.length > 0;
    }

    /**
     * Sends what is due. `signal(points)`: false when it was not sent. `command(points)`: the key of a command that will be
     * answered; null when there is no place for it now.
     */
    send(now, signal, command) {
        if (this.#hasGap || this.#fixes.length > limits.batch) return this.#sendBatches(now, command);
        if (this.#fixes.length === 0 || now - this.#sentAt < this.pace * 1_000 - 100) return;
        if (!signal(this.#fixes)) return;
        this.told += this.#fixes.length;
        this.#fixes = [];
        this.#sentAt = now;
    }

    #sendBatches(now, command) {
        while (this.#fixes.length > 0) {
            const batch = this.#fixes.slice(0, limits.batch);
            const key = command(batch);
            if (key === null) return;
            this.#underway.set(key, batch.length);
            this.#fixes = this.#fixes.slice(batch.length);
        }
        this.#hasGap = false;
        this.#sentAt = now;
    }

    /** What became of a batch: the server's answer, or a fault. */
    settle(key, answer, fault) {
        if (!this.#underway.delete(key)) return;
        this.fault = fault;
        this.accepted += answer?.accepted ?? 0;
        this.dropped += answer?.dropped ?? 0;
        this.setPace(answer?.everySeconds);
    }

    setPace(seconds) {
        if (Number.isFinite(seconds) && seconds > 0) this.pace = seconds;
    }
}
