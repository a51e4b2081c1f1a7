// Puts the page together: where the token comes from, what the connection brings, what a person does.

import { DemoBox } from './demo.js';
import { demoToken } from './http.js';
import { chosenLanguage, otherLanguage } from './language.js';
import { readFragment, recall, remember, writeFragment } from './memory.js';
import { Outbox } from './outbox.js';
import { GoldFeed } from './price.js';
import { Client } from './protocol.js';
import { gateAfter } from './shell.js';
import { View } from './view.js';

const home = '/demo/gold/';
const session = 'feed/gold';
const place = 'sala.gold.token';
const fragment = readFragment();

/** The model that the view draws. */
const page = {
    language: chosenLanguage('th'),
    feed: new GoldFeed(),
    connection: { kind: 'idle' },
    /** Why a token is asked for. */
    gate: null,
    /** What keeps the page from showing the price: a word of `problem.…`. */
    problem: null,
};

const client = new Client({
    name: 'sala-demo-gold/1.0',
    outbox: new Outbox(),
    observer: {
        stateChanged, received, subscriptionRefused, renewedToken, welcomed: draw, commandsChanged: draw,
        position: () => page.feed.position,
    },
});
const view = new View({ useToken, useDemoToken, reconnect, switchLanguage });
const demo = new DemoBox(page.feed, { changed: draw });

start();

async function start() {
    draw();
    window.addEventListener('online', wake);
    window.addEventListener('offline', draw);
    window.addEventListener('pageshow', wake);
    document.addEventListener('visibilitychange', () => {
        if (!document.hidden) wake();
    });
    if (fragment.token) writeFragment({});
    const token = fragment.token ?? recall('sessionStorage', place) ?? await demoToken(home);
    if (token) useToken(token);
    else ask({ key: 'gate.absent' });
    await demo.load();
}

// Token

function useToken(token) {
    page.gate = null;
    page.problem = null;
    remember('sessionStorage', place, token);
    client.open(session);
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
    if (token) remember('sessionStorage', place, token);
    return token;
}

function ask(why) {
    page.gate = why;
    draw();
}

// Connection

function wake() {
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
    page.gate = gateAfter(state, page.gate);
    if (page.gate?.code && state.kind === 'stopped') remember('sessionStorage', place, null);
    if (hasChanged && state.kind === 'online' && page.feed.isLoaded) view.announce('announce.online');
    draw();
}

function subscriptionRefused(fault) {
    if (fault.code === 2102 || fault.name === 'unsubscribed') page.problem = 'forbidden';
    else if (fault.code === 2301) page.problem = 'unknown';
    else if (fault.code === 2304) page.feed.epoch = null;
    draw();
}

// Frames

function received(frame) {
    switch (frame.type) {
    case 'snapshot':
        page.feed.snapshot(frame);
        page.problem = null;
        break;
    case 'event':
        if (!page.feed.event(frame)) client.repair();
        break;
    case 'value':
        page.feed.value(frame);
        break;
    }
    draw();
}

function switchLanguage() {
    page.language = otherLanguage(page.language);
    draw();
}

// Drawing: at most once a frame, and again each minute, as the line of the day grows. A hidden page gets no frames.

function draw() {
    if (draw.planned) return;
    draw.planned = true;
    const paint = () => {
        draw.planned = false;
        view.render(page);
        demo.render({
            words: (key, parameters) => view.words(page.language, key, parameters),
            isShown: page.gate === null && page.problem === null && page.feed.isLoaded,
        });
        clearTimeout(draw.clock);
        draw.clock = setTimeout(draw, page.connection.kind === 'waiting' ? 250 : 60_000);
    };
    if (document.hidden) setTimeout(paint, 100);
    else requestAnimationFrame(paint);
}
