// A slip on its way to the server: made smaller, uploaded, named in a command. What was begun goes on when the network is back.

import { ask } from './http.js';
import { uuid } from './memory.js';
import { prepared, Unusable } from './photo.js';
import { backoff } from './reconnect.js';

const limits = {
    /** One upload, in milliseconds: a phone's network is slow. */
    upload: 60_000,
    /** Tries of one picture before a person is asked. */
    attempts: 6,
};

export class SlipSender {
    #actions;
    #preview;
    #blob = null;
    #attempt = 0;
    #timer = null;
    #key = null;
    /** Which picture is meant: what an older one is still waiting for counts no more. */
    #turn = 0;

    /** `{kind: 'preparing' | 'uploading' | 'waiting' | 'submitting' | 'failed', …}`; null: nothing is under way. */
    state = null;

    /** `actions`: `changed()`, `flush()`, `token()`; `preview`: a canvas. */
    constructor(id, outbox, preview, actions) {
        this.id = id;
        this.outbox = outbox;
        this.#preview = preview;
        this.#actions = actions;
    }

    get isBusy() {
        return this.state !== null && this.state.kind !== 'failed';
    }

    async send(file) {
        if (this.isBusy) return;
        const turn = ++this.#turn;
        this.#become({ kind: 'preparing' });
        try {
            this.#blob = (await prepared(file, this.#preview)).blob;
        } catch (error) {
            if (turn !== this.#turn) return;
            this.#blob = null;
            this.#become({ kind: 'failed', key: error instanceof Unusable ? error.key : 'photo.unreadable' });
            return;
        }
        this.#attempt = 0;
        await this.#upload();
    }

    /** There is a picture that can be sent again. */
    get hasPicture() {
        return this.#blob !== null;
    }

    /** The same picture again: the network may be back, or a person asks for it. */
    retry() {
        if (!this.hasPicture || this.isBusy && this.state.kind !== 'waiting') return;
        if (this.state?.kind !== 'waiting') this.#attempt = 0;
        void this.#upload();
    }

    /** What was given is not even a picture. */
    refuse(key) {
        if (!this.isBusy) this.#become({ kind: 'failed', key });
    }

    async #upload() {
        clearTimeout(this.#timer);
        this.#become({ kind: 'uploading' });
        this.#attempt += 1;
        let answer = null;
        try {
            answer = await ask('POST', `/v1/sessions/payment/${encodeURIComponent(this.id)}/pictures`, {
                token: this.#actions.token(), body: this.#blob, patience: limits.upload,
            });
        } catch {
            // Nobody answers: again, below.
        }
        if (answer?.ok && answer.content?.image) this.#submit(answer.content.image);
        else if (answer && answer.status < 500 && answer.status !== 429) this.#fail(answer.content, answer.status);
        else if (this.#attempt >= limits.attempts) this.#become({ kind: 'failed', key: 'upload.failed', mayRetry: true });
        else {
            this.#become({ kind: 'waiting' });
            const wait = answer?.content?.retryAfterMs ?? backoff(this.#attempt, true, Math.random);
            this.#timer = setTimeout(() => this.retry(), wait);
        }
    }

    #submit(image) {
        this.#key = uuid();
        const entry = this.outbox.add({ key: this.#key, session: `payment/${this.id}`, name: 'slip.submit', data: { image } });
        if (!entry) return this.#become({ kind: 'failed', key: 'upload.failed', mayRetry: true });
        this.#become({ kind: 'submitting' });
        this.#actions.flush();
    }

    /** `offset`: how far the log is known. An answered command is forgotten when what it did is there to be seen. */
    follow(offset) {
        const entry = this.outbox.entries.find((each) => each.key === this.#key);
        if (!entry || entry.status === 'pending') return;
        if (entry.status === 'done' && entry.offset !== null && entry.offset > offset) return;
        this.outbox.remove(entry.key);
        this.#key = null;
        if (entry.status === 'failed') this.#fail(entry.fault);
        else this.#become(null);
    }

    #fail(fault, status) {
        const key = status === 413 ? 'photo.large' : `fault.${fault?.code}`;
        this.#become({ kind: 'failed', key, detail: fault?.detail ?? fault?.name ?? String(status ?? '') });
    }

    #become(state) {
        this.state = state;
        this.#actions.changed();
    }
}
