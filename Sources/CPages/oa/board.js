// The slips in columns, and the figures above them.

import { arrange, find, make, setText, show } from './elements.js';
import { clock } from './language.js';
import { grouped } from './money.js';
import { columns, partyName, progress, reference, step, zone } from './slip.js';

/** Cards drawn in one column; the others are counted. */
const maxCards = 50;

/** What is counted, and where it stands in the account. */
const counters = [
    ['received', (account) => account.today.received],
    ['inFlight', (account) => account.inFlight],
    ['credited', (account) => account.today.credited],
    ['amount', (account) => `฿${grouped(account.today.creditedAmount)}`],
    ['inReview', (account) => account.inReview],
    ['duplicate', (account) => account.today.duplicate],
    ['failed', (account) => account.today.failed],
];

export class Board {
    #columns = new Map();
    #counters = new Map();
    /** By transaction: the card, and for what it was drawn. */
    #cards = new Map();

    constructor() {
        for (const [name] of counters) {
            const [label, value] = [make('dt'), make('dd')];
            label.dataset.text = `counter.${name}`;
            value.dataset.counter = name;
            const row = make('div', 'counter');
            row.append(label, value);
            find('counters').append(row);
            this.#counters.set(name, value);
        }
        for (const { name } of columns) {
            const section = make('section', 'column');
            section.dataset.column = name;
            const heading = make('h2');
            const words = make('span');
            words.id = `column-${name}`;
            words.dataset.text = `column.${name}`;
            const count = make('span', 'count');
            heading.append(words, count);
            const list = make('ol');
            for (const each of [section, list]) each.setAttribute('aria-labelledby', words.id);
            // A long column scrolls, for the keyboard too.
            list.tabIndex = 0;
            const more = make('p', 'fine');
            section.append(heading, list, more);
            find('columns').append(section);
            this.#columns.set(name, { section, list, count, more });
        }
    }

    render(model) {
        const { account, words } = model;
        for (const [name, value] of counters) setText(this.#counters.get(name), String(value(account)));
        this.#renderFacts(model);
        const slips = [...account.slips.values()];
        for (const transaction of this.#cards.keys()) if (!account.slips.has(transaction)) this.#cards.delete(transaction);
        for (const { name, statuses } of columns) {
            const all = slips.filter((slip) => statuses.includes(slip.status)).reverse();
            const { section, list, count, more } = this.#columns.get(name);
            section.dataset.empty = String(all.length === 0);
            setText(count, String(all.length));
            arrange(list, all.slice(0, maxCards).map((slip) => this.#card(slip, model)));
            show(more, all.length > maxCards);
            if (all.length > maxCards) setText(more, words('column.more', { n: all.length - maxCards }));
        }
        show(find('older'), account.hasMore);
    }

    /** What is left of quotas, and whether the back end takes the administrator's session. */
    #renderFacts({ account, words, language }) {
        const quotas = account.quotas.map(({ name, used, limit, exhausted }) => {
            const item = make('li', 'fact', words(quotaKey(used, limit, exhausted), { name: quotaName(name, words), used, limit }));
            item.dataset.bad = String(exhausted === true);
            return item;
        });
        const expired = account.admin?.status === 'EXPIRED';
        const time = expired && account.admin.since ? clock(language, new Date(account.admin.since), zone) : '';
        const admin = make('li', 'fact', expired ? words('admin.expired', { time }) : words('admin.active'));
        admin.dataset.bad = String(expired);
        admin.id = 'admin';
        if (account.admin) quotas.unshift(admin);
        const drawn = quotas.map((item) => item.dataset.bad + item.textContent).join('\n');
        if (this.facts === drawn) return;
        this.facts = drawn;
        find('facts').replaceChildren(...quotas);
    }

    #card(slip, model) {
        const known = this.#cards.get(slip.transaction) ?? { element: make('li', 'slip') };
        this.#cards.set(slip.transaction, known);
        if (known.slip === slip && known.language === model.language) return known.element;
        Object.assign(known, { slip, language: model.language });
        this.#draw(known.element, slip, model);
        return known.element;
    }

    #draw(element, slip, { account, words, language }) {
        Object.assign(element.dataset, { transaction: slip.transaction, status: slip.status });
        const head = make('p', 'head');
        // A duplicate is not verified again: what is known of it is known of the slip that came first.
        const known = slip.proof ? slip : account.slips.get(slip.duplicate?.original?.split('/').at(-1)) ?? slip;
        const amount = known.proof?.amount;
        const time = make('time', '', clock(language, new Date(slip.receivedAt), zone));
        time.dateTime = slip.receivedAt;
        head.append(make('strong', 'amount', amount ? `฿${grouped(amount)}` : words('slip.noAmount')), time);
        const name = known.user?.fullname ?? partyName(known.proof?.sender, language) ?? words('slip.noName');
        const bar = make('progress');
        bar.max = 100;
        bar.value = progress(slip);
        bar.setAttribute('aria-label', words('slip.progress'));
        element.replaceChildren(head, make('p', 'who', name), bar);
        const key = step(slip);
        const note = key ? words(key) ?? words('slip.unknownStep') : told(slip, words);
        if (note) element.append(make('p', 'step', note));
        const number = reference(slip)?.transRef;
        if (number) element.append(make('p', 'reference', number));
    }
}

function told(slip, words) {
    const state = slip.notices?.result?.state;
    return state && state !== 'none' ? words(`told.${state}`) : null;
}

function quotaName(name, words) {
    return name === 'line' ? words('quota.line') : name;
}

function quotaKey(used, limit, exhausted) {
    if (exhausted) return 'quota.exhausted';
    return limit === undefined || limit === null ? 'quota.unlimited' : 'quota.left';
}
