// A payment as its log tells it. A snapshot replaces everything, events follow it one by one; what a newer server says beyond
// that is passed over. Pure: the time is an argument.

import { decimal, satang } from './money.js';

/** What a slip goes through, in order. `done` is the money's arrival. */
export const steps = ['received', 'reading', 'checking', 'verifying', 'claiming', 'done'];

/** Where a durable stage leads to: what begins behind it may not have been signalled to us. */
const behind = { received: 'received', read: 'checking', verified: 'claiming' };

/** Statuses in which a slip may still be shown: money that was sent too late is not lost. */
const open = ['pending', 'expired', 'cancelled', 'rejected'];

export class Payment {
    /** `epoch` null: only a snapshot can help. */
    epoch = null;
    offset = 0;
    /** As in a snapshot; null: none was seen. */
    state = null;
    /** How far the newest slip is: `{slip, step}`; null when none was seen on its way. */
    progress = null;
    /** By the server's clock, in milliseconds: how much it is ahead of ours. */
    ahead = 0;

    constructor(id) {
        this.id = id;
    }

    get position() {
        return this.epoch === null ? null : { epoch: this.epoch, offset: this.offset };
    }

    get isOpen() {
        return this.state !== null && open.includes(this.state.status);
    }

    /** The verdict on the newest slip, unless another is being looked at or something else has become of the payment. */
    get refusal() {
        if (!this.isOpen || this.state.slip) return null;
        return this.state.rejectedSlips?.at(-1) ?? null;
    }

    /** The transfer that paid it; null when something else did. */
    get proof() {
        return this.state?.acceptance?.proof ?? null;
    }

    /** Milliseconds until it may not be paid any more; null once that does not matter. */
    left(now) {
        if (this.state?.status !== 'pending') return null;
        return Math.max(0, Date.parse(this.state.expiresAt) - now - this.ahead);
    }

    /** The server's clock as it has just told it. */
    tells(time, now) {
        const told = Date.parse(time);
        if (!Number.isNaN(told)) this.ahead = told - now;
    }

    snapshot(frame) {
        this.epoch = frame.epoch;
        this.offset = frame.offset;
        this.state = frame.state ?? {};
        const slip = this.state.slip;
        if (slip) this.#reach(slip.slip, behind[slip.stage]);
        else if (this.state.status !== 'accepted') this.progress = null;
        else if (this.progress) this.progress = { ...this.progress, step: 'done' };
    }

    resumed(frame) {
        this.epoch = frame.epoch;
    }

    /** One event of the log: `applied`, `duplicate` (seen before) or `gap` (something is missing: subscribe again). */
    event(frame) {
        if (frame.offset <= this.offset) return 'duplicate';
        if (frame.offset > this.offset + 1 || this.state === null) return 'gap';
        this.offset = frame.offset;
        this.state = folded(this.state, frame);
        const data = frame.data ?? {};
        if (frame.name === 'slip.stage') this.#reach(data.slip, behind[data.stage]);
        if (frame.name === 'slip.rejected') this.progress = null;
        if (frame.name === 'status.changed') {
            const isPaid = data.to === 'accepted' && data.evidence?.kind === 'slip';
            this.progress = isPaid ? { slip: data.evidence.slip, step: 'done' } : null;
        }
        return 'applied';
    }

    /** What a slip is at just now; nobody misses it. */
    stage(slip, stage) {
        if (this.state?.slip?.slip === slip) this.#reach(slip, stage);
    }

    /** A slip only gets on. */
    #reach(slip, step) {
        const index = steps.indexOf(step);
        if (index < 0) return;
        const before = this.progress?.slip === slip ? steps.indexOf(this.progress.step) : -1;
        if (index > before) this.progress = { slip, step };
    }
}

/** The state after one event, in the form that snapshots have. */
function folded(state, { name, data = {}, at }) {
    switch (name) {
    case 'status.changed': return changed(state, data, at);
    case 'slip.stage': return { ...state, slip: advanced(state.slip, data, at) };
    case 'slip.rejected':
        return without({ ...state, rejectedSlips: [...state.rejectedSlips ?? [], { ...data, at }],
            ...state.review && { review: without(state.review, 'claiming') } }, 'slip');
    case 'timer.extended': return { ...state, expiresAt: data.until };
    case 'escrow.changed': return { ...state, escrowStatus: data.to };
    case 'review.claiming':
        return { ...state, review: { ...state.review, claiming: { reference: data.reference, by: data.by } } };
    case 'refund.requested': return { ...state, refund: data, refunds: data.refund };
    case 'refund.failed': return without(state, 'refund');
    default: return state;
    }
}

function changed(state, { from, to, evidence, amount, reason }, at) {
    let next = without({ ...state, status: to, changedAt: at, evidence }, 'review');
    if (to === 'accepted') next = { ...next, acceptance: evidence, acceptedAt: at };
    if (to === 'review') next.review = { reason, evidence, from };
    if (to === 'refunded') next = without({ ...next, refunded: decimal((satang(state.refunded) ?? 0n) + (satang(amount) ?? 0n)) }, 'refund');
    return evidence?.slip && evidence.slip === state.slip?.slip ? without(next, 'slip') : next;
}

function advanced(slip, { slip: id, stage, ...facts }, at) {
    if (stage === 'received') return { slip: id, submittedAt: at, ...facts, stage };
    if (slip?.slip !== id) return slip;
    switch (stage) {
    case 'read': return without({ ...slip, stage, reference: facts.reference, qr: facts.payload }, 'wait');
    case 'verified': {
        const { reference: _, qr: __, ...rest } = slip;
        return without({ ...rest, stage, proof: facts.proof }, 'wait');
    }
    case 'waiting': return { ...slip, wait: facts.wait };
    default: return slip;
    }
}

function without(object, name) {
    const { [name]: _, ...rest } = object;
    return rest;
}
