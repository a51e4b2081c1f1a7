// The box of the demo: a shop that asks for money, and a bank that makes transfers. Exists in `sala dev` only.

import { find, show } from './elements.js';
import { ask, get } from './http.js';
import { address } from './link.js';
import { uuid } from './memory.js';
import { decimal, satang } from './money.js';
import { fromAddress } from './photo.js';

const payee = { promptpay: '0812345678', last4: '5678', name: 'ร้านศาลาสาธิต' };
/** PromptPay id of somebody who is not asked for. */
const stranger = '0899999999';

export class DemoBox {
    #actions;
    #token = null;
    #slip = null;
    #isBusy = false;
    #outcome = null;

    /** `actions`: `changed()`, `payment()` (its state, or null), `send(blob)`. */
    constructor(id, actions) {
        this.id = id;
        this.#actions = actions;
        find('demo-new').addEventListener('submit', (event) => {
            event.preventDefault();
            void this.#do(() => this.#make());
        });
        find('demo-transfer').addEventListener('click', () => void this.#do(() => this.#transfer()));
        find('demo-second').addEventListener('click', () => void this.#do(() => this.#openSecond()));
        find('demo-use').addEventListener('click', () => actions.send(fromAddress(this.#slip)));
        find('demo-slip').addEventListener('dragstart', (event) => event.dataTransfer.setData('text/uri-list', this.#slip));
    }

    /** Asks for the shop's token; without one there is no demo here, and no box. */
    async load() {
        try {
            this.#token = (await get('/demo/pay/demo/shop'))?.token ?? null;
        } catch {
            // The box is an extra: the page works without it.
        }
        this.#actions.changed();
    }

    get isOffered() {
        return this.#token !== null;
    }

    /** `hasProblem`: the page shows no payment, so that one can be made. */
    render({ words, hasProblem }) {
        show(find('demo'), this.isOffered);
        if (!this.isOffered) return;
        show(find('demo-new'), hasProblem);
        show(find('demo-pay'), !hasProblem && this.#actions.payment()?.payee?.promptpay !== undefined);
        for (const id of ['demo-make', 'demo-transfer', 'demo-second', 'demo-use']) find(id).disabled = this.#isBusy;
        show(find('demo-made'), this.#slip !== null);
        find('demo-slip').alt = words('demo.slip');
        if (this.#slip !== null && find('demo-slip').src !== this.#slip) find('demo-slip').src = this.#slip;
        find('demo-outcome').textContent = this.#outcome ? words(this.#outcome.key, this.#outcome) : '';
    }

    async #do(act) {
        this.#isBusy = true;
        this.#outcome = null;
        this.#actions.changed();
        try {
            await act();
        } catch (error) {
            this.#outcome = error instanceof Refusal ? error : { key: 'demo.failed', detail: error.message };
        }
        this.#isBusy = false;
        this.#actions.changed();
    }

    /** What a shop's back end does: makes the payment, and a link to it with a ticket. */
    async #make() {
        const amount = satang(find('demo-amount').value.trim().replaceAll(',', ''));
        if (amount === null || amount === 0n) throw new Refusal('demo.badAmount');
        const id = `demo-${uuid().slice(0, 8)}`;
        const facts = {
            payer: 'u_1', amount: decimal(amount), expiresInSeconds: Number(find('demo-time').value), payee, order: id.slice(5),
        };
        await this.#ask('PUT', `/v1/sessions/payment/${id}`, facts);
        location.assign(address('/demo/pay/', id, await this.#ticket()));
    }

    async #ticket() {
        return (await this.#ask('POST', '/v1/tickets')).ticket;
    }

    /** What the customer does in the banking app. */
    async #transfer() {
        const { amount, payee: { promptpay } } = this.#actions.payment();
        const how = find('demo-how').value;
        const paid = how === 'short' ? decimal(satang(amount) - 1n) : amount;
        const order = { promptpay: how === 'other' ? stranger : promptpay, amount: paid };
        this.#slip = (await this.#ask('POST', '/demo/pay/demo/transfer', order)).image;
    }

    async #openSecond() {
        window.open(address('/demo/pay/', this.id, await this.#ticket()), '_blank', 'noopener');
    }

    async #ask(method, path, body) {
        const { ok, status, content } = await ask(method, path, { token: this.#token, body });
        if (!ok) throw new Refusal('demo.failed', content?.detail ?? content?.error ?? String(status));
        return content;
    }
}

class Refusal extends Error {
    constructor(key, detail) {
        super(key);
        this.key = key;
        this.detail = detail;
    }
}
