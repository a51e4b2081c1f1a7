// The page as a function of the model. Nothing is decided here.

import { arrange, facts, find, make, setText, show, tick } from './elements.js';
import { isPlace } from './geo.js';
import { amount, localized, moment } from './language.js';
import { StreetMap } from './map.js';
import { Shell } from './shell.js';
import { text } from './strings.js';

export class View {
    #shell;
    #map = new StreetMap(find('map'), '/demo/track/files/');
    /** `loading`, `ready` or `missing`. */
    #mapState = 'loading';
    #spoken = null;
    #model = null;

    constructor(actions) {
        this.#shell = new Shell(text, find('sheet'), actions);
        find('cancel-open').addEventListener('click', () => actions.askCancel(true));
        find('cancel-no').addEventListener('click', () => actions.askCancel(false));
        find('cancel-yes').addEventListener('click', () => actions.cancel(find('cancel-reason').selectedOptions[0].textContent));
        find('centre').addEventListener('click', () => {
            this.#map.release();
            actions.changed();
        });
        this.#map.load().then((isThere) => {
            this.#mapState = isThere ? 'ready' : 'missing';
            actions.changed();
        });
    }

    /** `model`: see `page` in track.js. */
    render(model) {
        const words = this.#shell.translate(model.language);
        const full = { ...model, words, now: Date.now() };
        this.#model = full;
        document.documentElement.dataset.ready = String(model.order.state !== null || model.problem !== null);
        this.#shell.renderConnection(full);
        show(find('state'), model.connection.kind !== 'idle');
        this.#renderBanner(full);
        this.#renderProblem(full);
        const isShown = model.problem === null && model.order.state !== null;
        show(find('loading'), model.problem === null && model.order.state === null);
        show(find('sheet'), isShown);
        if (!isShown) return;
        this.#renderHead(full);
        this.#renderMap(full);
        this.#renderSteps(full);
        this.#renderFacts(full);
        this.#renderCancel(full);
    }

    announce(key, parameters) {
        this.#shell.announce(key, parameters);
    }

    words(language, key, parameters) {
        return text(language, key, parameters);
    }

    // Around the order

    #renderBanner({ connection, problem, words, now }) {
        const isOffline = ['waiting', 'connecting'].includes(connection.kind) && !navigator.onLine;
        // A first attempt is no trouble yet.
        const isTrouble = connection.kind === 'waiting' || connection.kind === 'stopped' || isOffline;
        show(find('banner'), problem === null && isTrouble);
        if (!isTrouble) return;
        const n = Math.max(1, Math.ceil(((connection.at ?? 0) - now) / 1_000));
        setText(find('banner'), words(isOffline ? 'banner.offline' : `banner.${connection.kind}`, { n }));
    }

    #renderProblem({ problem, words }) {
        show(find('problem'), problem !== null);
        if (problem === null) return;
        setText(find('problem-title'), words(`problem.${problem.key}.title`));
        setText(find('problem-text'), words(`problem.${problem.key}.text`, { detail: problem.detail ?? '' }));
        find('problem').dataset.key = problem.key;
    }

    // Where it is

    #renderHead({ order, language, words, now }) {
        const { state } = order;
        const label = localized(language, state.display?.label) || state.status;
        const head = find('head');
        head.dataset.ending = order.ending ?? '';
        find('sheet').dataset.status = state.status;
        find('sheet').dataset.display = state.display?.status ?? state.status;
        setText(find('status'), label);
        if (this.#spoken !== state.status) {
            if (this.#spoken !== null) this.announce('announce.status', { label });
            this.#spoken = state.status;
        }
        const isStale = order.isStale(now);
        setText(find('when'), headline(order, language, words, now));
        head.dataset.stale = String(isStale);
        show(find('seen'), isStale);
        if (isStale) setText(find('seen'), words('rider.seen', { time: span(order.age(now), words) }));
        const left = order.isOpen && !isStale ? order.tracking.eta?.distance : undefined;
        show(find('left'), Number.isFinite(left));
        if (Number.isFinite(left)) setText(find('left'), words('eta.distance', { distance: length(left, language, words) }));
        const rider = state.terminal ? undefined : state.rider;
        show(find('rider'), rider !== undefined);
        if (rider === undefined) return;
        setText(find('rider-name'), rider.name ?? words('map.rider', { name: '' }).trim());
        const about = [rider.vehicle, rider.phone && words('rider.phone', { phone: rider.phone })].filter(Boolean).join(' · ');
        setText(find('rider-about'), about);
    }

    #renderMap(model) {
        const { order } = model;
        const hasPlace = isPlace(order.state.branch) || isPlace(order.state.destination) || order.position !== null;
        show(find('map-panel'), hasPlace);
        if (!hasPlace) return;
        show(find('map'), this.#mapState === 'ready');
        show(find('map-note'), this.#mapState !== 'ready');
        setText(find('map-note'), model.words(`map.${this.#mapState}`) ?? '');
        find('map-panel').dataset.state = this.#mapState;
        show(find('centre'), this.#mapState === 'ready' && this.#map.isHeld);
        this.move(model.now);
    }

    /** What moves between two renderings. */
    move(now) {
        const { order, language, words } = this.#model ?? {};
        if (!order?.state || this.#mapState !== 'ready') return;
        const { branch, destination, rider } = order.state;
        const markers = [];
        if (isPlace(branch)) markers.push({ id: 'branch', place: branch, icon: 'branch', title: words('map.branch', { name: branch.name ?? '' }) });
        if (isPlace(destination)) markers.push({ id: 'destination', place: destination, icon: 'destination', title: words('map.destination') });
        const place = order.position === null ? null : order.rider.at(now);
        if (place !== null) {
            markers.push({
                id: 'rider', place, icon: 'rider', title: words('map.rider', { name: rider?.name ?? '' }),
                heading: order.position.heading, faded: order.isStale(Date.now()),
            });
        }
        // The line ends at the marker, which is on its way to the newest place.
        const line = place === null ? [] : [...order.line.slice(0, -1), place];
        const follow = (place === null ? [branch, destination] : [place, destination]).filter(isPlace);
        this.#map.render({ markers, line, follow, language });
    }

    // What has happened

    #renderSteps({ order, language, now }) {
        const { state } = order;
        const list = find('steps');
        const items = (state.steps ?? []).map((step, index) => {
            const item = list.children[index] ?? stepItem();
            const isCurrent = step.status === state.status;
            const isPast = isCurrent ? state.terminal === true : step.at !== undefined;
            item.dataset.step = step.status;
            item.dataset.state = isPast ? 'past' : isCurrent ? 'now' : 'next';
            if (isCurrent) item.setAttribute('aria-current', 'step');
            else item.removeAttribute('aria-current');
            setText(item.querySelector('.label'), localized(language, step.label) || step.status);
            const time = moment(language, step.at, now);
            show(item.querySelector('.fine'), time !== null);
            setText(item.querySelector('.fine'), time ?? '');
            return item;
        });
        arrange(list, items);
    }

    #renderFacts({ order, words }) {
        const { state } = order;
        const payment = state.payment && (words(`payment.${state.payment.status}`) ?? state.payment.status);
        facts(find('facts'), [
            [words('facts.number'), state.number ?? state.id], [words('facts.branch'), state.branch?.name],
            [words('facts.destination'), state.destination?.address], [words('facts.payment'), payment],
        ]);
    }

    #renderCancel({ order, cancelling, words }) {
        const mayCancel = order.state.cancellable === true && order.state.terminal !== true;
        show(find('cancel'), mayCancel || cancelling.fault !== null);
        show(find('cancel-open'), mayCancel && !cancelling.isAsked);
        const isNew = mayCancel && cancelling.isAsked && find('cancel-ask').hidden;
        show(find('cancel-ask'), mayCancel && cancelling.isAsked);
        if (isNew) find('cancel-no').focus();
        find('cancel-yes').disabled = cancelling.isBusy;
        setText(find('cancel-yes'), words(cancelling.isBusy ? 'cancel.busy' : 'cancel.yes'));
        const fault = cancelling.fault;
        const isLate = [2401, 2403].includes(fault?.code);
        show(find('cancel-fault'), fault !== null);
        if (fault) setText(find('cancel-fault'), words(isLate ? 'cancel.late' : 'cancel.failed', { detail: fault.detail ?? fault.name ?? '' }));
    }
}

function headline(order, language, words, now) {
    const { state, tracking } = order;
    if (state.terminal) {
        const last = state.history?.at(-1);
        const ended = words(`end.${order.ending}`, { time: moment(language, last?.at ?? state.updatedAt, now) ?? '' });
        const note = last?.note ?? state.cancellation?.reason;
        return note ? `${ended} · ${words('end.note', { note })}` : ended;
    }
    // From then on there is no need to see where the rider is.
    if (tracking?.arrived) return words('rider.arrived');
    if (!order.isOpen) return words(state.rider ? 'rider.soon' : 'rider.none');
    if (order.position === null) return words('rider.quiet');
    const minutes = order.minutes(now);
    const time = minutes && words(minutes.low === 0 ? 'eta.soon' : minutes.low === minutes.high ? 'eta.about' : 'eta.range', minutes);
    const where = tracking.near ? words('rider.near') : null;
    return [where, time].filter(Boolean).join(' · ') || words('rider.coming');
}

function stepItem() {
    const item = make('li');
    item.append(tick(), make('span', 'label'), make('span', 'fine'));
    return item;
}

function span(milliseconds, words) {
    const seconds = Math.round(milliseconds / 1_000);
    if (seconds < 90) return words('time.seconds', { n: seconds });
    if (seconds < 5_400) return words('time.minutes', { n: Math.round(seconds / 60) });
    return words('time.hours', { n: Math.round(seconds / 3_600) });
}

function length(metres, language, words) {
    if (metres < 1_000) return words('distance.metres', { n: Math.round(metres / 10) * 10 });
    return words('distance.kilometres', { n: amount(language, Math.round(metres / 100) / 10) });
}
