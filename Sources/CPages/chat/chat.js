// Puts the page together: where the token comes from, which conversation is open, what a person's actions do.

import { conversations, olderEvents } from './api.js';
import * as log from './conversation.js';
import { demoToken } from './http.js';
import { chosenLanguage, otherLanguage } from './language.js';
import { readFragment, recall, recallList, remember, uuid, writeFragment } from './memory.js';
import { Outbox } from './outbox.js';
import { Client } from './protocol.js';
import { gateAfter } from './shell.js';
import { View } from './view.js';

const home = '/demo/chat/';

/** In milliseconds: how long a typing signal is shown, and how long a notice stays. */
const limits = { typing: 5_000, notice: 8_000 };

const fragment = readFragment();
const outbox = new Outbox(recallList('sessionStorage', 'sala.outbox'));

/** The model that the view draws. */
const page = {
    language: chosenLanguage(),
    token: fragment.token ?? recall('sessionStorage', 'sala.token'),
    tenant: null,
    me: null,
    conversation: log.empty(fragment.conversation ?? recall('sessionStorage', 'sala.conversation') ?? newConversationID()),
    /** A snapshot has been seen. */
    loaded: false,
    /** The server does not know this conversation yet: its first message makes it. */
    absent: false,
    connection: { kind: 'idle' },
    commands: outbox.entries,
    cancelling: false,
    typing: [],
    list: null,
    gate: null,
    notice: null,
    writable: false,
};

const client = new Client({
    name: 'sala-demo-chat/1.0',
    outbox,
    observer: { stateChanged, welcomed, received, commandsChanged, subscriptionRefused, position: () => log.position(page.conversation), renewedToken },
});
const view = new View({
    send, stop, regenerate, retry, discard, older, openConversation, useToken, useDemoToken, reconnect, drafted, switchLanguage,
    newConversation: () => openConversation(newConversationID()),
});

start();

async function start() {
    enter(page.conversation.id);
    draw();
    window.addEventListener('hashchange', followFragment);
    window.addEventListener('online', () => client.wake());
    window.addEventListener('offline', draw);
    document.addEventListener('visibilitychange', () => {
        if (document.hidden) return;
        client.wake();
        markRead();
        draw();
    });
    page.token ??= await demoToken(home);
    if (page.token) useToken(page.token);
    else ask({ key: 'gate.absent' });
}

// Drawing: at most once a frame. A hidden page gets no frames, but its tab may still be read.

function draw() {
    if (draw.planned) return;
    draw.planned = true;
    const paint = () => {
        draw.planned = false;
        const ended = ['archived', 'deleted'].includes(page.conversation.status);
        page.writable = !ended && !['stopped', 'token', 'idle'].includes(page.connection.kind) && (page.loaded || page.absent);
        view.render(page);
        clearTimeout(draw.countdown);
        if (page.connection.kind === 'waiting') draw.countdown = setTimeout(draw, 250);
    };
    if (document.hidden) setTimeout(paint, 100);
    else requestAnimationFrame(paint);
}

function notify(key, parameters = {}) {
    page.notice = { key, parameters };
    clearTimeout(notify.timer);
    notify.timer = setTimeout(() => {
        page.notice = null;
        draw();
    }, limits.notice);
    draw();
}

// Token

function useToken(token) {
    page.token = token;
    page.gate = null;
    remember('sessionStorage', 'sala.token', token);
    client.open(`conversation/${page.conversation.id}`);
    client.start(token);
    draw();
}

async function useDemoToken() {
    const token = await demoToken(home);
    if (token) useToken(token);
    else ask({ key: 'gate.noDemo' });
}

async function renewedToken() {
    const token = await demoToken(home);
    if (token) {
        page.token = token;
        remember('sessionStorage', 'sala.token', token);
    }
    return token;
}

function ask(why) {
    page.gate = why;
    draw();
}

// Connection

function stateChanged(state) {
    const changed = page.connection.kind !== state.kind;
    page.connection = state;
    page.gate = gateAfter(state, page.gate);
    page.typing = [];
    if (changed && ['online', 'waiting', 'stopped'].includes(state.kind)) {
        view.announce(`connection.${state.kind}`, { n: Math.ceil(((state.at ?? 0) - Date.now()) / 1_000) });
    }
    draw();
}

function welcomed(frame) {
    page.me = frame.subject;
    page.tenant = frame.tenant;
    refreshList();
}

function reconnect() {
    if (page.connection.kind === 'stopped') client.restart();
    else client.wake();
}

function subscriptionRefused(fault) {
    page.absent = fault.code === 2301;
    if (fault.code === 2304) page.conversation = { ...page.conversation, epoch: null };
    else if (fault.name === 'unsubscribed' && fault.why === 'deleted') page.conversation = { ...page.conversation, status: 'deleted' };
    else if (fault.name === 'unsubscribed' || fault.code === 2102) notify('notice.forbidden');
    else if (!page.absent) notify('notice.lost', { detail: fault.detail ?? fault.name });
    draw();
}

// Frames

function received(frame) {
    switch (frame.type) {
    case 'subscribed':
        page.absent = false;
        if (frame.outcome === 'resumed') page.conversation = log.applyResumed(page.conversation, frame);
        break;
    case 'snapshot':
        page.conversation = log.applySnapshot(page.conversation, frame);
        page.loaded = true;
        page.absent = false;
        confirm();
        markRead();
        break;
    case 'event': return receivedEvent(frame);
    case 'delta': {
        const [next, outcome] = log.applyDelta(page.conversation, frame);
        page.conversation = next;
        if (outcome === 'mismatch') client.repair();
        break;
    }
    case 'signal':
        if (frame.name === 'typing' && frame.from !== page.me) someoneTypes(frame.from);
        break;
    }
    draw();
}

function receivedEvent(frame) {
    const [next, outcome] = log.applyEvent(page.conversation, frame);
    page.conversation = next;
    if (outcome === 'gap') client.repair();
    if (outcome === 'applied') {
        page.typing = page.typing.filter((who) => who !== frame.data?.message?.author);
        if (!next.open) page.cancelling = false;
        confirm();
        markRead();
        if (!frame.replay) tell(frame);
    }
    draw();
}

/** What happens after an event was seen live: it is read out, and the list may have a new name or order. */
function tell(frame) {
    const message = frame.data?.message;
    if (frame.name === 'reply.started') view.announce('announce.answering');
    if (frame.name === 'reply.completed') view.announce('announce.reply', { text: message.text });
    if (['reply.cancelled', 'reply.interrupted', 'reply.failed'].includes(frame.name)) view.announce(frame.name);
    if (frame.name === 'message.created' && message.author !== page.me) {
        view.announce('announce.message', { author: message, text: message.text });
    }
    if (frame.name.startsWith('conversation.') || (frame.name === 'message.created' && !inList())) refreshList();
}

function someoneTypes(who) {
    if (!page.typing.includes(who)) page.typing = [...page.typing, who];
    someoneTypes.timers ??= new Map();
    clearTimeout(someoneTypes.timers.get(who));
    someoneTypes.timers.set(who, setTimeout(() => {
        someoneTypes.timers.delete(who);
        page.typing = page.typing.filter((each) => each !== who);
        draw();
    }, limits.typing));
}

/** Tells the others how far a person has read, where there are others. */
function markRead() {
    const { conversation, me } = page;
    const last = conversation.messages.findLast((each) => each.author !== me && each.role === 'user');
    if (!last || document.hidden || !me || (conversation.reads[me] ?? 0) >= last.offset || markRead.told >= last.offset) return;
    markRead.told = last.offset;
    command('message.read', { offset: last.offset });
}

// Commands

function send(text) {
    if (!page.writable) return false;
    if (!command('message.send', { text })) {
        notify('notice.full');
        return false;
    }
    drafted('');
    view.follow();
    return true;
}

function stop() {
    if (!page.conversation.open) return;
    page.cancelling = true;
    command('reply.cancel', { reply: page.conversation.open.reply });
}

function regenerate() {
    command('reply.regenerate', {});
}

function retry(key) {
    outbox.retry(key);
    client.flush();
    commandsChanged();
}

function discard(key) {
    outbox.remove(key);
    commandsChanged();
}

function command(name, data) {
    const session = `conversation/${page.conversation.id}`;
    const entry = outbox.add({ key: uuid(), session, name, data, since: page.conversation.offset });
    if (entry) client.flush();
    commandsChanged();
    return entry;
}

function commandsChanged() {
    for (const entry of outbox.entries) {
        if (entry.status !== 'failed' || entry.name === 'message.send') continue;
        // What is not a message has no place in the thread to show its fate. Too late to stop is no failure at all.
        outbox.remove(entry.key);
        page.cancelling = false;
        if (entry.name === 'reply.regenerate') notify('notice.refused', { detail: entry.fault?.detail ?? entry.fault?.name ?? '' });
    }
    confirm();
    draw();
}

/** Forgets what the log has confirmed, and keeps what a reload must not lose: it is sent again with the same key. */
function confirm() {
    const here = `conversation/${page.conversation.id}`;
    for (const entry of outbox.entries) {
        const seen = entry.offset === null || entry.offset <= page.conversation.offset;
        if (entry.status === 'done' && (entry.name !== 'message.send' || entry.session !== here || seen)) outbox.remove(entry.key);
    }
    page.commands = outbox.entries;
    const unanswered = page.commands.filter((entry) => entry.name === 'message.send' && entry.status !== 'done');
    remember('sessionStorage', 'sala.outbox', unanswered.length > 0 ? JSON.stringify(unanswered) : null);
}

function drafted(text) {
    remember('sessionStorage', `sala.draft.${page.conversation.id}`, text === '' ? null : text);
    if (text !== '') client.signal('typing');
    draw();
}

// Conversations

function enter(id) {
    remember('sessionStorage', 'sala.conversation', id);
    writeFragment({ conversation: id });
    view.draft = recall('sessionStorage', `sala.draft.${id}`) ?? '';
}

function newConversationID() {
    return `c_${uuid().replaceAll('-', '')}`;
}

function openConversation(id) {
    if (id === page.conversation.id) return;
    Object.assign(page, {
        conversation: log.empty(id), loaded: false, absent: false, typing: [], cancelling: false, notice: null,
    });
    markRead.told = 0;
    enter(id);
    client.open(`conversation/${id}`);
    view.follow();
    if (!page.gate) view.focusInput();
    draw();
}

/** A link was pasted into the address bar of a page that is already open. */
function followFragment() {
    const { token, conversation } = readFragment();
    if (conversation) openConversation(conversation);
    writeFragment({ conversation: page.conversation.id });
    if (token) useToken(token);
}

async function older() {
    const { id, messages } = page.conversation;
    try {
        const { events, hasMore } = await olderEvents(id, messages[0]?.offset ?? 1, page.token);
        if (page.conversation.id === id) page.conversation = log.prependOlder(page.conversation, events, hasMore);
    } catch {
        notify('thread.olderFailed');
    }
    draw();
}

async function refreshList() {
    page.list = await conversations(page.tenant, page.token);
    draw();
}

function inList() {
    return page.list === null || page.list.some((each) => each.id === page.conversation.id);
}

function switchLanguage() {
    page.language = otherLanguage(page.language);
    draw();
}
