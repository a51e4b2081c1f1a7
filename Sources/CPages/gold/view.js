// The page as a function of the model. Nothing is decided here.

import { draw, layOut } from './chart.js';
import { arrange, find, make, setText, show } from './elements.js';
import { day, moment } from './language.js';
import { decimal, grouped, satang } from './money.js';
import { change, dayOf } from './price.js';
import { Shell } from './shell.js';
import { text } from './strings.js';

export class View {
    #shell;
    #shown = null;

    constructor(actions) {
        this.#shell = new Shell(text, find('main'), actions);
    }

    /** `model`: see `page` in gold.js. */
    render(model) {
        const words = this.#shell.translate(model.language);
        const full = { ...model, words, now: Date.now() };
        const { feed, problem, gate } = model;
        this.#shell.renderConnection(full);
        this.#shell.renderGate(full);
        this.#renderBanner(full);
        show(find('problem'), problem !== null);
        if (problem !== null) {
            setText(find('problem-title'), words(`problem.${problem}.title`));
            setText(find('problem-text'), words(`problem.${problem}.text`));
            find('problem').dataset.key = problem;
        }
        show(find('loading'), problem === null && gate === null && !feed.isLoaded);
        const isEmpty = problem === null && feed.isLoaded && feed.latest === null;
        show(find('empty'), isEmpty);
        if (isEmpty) setText(find('empty-text'), words(feed.check?.result === 'failed' ? 'empty.failed' : 'empty.waiting'));
        const isShown = problem === null && feed.latest !== null;
        show(find('sheet'), isShown);
        show(find('held'), problem === null && feed.held !== null);
        if (feed.held !== null) setText(find('held'), words('held.notice', { time: moment(model.language, feed.held.since, full.now) ?? '' }));
        document.documentElement.dataset.ready = String(isShown || isEmpty || problem !== null || gate !== null);
        if (!isShown) return;
        this.#renderNow(full);
        this.#renderChart(full);
        this.#renderRounds(full);
    }

    announce(key, parameters) {
        this.#shell.announce(key, parameters);
    }

    words(language, key, parameters) {
        return text(language, key, parameters);
    }

    #renderBanner({ connection, problem, gate, feed, words, now }) {
        const isOffline = ['waiting', 'connecting'].includes(connection.kind) && !navigator.onLine;
        // A first attempt is no trouble yet.
        const isLost = connection.kind === 'waiting' || connection.kind === 'stopped' || isOffline;
        const trouble = feed.latest === null ? null : feed.trouble(now);
        const key = isLost ? (isOffline ? 'offline' : connection.kind) : trouble;
        show(find('banner'), problem === null && gate === null && key !== null);
        find('banner').dataset.key = key ?? '';
        if (key === null) return;
        const n = Math.max(1, Math.ceil(((connection.at ?? 0) - now) / 1_000));
        setText(find('banner'), words(`banner.${key}`, { n }));
    }

    #renderNow({ feed, connection, language, words, now }) {
        const price = feed.latest;
        const before = this.#shown;
        setText(find('bar-sell'), baht(price.bar.sell));
        setText(find('bar-buy'), baht(price.bar.buy));
        setText(find('ornament-sell'), baht(price.ornament.sell));
        setText(find('ornament-buy'), baht(price.ornament.buy));
        const key = feed.history.at(-1).offset;
        const panel = find('now');
        if (before !== null && before !== key) {
            // The mark is taken away first, so that it moves again.
            panel.dataset.moved = 'false';
            void panel.offsetWidth;
            panel.dataset.moved = 'true';
            this.announce('announce.price', { sell: baht(price.bar.sell) });
        }
        this.#shown = key;
        panel.dataset.old = String(connection.kind !== 'online');
        for (const name of ['day', 'previous']) {
            const by = change(price.change?.[name]);
            const element = find(`change-${name}`);
            show(element, by !== null);
            if (by === null) continue;
            element.dataset.way = way(by);
            setText(element, words(`change.${name}`, { by: signed(by, words) }));
        }
        const time = moment(language, price.announcedAt, now) ?? '';
        setText(find('announced'), words(price.round ? 'announced.round' : 'announced.plain', { time, round: price.round }));
        const checked = moment(language, feed.check?.at, now);
        show(find('checked'), checked !== null);
        setText(find('checked'), words('checked.at', { time: checked ?? '' }));
    }

    #renderChart({ feed, language, words, now }) {
        const prices = feed.today;
        const isToday = dayOf(prices.at(-1).announcedAt) === dayOf(now);
        const date = day(language, new Date(prices.at(-1).announcedAt), 'Asia/Bangkok');
        setText(find('chart-title'), words(isToday ? 'chart.today' : 'chart.day', { day: date }));
        draw(find('chart'), layOut(prices, feed.closing, now), (amount) => whole(amount));
        const amounts = prices.map((price) => satang(price.bar.sell));
        const [low, high] = [amounts.reduce((a, b) => (a < b ? a : b)), amounts.reduce((a, b) => (a > b ? a : b))];
        const summary = words('chart.summary', { low: baht(decimal(low)), high: baht(decimal(high)) });
        const closing = feed.closing === null ? null : words('chart.before', { closing: baht(decimal(feed.closing)) });
        setText(find('chart-summary'), [summary, closing].filter(Boolean).join(' · '));
        find('chart').setAttribute('aria-label', find('chart-title').textContent);
    }

    #renderRounds({ feed, language, words, now }) {
        const list = find('rounds');
        const items = feed.today.slice(-50).reverse().map((price, index) => {
            const item = list.children[index] ?? row();
            const [time, amount, by] = item.children;
            setText(time, moment(language, price.announcedAt, now) ?? '');
            setText(amount, baht(price.bar.sell));
            const changed = change(price.change?.previous);
            by.dataset.way = changed === null ? 'none' : way(changed);
            setText(by, changed === null ? '' : signed(changed, words));
            return item;
        });
        arrange(list, items);
    }
}

function row() {
    const item = make('li');
    item.append(make('span', 'time'), make('span', 'amount'), make('span', 'by'));
    return item;
}

/** `66,400`, `64,869.64`. */
function baht(amount) {
    return grouped(amount).replace(/\.00$/, '');
}

function whole(amount) {
    return baht(decimal(BigInt(Math.max(0, amount))));
}

function way(by) {
    return by > 0n ? 'up' : by < 0n ? 'down' : 'none';
}

function signed(by, words) {
    if (by === 0n) return words('change.none');
    return `${by > 0n ? '▲ +' : '▼ −'}${baht(decimal(by < 0n ? -by : by))}`;
}
