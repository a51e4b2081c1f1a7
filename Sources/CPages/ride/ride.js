// Puts the page together: a recorded ride instead of a phone's own place, and what the server makes of it.

import { chosenLanguage, otherLanguage } from './language.js';
import { demoToken, get } from './http.js';
import { readFragment, recall, remember, uuid, writeFragment } from './memory.js';
import { Outbox } from './outbox.js';
import { Player } from './player.js';
import { Client } from './protocol.js';
import { Reporter } from './reporter.js';
import { gateAfter } from './shell.js';
import { View } from './view.js';

const home = '/demo/ride/';
/** In milliseconds: between two places that the phone notes down. */
const rhythm = 1_000;

const outbox = new Outbox();
const id = named();
const session = `order/${id}`;
const fragment = readFragment();

/** The model that the view draws. */
const page = {
    language: chosenLanguage(),
    id,
    token: fragment.token ?? recall('sessionStorage', 'sala.ride.token'),
    connection: { kind: 'idle' },
    gate: null,
    /** What is wrong: `{key, parameters}`. */
    notice: id === '' ? { key: 'notice.empty' } : null,
    /** The order as the rider may see it; null: not known. */
    state: null,
    route: null,
    player: null,
    reporter: new Reporter(),
    /** A person took the network away. */
    isAway: false,
    /** By the server's clock, in milliseconds: how much it is ahead of ours. */
    ahead: 0,
};

const client = new Client({
    name: 'sala-demo-ride/1.0',
    outbox,
    observer: {
        stateChanged, received, subscriptionRefused, commandsChanged,
        welcomed: ({ time }) => {
            const told = Date.parse(time);
            if (!Number.isNaN(told)) page.ahead = told - Date.now();
        },
        renewedToken: () => demoToken(`${home}demo/`),
        position: () => null,
    },
});
const view = new View({
    useToken, useDemoToken, reconnect, switchLanguage, toggle, accelerate, seek, toggleNetwork, advance, changed: draw,
});

start();

async function start() {
    writeFragment({});
    draw();
    window.addEventListener('online', () => client.wake());
    window.addEventListener('offline', draw);
    document.addEventListener('visibilitychange', () => {
        if (!document.hidden && !page.isAway) client.wake();
    });
    try {
        page.route = await get(`${home}files/route.json`);
        page.player = page.route && new Player(page.route);
    } catch {
        page.notice = { key: 'notice.noRoute' };
    }
    setInterval(note, rhythm);
    if (id === '') return draw();
    page.token ??= await demoToken(`${home}demo/`);
    if (page.token) useToken(page.token);
    else {
        page.gate = { key: 'gate.absent' };
        draw();
    }
}

function named() {
    try {
        return decodeURIComponent(location.pathname.slice(home.length));
    } catch {
        return '';
    }
}

// Token

function useToken(token) {
    page.token = token;
    page.gate = null;
    remember('sessionStorage', 'sala.ride.token', token);
    client.open(session, { mode: 'latest', maxHz: 2 });
    client.start(token);
    draw();
}

async function useDemoToken() {
    const token = await demoToken(`${home}demo/`);
    if (token) return useToken(token);
    page.gate = { key: 'gate.noDemo' };
    draw();
}

// Connection

function stateChanged(state) {
    const hasChanged = page.connection.kind !== state.kind;
    page.connection = state;
    page.gate = gateAfter(state, page.gate);
    if (page.gate?.code) remember('sessionStorage', 'sala.ride.token', null);
    if (state.kind !== 'online') page.reporter.interrupt();
    if (hasChanged && ['online', 'waiting', 'stopped'].includes(state.kind)) {
        view.announce(`connection.${state.kind}`, { n: Math.max(1, Math.ceil(((state.at ?? 0) - Date.now()) / 1_000)) });
    }
    draw();
}

function reconnect() {
    if (page.connection.kind === 'stopped') client.restart();
    else client.wake();
}

/** Really closes the socket; what is noted down meanwhile waits. */
function toggleNetwork() {
    page.isAway = !page.isAway;
    if (page.isAway) client.leave();
    else client.start(page.token);
    draw();
}

function subscriptionRefused(fault) {
    page.notice = { key: fault.code === 2301 ? 'notice.unknown' : 'notice.forbidden' };
    draw();
}

// Frames

function received(frame) {
    if (frame.type === 'snapshot') {
        page.state = frame.state ?? {};
        page.notice = null;
    }
    // Of several events of one name only the newest comes in this mode: what is true now is asked for.
    if (frame.type === 'event') client.repair();
    if (frame.type === 'value' && frame.name === 'pace') page.reporter.setPace(frame.data?.everySeconds);
    draw();
}

// The ride

/** What a phone does all the time: notes down where it is, and tells whoever asked for it. */
function note() {
    const now = Date.now();
    const { player, reporter } = page;
    const isUseful = page.state !== null && page.state.terminal !== true;
    if (player?.isPlaying && isUseful) reporter.add({ ...player.fix(now), at: new Date(now + page.ahead).toISOString() });
    if (page.connection.kind === 'online') reporter.send(now, tell, report);
    else reporter.interrupt();
    draw();
}

function tell(points) {
    return client.signal('position.report', { points }, 0);
}

function report(points) {
    return command('position.report', { points });
}

function command(name, data) {
    const entry = outbox.add({ key: uuid(), session, name, data });
    if (entry) client.flush();
    return entry?.key ?? null;
}

function advance(to) {
    command('status.advance', { to });
    draw();
}

function commandsChanged() {
    for (const entry of outbox.entries) {
        if (entry.status === 'pending') continue;
        outbox.remove(entry.key);
        const fault = entry.status === 'failed' ? entry.fault ?? {} : null;
        if (entry.name === 'position.report') page.reporter.settle(entry.key, entry.answer, fault);
        if (fault) page.notice = { key: 'notice.refused', parameters: { detail: fault.detail ?? fault.name ?? '' } };
    }
    draw();
}

function toggle() {
    const now = Date.now();
    if (page.player.isPlaying) page.player.pause(now);
    else page.player.play(now);
    note();
}

function accelerate(factor) {
    page.player.accelerate(factor, Date.now());
    draw();
}

/** `part`: 0…1 of the ride. */
function seek(part) {
    page.player.seek(part * page.player.length, Date.now());
    draw();
}

function switchLanguage() {
    page.language = otherLanguage(page.language);
    draw();
}

// Drawing: at most once a frame. A hidden page gets no frames.

function draw() {
    if (draw.planned) return;
    draw.planned = true;
    const paint = () => {
        draw.planned = false;
        view.render({ ...page, isBusy: outbox.entries.some((entry) => entry.name === 'status.advance') });
        clearTimeout(draw.countdown);
        if (page.connection.kind === 'waiting') draw.countdown = setTimeout(draw, 250);
    };
    if (document.hidden) setTimeout(paint, 100);
    else requestAnimationFrame(paint);
}
