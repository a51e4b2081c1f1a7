// An order as its customer sees it. Snapshots replace everything, values move the rider; what an event changes is in the
// snapshot that is asked for after it. Pure: the time is an argument.

import { Glide, isPlace } from './geo.js';

const limits = {
    /** Milliseconds after which a place is old. */
    stale: 30_000,
    /** Places of the way behind the rider that are kept between two snapshots. */
    line: 512,
};

export class Order {
    /** As in a snapshot; null: none was seen. */
    state = null;
    /** By the server's clock, in milliseconds: how much it is ahead of ours. */
    ahead = 0;
    rider = new Glide();
    /** Places where the rider was, oldest first. */
    line = [];

    /** The server's clock as it has just told it. */
    tells(time, now) {
        const told = Date.parse(time);
        if (!Number.isNaN(told)) this.ahead = told - now;
    }

    snapshot(frame, now) {
        this.state = frame.state ?? {};
        const { position, track } = this.tracking ?? {};
        this.line = (Array.isArray(track) ? track : []).map(([lat, lng]) => ({ lat, lng })).filter(isPlace);
        if (!this.isOpen || !isPlace(position)) this.rider.clear();
        else this.#move(position, now);
    }

    /** The newest of its name. */
    value({ name, asOf, data }, now) {
        if (!this.isOpen) return;
        if (name === 'position' && isPlace(data)) {
            this.#set({ position: { ...data, asOf } });
            this.line = [...this.line, { lat: data.lat, lng: data.lng }].slice(-limits.line);
            this.#move(this.tracking.position, now);
        }
        if (name === 'eta') this.#set({ eta: data });
    }

    get tracking() {
        return this.state?.tracking ?? null;
    }

    /** Whether the customer may see the rider now. */
    get isOpen() {
        return this.tracking?.open === true && this.state.terminal !== true;
    }

    get position() {
        return this.isOpen && isPlace(this.tracking.position) ? this.tracking.position : null;
    }

    /** Milliseconds since the rider was seen; null: never. */
    age(now) {
        const seen = Date.parse(this.position?.asOf);
        return Number.isNaN(seen) ? null : Math.max(0, now + this.ahead - seen);
    }

    isStale(now) {
        const age = this.age(now);
        return age !== null && (this.position.stale === true || age > limits.stale);
    }

    /** Minutes until the rider is there, `{low, high}`, less what has passed since it was told; null: nobody knows. */
    minutes(now) {
        const eta = this.isOpen ? this.tracking.eta : null;
        if (!eta || this.isStale(now) || ![eta.low, eta.high, eta.seconds].every(Number.isFinite)) return null;
        const left = (Date.parse(eta.arrivesAt) - now - this.ahead) / 1_000;
        const passed = Number.isNaN(left) ? 0 : Math.max(0, eta.seconds - left);
        const low = Math.max(0, Math.round((eta.low - passed) / 60));
        return { low, high: Math.max(low, 1, Math.round((eta.high - passed) / 60)) };
    }

    /** How it ended: `good` at the end of the timeline, `bad` anywhere else; null: it goes on. */
    get ending() {
        if (this.state?.terminal !== true) return null;
        return this.state.steps?.at(-1)?.status === this.state.status ? 'good' : 'bad';
    }

    #set(facts) {
        this.state = { ...this.state, tracking: { ...this.tracking, ...facts } };
    }

    #move(position, now) {
        const asOf = Date.parse(position.asOf);
        this.rider.move(position, Number.isNaN(asOf) ? now + this.ahead : asOf, now);
    }
}
