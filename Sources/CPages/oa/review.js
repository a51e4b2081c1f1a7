// Slips that wait for a person: what the bank says beside what the tenant knows, and what may be decided.

import { arrange, button, find, make, setText, show } from './elements.js';
import { clock, day } from './language.js';
import { grouped } from './money.js';
import { bankName, decisions, hasOpenOrder, reference, zone } from './slip.js';

/** Characters of a note, as the server takes them. */
const maxNote = 500;

export class Review {
    #actions;
    #cards = new Map();
    #dialog = find('confirm');
    #confirmed = null;

    constructor(actions) {
        this.#actions = actions;
        this.#dialog.addEventListener('close', () => {
            const decide = this.#confirmed;
            this.#confirmed = null;
            // The button that was pressed goes with its slip; the focus stays with the queue.
            if (this.#dialog.returnValue !== 'yes') return;
            find('review').focus({ preventScroll: true });
            decide?.();
        });
    }

    render(model) {
        const waiting = [...model.account.slips.values()].filter((slip) => slip.status === 'review');
        const kept = new Set(waiting.map((slip) => slip.transaction));
        for (const transaction of this.#cards.keys()) if (!kept.has(transaction)) this.#cards.delete(transaction);
        show(find('review-empty'), waiting.length === 0);
        setText(find('review-count'), String(waiting.length));
        arrange(find('review-items'), waiting.map((slip) => this.#card(slip, model)));
    }

    /** A card stays as it is while its slip does: a note that is being written in it is not lost. */
    #card(slip, model) {
        let known = this.#cards.get(slip.transaction);
        if (!known || known.slip !== slip || known.language !== model.language) {
            known = this.#draw(slip, model, known?.form);
            this.#cards.set(slip.transaction, known);
        }
        const busy = model.commands.some((entry) => entry.status === 'pending' && entry.data.transaction === slip.transaction);
        known.element.setAttribute('aria-busy', String(busy));
        for (const each of known.element.querySelectorAll('button')) each.disabled = busy || !model.writable;
        return known.element;
    }

    #draw(slip, model, before) {
        const { words, language } = model;
        const element = make('li', 'case');
        element.dataset.transaction = slip.transaction;
        const heading = make('h3');
        const amount = slip.proof?.amount;
        heading.append(make('span', 'amount', amount ? `฿${grouped(amount)}` : words('slip.noAmount')));
        const why = make('p', 'why', words(`reason.${slip.reason}`) ?? slip.reason ?? '');
        element.append(heading, why, this.#sides(slip, words), this.#origin(slip, words, language));
        const form = this.#form(slip, words, before);
        element.append(form);
        const { user } = form.elements;
        const beside = element.querySelector('[data-side=user]');
        // Who is named stands beside the sender before anything is decided.
        const name = () => {
            const lines = user.value.trim() === '' ? [words('side.noUser')] : this.#named(user.value.trim(), words);
            fill(beside, 'side.user', lines, words);
        };
        user?.addEventListener('input', name);
        if (user?.value) name();
        return { element, slip, language, form };
    }

    /** Two rows: who paid, and who was paid. What the slip says stands first, what we have found beside it. */
    #sides(slip, words) {
        const table = make('div', 'sides');
        const proof = slip.proof;
        const user = slip.user;
        const account = slip.account;
        table.append(
            this.#side('side.sender', proof ? partyLines(proof.sender, words) : [words('side.unverified')], words),
            this.#side('side.user', user
                ? [user.fullname, [user.user, user.memberCode].filter(Boolean).join(' · '), words(`method.${user.method}`)]
                : [words('side.noUser')], words),
            this.#side('side.receiver', proof ? partyLines(proof.receiver, words) : [words('side.unverified')], words),
            this.#side('side.account', account
                ? [account.account, words(`method.${account.method}`)] : [words('side.noAccount')], words));
        return table;
    }

    #side(key, lines, words) {
        const side = make('div', 'side');
        side.dataset.side = key.slice('side.'.length);
        fill(side, key, lines, words);
        return side;
    }

    #named(name, words) {
        const { id, memberCode, fullname, bank, bankAccount } = this.#actions.person(name);
        const account = [bankName(bank, words), bankAccount].filter(Boolean).join(' ');
        return [fullname, [id, memberCode].filter(Boolean).join(' · '), account];
    }

    #origin(slip, words, language) {
        const at = slip.proof?.transferredAt;
        const date = at ? new Date(at) : null;
        const parts = [
            date ? words('case.transferred', { time: `${day(language, date, zone)} ${clock(language, date, zone)}` }) : null,
            reference(slip) ? words('case.reference', { reference: reference(slip).transRef }) : null,
            slip.proof ? words('case.verifier', { name: slip.proof.verifier }) : null,
        ];
        return make('p', 'fine', parts.filter(Boolean).join(' · '));
    }

    #form(slip, words, before) {
        const form = make('form', 'ruling');
        const field = (name, { list, required } = {}) => {
            const label = make('label', '', words(`field.${name}`));
            const input = make('input');
            input.id = `${name}-${slip.transaction}`;
            input.name = name;
            input.autocomplete = 'off';
            input.maxLength = name === 'note' ? maxNote : 128;
            if (list) input.setAttribute('list', list);
            input.required = required === true;
            input.value = before?.elements[name]?.value ?? '';
            label.htmlFor = input.id;
            form.append(label, input);
        };
        const allowed = decisions(slip);
        if (allowed.includes('credit') && !slip.account) field('account');
        if (allowed.includes('credit') && !slip.user) field('user', { list: 'people' });
        field('note', { required: true });
        const row = make('div', 'row');
        row.append(button('plain', words('decide.retry'), () => this.#actions.retry(slip)));
        row.firstChild.dataset.decision = 'retry';
        for (const decision of allowed) {
            const primary = ['credit', 'credited'].includes(decision);
            const act = button(primary ? 'primary' : 'plain', words(`decide.${decision}`), () => {
                this.#decide(slip, decision, form, words);
            });
            act.dataset.decision = decision;
            row.append(act);
        }
        form.append(row);
        if (hasOpenOrder(slip)) form.append(make('p', 'fine', words('case.openOrder')));
        // Enter in a field must decide nothing about money.
        form.addEventListener('submit', (event) => event.preventDefault());
        return form;
    }

    #decide(slip, decision, form, words) {
        const { note, account, user } = form.elements;
        for (const input of [account, user]) if (input) input.required = decision === 'credit';
        if (!form.reportValidity() || note.value.trim() === '') return;
        const data = { decision, note: note.value.trim() };
        if (decision === 'credit' && account) data.account = account.value.trim();
        if (decision === 'credit' && user) {
            const { id, memberCode, fullname } = this.#actions.person(user.value.trim());
            data.user = { id, memberCode, fullname };
        }
        const amount = slip.proof ? `฿${grouped(slip.proof.amount)}` : words('slip.noAmount');
        const who = data.user?.fullname ?? data.user?.id ?? slip.user?.fullname ?? slip.user?.user ?? '';
        setText(find('confirm-text'), words(`confirm.${decision}`, { amount, who }));
        this.#confirmed = () => this.#actions.resolve(slip, data);
        this.#dialog.returnValue = '';
        this.#dialog.showModal();
    }
}

function fill(side, key, lines, words) {
    side.replaceChildren(make('h4', '', words(key)), ...lines.filter(Boolean).map((line) => make('p', '', line)));
}

function partyLines(party, words) {
    const number = party?.account ?? party?.proxy;
    const lines = [party?.name?.th, party?.name?.en, [bankName(party?.bank, words), number].filter(Boolean).join(' ')];
    return lines.some(Boolean) ? lines : [words('side.nothing')];
}
