// A LINE Official Account as the log tells it: its slips, today's counts, quotas, the administrator's session. A snapshot
// replaces everything, and events follow it one by one; what a newer server says beyond that is passed over.

import { decimal, satang } from './money.js';

/** Slips that have ended and are still shown; the log keeps all. */
const maxEnded = 100;

const ends = ['credited', 'duplicate', 'failed'];
/** Reasons to review after which no order is open any more: the back end has said so. */
const settled = ['credit-refused', 'credit-absent', 'admin-expired', 'back-end-unavailable'];

export class Account {
    /** `epoch` null: only a snapshot can help. */
    epoch = null;
    offset = 0;
    name = null;
    /** By transaction, in the order in which they came. */
    slips = new Map();
    hasMore = false;
    inFlight = 0;
    inReview = 0;
    today = emptyDay('');
    quotas = [];
    admin = null;

    constructor(id) {
        this.id = id;
    }

    get position() {
        return this.epoch === null ? null : { epoch: this.epoch, offset: this.offset };
    }

    snapshot(frame) {
        const state = frame.state ?? {};
        this.epoch = frame.epoch;
        this.offset = frame.offset;
        this.name = state.name ?? null;
        const slips = [...state.slips ?? [], ...state.ended ?? []].sort((one, other) => one.offset - other.offset);
        this.slips = new Map(slips.map((slip) => [slip.transaction, slip]));
        this.hasMore = state.hasMore ?? false;
        this.inFlight = state.inFlight ?? 0;
        this.inReview = state.inReview ?? 0;
        this.today = state.today ?? emptyDay('');
        this.quotas = state.quotas ?? [];
        this.admin = state.admin ?? null;
    }

    resumed(frame) {
        this.epoch = frame.epoch;
    }

    /** One event of the log: `applied`, `duplicate` (seen before) or `gap` (something is missing: subscribe again). */
    event(frame) {
        if (frame.offset <= this.offset) return 'duplicate';
        if (frame.offset > this.offset + 1) return 'gap';
        this.offset = frame.offset;
        const data = frame.data ?? {};
        if (frame.name.startsWith('slip.')) this.#slip(frame, data);
        else if (frame.name.startsWith('line.')) this.#told(frame.name, data);
        else if (frame.name === 'quota.changed') {
            this.quotas = [...this.quotas.filter((each) => each.name !== data.name), data].sort(byName);
        } else if (frame.name === 'admin.expired') this.admin = { status: 'EXPIRED', since: frame.at };
        else if (frame.name === 'admin.renewed') this.admin = { status: 'ACTIVE', username: data.username };
        return 'applied';
    }

    /** What a slip is at just now; nobody misses it. */
    stage(transaction, stage) {
        this.#change(transaction, (slip) => ({ ...slip, stage }));
    }

    #slip(frame, { transaction, ...data }) {
        const name = frame.name.slice('slip.'.length);
        this.#count(name, data, frame.at);
        if (name === 'received') {
            this.slips.set(transaction, {
                transaction, status: 'pending_verification', receipt: data, offset: frame.offset, receivedAt: frame.at,
                changedAt: frame.at, notices: {},
            });
            return;
        }
        this.#change(transaction, (slip) => ({ ...advanced(slip, name, data), changedAt: frame.at, stage: null }));
        if (ends.includes(name)) this.#forget();
    }

    #count(name, data, at) {
        const date = bangkokDate(at);
        const today = this.today.date === date ? { ...this.today } : emptyDay(date);
        if (name === 'received') this.inFlight += 1;
        if (ends.includes(name)) this.inFlight = Math.max(0, this.inFlight - 1);
        if (name === 'review') this.inReview += 1;
        if (name === 'retried' || name === 'resolved') this.inReview = Math.max(0, this.inReview - 1);
        const counter = name === 'review' ? 'reviewed' : name;
        if (['received', 'reviewed', ...ends].includes(counter)) today[counter] += 1;
        if (name === 'credited') {
            today.creditedAmount = decimal((satang(today.creditedAmount) ?? 0n) + (satang(data.amount) ?? 0n));
        }
        this.today = today;
    }

    #told(name, { transaction, notice, ...data }) {
        const state = {
            'line.sending': { state: 'sending' }, 'line.replied': { state: 'told', via: 'reply', certain: data.certain },
            'line.pushed': { state: 'told', via: 'push', certain: true }, 'line.unsent': { state: 'unsent', reason: data.reason },
        }[name];
        if (!state || !notice) return;
        this.#change(transaction, (slip) => ({ ...slip, notices: { ...slip.notices, [notice]: state } }));
    }

    /** A changed slip is another object: who drew the one before sees that there is something to draw. */
    #change(transaction, change) {
        const slip = this.slips.get(transaction);
        if (slip) this.slips.set(transaction, change(slip));
    }

    #forget() {
        const ended = [...this.slips.values()].filter((slip) => ends.includes(slip.status));
        for (const slip of ended.slice(0, Math.max(0, ended.length - maxEnded))) this.slips.delete(slip.transaction);
    }
}

/** The slip after one event, in the form that snapshots have. */
function advanced(slip, name, data) {
    const next = { ...slip, wait: null };
    switch (name) {
    case 'identified': return { ...next, claim: data };
    case 'delayed': return { ...next, wait: data, credit: data.step === 'credit' ? closed(slip.credit) : slip.credit };
    case 'verified': return { ...next, proof: data, status: 'pending' };
    case 'matched': return { ...next, account: data };
    case 'userFound': return { ...next, user: data, status: 'matched' };
    case 'crediting': return { ...next, credit: { order: data } };
    case 'creditUnclear': return { ...next, credit: { ...slip.credit, ask: data.ask, until: data.until, conflict: data.conflict } };
    case 'credited': return { ...next, status: 'credited', credited: data, credit: undefined };
    case 'duplicate': return { ...next, status: 'duplicate', duplicate: data, credit: closed(slip.credit) };
    case 'failed': return { ...next, status: 'failed', reason: data.reason };
    case 'review':
        return {
            ...next, status: 'review', reason: data.reason,
            credit: settled.includes(data.reason) ? closed(slip.credit) : slip.credit,
        };
    case 'retried': case 'resolved':
        return { ...next, reason: null, status: slip.user ? 'matched' : slip.proof ? 'pending' : 'pending_verification' };
    default: return slip;
    }
}

function closed(credit) {
    return credit?.order ? { attempts: credit.order.attempt } : credit;
}

function emptyDay(date) {
    return { date, received: 0, credited: 0, duplicate: 0, failed: 0, reviewed: 0, creditedAmount: '0.00' };
}

/** The server counts by the day in Bangkok, which has no summer time. */
function bangkokDate(at) {
    const time = Date.parse(at);
    return Number.isNaN(time) ? '' : new Date(time + 7 * 3_600_000).toISOString().slice(0, 10);
}

function byName(one, other) {
    return one.name < other.name ? -1 : 1;
}
