// The page as a function of the model: the composer here, the rest in its parts.

import { find, setText, show } from './elements.js';
import { Panel } from './panel.js';
import { Shell } from './shell.js';
import { text } from './strings.js';
import { authorName, Thread } from './thread.js';

/** The composer grows to this many CSS pixels, then scrolls. */
const tallestInput = 168;

export class View {
    #actions;
    #shell;
    #thread;
    #panel;
    #input = find('input');
    #words = null;

    constructor(actions) {
        this.#actions = actions;
        this.#shell = new Shell(text, find('thread'), actions);
        this.#thread = new Thread(actions);
        this.#panel = new Panel(actions);
        this.#listen();
    }

    /** `model`: see `page` in chat.js. */
    render(model) {
        this.#words = this.#shell.translate(model.language);
        const full = { ...model, words: this.#words };
        this.#shell.renderConnection(full);
        this.#shell.renderGate(full);
        this.#shell.renderNotice(full, this.#ending(full));
        this.#panel.render(full);
        this.#renderTyping(full);
        this.#renderComposer(full);
        // Last, when everything has its height: it decides where the page is scrolled to.
        this.#thread.render(full);
    }

    follow() {
        this.#thread.follow();
    }

    /** Reads something out to who cannot see it. Streams are read once, when they are whole. */
    announce(key, parameters = {}) {
        if (!this.#words) return;
        const { author, ...rest } = parameters;
        const who = author ? authorName(author, this.#words) : undefined;
        this.#shell.announce(key, { ...rest, who });
    }

    get draft() {
        return this.#input.value;
    }

    set draft(value) {
        this.#input.value = value;
        this.#resize();
    }

    focusInput() {
        this.#input.focus({ preventScroll: true });
    }

    #listen() {
        find('new').addEventListener('click', () => this.#actions.newConversation());
        find('stop').addEventListener('click', () => this.#actions.stop());
        for (const chip of find('chips').children) {
            chip.addEventListener('click', () => this.#actions.send(chip.textContent));
        }
        find('composer').addEventListener('submit', (event) => {
            event.preventDefault();
            this.#submit();
        });
        this.#input.addEventListener('input', () => {
            this.#resize();
            this.#actions.drafted(this.#input.value);
        });
        this.#input.addEventListener('keydown', (event) => {
            // While an input method is composing, Enter belongs to it. Safari says so only by the code 229.
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
            event.preventDefault();
            this.#submit();
        });
    }

    #submit() {
        const words = this.#input.value.trim();
        if (words !== '' && this.#actions.send(words)) this.draft = '';
    }

    #resize() {
        this.#input.style.height = 'auto';
        this.#input.style.height = `${Math.min(this.#input.scrollHeight, tallestInput)}px`;
    }

    #ending({ conversation, words }) {
        return ['archived', 'deleted'].includes(conversation.status) ? words(`notice.${conversation.status}`) : null;
    }

    #renderTyping({ typing, words }) {
        show(find('typing'), typing.length > 0);
        const who = typing[0] ?? '';
        setText(find('typing'), typing.length === 0 ? '' : words(typing.length > 1 ? 'typing.many' : 'typing.one', { who }));
    }

    #renderComposer({ conversation, writable, cancelling, gate }) {
        show(find('composer'), gate === null);
        show(find('hint'), gate === null);
        this.#input.disabled = ['archived', 'deleted'].includes(conversation.status);
        find('send').disabled = !writable || this.#input.value.trim() === '';
        show(find('stop'), conversation.open !== null);
        find('stop').disabled = cancelling;
    }
}
