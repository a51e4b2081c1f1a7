// A recorded ride, played at one speed or another. Pure: the time is an argument.

import { between } from './geo.js';

export class Player {
    #points;
    /** Seconds into the ride. */
    #place = 0;
    #factor = 1;
    /** Since when it plays from `#place`, in milliseconds; null: it is paused. */
    #since = null;

    /** `route`: its `points` are rows of seconds, lat, lng, heading, speed, accuracy. */
    constructor(route) {
        this.#points = route.points;
    }

    /** In seconds. */
    get length() {
        return this.#points.at(-1)[0];
    }

    get way() {
        return this.#points.map(([, lat, lng]) => ({ lat, lng }));
    }

    get isPlaying() {
        return this.#since !== null;
    }

    get factor() {
        return this.#factor;
    }

    place(now) {
        const passed = this.#since === null ? 0 : (now - this.#since) / 1_000 * this.#factor;
        return Math.min(this.length, this.#place + passed);
    }

    isOver(now) {
        return this.place(now) >= this.length;
    }

    play(now) {
        this.#since ??= now;
    }

    pause(now) {
        this.#place = this.place(now);
        this.#since = null;
    }

    accelerate(factor, now) {
        this.seek(this.place(now), now);
        this.#factor = factor;
    }

    seek(seconds, now) {
        this.#place = Math.min(this.length, Math.max(0, seconds));
        if (this.#since !== null) this.#since = now;
    }

    /** What a phone would say of itself there: place, heading, speed in metres a second, accuracy in metres. */
    fix(now) {
        const place = this.place(now);
        const index = Math.max(1, this.#points.findIndex(([seconds]) => seconds >= place));
        const [before, after] = [this.#points[index - 1], this.#points[index]];
        const part = (place - before[0]) / (after[0] - before[0]);
        const { lat, lng } = between({ lat: before[1], lng: before[2] }, { lat: after[1], lng: after[2] }, part);
        const stands = this.isOver(now) || before[4] === 0;
        return {
            lat: Number(lat.toFixed(6)), lng: Number(lng.toFixed(6)), heading: before[3],
            speed: stands ? 0 : Number((before[4] * this.#factor).toFixed(1)), accuracy: before[5],
        };
    }
}
