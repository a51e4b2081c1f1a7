// Puts the page together: what the link opens, what the connection brings, what a person does.

import { DemoBox } from './demo.js';
import { chosenLanguage, otherLanguage } from './language.js';
import { Link } from './link.js';
import { uuid } from './memory.js';
import { Order } from './order.js';
import { Outbox } from './outbox.js';
import { Client } from './protocol.js';
import { View } from './view.js';

/** Positions that a second may bring; a marker that glides needs no more. */
const mode = { mode: 'latest', maxHz: 2 };

const outbox = new Outbox();
const link = new Link('/demo/track/', {
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
const session = `order/${link.id}`;

/** The model that the view draws. */
const page = {
    language: chosenLanguage(),
    order: new Order(),
    connection: { kind: 'idle' },
    /** What keeps the page from showing the order: `{key, detail}`. */
    problem: null,
    /** The customer's wish to cancel. */
    cancelling: { isAsked: false, isBusy: false, fault: null },
};

const client = new Client({
    name: 'sala-demo-track/1.0',
    outbox,
    observer: {
        stateChanged, received, subscriptionRefused, commandsChanged,
        welcomed: (frame) => page.order.tells(frame.time, Date.now()),
        // The link was for once: there is nothing to renew with.
        renewedToken: async () => null,
        // Only the newest counts here, so that every subscription begins with a snapshot.
        position: () => null,
    },
});
const still = matchMedia('(prefers-reduced-motion: reduce)');
const view = new View({ reconnect, switchLanguage, askCancel, cancel, changed: draw });
const demo = new DemoBox(link.id, { changed: draw });

start();

function start() {
    window.addEventListener('online', wake);
    window.addEventListener('offline', draw);
    window.addEventListener('pageshow', wake);
    document.addEventListener('visibilitychange', () => {
        if (!document.hidden) wake();
    });
    draw();
    void demo.load();
    void link.enter();
}

function open(token) {
    client.open(session, mode);
    client.start(token);
    draw();
}

// Connection

function wake() {
    link.wake();
    client.wake();
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
    if (hasChanged && state.kind === 'online' && page.order.state !== null) view.announce('announce.online');
    if (hasChanged && ['waiting', 'stopped'].includes(state.kind)) {
        view.announce(`connection.${state.kind}`, { n: Math.max(1, Math.ceil(((state.at ?? 0) - Date.now()) / 1_000)) });
    }
    draw();
}

function subscriptionRefused(fault) {
    if (fault.code === 2102 || fault.name === 'unsubscribed') page.problem = { key: 'forbidden' };
    else if (fault.code === 2301) page.problem = { key: 'unknown' };
    draw();
}

// Frames

function received(frame) {
    switch (frame.type) {
    case 'snapshot':
        page.order.snapshot(frame, Date.now());
        page.problem = null;
        demo.follow();
        break;
    case 'event':
        // Of several events of one name only the newest comes in this mode: what is true now is asked for.
        client.repair();
        break;
    case 'value':
        page.order.value(frame, Date.now());
        break;
    }
    draw();
}

// Cancelling

function askCancel(isAsked) {
    page.cancelling = { ...page.cancelling, isAsked, fault: null };
    draw();
}

function cancel(reason) {
    if (page.cancelling.isBusy) return;
    const entry = outbox.add({ key: uuid(), session, name: 'order.cancel', data: { reason } });
    page.cancelling = { ...page.cancelling, isBusy: entry !== null, fault: null };
    client.flush();
    draw();
}

function commandsChanged() {
    for (const entry of outbox.entries) {
        if (entry.status === 'pending') continue;
        outbox.remove(entry.key);
        page.cancelling = { isAsked: false, isBusy: false, fault: entry.status === 'failed' ? entry.fault ?? {} : null };
    }
    draw();
}

// Language

function switchLanguage() {
    page.language = otherLanguage(page.language);
    draw();
}

// Drawing: at most once a frame, and again when a second has passed that somebody can read. A hidden page gets no frames.

function draw() {
    if (draw.planned) return;
    draw.planned = true;
    const paint = () => {
        draw.planned = false;
        view.render(page);
        demo.render({
            words: (key, parameters) => view.words(page.language, key, parameters), language: page.language,
            hasProblem: page.problem !== null,
        });
        clearTimeout(draw.clock);
        const counts = page.order.position !== null || page.connection.kind === 'waiting';
        if (counts) draw.clock = setTimeout(draw, page.connection.kind === 'waiting' ? 250 : 1_000);
        glide();
    };
    if (document.hidden) setTimeout(paint, 100);
    else requestAnimationFrame(paint);
}

/** Moves the marker while it is on its way; who wants no motion sees it where it was last reported. */
function glide() {
    const now = still.matches ? Infinity : Date.now();
    view.move(now);
    if (glide.planned || document.hidden || !page.order.rider.isMoving(now)) return;
    glide.planned = true;
    requestAnimationFrame(() => {
        glide.planned = false;
        glide();
    });
}
