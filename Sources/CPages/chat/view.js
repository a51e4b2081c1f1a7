// The page as a function of the model: connection, token field, notices and composer here, the rest in its parts.

import { find, setText, show } from './elements.js';
import { Panel } from './panel.js';
import { text } from './strings.js';
import { authorName, Thread } from './thread.js';

/** The composer grows to this many CSS pixels, then scrolls. */
const tallestInput = 168;

export class View {
    #actions;
    #thread;
    #panel;
    #input = find('input');
    #language = null;
    #words = null;

    constructor(actions) {
        this.#actions = actions;
        this.#thread = new Thread(actions);
        this.#panel = new Panel(actions);
        this.#listen();
    }

    /** `model`: see `page` in chat.js. */
    render(model) {
        this.#translate(model.language);
        const full = { ...model, words: this.#words };
        this.#renderConnection(full);
        this.#renderGate(full);
        this.#renderNotice(full);
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
        setText(find('announcer'), this.#words(key, { ...rest, who }));
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
        find('language').addEventListener('click', () => this.#actions.switchLanguage());
        find('new').addEventListener('click', () => this.#actions.newConversation());
        find('state').addEventListener('click', () => this.#actions.reconnect());
        find('stop').addEventListener('click', () => this.#actions.stop());
        for (const chip of find('chips').children) {
            chip.addEventListener('click', () => this.#actions.send(chip.textContent));
        }
        find('gate-form').addEventListener('submit', (event) => {
            event.preventDefault();
            const token = find('gate-token').value.trim();
            if (token !== '') this.#actions.useToken(token);
        });
        find('gate-demo').addEventListener('click', () => this.#actions.useDemoToken());
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

    /** Every element names its words in `data-text`, `data-label`, `data-placeholder` or `data-title`. */
    #translate(language) {
        if (this.#language === language) return;
        this.#language = language;
        this.#words = (key, parameters) => text(language, key, parameters);
        document.documentElement.lang = language;
        document.title = `${this.#words('page.title')} · Sala`;
        for (const element of document.querySelectorAll('[data-text]')) element.textContent = this.#words(element.dataset.text);
        for (const [name, attribute] of [['label', 'aria-label'], ['placeholder', 'placeholder'], ['title', 'title']]) {
            for (const element of document.querySelectorAll(`[data-${name}]`)) {
                element.setAttribute(attribute, this.#words(element.dataset[name]));
            }
        }
        find('language').lang = language === 'th' ? 'en' : 'th';
    }

    #renderConnection({ connection, words }) {
        const seconds = Math.max(1, Math.ceil(((connection.at ?? 0) - Date.now()) / 1_000));
        const offline = connection.kind === 'waiting' && !navigator.onLine;
        const label = words(offline ? 'connection.offline' : `connection.${connection.kind}`, { n: seconds });
        const state = find('state');
        state.dataset.state = offline ? 'offline' : connection.kind;
        const action = { waiting: 'connection.now', stopped: 'connection.restart' }[connection.kind];
        setText(find('state-text'), connection.kind === 'stopped' ? `${label} · ${words(action)}` : label);
        state.disabled = action === undefined;
        state.title = action ? words(action) : '';
    }

    #renderGate({ gate, words }) {
        const opening = gate !== null && find('gate').hidden;
        show(find('gate'), gate !== null);
        show(find('thread'), gate === null);
        if (gate === null) {
            find('gate-token').value = '';
            return;
        }
        show(find('gate-demo'), gate.code !== undefined);
        const reason = gate.code ? closeReason(gate.code, words) : null;
        setText(find('gate-why'), reason ? words('gate.refused', { reason }) : words(gate.key));
        if (opening) find('gate-token').focus();
    }

    #renderNotice({ connection, conversation, gate, notice, words }) {
        let message = notice ? words(notice.key, notice.parameters) : null;
        if (!message && connection.kind === 'stopped') message = closeReason(connection.code, words);
        if (!message && ['archived', 'deleted'].includes(conversation.status)) message = words(`notice.${conversation.status}`);
        // The token field says by itself what is wrong.
        show(find('notice'), message !== null && gate === null);
        setText(find('notice'), message ?? '');
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

function closeReason(code, words) {
    return words('close.code', { reason: words(`close.${code}`) ?? words('close.other'), code });
}
