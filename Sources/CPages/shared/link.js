// The link that opened the page: a ticket for once in the address, traded for a token that this tab keeps for this session.

import { ask } from './http.js';
import { recall, remember } from './memory.js';
import { backoff } from './reconnect.js';

/** Close codes after which the token does not work any more. */
const lostTokens = [4200, 4500, 4503, 4507];
/** What a refused ticket means for the person who holds the link, by the fault's code. */
const refusals = { 2100: 'used', 2101: 'over', 2102: 'forbidden', 2103: 'over', 2104: 'used', 2203: 'noKey', 2301: 'unknown' };

/** Where a ticket opens a page. `home`: the page's folder, such as `/demo/pay/`. */
export function address(home, id, ticket) {
    return `${home}${encodeURIComponent(id)}?ticket=${encodeURIComponent(ticket)}`;
}

export class Link {
    #home;
    #actions;
    #again = null;

    /** Which session the address names; empty: none. */
    id = '';

    /**
     * `actions`: `open(token)`; `waiting(at)`: nobody answers, the next try is at that time; `problem(key, detail)`: why the
     * link opens nothing (`empty`, `none`, `used`, `over`, `forbidden`, `noKey`, `unknown`, `refused`).
     */
    constructor(home, actions) {
        this.#home = home;
        this.#actions = actions;
        try {
            this.id = decodeURIComponent(location.pathname.slice(home.length));
        } catch {
            // What is no id names nothing.
        }
    }

    async enter() {
        if (this.id === '') return this.#actions.problem('empty');
        const ticket = new URLSearchParams(location.search).get('ticket');
        if (ticket !== null) return this.#trade(ticket);
        const token = this.#kept;
        if (token) this.#actions.open(token);
        else this.#actions.problem('none');
    }

    /** Somebody is looking, or the network is back: a try that waits is made now. */
    wake() {
        this.#again?.();
    }

    /** The connection became `state`: whether the token is lost with it. It is forgotten then. */
    isOver(state) {
        const isLost = lostTokens.includes(state.code) && (state.kind === 'stopped' || state.asks === true);
        if (isLost) this.#keep(null);
        return isLost;
    }

    /** Trades the ticket, as long as nobody answers. Its thirty seconds are the server's to count. */
    async #trade(ticket) {
        for (let attempt = 0; ; attempt += 1) {
            const answer = await this.#answer(ticket);
            if (answer?.token) {
                forgetTicket();
                this.#keep(answer.token);
                return this.#actions.open(answer.token);
            }
            if (answer && !answer.fault.retryable) return this.#refuse(answer.fault);
            const wait = answer?.fault.retryAfterMs ?? backoff(attempt, false, Math.random);
            this.#actions.waiting(Date.now() + wait);
            await new Promise((done) => {
                setTimeout(done, wait);
                this.#again = done;
            });
            this.#again = null;
        }
    }

    /** `{token}`, or `{fault}`; null when nobody answers. */
    async #answer(ticket) {
        try {
            const path = `${this.#home}${encodeURIComponent(this.id)}/token`;
            const { ok, status, content } = await ask('POST', path, { body: { ticket } });
            if (ok && content?.token) return { token: content.token };
            return { fault: content ?? { status, retryable: status >= 500 } };
        } catch {
            return null;
        }
    }

    /** A link that is opened again in the tab where it was opened before still works there. */
    #refuse(fault) {
        forgetTicket();
        const kept = this.#kept;
        if (kept) return this.#actions.open(kept);
        this.#actions.problem(refusals[fault.code] ?? 'refused', fault.detail ?? fault.name ?? String(fault.status ?? ''));
    }

    get #place() {
        return `sala${this.#home.slice('/demo'.length).replaceAll('/', '.')}${this.id}`;
    }

    get #kept() {
        return recall('sessionStorage', this.#place);
    }

    #keep(token) {
        remember('sessionStorage', this.#place, token);
    }
}

/** Takes the used ticket out of the address, where it would be copied along. */
function forgetTicket() {
    history.replaceState(null, '', location.pathname);
}
