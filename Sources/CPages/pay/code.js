// The PromptPay code, as the server draws it.

import { ask } from './http.js';
import { backoff } from './reconnect.js';

export class Code {
    #changed;
    #attempt = 0;
    #isAsked = false;

    /** `{payload, svg, png}`: addresses of pictures; null: not there (yet). */
    picture = null;
    /** The payment is not paid so. */
    isAbsent = false;

    constructor(changed) {
        this.#changed = changed;
    }

    /** Asks until there is an answer; once. */
    async load(id, token) {
        if (this.#isAsked) return;
        this.#isAsked = true;
        try {
            const { ok, status, content } = await ask('GET', `/v1/sessions/payment/${encodeURIComponent(id)}/qr`, { token });
            if (ok) {
                this.picture = {
                    payload: content.payload, png: content.png, svg: `data:image/svg+xml,${encodeURIComponent(content.svg)}`,
                };
            } else if (status < 500 && status !== 429) this.isAbsent = true;
        } catch {
            // Nobody answers: again, below.
        }
        if (!this.picture && !this.isAbsent) {
            setTimeout(() => {
                this.#isAsked = false;
                void this.load(id, token);
            }, backoff(this.#attempt++, true, Math.random));
        }
        this.#changed();
    }
}
