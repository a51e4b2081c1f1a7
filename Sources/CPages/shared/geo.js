// Places on the earth, and a marker that moves between those that are known. Pure: the time is an argument.

const radius = 6_371_008.8;
const radians = (degrees) => degrees * Math.PI / 180;

/** Metres between two `{lat, lng}`, by Haversine. */
export function distance(a, b) {
    const x = Math.sin(radians(b.lat - a.lat) / 2);
    const y = Math.sin(radians(b.lng - a.lng) / 2);
    return 2 * radius * Math.asin(Math.min(1, Math.sqrt(x * x + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * y * y)));
}

/** Degrees from north, clockwise, of the way from one place to another. */
export function bearing(a, b) {
    const [from, to, turn] = [radians(a.lat), radians(b.lat), radians(b.lng - a.lng)];
    const y = Math.sin(turn) * Math.cos(to);
    const x = Math.cos(from) * Math.sin(to) - Math.sin(from) * Math.cos(to) * Math.cos(turn);
    return (Math.atan2(y, x) * 180 / Math.PI + 360) % 360;
}

/** A part of the way, 0…1; straight, which is right for the few metres between two reports. */
export function between(a, b, part) {
    return { lat: a.lat + (b.lat - a.lat) * part, lng: a.lng + (b.lng - a.lng) * part };
}

/** Whether it can be drawn. */
export function isPlace(value) {
    return Number.isFinite(value?.lat) && Number.isFinite(value?.lng);
}

const limits = {
    /** Metres: beyond them a marker does not glide, it is somewhere else. */
    leap: 500,
    /** Milliseconds that one step is spread over at most, and at least. */
    slowest: 2_500,
    quickest: 250,
};

/**
 * A marker on its way from the place before to the newest one. It takes as long as the two reports were apart, so that it
 * moves evenly, always behind what is known and never ahead of it.
 */
export class Glide {
    #from = null;
    #to = null;
    #begin = 0;
    #span = 0;
    #asOf = null;

    get target() {
        return this.#to;
    }

    /** A newer place; `asOf` in milliseconds. An older one, or the same again, changes nothing. */
    move(place, asOf, now) {
        if (this.#asOf !== null && asOf <= this.#asOf) return;
        const shown = this.at(now);
        const apart = this.#asOf === null ? 0 : asOf - this.#asOf;
        this.#to = { lat: place.lat, lng: place.lng };
        this.#from = shown !== null && distance(shown, place) < limits.leap ? shown : this.#to;
        this.#span = Math.min(limits.slowest, Math.max(limits.quickest, apart));
        [this.#begin, this.#asOf] = [now, asOf];
    }

    /** Where to draw it; null: nowhere. */
    at(now) {
        if (this.#to === null) return null;
        return between(this.#from, this.#to, Math.min(1, Math.max(0, (now - this.#begin) / this.#span)));
    }

    isMoving(now) {
        return this.#to !== null && this.#from !== this.#to && now < this.#begin + this.#span;
    }

    clear() {
        [this.#from, this.#to, this.#asOf] = [null, null, null];
    }
}
