// A map by Leaflet, which the server takes from Debian's package: streets of our own drawing, tiles only where some are set up.

import { make } from './elements.js';
import { get } from './http.js';
import { localized } from './language.js';

const leaflet = '/demo/assets/leaflet/';
/** Zoom from which on names of streets are readable, by their rank. */
const named = { 1: 14, 2: 15.5 };
/** Around everything that is shown, in pixels. */
const margin = [40, 40];

export class StreetMap {
    #box;
    #files;
    #L = null;
    #map = null;
    #streets = [];
    #markers = new Map();
    #line = null;
    #language = null;
    #isHeld = false;
    #seen = '';

    /** `box`: the element to draw in. `files`: the page's folder of files. */
    constructor(box, files) {
        this.#box = box;
        this.#files = files;
    }

    /** Whether there is a map now; without Leaflet there is none. */
    async load() {
        try {
            const settings = await get(`${this.#files}map.json`);
            if (!settings?.leaflet) return false;
            const [streets] = await Promise.all([get(`${this.#files}streets.json`), script(`${leaflet}leaflet.min.js`), style(`${leaflet}leaflet.css`)]);
            this.#L = window.L;
            this.#draw(settings, streets);
            return true;
        } catch {
            return false;
        }
    }

    /** A person moved the map: it stays there until this is called. */
    get isHeld() {
        return this.#isHeld;
    }

    release() {
        this.#isHeld = false;
        this.#seen = '';
    }

    /** `markers`: `[{id, place, icon, title, heading?, faded?}]`; `line`: places, oldest first; `follow`: places to be in view. */
    render({ markers, line, follow, language }) {
        if (this.#map === null) return;
        this.#name(language);
        for (const [id, marker] of this.#markers) {
            if (markers.some((each) => each.id === id)) continue;
            marker.remove();
            this.#markers.delete(id);
        }
        for (const each of markers) this.#place(each);
        this.#line.setLatLngs(line.map(({ lat, lng }) => [lat, lng]));
        this.#follow(follow);
    }

    #draw({ tiles, source }, streets) {
        const L = this.#L;
        this.#box.replaceChildren();
        const map = L.map(this.#box, { minZoom: 11, maxZoom: 18, zoomSnap: .5, center: [13.736, 100.537], zoom: 14 });
        map.attributionControl.setPrefix('Leaflet');
        if (tiles) L.tileLayer(tiles, { maxZoom: 18, attribution: source }).addTo(map);
        for (const feature of streets?.features ?? []) this.#add(feature, map);
        this.#line = L.polyline([], { className: 'way', interactive: false }).addTo(map);
        const names = () => {
            for (const [rank, zoom] of Object.entries(named)) this.#box.classList.toggle(`named${rank}`, map.getZoom() >= zoom);
        };
        map.on('zoomend', names);
        map.on('dragstart', () => {
            this.#isHeld = true;
        });
        this.#map = map;
        names();
        // The box takes its size from the page, which may still be arranging itself.
        new ResizeObserver(() => map.invalidateSize()).observe(this.#box);
    }

    #add({ properties: { kind, rank, name }, geometry: { coordinates } }, map) {
        const L = this.#L;
        const turned = (points) => points.map(([lng, lat]) => [lat, lng]);
        const options = { interactive: false, className: kind === 'street' ? `street rank${rank}` : kind };
        const shape = kind === 'street' ? L.polyline(turned(coordinates), options) : L.polygon(coordinates.map(turned), options);
        shape.addTo(map);
        if (rank > 2) return;
        const words = make('span');
        shape.bindTooltip(words, { permanent: true, direction: 'center', className: `name ${options.className}`, interactive: false });
        this.#streets.push({ words, name });
    }

    #name(language) {
        if (this.#language === language) return;
        this.#language = language;
        for (const { words, name } of this.#streets) words.textContent = localized(language, name);
    }

    #place({ id, place, icon, title, heading, faded }) {
        const L = this.#L;
        let marker = this.#markers.get(id);
        if (marker === undefined) {
            const html = make('div', `pin ${icon}`);
            html.dataset.id = id;
            if (icon === 'rider') html.append(arrow());
            marker = L.marker([place.lat, place.lng], {
                icon: L.divIcon({ html, className: 'place', iconSize: [0, 0] }), interactive: false, keyboard: false,
                zIndexOffset: icon === 'rider' ? 1_000 : 0,
            }).addTo(this.#map);
            this.#markers.set(id, marker);
        }
        marker.setLatLng([place.lat, place.lng]);
        const pin = marker.getElement()?.querySelector('.pin');
        if (!pin) return;
        if (pin.title !== title) pin.title = title;
        pin.dataset.faded = String(faded === true);
        pin.dataset.lat = place.lat.toFixed(6);
        pin.dataset.lng = place.lng.toFixed(6);
        pin.classList.toggle('turned', Number.isFinite(heading));
        if (Number.isFinite(heading)) pin.style.setProperty('--heading', `${heading}deg`);
    }

    /** Everything in view at first and when something comes or goes; afterwards only what leaves the view moves it. */
    #follow(places) {
        if (places.length === 0 || this.#isHeld) return;
        const bounds = this.#L.latLngBounds(places.map(({ lat, lng }) => [lat, lng]));
        const key = [...this.#markers.keys()].join();
        const isNew = key !== this.#seen;
        if (!isNew && this.#map.getBounds().contains(bounds)) return;
        this.#seen = key;
        this.#map.fitBounds(bounds, { padding: margin, maxZoom: 16.5 });
    }
}

function arrow() {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', 'M12 3l6.500 16L12 15.500 5.500 19z');
    svg.append(path);
    return svg;
}

/** Leaflet's build is a script of the old kind: it leaves `L` behind. */
function script(source) {
    return loaded(Object.assign(document.createElement('script'), { src: source }));
}

function style(source) {
    return loaded(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: source }));
}

function loaded(element) {
    return new Promise((done, failed) => {
        element.addEventListener('load', done);
        element.addEventListener('error', failed);
        document.head.append(element);
    });
}
