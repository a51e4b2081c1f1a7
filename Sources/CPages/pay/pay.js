// Puts the page together: what the link opens, what the connection brings, what a person shows.

import { Code } from './code.js';
import { DemoBox } from './demo.js';
import { find } from './elements.js';
import { chosenLanguage, otherLanguage } from './language.js';
import { Link } from './link.js';
import { Outbox } from './outbox.js';
import { Payment } from './payment.js';
import { pictureIn } from './photo.js';
import { Client } from './protocol.js';
import { SlipSender } from './slip.js';
import { View } from './view.js';

const outbox = new Outbox();
const link = new Link('/demo/pay/', {
    open,
    waiting: (at) => {
        page.connection = { kind: 'waiting', at };
        draw();
    },
    problem: (key, detail) => {
        page.connection = { kind: 'idle' };
        page.problem = { key, detail };
        draw();
    },
});
const { id } = link;

/** The model that the view draws. */
const page = {
    language: chosenLanguage(),
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

function start() {
    listen();
    draw();
    void demo.load();
    void link.enter();
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

function open(token) {
    page.token = token;
    client.open(`payment/${id}`);
    client.start(token);
    draw();
}

// Connection

function wake() {
    link.wake();
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
    if (link.isOver(state)) page.problem = { key: 'over' };
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

function switchLanguage() {
    page.language = otherLanguage(page.language);
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
