// What every page has around its own content: words in the right language, the state of the connection, the token field,
// one line of notice, and what is read out to who cannot see it.

import { find, setText, show } from './elements.js';

/** Close codes after which this token will not work again, not even after a reload. */
const lostTokens = [4500, 4503, 4507];

/** Whether a token has to be asked for after the connection became `state`, and why; `gate` is what was asked before. */
export function gateAfter(state, gate) {
    if (state.kind === 'online') return null;
    if (state.kind === 'stopped' && lostTokens.includes(state.code)) return { code: state.code };
    if (state.kind === 'token' && state.asks) return { code: state.code };
    return gate;
}

export class Shell {
    #text;
    #content;
    #language = null;
    #words = null;

    /** `text`: the page's `dictionary`. `content`: what gives way to the token field. */
    constructor(text, content, actions) {
        this.#text = text;
        this.#content = content;
        find('language').addEventListener('click', () => actions.switchLanguage());
        find('state').addEventListener('click', () => actions.reconnect());
        if (find('gate')) this.#openGate(actions);
    }

    /** Not every page can do something with a token from elsewhere. */
    #openGate(actions) {
        find('gate-form').addEventListener('submit', (event) => {
            event.preventDefault();
            const token = find('gate-token').value.trim();
            if (token !== '') actions.useToken(token);
        });
        find('gate-demo').addEventListener('click', () => actions.useDemoToken());
    }

    /** Every element names its words in `data-text`, `data-label`, `data-placeholder` or `data-title`. Returns the words. */
    translate(language) {
        if (this.#language === language) return this.#words;
        this.#language = language;
        this.#words = (key, parameters) => this.#text(language, key, parameters);
        document.documentElement.lang = language;
        document.title = `${this.#words('page.title')} · Sala`;
        for (const element of document.querySelectorAll('[data-text]')) element.textContent = this.#words(element.dataset.text);
        for (const [name, attribute] of [['label', 'aria-label'], ['placeholder', 'placeholder'], ['title', 'title']]) {
            for (const element of document.querySelectorAll(`[data-${name}]`)) {
                element.setAttribute(attribute, this.#words(element.dataset[name]));
            }
        }
        find('language').lang = language === 'th' ? 'en' : 'th';
        return this.#words;
    }

    renderConnection({ connection, words }) {
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

    renderGate({ gate, words }) {
        const opening = gate !== null && find('gate').hidden;
        show(find('gate'), gate !== null);
        show(this.#content, gate === null);
        if (gate === null) {
            find('gate-token').value = '';
            return;
        }
        show(find('gate-demo'), gate.code !== undefined);
        const reason = gate.code ? closeReason(gate.code, words) : null;
        setText(find('gate-why'), reason ? words('gate.refused', { reason }) : words(gate.key));
        if (opening) find('gate-token').focus();
    }

    /** `lasting`: what is said as long as nothing newer is; may be null. */
    renderNotice({ connection, gate, notice, words }, lasting) {
        let message = notice ? words(notice.key, notice.parameters) : null;
        if (!message && connection.kind === 'stopped') message = closeReason(connection.code, words);
        message ??= lasting;
        // The token field says by itself what is wrong.
        show(find('notice'), message !== null && gate === null);
        setText(find('notice'), message ?? '');
    }

    announce(key, parameters) {
        if (this.#words) setText(find('announcer'), this.#words(key, parameters));
    }
}

function closeReason(code, words) {
    return words('close.code', { reason: words(`close.${code}`) ?? words('close.other'), code });
}
