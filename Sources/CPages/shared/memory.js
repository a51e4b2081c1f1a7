// What the page remembers, and the names it makes up.

// A browser may refuse storage altogether (private windows, policies). The page then forgets, and works.

/** Keeps `value` (null: forgets it) in `localStorage` or `sessionStorage`. */
export function remember(storage, key, value) {
    try {
        if (value === null) window[storage].removeItem(key);
        else window[storage].setItem(key, value);
    } catch {
        // Refused or full: see above.
    }
}

export function recall(storage, key) {
    try {
        return window[storage].getItem(key);
    } catch {
        return null;
    }
}

/** A list that was kept as JSON; empty if there is none or it cannot be read. */
export function recallList(storage, key) {
    try {
        const list = JSON.parse(recall(storage, key) ?? '[]');
        return Array.isArray(list) ? list : [];
    } catch {
        return [];
    }
}

/** The fragment's parameters. It never leaves the browser, which is why a link may carry a token in it. */
export function readFragment() {
    return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

/** Replaces the fragment, and so takes the token out of the address, where it would be copied along with the link. */
export function writeFragment(parameters) {
    history.replaceState(null, '', `#${new URLSearchParams(parameters)}`);
}

/** RFC 9562 version 4. `crypto.randomUUID` is missing where a phone opens a development server by its address. */
export function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
