// The feed of the gold price as the page knows it. Snapshots replace everything, events add to it. Pure.

import { satang } from './money.js';

const limits = {
    /** Prices that are kept: a day has about twenty. */
    history: 500,
    /** Milliseconds without a look at the source, in its hours, after which the price is old: it is looked at each hour. */
    unchecked: 2 * 3_600_000,
};

/** Thailand's day that a time is in: `2026-10-01`. */
export function dayOf(time) {
    const date = new Date(time ?? NaN);
    if (Number.isNaN(date.getTime())) return null;
    return new Date(date.getTime() + 7 * 3_600_000).toISOString().slice(0, 10);
}

/** Satang of an amount with a sign; null: it is none. */
export function change(text) {
    if (typeof text !== 'string') return null;
    const amount = satang(text.replace(/^-/, ''));
    return amount === null ? null : text.startsWith('-') ? -amount : amount;
}

export class GoldFeed {
    epoch = null;
    offset = 0;
    /** A snapshot was seen. */
    isLoaded = false;
    /** Oldest first: `{value, at, offset}`. */
    history = [];
    /** `{since}` of a price that waits for a person. */
    held = null;
    /** What came of asking the source last. */
    check = null;

    get position() {
        return this.epoch === null ? null : { epoch: this.epoch, offset: this.offset };
    }

    snapshot(frame) {
        this.epoch = frame.epoch;
        this.offset = frame.offset;
        this.isLoaded = true;
        const { history, held, check } = frame.state ?? {};
        this.history = (Array.isArray(history) ? history : []).filter((entry) => isPrice(entry.value));
        this.held = held ?? null;
        this.check = check ?? null;
    }

    /** False: a piece is missing. */
    event(frame) {
        if (frame.offset <= this.offset) return true;
        if (frame.offset !== this.offset + 1) return false;
        this.offset = frame.offset;
        switch (frame.name) {
        case 'feed.published':
            if (isPrice(frame.data?.value)) {
                this.history = [...this.history, { value: frame.data.value, at: frame.data.at, offset: frame.offset }].slice(-limits.history);
            }
            break;
        case 'feed.held':
            this.held = { since: frame.at, offset: frame.offset };
            break;
        case 'feed.confirmed': case 'feed.rejected':
            this.held = null;
            break;
        }
        return true;
    }

    value(frame) {
        if (frame.name === 'check') this.check = frame.data;
    }

    get latest() {
        return this.history.at(-1)?.value ?? null;
    }

    /** The prices of the day of the latest one. */
    get today() {
        const day = dayOf(this.latest?.announcedAt);
        return this.history.map(({ value }) => value).filter((value) => dayOf(value.announcedAt) === day);
    }

    /** Satang; null: nobody knows. */
    get closing() {
        const by = change(this.latest?.change?.day);
        return by === null ? null : satang(this.latest.bar.sell) - by;
    }

    /** `failed`: the source does not answer; `old`: nobody has looked for long; else null. */
    trouble(now) {
        if (this.check === null) return null;
        if (this.check.result === 'failed') return 'failed';
        const hour = new Date(now + 7 * 3_600_000).getUTCHours();
        const isOpen = hour >= 10 && hour < 18 && new Date(now + 7 * 3_600_000).getUTCDay() !== 0;
        return isOpen && now - Date.parse(this.check.at) > limits.unchecked ? 'old' : null;
    }
}

function isPrice(value) {
    return [value?.bar?.buy, value?.bar?.sell, value?.ornament?.buy, value?.ornament?.sell].every((each) => satang(each) !== null);
}
