// The commands that a person gave and the server has not answered yet. Each carries an idempotency key, so that it can
// be sent again after a lost connection without ever taking effect twice. Pure: time and keys are arguments.

export const limits = {
    /** Unanswered commands kept at once; beyond it the page asks the person to wait. */
    entries: 20,
    /** Times one command is sent again after retryable faults before it is shown as failed. */
    attempts: 8,
    /** Wait in milliseconds after a retryable fault that names no wait of its own; doubles up to the ceiling. */
    base: 500,
    ceiling: 15_000,
};

/**
 * An entry: `{key, session, name, data, since, status, attempts, notBefore, id, fault, offset, answer}`.
 * `status` is `pending` (unanswered), `failed` (refused, or retried in vain) or `done` (durable at `offset`).
 * `since` is the log offset that was known when the command was given. `id` is set while a frame is under way.
 */
export class Outbox {
    #entries = new Map();

    constructor(saved = []) {
        for (const entry of saved.slice(0, limits.entries)) {
            this.#entries.set(entry.key, { ...entry, id: null, notBefore: 0 });
        }
    }

    get entries() {
        return [...this.#entries.values()];
    }

    /** Adds a command, or returns null when too many wait already. */
    add({ key, session, name, data, since = 0 }) {
        if (this.#entries.size >= limits.entries) return null;
        const entry = {
            key, session, name, data, since,
            status: 'pending', attempts: 0, notBefore: 0, id: null, fault: null, offset: null, answer: null,
        };
        this.#entries.set(key, entry);
        return entry;
    }

    /** What may be sent now. Order is kept: nothing of a session overtakes an earlier command that has to wait. */
    sendable(now) {
        const blocked = new Set();
        return this.entries.filter((entry) => {
            if (entry.status !== 'pending' || blocked.has(entry.session)) return false;
            if (entry.notBefore > now) {
                blocked.add(entry.session);
                return false;
            }
            return entry.id === null;
        });
    }

    /** The instant at which a command that waits becomes sendable, or null. */
    nextDeadline() {
        const waiting = this.entries.filter((entry) => entry.status === 'pending' && entry.id === null && entry.notBefore > 0);
        return waiting.length === 0 ? null : Math.min(...waiting.map((entry) => entry.notBefore));
    }

    sent(key, id) {
        const entry = this.#entries.get(key);
        if (entry) entry.id = id;
    }

    /** The server's `ok`: durable in the log at `offset`, with what it answered. The entry, or null if `id` is not one of ours. */
    accept(id, offset, answer) {
        const entry = this.#byID(id);
        if (!entry) return null;
        Object.assign(entry, { status: 'done', offset: offset ?? null, answer: answer ?? null, id: null, fault: null });
        return entry;
    }

    /** The server's `fault`. A retryable one waits and is sent again, any other one ends as `failed`. */
    refuse(id, fault, now) {
        const entry = this.#byID(id);
        if (!entry) return null;
        entry.id = null;
        entry.fault = fault;
        entry.attempts += 1;
        if (!fault.retryable || entry.attempts >= limits.attempts) {
            entry.status = 'failed';
        } else {
            const wait = Math.min(limits.ceiling, limits.base * 2 ** (entry.attempts - 1));
            entry.notBefore = now + (fault.retryAfterMs ?? wait);
        }
        return entry;
    }

    /** The connection is gone: what was under way has an unknown fate and is sent again with its key. */
    disconnect() {
        for (const entry of this.#entries.values()) entry.id = null;
    }

    /** A person asked to try a failed command again. The key stays: had it taken effect, the answer says so. */
    retry(key) {
        const entry = this.#entries.get(key);
        if (entry?.status === 'failed') Object.assign(entry, { status: 'pending', attempts: 0, notBefore: 0, fault: null });
    }

    remove(key) {
        this.#entries.delete(key);
    }

    #byID(id) {
        if (id === undefined || id === null) return null;
        return this.entries.find((entry) => entry.id === id) ?? null;
    }
}
