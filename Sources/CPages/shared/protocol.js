// The socket client of `sala.v1.json`: hello, subscribe and resume, commands with keys, heartbeat, reconnect.
// It knows frames and connections; what events mean, and what a person sees, is each page's own.

import { backoff, classify, limits as pace } from './reconnect.js';

/** All in milliseconds. */
const limits = {
    /** From the start of a connection to its `welcome`. */
    welcome: 10_000,
    /** From a ping to whatever frame comes next; silence beyond it means that the connection is dead. */
    pong: 10_000,
    /** The same when a person is looking: the page became visible, or the network came back. */
    promptPong: 4_000,
    /** How often silence is looked for. */
    watch: 2_000,
    /** Between two subscriptions that repair a gap, and between two looks for a session that does not exist yet. */
    resubscribe: 1_000,
    absent: 3_000,
    /** Acknowledgements are cumulative: one per this long is enough. */
    ack: 1_000,
    /** A typing signal stands for this long. */
    signal: 3_000,
};

/**
 * One connection that is kept up, with one subscription.
 *
 * `observer` is told: `stateChanged(state)` with `state.kind` one of `connecting`, `online`, `moving`, `waiting`,
 * `token`, `stopped`; `welcomed(frame)`; `received(frame)` for frames of the subscription; `commandsChanged()`;
 * `subscriptionRefused(fault)`; and asked: `position()` to resume from, `renewedToken()` → a promise of a token or null.
 */
export class Client {
    #name;
    #url;
    #outbox;
    #observer;
    #socket = null;
    #token = null;
    #session = null;
    #mode = { mode: 'all' };
    #subscription = null;    // {id, settled}: the answer to `id` is awaited until settled
    #nextID = 1;
    #attempt = 0;
    #openedAt = 0;
    #heard = 0;
    #heartbeat = 25_000;
    #pingDeadline = null;
    #acked = 0;
    #signalledAt = 0;
    #repairedAt = 0;
    #renewing = false;
    #timers = new Map();

    state = { kind: 'idle' };

    /** `name`: what the server's log calls this client. */
    constructor({ name, outbox, observer }) {
        this.#name = name;
        this.#url = socketAddress();
        this.#outbox = outbox;
        this.#observer = observer;
    }

    /** Connects with a token, now, whatever went before. */
    start(token) {
        this.#token = token;
        this.#attempt = 0;
        this.#connect();
    }

    /** Subscribes to a session (`kind/id`) in place of the one before. `mode`: of the subscribe frame, with `maxHz`. */
    open(session, mode = { mode: 'all' }) {
        const before = this.#session;
        this.#session = session;
        this.#mode = mode;
        this.#acked = 0;
        this.#cancel('absent');
        if (this.#ready) {
            if (before && this.#subscription) this.#send({ type: 'unsubscribe', id: this.#nextID++, session: before });
            this.#subscribe();
        }
    }

    /** Gives a new token: in the same socket if there is one, else with a new connection. */
    renew(token) {
        this.#token = token;
        if (this.#ready) this.#send({ type: 'refresh', id: this.#nextID++, token });
        else this.start(token);
    }

    /** Sends what the outbox holds; called after each change to it. */
    flush() {
        if (!this.#ready) return;
        for (const entry of this.#outbox.sendable(Date.now())) {
            const id = this.#nextID++;
            this.#outbox.sent(entry.key, id);
            this.#send({ type: 'command', id, session: entry.session, name: entry.name, key: entry.key, data: entry.data });
        }
        const deadline = this.#outbox.nextDeadline();
        if (deadline !== null) this.#schedule('flush', Math.max(0, deadline - Date.now()), () => this.flush());
    }

    /**
     * Tells the other subscribers something that nobody will miss. Never queued: false when it was not sent. `pause` is the
     * least time between two, in milliseconds.
     */
    signal(name, data = {}, pause = limits.signal) {
        if (!this.#ready || !this.#subscription?.settled || Date.now() - this.#signalledAt < pause) return false;
        this.#signalledAt = Date.now();
        this.#send({ type: 'signal', session: this.#session, name, data });
        return true;
    }

    /** A piece is missing: subscribe again from what is known, at most once a second. */
    repair() {
        if (!this.#ready || !this.#subscription?.settled) return;
        this.#subscription.settled = false;
        const wait = Math.max(0, this.#repairedAt + limits.resubscribe - Date.now());
        this.#schedule('repair', wait, () => {
            this.#repairedAt = Date.now();
            this.#send({ type: 'unsubscribe', id: this.#nextID++, session: this.#session });
            this.#subscribe();
        });
    }

    /** Whether frames of the subscription can be trusted to follow each other. */
    get settled() {
        return this.#subscription?.settled ?? false;
    }

    /** A person is looking, or the network is back: find out now instead of later. */
    wake() {
        if (this.state.kind === 'waiting') this.#connect();
        else if (this.#ready) this.#ping(limits.promptPong);
    }

    /** Closes the connection and makes no other before `start`. */
    leave() {
        this.#drop();
        this.#become({ kind: 'idle' });
        this.#observer.commandsChanged();
    }

    /** Tries again after a stop, because a person asked for it. */
    restart() {
        if (this.#token) this.start(this.#token);
    }

    // Connection

    get #ready() {
        return this.state.kind === 'online';
    }

    #become(state) {
        this.state = state;
        this.#observer.stateChanged(state);
    }

    #connect() {
        this.#drop();
        this.#become({ kind: 'connecting' });
        const socket = new WebSocket(this.#url, 'sala.v1.json');
        this.#socket = socket;
        this.#openedAt = 0;
        this.#schedule('welcome', limits.welcome, () => this.#lost(1006));
        socket.onopen = () => this.#hello();
        socket.onmessage = (message) => this.#receive(message.data);
        socket.onclose = (close) => this.#lost(close.code);
    }

    #hello() {
        const frame = { type: 'hello', token: this.#token, client: this.#name };
        if (this.#session) {
            const { type: _, ...subscribe } = this.#subscribeFrame();
            frame.subscribe = [subscribe];
        }
        this.#send(frame);
    }

    /** Lets go of the socket without waiting for its close, which a dead network would delay for minutes. */
    #drop() {
        for (const name of [...this.#timers.keys()]) this.#cancel(name);
        this.#pingDeadline = null;
        this.#subscription = null;
        this.#outbox.disconnect();
        const socket = this.#socket;
        this.#socket = null;
        if (!socket) return;
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close(1000);
    }

    #lost(code) {
        const moving = this.state.kind === 'moving' ? this.state : null;
        if (this.#openedAt > 0 && Date.now() - this.#openedAt >= pace.settled) this.#attempt = 0;
        this.#drop();
        this.#observer.commandsChanged();
        const kind = classify(code);
        if (kind === 'stop') {
            this.#become({ kind: 'stopped', code });
        } else if (kind === 'token') {
            this.#become({ kind: 'token', code });
            this.#renewOrAsk(code);
        } else {
            const chosen = moving ? Math.max(0, moving.at - Date.now()) : null;
            this.#wait(chosen ?? backoff(this.#attempt, kind === 'wait', Math.random), code);
        }
    }

    #wait(delay, code) {
        this.#attempt += 1;
        this.#become({ kind: 'waiting', at: Date.now() + delay, code });
        this.#schedule('reconnect', delay, () => this.#connect());
    }

    async #renewOrAsk(code) {
        const token = await this.#observer.renewedToken();
        if (this.state.kind !== 'token') return;
        if (!token) {
            this.#become({ kind: 'token', code, asks: true });
            return;
        }
        this.#token = token;
        this.#wait(backoff(this.#attempt, false, Math.random), code);
    }

    #send(frame) {
        if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
    }

    // Frames

    #receive(text) {
        this.#heard = Date.now();
        this.#pingDeadline = null;
        let frame;
        try {
            frame = JSON.parse(text);
        } catch {
            // Not the protocol that was agreed on; a fresh connection is the only cure.
            this.#lost(1006);
            return;
        }
        switch (frame.type) {
        case 'welcome': return this.#welcomed(frame);
        case 'subscribed': return this.#subscribed(frame);
        case 'snapshot': return this.#snapshot(frame);
        case 'event': case 'delta': case 'signal': case 'value': return this.#published(frame);
        case 'ok': return this.#accepted(frame);
        case 'fault': return this.#refused(frame);
        case 'unsubscribed': return this.#unsubscribed(frame);
        case 'expiring': return void this.#refresh();
        case 'goaway': return this.#goaway(frame);
        default: return; // A newer server may say more than this page knows.
        }
    }

    #welcomed(frame) {
        this.#cancel('welcome');
        this.#openedAt = Date.now();
        this.#heartbeat = (frame.heartbeatSeconds ?? 25) * 1_000;
        this.#become({ kind: 'online' });
        this.#observer.welcomed(frame);
        this.#watch();
        if (this.#session && !this.#subscription) this.#subscribe();
        this.flush();
    }

    #goaway(frame) {
        const delay = frame.reconnectAfterMs ?? backoff(this.#attempt, false, Math.random);
        this.#become({ kind: 'moving', at: Date.now() + delay });
        // What is under way is answered here, or sent again with its key there.
        this.#schedule('reconnect', delay, () => this.#connect());
    }

    async #refresh() {
        if (this.#renewing) return;
        this.#renewing = true;
        const token = await this.#observer.renewedToken();
        this.#renewing = false;
        if (token) this.renew(token);
    }

    // Subscription

    #subscribeFrame() {
        const id = this.#nextID++;
        this.#subscription = { id, settled: false };
        const frame = { type: 'subscribe', id, session: this.#session, ...this.#mode };
        const from = this.#observer.position();
        if (from) frame.from = from;
        return frame;
    }

    #subscribe() {
        this.#send(this.#subscribeFrame());
    }

    #subscribed(frame) {
        // Without an id: the server caught a slow reader up by itself.
        if (!this.#subscription || (frame.id ?? this.#subscription.id) !== this.#subscription.id) return;
        // A snapshot follows unless the subscription was resumed; until it is there, events have nothing to stand on.
        this.#subscription.settled = frame.outcome === 'resumed';
        this.#observer.received(frame);
    }

    #snapshot(frame) {
        if (frame.session !== this.#session || !this.#subscription) return;
        this.#subscription.settled = true;
        this.#observer.received(frame);
        this.#acknowledge();
    }

    #published(frame) {
        if (frame.session !== this.#session) return;
        // The whole text so far may come ahead of the snapshot that names the reply.
        if (!this.settled && !(frame.type === 'delta' && frame.at === 0)) return;
        this.#observer.received(frame);
        if (frame.type === 'event') this.#acknowledge();
    }

    #unsubscribed(frame) {
        // After our own unsubscribe the next subscription is already under way.
        if (frame.session !== this.#session || frame.why === 'requested' || !this.settled) return;
        this.#subscription = null;
        if (['rights', 'deleted'].includes(frame.why)) {
            this.#observer.subscriptionRefused({ name: 'unsubscribed', why: frame.why });
        } else {
            // The server could not go on (`moved`, `unavailable`): from the same place again, a little later.
            this.#schedule('absent', limits.resubscribe, () => this.#subscribe());
        }
    }

    #acknowledge() {
        if (this.#timers.has('ack')) return;
        this.#schedule('ack', limits.ack, () => {
            const offset = this.#observer.position()?.offset ?? 0;
            if (!this.settled || offset <= this.#acked) return;
            this.#acked = offset;
            this.#send({ type: 'ack', session: this.#session, offset });
        });
    }

    // Commands

    #accepted(frame) {
        const entry = this.#outbox.accept(frame.id, frame.offset, frame.data);
        if (!entry) return;
        // The first command creates a conversation; until now there was nothing to subscribe to.
        if (entry.session === this.#session && !this.#subscription) {
            this.#cancel('absent');
            this.#subscribe();
        }
        this.#observer.commandsChanged();
        this.flush();
    }

    #refused(fault) {
        if (this.#outbox.refuse(fault.id, fault, Date.now())) {
            this.#observer.commandsChanged();
            this.flush();
        } else if (fault.id !== undefined && fault.id === this.#subscription?.id) {
            this.#subscription = null;
            // First the observer: after 2304 (bad position) it has no position left and the next answer is a snapshot.
            this.#observer.subscriptionRefused(fault);
            const again = this.#secondTry(fault);
            if (again !== null) this.#schedule('absent', again, () => this.#subscribe());
        }
    }

    /** After how long to subscribe again, or null if the answer would be the same. */
    #secondTry(fault) {
        if (fault.code === 2301) return limits.absent;
        if (fault.code === 2304) return limits.resubscribe;
        return fault.retryable ? fault.retryAfterMs ?? limits.absent : null;
    }

    // Silence

    #watch() {
        this.#schedule('watch', limits.watch, () => {
            const now = Date.now();
            if (this.#pingDeadline !== null && now > this.#pingDeadline) return this.#lost(1006);
            if (this.#pingDeadline === null && now - this.#heard > this.#heartbeat) this.#ping(limits.pong);
            this.#watch();
        });
    }

    /** The browser answers the server's pings by itself and says nothing of them, so silence is asked about here. */
    #ping(patience) {
        const deadline = Date.now() + patience;
        this.#pingDeadline = Math.min(this.#pingDeadline ?? Infinity, deadline);
        this.#send({ type: 'ping', n: this.#nextID++ });
    }

    // Timers, by name: setting one again replaces it.

    #schedule(name, delay, action) {
        this.#cancel(name);
        this.#timers.set(name, setTimeout(() => {
            this.#timers.delete(name);
            action();
        }, delay));
    }

    #cancel(name) {
        clearTimeout(this.#timers.get(name));
        this.#timers.delete(name);
    }
}

/** The server's socket, whether the page came over TLS or not. */
function socketAddress() {
    const address = new URL('/v1/socket', location.href);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    address.hash = '';
    return address.href;
}
