// Puts the page for staff together: where the token comes from, which account is open, what a person's decisions do.

import { Account } from './account.js';
import { demoToken } from './http.js';
import { chosenLanguage, otherLanguage } from './language.js';
import { readFragment, recall, remember, uuid, writeFragment } from './memory.js';
import { grouped } from './money.js';
import { Outbox } from './outbox.js';
import { Client } from './protocol.js';
import { gateAfter } from './shell.js';
import { View } from './view.js';

const home = '/demo/oa/';
/** The accounts of the demo's tenant. */
const accounts = ['oa-1', 'oa-2', 'oa-3', 'oa-4'];
/** In milliseconds: how long a notice stays. */
const limits = { notice: 8_000 };

const fragment = readFragment();
const outbox = new Outbox();

/** The model that the view draws. */
const page = {
    language: chosenLanguage('th'),
    token: fragment.token ?? recall('sessionStorage', 'sala.staff.token'),
    account: new Account(fragment.oa ?? recall('sessionStorage', 'sala.staff.account') ?? accounts[0]),
    /** A snapshot has been seen. */
    loaded: false,
    /** The server has no session of this account: its first webhook makes it. */
    absent: false,
    connection: { kind: 'idle' },
    commands: [],
    gate: null,
    notice: null,
    writable: false,
};
if (!accounts.includes(page.account.id)) accounts.push(page.account.id);

const client = new Client({
    name: 'sala-demo-oa/1.0',
    outbox,
    observer: {
        stateChanged, received, commandsChanged, subscriptionRefused, renewedToken, welcomed: draw,
        position: () => page.account.position,
    },
});
const view = new View({
    useToken, useDemoToken, reconnect, switchLanguage, openAccount, retry, resolve, sent, changed: draw,
    account: () => page.account.id,
}, accounts);

start();

async function start() {
    enter();
    draw();
    window.addEventListener('hashchange', followFragment);
    window.addEventListener('online', () => client.wake());
    window.addEventListener('offline', draw);
    document.addEventListener('visibilitychange', () => {
        if (document.hidden) return;
        client.wake();
        draw();
    });
    page.token ??= await demoToken(home);
    if (page.token) useToken(page.token);
    else ask({ key: 'gate.absent' });
    await view.send.load();
    draw();
}

// Drawing: at most once a frame. A hidden page gets no frames.

function draw() {
    if (draw.planned) return;
    draw.planned = true;
    const paint = () => {
        draw.planned = false;
        page.writable = page.loaded && page.connection.kind === 'online';
        page.commands = outbox.entries;
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
    remember('sessionStorage', 'sala.staff.token', token);
    client.open(session());
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
        remember('sessionStorage', 'sala.staff.token', token);
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
    if (page.gate?.code && state.kind === 'stopped') remember('sessionStorage', 'sala.staff.token', null);
    if (changed && ['online', 'waiting', 'stopped'].includes(state.kind)) {
        view.announce(`connection.${state.kind}`, { n: Math.ceil(((state.at ?? 0) - Date.now()) / 1_000) });
    }
    draw();
}

function reconnect() {
    if (page.connection.kind === 'stopped') client.restart();
    else client.wake();
}

function subscriptionRefused(fault) {
    page.absent = fault.code === 2301;
    if (fault.code === 2304) page.account.epoch = null;
    else if (fault.name === 'unsubscribed' || fault.code === 2102) notify('notice.forbidden');
    else if (!page.absent) notify('notice.lost', { detail: fault.detail ?? fault.name });
    draw();
}

// Frames

function received(frame) {
    const { account } = page;
    switch (frame.type) {
    case 'subscribed':
        page.absent = false;
        if (frame.outcome === 'resumed') account.resumed(frame);
        break;
    case 'snapshot':
        account.snapshot(frame);
        page.loaded = true;
        page.absent = false;
        break;
    case 'event': {
        const outcome = account.event(frame);
        if (outcome === 'gap') client.repair();
        if (outcome === 'applied' && !frame.replay) tell(frame);
        break;
    }
    case 'signal':
        if (frame.name === 'slip.stage') account.stage(frame.data?.transaction, frame.data?.stage);
        break;
    }
    draw();
}

/** Read out what somebody at the desk would look up for. */
function tell({ name, data }) {
    if (name === 'slip.credited') view.announce('announce.credited', { amount: grouped(data.amount) });
    if (name === 'slip.review') {
        view.announce('announce.review', { reason: view.words(page.language, `reason.${data.reason}`) ?? data.reason });
    }
}

// Decisions

function retry(slip) {
    command('slip.retry', { transaction: slip.transaction });
}

function resolve(slip, ruling) {
    command('slip.resolve', { transaction: slip.transaction, ...ruling });
}

function command(name, data) {
    const entry = outbox.add({ key: uuid(), session: session(), name, data });
    if (entry) client.flush();
    else notify('notice.full');
    draw();
}

function commandsChanged() {
    for (const entry of outbox.entries) {
        if (entry.status === 'pending') continue;
        outbox.remove(entry.key);
        if (entry.status === 'failed') notify('notice.refused', { detail: entry.fault?.detail ?? entry.fault?.name ?? '' });
    }
    draw();
}

function sent(key, parameters) {
    view.tellSent(page.language, key, parameters);
    // The account's first slip has just made its session: no need to wait for the next look.
    if (page.absent && key === 'send.sent') client.open(session());
    draw();
}

// Accounts

function session() {
    return `line-oa/${page.account.id}`;
}

function enter() {
    remember('sessionStorage', 'sala.staff.account', page.account.id);
    writeFragment({ oa: page.account.id });
}

function openAccount(id) {
    if (id === page.account.id || !accounts.includes(id)) return;
    Object.assign(page, { account: new Account(id), loaded: false, absent: false, notice: null });
    enter();
    client.open(session());
    draw();
}

/** A link was pasted into the address bar of a page that is already open. */
function followFragment() {
    const { token, oa } = readFragment();
    if (oa) openAccount(oa);
    enter();
    if (token) useToken(token);
}

function switchLanguage() {
    page.language = otherLanguage(page.language);
    draw();
}
