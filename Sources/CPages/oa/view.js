// The page as a function of the model: what it is put together of.

import { Board } from './board.js';
import { find, make, setText, show } from './elements.js';
import { Review } from './review.js';
import { SendBox } from './send.js';
import { Shell } from './shell.js';
import { text } from './strings.js';

export class View {
    #shell;
    #board = new Board();
    #review;
    send;

    constructor(actions, accounts) {
        this.send = new SendBox(actions);
        this.#review = new Review({ ...actions, person: (id) => this.send.person(id) });
        // The board's own words are in the page by now.
        this.#shell = new Shell(text, find('desk'), actions);
        const choice = find('account');
        choice.replaceChildren(...accounts.map((id) => {
            const option = make('option', '', id);
            option.value = id;
            return option;
        }));
        choice.addEventListener('change', () => actions.openAccount(choice.value));
    }

    /** `model`: see `page` in oa.js. */
    render(model) {
        const full = { ...model, words: this.#shell.translate(model.language) };
        this.#shell.renderConnection(full);
        this.#shell.renderGate(full);
        this.#shell.renderNotice(full, null);
        find('account').value = model.account.id;
        show(find('loading'), !model.loaded && !model.absent);
        show(find('empty'), model.absent || (model.loaded && model.account.slips.size === 0));
        this.#board.render(full);
        this.#review.render(full);
        this.send.render(full);
    }

    announce(key, parameters) {
        this.#shell.announce(key, parameters);
    }

    /** What came of sending: said where it was asked for. */
    tellSent(language, key, parameters) {
        setText(find('send-outcome'), text(language, key, parameters) ?? '');
    }

    words(language, key, parameters) {
        return text(language, key, parameters);
    }
}
