// Puts the page together: what the link opens, what the connection brings, what a person shows.

import { Code } from './code.js';
import { DemoBox } from './demo.js';
import { find } from './elements.js';
import { languages } from './language.js';
import * as link from './link.js';
import { recall, remember } from './memory.js';
import { Outbox } from './outbox.js';
import { Payment } from './payment.js';
import { pictureIn } from './photo.js';
import { Client } from './protocol.js';
import { backoff } from './reconnect.js';
import { SlipSender } from './slip.js';
import { View } from './view.js';

/** Close codes after which the token does not work any more. */
const lostTokens = [4200, 4500, 4503, 4507];
/** What a refused ticket means for the person who holds the link, by the fault's code. */
const refusals = { 2100: 'used', 2101: 'over', 2102: 'forbidden', 2103: 'over', 2104: 'used', 2203: 'noKey', 2301: 'unknown' };

const outbox = new Outbox();
const id = link.payment();

/** The model that the view draws. */
const page = {
    language: startLanguage(),
    token: null,
    payment: new Payment(id),
    code: new Code(draw),
    connection: { kind: 'idle' },
    /** What keeps the page from showing the payment: `{key, detail}`. */
    problem: null,
    sender: null,
};

const client = new Client({
    name: 'sala-demo-pay/1.0',
    outbox,
    observer: {
        stateChanged, received, subscriptionRefused, welcomed,
        commandsChanged: follow,
        // The link was for once: there is nothing to renew with.
        renewedToken: async () => null,
        position: () => page.payment.position,
    },
});
page.sender = new SlipSender(id, outbox, find('preview'), {
    changed: draw, flush: () => client.flush(), token: () => page.token,
});
const demo = new DemoBox(id, { changed: draw, payment: () => page.payment.state, send: show });
const view = new View({ reconnect, switchLanguage, retry: () => page.sender.retry() });

start();

async function start() {
    listen();
    draw();
    void demo.load();
    if (id === '') return ask('empty');
    const ticket = link.ticket();
    if (ticket === null) {
        const token = link.keptToken(id);
        if (token) open(token);
        else ask('none');
        return;
    }
    await enter(ticket);
}

function listen() {
    window.addEventListener('online', wake);
    window.addEventListener('offline', draw);
    window.addEventListener('pageshow', wake);
    document.addEventListener('visibilitychange', () => {
        if (!document.hidden) wake();
    });
    find('file').addEventListener('change', () => {
        const [file] = find('file').files;
        // The same file may be chosen again.
        if (file) show(file);
        find('file').value = '';
    });
    // A slip that misses its place must not take the page's.
    for (const name of ['dragenter', 'dragover']) {
        document.addEventListener(name, (event) => {
            event.preventDefault();
            document.body.classList.add('dragging');
        });
    }
    document.addEventListener('dragleave', (event) => {
        if (event.relatedTarget === null) document.body.classList.remove('dragging');
    });
    document.addEventListener('dragend', () => document.body.classList.remove('dragging'));
    document.addEventListener('drop', (event) => {
        event.preventDefault();
        document.body.classList.remove('dragging');
        take(event.dataTransfer);
    });
    document.addEventListener('paste', (event) => {
        if (event.clipboardData?.files.length > 0) take(event.clipboardData);
    });
}

// The link

/** Trades the ticket, as long as nobody answers. Its thirty seconds are the server's to count. */
async function enter(ticket) {
    for (let attempt = 0; ; attempt += 1) {
        let answer = null;
        try {
            answer = await link.trade(id, ticket);
        } catch {
            // Nobody answers.
        }
        if (answer?.token) {
            link.forgetTicket();
            link.keepToken(id, answer.token);
            return open(answer.token);
        }
        if (answer && !answer.fault.retryable) return refuse(answer.fault);
        const wait = answer?.fault.retryAfterMs ?? backoff(attempt, false, Math.random);
        page.connection = { kind: 'waiting', at: Date.now() + wait };
        draw();
        await new Promise((done) => {
            setTimeout(done, wait);
            enter.again = done;
        });
        enter.again = null;
    }
}

/** A link that is opened again in the tab where it was opened before still works there. */
function refuse(fault) {
    link.forgetTicket();
    const kept = link.keptToken(id);
    if (kept) return open(kept);
    page.connection = { kind: 'idle' };
    ask(refusals[fault.code] ?? 'refused', fault.detail ?? fault.name ?? String(fault.status ?? ''));
}

function open(token) {
    page.token = token;
    client.open(`payment/${id}`);
    client.start(token);
    draw();
}

function ask(key, detail) {
    page.problem = { key, detail };
    draw();
}

// Connection

function wake() {
    enter.again?.();
    client.wake();
    if (page.sender.state?.kind === 'waiting') page.sender.retry();
    draw();
}

function reconnect() {
    if (page.connection.kind === 'stopped') client.restart();
    else wake();
}

function stateChanged(state) {
    const hasChanged = page.connection.kind !== state.kind;
    page.connection = state;
    if (lostTokens.includes(state.code) && (state.kind === 'stopped' || state.asks)) {
        link.keepToken(id, null);
        page.problem = { key: 'over' };
    }
    if (hasChanged && state.kind === 'online') {
        if (page.payment.state !== null) view.announce('announce.online');
        if (page.sender.state?.kind === 'waiting') page.sender.retry();
    }
    if (hasChanged && ['waiting', 'stopped'].includes(state.kind)) {
        view.announce(`connection.${state.kind}`, { n: Math.max(1, Math.ceil(((state.at ?? 0) - Date.now()) / 1_000)) });
    }
    draw();
}

function welcomed(frame) {
    page.payment.tells(frame.time, Date.now());
    draw();
}

function subscriptionRefused(fault) {
    if (fault.code === 2304) page.payment.epoch = null;
    else if (fault.code === 2102 || fault.name === 'unsubscribed') page.problem = { key: 'forbidden' };
    else if (fault.code === 2301) page.problem = { key: 'unknown' };
    draw();
}

// Frames

function received(frame) {
    const { payment } = page;
    switch (frame.type) {
    case 'subscribed':
        if (frame.outcome === 'resumed') payment.resumed(frame);
        break;
    case 'snapshot':
        payment.snapshot(frame);
        page.problem = null;
        if (payment.state.status === 'pending') void page.code.load(id, page.token);
        break;
    case 'event': {
        const outcome = payment.event(frame);
        if (outcome === 'gap') client.repair();
        if (outcome === 'applied') tell(frame);
        break;
    }
    case 'signal':
        if (frame.name === 'slip.stage') {
            payment.stage(frame.data?.slip, frame.data?.stage);
            view.announce(frame.data?.stage === 'waiting' ? 'wait.other' : `step.${frame.data?.stage}`);
        }
        break;
    case 'value':
        if (frame.name === 'countdown') payment.tells(frame.asOf, Date.now());
        break;
    }
    follow();
}

/** Read out what somebody waits for. */
function tell({ name, data }) {
    if (name === 'status.changed') view.announce(`outcome.${data.to}.title`);
    if (name === 'slip.rejected') view.announce(`verdict.${data.code}.title`);
}

function follow() {
    page.sender.follow(page.payment.offset);
    draw();
}

// The slip

function take(transfer) {
    const file = pictureIn(transfer);
    if (file) show(file);
    else if (page.payment.isOpen) page.sender.refuse('photo.none');
}

function show(file) {
    if (page.payment.isOpen && !page.payment.state.slip) void page.sender.send(file);
}

// Language

function startLanguage() {
    const kept = recall('localStorage', 'sala.language');
    if (languages.includes(kept)) return kept;
    return navigator.language.toLowerCase().startsWith('th') ? 'th' : 'en';
}

function switchLanguage() {
    page.language = page.language === 'th' ? 'en' : 'th';
    remember('localStorage', 'sala.language', page.language);
    draw();
}

// Drawing: at most once a frame, and again when the next second begins. A hidden page gets no frames.

function draw() {
    if (draw.planned) return;
    draw.planned = true;
    const paint = () => {
        draw.planned = false;
        view.render(page);
        demo.render({
            words: (key, parameters) => view.words(page.language, key, parameters), hasProblem: page.problem !== null,
        });
        clearTimeout(draw.countdown);
        const left = page.payment.left(Date.now());
        const counts = left > 0 || page.connection.kind === 'waiting' || page.payment.state?.slip?.wait;
        if (counts) draw.countdown = setTimeout(draw, left > 0 ? left % 1_000 || 1_000 : 250);
    };
    if (document.hidden) setTimeout(paint, 100);
    else requestAnimationFrame(paint);
}
