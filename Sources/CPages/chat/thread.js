// The messages: those of the log, the open reply, and below them what is not confirmed yet.

import { openText, regenerable, unconfirmed } from './conversation.js';
import { arrange, button, find, make, setText, show } from './elements.js';
import { clock, day } from './language.js';

/** A reader this close to the end (in CSS pixels) is taken along when text arrives. */
const nearEnd = 96;

export class Thread {
    #scroller = find('thread');
    #list = find('messages');
    #newest = find('newest');
    #rows = new Map();
    #actions;
    #following = true;
    #firstKey = null;

    constructor(actions) {
        this.#actions = actions;
        this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
        this.#newest.addEventListener('click', () => this.follow());
        find('older').addEventListener('click', () => actions.older());
        const resized = new ResizeObserver(() => this.#settle());
        resized.observe(this.#scroller);
        resized.observe(this.#list.parentElement);
    }

    /** Goes to the end and stays there. */
    follow() {
        this.#following = true;
        this.#settle();
    }

    render(model) {
        const height = this.#scroller.scrollHeight;
        const rows = this.#describe(model);
        const nodes = rows.map((row) => this.#node(row, model));
        const keys = new Set(rows.map((row) => row.key));
        for (const key of [...this.#rows.keys()]) if (!keys.has(key)) this.#rows.delete(key);
        arrange(this.#list, nodes);

        const known = model.loaded || model.absent;
        const blank = known && rows.length === 0;
        show(find('loading'), !known && !model.gate && rows.length === 0);
        show(find('older'), model.conversation.hasMore);
        show(find('empty'), blank);
        if (blank) this.#renderEmpty(model);

        const first = rows[0]?.key ?? null;
        const prepended = this.#firstKey !== null && first !== this.#firstKey && keys.has(this.#firstKey);
        this.#firstKey = first;
        if (this.#following) this.#settle();
        else if (prepended) this.#scroller.scrollTop += this.#scroller.scrollHeight - height;
    }

    #renderEmpty(model) {
        const { words, conversation } = model;
        setText(find('empty-title'), conversation.advisor ? words('empty.title') : words('empty.plain'));
        setText(find('empty-text'), conversation.advisor ? words('empty.text') : '');
        show(find('chips'), conversation.advisor);
        show(find('empty-note'), conversation.advisor);
    }

    /** One row a message: `{key, role, mine, author, text, at, status, ...}`. */
    #describe(model) {
        const { conversation, me } = model;
        const again = regenerable(conversation);
        const seen = lastReadByOthers(conversation, me);
        const rows = conversation.messages.map((message) => ({
            key: message.reply ?? message.id, role: message.role, mine: message.author === me,
            author: message.author, text: message.text, at: message.at, status: message.status, replaced: message.replaced,
            again: message === again && model.writable, read: message.offset === seen,
        }));
        if (conversation.open) {
            rows.push({
                key: conversation.open.reply, role: 'assistant', mine: false, author: 'advisor',
                text: openText(conversation), at: conversation.open.startedAt, status: 'open',
            });
        }
        for (const entry of unconfirmed(conversation, model.commands, me)) {
            rows.push({
                key: entry.key, role: 'user', mine: true, author: me, text: entry.data.text, at: null,
                status: entry.status === 'failed' ? 'unsent' : 'pending', detail: entry.fault?.detail ?? null,
            });
        }
        let before = null;
        for (const row of rows) {
            row.day = row.at ? new Date(row.at).toDateString() : before;
            row.newDay = row.day !== before && row.day !== null;
            before = row.day;
        }
        return rows;
    }

    #node(row, model) {
        let known = this.#rows.get(row.key);
        if (!known) {
            known = { element: make('li', 'message'), parts: null, drawn: null };
            known.element.dataset.key = row.key;
            known.parts = this.#build(known.element);
            this.#rows.set(row.key, known);
        }
        // The text of an open reply changes many times a second: only its text node is touched then.
        setTextNode(known.parts.text, row.text);
        const { text: _, ...rest } = row;
        const drawn = JSON.stringify([rest, row.text === '', model.language]);
        if (known.drawn !== drawn) {
            known.drawn = drawn;
            this.#draw(known, row, model);
        }
        return known.element;
    }

    #build(element) {
        const parts = {
            day: make('p', 'day'), author: make('span', 'author'), body: make('p', 'text'),
            text: document.createTextNode(''), dots: make('span', 'dots'), meta: make('div', 'meta'),
        };
        parts.body.append(parts.text);
        for (let dot = 0; dot < 3; dot += 1) parts.dots.append(make('i'));
        parts.bubble = make('div', 'bubble');
        parts.bubble.append(parts.author, parts.body, parts.dots);
        element.append(parts.day, parts.bubble, parts.meta);
        return parts;
    }

    #draw({ element, parts }, row, model) {
        const { words, language } = model;
        Object.assign(element.dataset, {
            role: row.role, status: row.status, mine: String(row.mine), replaced: String(row.replaced === true),
        });
        element.setAttribute('aria-busy', String(row.status === 'open'));
        const date = row.at ? new Date(row.at) : null;
        show(parts.day, row.newDay);
        if (row.newDay) setText(parts.day, day(language, date));
        setText(parts.author, authorName(row, words));
        // Beside an advisor there is no doubt who wrote what; among people there is.
        parts.author.classList.toggle('unseen', row.mine || row.role === 'assistant');
        const thinking = row.status === 'open' && row.text === '';
        show(parts.dots, thinking);
        if (thinking) {
            parts.dots.setAttribute('role', 'img');
            parts.dots.setAttribute('aria-label', words('reply.thinking'));
        }
        show(parts.body, row.text !== '');
        parts.meta.replaceChildren(...this.#meta(row, model, date));
    }

    #meta(row, model, date) {
        const { words, language } = model;
        const parts = [];
        if (['cancelled', 'interrupted', 'failed'].includes(row.status)) parts.push(make('span', 'mark', words(`reply.${row.status}`)));
        if (row.replaced) parts.push(make('span', 'mark', words('reply.replaced')));
        if (row.status === 'pending') parts.push(make('span', 'mark', words('message.pending')));
        if (row.status === 'unsent') {
            const why = row.detail ? words('message.failedWhy', { detail: row.detail }) : words('message.failed');
            parts.push(
                make('span', 'mark', why),
                button('plain retry', words('message.retry'), () => this.#actions.retry(row.key)),
                button('plain discard', words('message.discard'), () => this.#actions.discard(row.key)));
        }
        if (date && row.status !== 'open') {
            const time = make('time', '', clock(language, date));
            time.dateTime = row.at;
            parts.push(time);
        }
        if (row.read) parts.push(make('span', 'read', words('message.read')));
        if (row.again) {
            parts.push(button('plain regenerate', words('reply.regenerate'), () => {
                // The button is about to go; the focus stays in the conversation.
                this.#scroller.focus({ preventScroll: true });
                this.follow();
                this.#actions.regenerate();
            }));
        }
        return parts;
    }

    #scrolled() {
        const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
        this.#following = scrollHeight - scrollTop - clientHeight < nearEnd;
        show(this.#newest, !this.#following);
    }

    #settle() {
        if (!this.#following) return;
        // A greeting is read from its start.
        this.#scroller.scrollTop = this.#rows.size === 0 ? 0 : this.#scroller.scrollHeight;
        show(this.#newest, false);
    }
}

export function authorName(row, words) {
    if (row.mine) return words('author.me');
    return row.role === 'assistant' ? words('author.advisor') : row.author ?? '';
}

/** The offset of the last own message that somebody else has read, or null. */
function lastReadByOthers(conversation, me) {
    const furthest = Math.max(0, ...Object.entries(conversation.reads).filter(([who]) => who !== me).map(([, offset]) => offset));
    return conversation.messages.findLast((each) => each.author === me && each.offset <= furthest)?.offset ?? null;
}

/** Appends where it can: replacing a whole text would move a reader's selection. */
function setTextNode(node, text) {
    if (node.data === text) return;
    if (text.startsWith(node.data)) node.appendData(text.slice(node.data.length));
    else node.data = text;
}
