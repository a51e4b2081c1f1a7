// What stands beside the conversation: the financial profile as it fills up, product cards, the list of conversations.

import { arrange, button, find, make, setText, show } from './elements.js';
import { amount, day, localized } from './language.js';

const wide = window.matchMedia('(min-width: 60rem)');

export class Panel {
    #profile = find('profile');
    #products = find('products');
    #drawn = {};

    constructor(actions) {
        this.actions = actions;
        wide.addEventListener('change', () => this.#place());
        this.#place();
    }

    render(model) {
        const { conversation, language } = model;
        this.#once('profile', [conversation.profile, conversation.intent, language], () => this.#renderProfile(model));
        this.#once('products', [conversation.products, language], () => this.#renderProducts(model));
        this.#once('list', [model.list, conversation.id, language], () => this.#renderList(model));
        show(find('list-toggle'), model.list !== null && model.list.length > 0);
    }

    /** On a wide page the profile is always open and the cards stand below it; on a narrow one they end the thread. */
    #place() {
        this.#profile.open = wide.matches;
        this.#profile.querySelector('summary').tabIndex = wide.matches ? -1 : 0;
        find(wide.matches ? 'products-wide' : 'products-narrow').append(this.#products);
    }

    #once(name, inputs, draw) {
        const before = this.#drawn[name];
        if (before && inputs.every((input, index) => input === before[index])) return;
        this.#drawn[name] = inputs;
        draw();
    }

    #renderProfile({ conversation, words, language }) {
        const profile = conversation.profile;
        const completeness = profile?.completeness ?? 0;
        show(this.#profile.closest('aside'), conversation.advisor);
        find('completeness').value = completeness;
        setText(find('share'), words('profile.completeness', { n: completeness }));
        const next = conversation.intent && words(`intent.${conversation.intent}`);
        setText(find('intent'), next ?? (completeness === 0 ? words('profile.empty') : ''));
        show(find('intent'), find('intent').textContent !== '');

        const baht = (value) => words('profile.baht', { n: amount(language, value) });
        const facts = [
            ['income', known(profile?.income, baht)],
            ['expenses', known(profile?.expenses, baht)],
            ['savingsRate', known(profile?.savingsRate, (value) => `${amount(language, value)}%`)],
        ];
        const rows = facts.map(([field, value]) => this.#fact(field, profile, words, [value ?? words('profile.unknown')], value !== null));
        const goals = [profile?.goals ?? []].flat().filter(Boolean);
        const goalTexts = goals.length > 0 ? goals.map((goal) => localized(language, goal)) : [words('profile.unknown')];
        rows.push(this.#fact('goals', profile, words, goalTexts, goals.length > 0));
        find('facts').replaceChildren(...rows);
    }

    #fact(field, profile, words, values, isKnown) {
        const row = make('div', 'fact');
        Object.assign(row.dataset, { field, known: String(isKnown) });
        row.append(make('dt', '', words(`profile.${field}`)));
        for (const value of values) row.append(make('dd', '', value));
        const unsure = profile?.unsure?.find((each) => each.about === field);
        if (unsure) {
            const mark = make('dd', 'unsure', words('profile.unsure'));
            row.append(mark);
        }
        return row;
    }

    #renderProducts({ conversation, words, language }) {
        show(this.#products, conversation.products.length > 0);
        find('products-items').replaceChildren(...conversation.products.map((product) => {
            const card = make('li', 'product');
            const name = language === 'en' && product.nameEn ? product.nameEn : localized(language, product.name);
            card.dataset.id = product.id ?? '';
            card.append(
                make('p', 'kind', words(`products.type.${product.type}`) ?? String(product.type ?? '')),
                make('h3', '', name),
                make('p', 'reason', localized(language, product.reason)));
            return card;
        }));
    }

    #renderList({ list, conversation, words, language }) {
        if (!list) return;
        arrange(find('list-items'), list.map((each) => {
            const title = each.title || each.lastMessage || words('list.untitled', { id: String(each.id).slice(-6) });
            const changed = each.lastMessageAt ?? each.createdAt;
            const item = make('li');
            const open = button('entry', '', () => {
                find('list').hidePopover();
                this.actions.openConversation(each.id);
            });
            open.append(make('span', 'name', title));
            if (changed) open.append(make('time', '', day(language, new Date(changed))));
            if (each.id === conversation.id) open.setAttribute('aria-current', 'true');
            item.append(open);
            return item;
        }));
    }
}

function known(value, words) {
    return value === null || value === undefined ? null : words(value);
}
