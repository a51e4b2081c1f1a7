// The box that sends a slip: a customer of the demo takes a picture, the stand-in for LINE delivers it as LINE would, with a
// signed webhook. Exists in `sala dev` only.

import { slipText } from './code.js';
import { find, make, show } from './elements.js';
import { get } from './http.js';
import { decimal, satang } from './money.js';
import { draw, encoded } from './picture.js';
import { bankName, zone } from './slip.js';

const limits = { timeout: 15_000, people: 12 };
const stranger = { id: '', fullname: 'นาย ไม่มี ในระบบ', bankAccount: '9988776655', bank: '004' };
/** LINE's id of the demo's customer. */
const user = 'Uc0ffee00c0ffee00c0ffee00c0ffee01';
const receiver = 'บจก. คอมพานี เอ';

export class SendBox {
    #actions;
    #people = [];
    #last = null;
    #busy = false;
    #words = null;

    constructor(actions) {
        this.#actions = actions;
        find('send').addEventListener('submit', (event) => {
            event.preventDefault();
            void this.#send();
        });
        find('send-again').addEventListener('click', () => void this.#sendAgain());
    }

    /** Asks whom the back end knows; without an answer there is no demo here, and no box. */
    async load() {
        try {
            this.#people = (await get('/demo/oa/people'))?.users ?? [];
        } catch {
            // The box is an extra: the page works without it.
        }
        this.#fill();
    }

    get isOffered() {
        return this.#people.length > 0;
    }

    /** Who is meant by an id of the back end, with what is known of them here. */
    person(id) {
        return this.#people.find((each) => each.id === id) ?? { id };
    }

    render({ words, account }) {
        this.#words = words;
        show(find('send-box'), this.isOffered);
        find('send-stranger').textContent = words('send.stranger');
        find('send-button').disabled = this.#busy;
        find('send-again').disabled = this.#busy || this.#last?.oa !== account.id;
    }

    #fill() {
        const options = this.#people.slice(0, limits.people).map((each) => {
            const option = make('option', '', each.fullname);
            option.value = each.id;
            return option;
        });
        const other = find('send-stranger');
        find('send-who').replaceChildren(...options, other);
        find('people').replaceChildren(...this.#people.map((each) => {
            const option = make('option', '', each.fullname);
            option.value = each.id;
            return option;
        }));
    }

    async #send() {
        const amount = satang(find('send-amount').value.trim().replaceAll(',', ''));
        if (amount === null || amount === 0n) {
            this.#actions.sent('send.badAmount');
            return;
        }
        const who = this.#people.find((each) => each.id === find('send-who').value) ?? stranger;
        const now = new Date();
        const reference = newReference(now);
        const text = slipText(who.bank, reference);
        draw(find('picture'), {
            bank: who.bank, bankName: bankName(who.bank, this.#words), sender: shortName(who.fullname),
            senderAccount: masked(who.bankAccount), receiver, amount: decimal(amount), at: written(now), reference, text,
        });
        show(find('picture'), true);
        const order = {
            tenant: 'company_a', oa: this.#actions.account(), type: 'slip', user, payload: text, image: encoded(find('picture')),
            sender: { nameTh: who.fullname, account: who.bankAccount, bank: who.bank },
        };
        // The amount is written as it was typed: no number of JavaScript comes near it.
        await this.#post(`{"amount":${decimal(amount)},${JSON.stringify(order).slice(1)}`, { reference, oa: order.oa });
    }

    async #sendAgain() {
        const { reference, oa } = this.#last;
        await this.#post(JSON.stringify({ tenant: 'company_a', oa, type: 'slip', user, duplicateOf: reference }), this.#last);
    }

    async #post(body, slip) {
        this.#busy = true;
        this.#actions.changed();
        let outcome = 'send.failed';
        let detail = '';
        try {
            const answer = await fetch('/demo/oa/send', {
                method: 'POST', body, headers: { 'Content-Type': 'application/json' }, credentials: 'omit',
                signal: AbortSignal.timeout(limits.timeout),
            });
            const result = await answer.json();
            // What the server said to the webhook.
            if (answer.ok && result.status === 200) {
                this.#last = slip;
                outcome = 'send.sent';
            } else {
                detail = result.error ?? result.detail ?? String(result.status ?? answer.status);
            }
        } catch (error) {
            detail = error.message;
        }
        this.#busy = false;
        this.#actions.sent(outcome, { detail });
    }
}

/** Twenty-five letters and digits as banks have them: the time, and chance. */
function newReference(now) {
    const time = now.toISOString().replace(/\D/g, '').slice(0, 17);
    const chance = [...crypto.getRandomValues(new Uint8Array(7))].map((byte) => (byte % 36).toString(36).toUpperCase()).join('');
    return `0${time}${chance}`;
}

/** Title, first name, first letter of the last: as slips show people. */
function shortName(name) {
    const words = name.split(' ');
    return words.length < 3 ? name : `${words.slice(0, -1).join(' ')} ${[...words.at(-1)][0]}.`;
}

function masked(account) {
    return `xxx-x-x${account.slice(-5, -1)}-x`;
}

function written(date) {
    return new Intl.DateTimeFormat('th-TH', { dateStyle: 'long', timeStyle: 'short', timeZone: zone }).format(date);
}
