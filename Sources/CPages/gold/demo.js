// What `sala dev` offers besides: the gold traders announce what a person likes, and staff decides.

import { find, setText, show } from './elements.js';
import { ask, get } from './http.js';
import { decimal, satang } from './money.js';

const home = '/demo/gold/demo';

export class DemoBox {
    #feed;
    #changed;
    #token = null;
    /** `{key, detail}` of what was done last. */
    #outcome = null;
    #isBusy = false;

    /** `changed`: called when something is to be drawn. */
    constructor(feed, { changed }) {
        this.#feed = feed;
        this.#changed = changed;
        find('demo-up').addEventListener('click', () => this.#announce(5_000n));
        find('demo-down').addEventListener('click', () => this.#announce(-5_000n));
        find('demo-jump').addEventListener('click', () => this.#act(() => this.#tell({ jumpPercent: 20 })));
        find('demo-confirm').addEventListener('click', () => this.#act(() => this.#command('feed.confirm')));
        find('demo-reject').addEventListener('click', () => this.#act(() => this.#command('feed.reject')));
    }

    async load() {
        try {
            this.#token = (await get(`${home}/staff`))?.token ?? null;
        } catch {
            // No network: the page says so by itself.
        }
        this.#changed();
    }

    #announce(by) {
        const sell = satang(this.#feed.latest?.bar.sell ?? '66400.00');
        void this.#act(() => this.#tell({ price: decimal(sell + by) }));
    }

    async #act(action) {
        if (this.#isBusy) return;
        this.#isBusy = true;
        this.#changed();
        try {
            const fault = await action();
            this.#outcome = fault ? { key: 'demo.failed', detail: fault.detail ?? fault.error ?? '' } : { key: 'demo.done' };
        } catch {
            this.#outcome = { key: 'demo.failed', detail: '–' };
        }
        this.#isBusy = false;
        this.#changed();
    }

    /** A fault, or null. */
    async #tell(order) {
        const { ok, content } = await ask('POST', `${home}/price`, { body: order });
        return ok ? this.#command('feed.sync') : content ?? {};
    }

    async #command(name) {
        const { ok, content } = await ask('POST', '/v1/sessions/feed/gold/commands', { token: this.#token, body: { name, data: {} } });
        return ok ? null : content ?? {};
    }

    render({ words, isShown }) {
        show(find('demo'), this.#token !== null && isShown);
        show(find('demo-held'), this.#feed.held !== null);
        for (const element of find('demo').querySelectorAll('button')) element.disabled = this.#isBusy;
        setText(find('demo-outcome'), this.#outcome ? words(this.#outcome.key, this.#outcome) : '');
    }
}
