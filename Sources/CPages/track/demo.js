// The box of the demo: a shop that makes orders, and what its staff does with them. Exists in `sala dev` only.

import { arrange, button, find, show } from './elements.js';
import { ask, get } from './http.js';
import { localized } from './language.js';
import { address } from './link.js';
import { uuid } from './memory.js';

const home = '/demo/track/';
/** Who rides: the subject of the ride page's demo token. */
const rider = { id: 'r_1', name: 'สมชาย', phone: '081-234-5678', vehicle: '1กข 1234' };

export class DemoBox {
    #id;
    #actions;
    #token = null;
    /** What staff may do now, as its own snapshot says; null: not known. */
    #staff = null;
    #isBusy = false;
    #failure = null;

    /** `actions`: `changed()`. */
    constructor(id, actions) {
        this.#id = id;
        this.#actions = actions;
        find('demo-new').addEventListener('submit', (event) => {
            event.preventDefault();
            void this.#do(() => this.#make());
        });
        find('demo-second').addEventListener('click', () => void this.#do(() => this.#openSecond()));
    }

    /** Asks for the shop's token; without one there is no demo here, and no box. */
    async load() {
        try {
            this.#token = (await get(`${home}demo/shop`))?.token ?? null;
            if (this.#token && this.#id !== '') await this.#look();
        } catch {
            // The box is an extra: the page works without it.
        }
        this.#actions.changed();
    }

    /** The order has changed, and with it what staff may do. */
    follow() {
        if (this.#token === null) return;
        this.#look().then(() => this.#actions.changed(), () => {
            // Nobody answers: the next change asks again.
        });
    }

    /** `hasProblem`: the page shows no order, so that one can be made. */
    render({ words, language, hasProblem }) {
        show(find('demo'), this.#token !== null);
        if (this.#token === null) return;
        show(find('demo-new'), hasProblem);
        show(find('demo-order'), !hasProblem && this.#staff !== null);
        find('demo-make').disabled = this.#isBusy;
        find('demo-second').disabled = this.#isBusy;
        find('demo-outcome').textContent = this.#failure === null ? '' : words('demo.failed', { detail: this.#failure });
        if (this.#staff === null) return;
        find('demo-ride').href = `/demo/ride/${encodeURIComponent(this.#id)}`;
        show(find('demo-ride'), this.#staff.rider !== undefined && !this.#staff.terminal);
        this.#renderActions(words, language);
    }

    /** Buttons as long as what they do is the same: a click must not lose its target. */
    #renderActions(words, language) {
        const { actions = [], rider: assigned, terminal } = this.#staff;
        const wanted = actions.map(({ to, label }) => ({
            key: to, label: words('demo.advance', { label: localized(language, label) || to }),
            act: () => this.#command('status.advance', { to }),
        }));
        if (!assigned && !terminal) {
            wanted.unshift({ key: 'assign', label: words('demo.assign'), act: () => this.#command('rider.assign', { rider }) });
        }
        const row = find('demo-actions');
        arrange(row, wanted.map(({ key, label, act }) => {
            const known = [...row.children].find((each) => each.dataset.key === key);
            const element = known ?? button('plain', label, () => void this.#do(act));
            element.dataset.key = key;
            if (element.textContent !== label) element.textContent = label;
            element.disabled = this.#isBusy;
            return element;
        }));
    }

    async #do(act) {
        this.#isBusy = true;
        this.#failure = null;
        this.#actions.changed();
        try {
            await act();
        } catch (error) {
            this.#failure = error.message;
        }
        this.#isBusy = false;
        this.#actions.changed();
    }

    /** What a shop's back end does: makes the order, and a link to it with a ticket. */
    async #make() {
        const { branch, destination } = await get(`${home}files/route.json`);
        const id = `demo-${uuid().slice(0, 8)}`;
        await this.#ask('PUT', `/v1/sessions/order/${id}`, {
            customer: 'u_1', lifecycle: 'baanfoodie', number: id.slice(5).toUpperCase(), branch, destination,
        });
        location.assign(address(home, id, await this.#ticket()));
    }

    async #ticket() {
        return (await this.#ask('POST', '/v1/tickets')).ticket;
    }

    async #openSecond() {
        window.open(address(home, this.#id, await this.#ticket()), '_blank', 'noopener');
    }

    async #command(name, data) {
        await this.#ask('POST', `${this.#session}/commands`, { name, data });
        await this.#look();
    }

    async #look() {
        const { ok, content } = await ask('GET', this.#session, { token: this.#token });
        this.#staff = ok ? content.state : null;
    }

    get #session() {
        return `/v1/sessions/order/${encodeURIComponent(this.#id)}`;
    }

    async #ask(method, path, body) {
        const { ok, status, content } = await ask(method, path, { token: this.#token, body });
        if (!ok) throw new Error(content?.detail ?? content?.error ?? String(status));
        return content;
    }
}
