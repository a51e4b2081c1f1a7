// The page as a function of the model. Nothing is decided here.

import { arrange, button, facts, find, setText, show } from './elements.js';
import { distance, isPlace } from './geo.js';
import { localized } from './language.js';
import { StreetMap } from './map.js';
import { Shell } from './shell.js';
import { text } from './strings.js';

/** Metres between the end of the recorded ride and where the order goes, beyond which it is said. */
const elsewhere = 300;

export class View {
    #shell;
    #actions;
    #map = new StreetMap(find('map'), '/demo/ride/files/');
    /** `loading`, `ready` or `missing`. */
    #mapState = 'loading';

    constructor(actions) {
        this.#actions = actions;
        this.#shell = new Shell(text, find('sheet'), actions);
        find('play').addEventListener('click', () => actions.toggle());
        find('network').addEventListener('click', () => actions.toggleNetwork());
        find('place').addEventListener('input', () => actions.seek(Number(find('place').value) / 1_000));
        find('speed').addEventListener('change', (event) => actions.accelerate(Number(event.target.value)));
        this.#map.load().then((isThere) => {
            this.#mapState = isThere ? 'ready' : 'missing';
            actions.changed();
        });
    }

    /** `model`: see `page` in ride.js, and `isBusy` while a status is on its way. */
    render(model) {
        const words = this.#shell.translate(model.language);
        const full = { ...model, words, now: Date.now() };
        this.#shell.renderConnection(full);
        this.#shell.renderGate(full);
        this.#shell.renderNotice(full, null);
        const isShown = model.gate === null && model.state !== null && model.player !== null;
        show(find('sheet'), isShown);
        if (!isShown) return;
        this.#renderOrder(full);
        this.#renderPlay(full);
        this.#renderMap(full);
    }

    announce(key, parameters) {
        this.#shell.announce(key, parameters);
    }

    #renderOrder({ state, language, words, isBusy }) {
        find('sheet').dataset.status = state.status;
        setText(find('status'), localized(language, state.display?.label) || state.status);
        setText(find('what'), words(state.terminal ? 'order.over' : state.destination ? 'order.to' : 'order.here'));
        facts(find('facts'), [
            [words('facts.number'), state.number ?? state.id], [words('facts.branch'), state.branch?.name],
            [words('facts.destination'), state.destination?.address],
        ]);
        const row = find('actions');
        arrange(row, (state.actions ?? []).map(({ to, label }) => {
            const known = [...row.children].find((each) => each.dataset.to === to);
            const element = known ?? button('primary', '', () => this.#actions.advance(to));
            element.dataset.to = to;
            setText(element, words('order.advance', { label: localized(language, label) || to }));
            element.disabled = isBusy;
            return element;
        }));
    }

    #renderPlay({ player, reporter, route, state, isAway, connection, words, language, now }) {
        const seconds = Math.floor(player.place(now));
        setText(find('play-title'), localized(language, route.name));
        const place = find('place');
        if (document.activeElement !== place || player.isPlaying) place.value = String(Math.round(seconds / player.length * 1_000));
        place.setAttribute('aria-valuetext', minutes(seconds));
        setText(find('play'), words(player.isPlaying ? 'play.pause' : 'play.start'));
        find('play').dataset.playing = String(player.isPlaying);
        for (const input of find('speed').querySelectorAll('input')) input.checked = Number(input.value) === player.factor;
        setText(find('network'), words(isAway ? 'network.back' : 'network.lose'));
        find('network').disabled = !isAway && connection.kind !== 'online';
        const isElsewhere = isPlace(state.destination) && distance(player.way.at(-1), state.destination) > elsewhere;
        facts(find('figures'), [
            [words('figures.place'), `${minutes(seconds)} / ${minutes(player.length)}`],
            [words('figures.pace'), words('figures.everySeconds', { n: reporter.pace })],
            [words('figures.told'), String(reporter.told)],
            [words('figures.waiting'), reporter.waiting > 0 ? String(reporter.waiting) : null],
            [words('figures.accepted'), reporter.accepted + reporter.dropped > 0 ? String(reporter.accepted) : null],
            [words('figures.dropped'), reporter.accepted + reporter.dropped > 0 ? String(reporter.dropped) : null],
            [words('figures.note'), isElsewhere ? words('play.elsewhere') : null],
        ]);
        const figures = find('figures').dataset;
        Object.assign(figures, {
            pace: reporter.pace, told: reporter.told, waiting: reporter.waiting, accepted: reporter.accepted,
            dropped: reporter.dropped,
        });
    }

    #renderMap({ player, state, words, language, now }) {
        show(find('map'), this.#mapState === 'ready');
        show(find('map-note'), this.#mapState !== 'ready');
        setText(find('map-note'), words(`map.${this.#mapState}`) ?? '');
        if (this.#mapState !== 'ready') return;
        const fix = player.fix(now);
        const markers = [{ id: 'rider', place: fix, icon: 'rider', title: words('map.rider'), heading: fix.heading }];
        if (isPlace(state.branch)) markers.push({ id: 'branch', place: state.branch, icon: 'branch', title: state.branch.name ?? '' });
        if (isPlace(state.destination)) {
            markers.push({ id: 'destination', place: state.destination, icon: 'destination', title: words('map.destination') });
        }
        this.#map.render({ markers, line: player.way, follow: player.way, language });
    }
}

/** `4:05`. */
function minutes(seconds) {
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
