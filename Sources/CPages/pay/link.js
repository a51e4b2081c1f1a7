// The link that opened the page: a ticket for once in the address, traded for a token that this tab keeps for this payment.

import { ask } from './http.js';
import { recall, remember } from './memory.js';

const home = '/demo/pay/';

/** Which payment the address names; empty: none. */
export function payment() {
    try {
        return decodeURIComponent(location.pathname.slice(home.length));
    } catch {
        return '';
    }
}

export function ticket() {
    return new URLSearchParams(location.search).get('ticket');
}

/** Takes the used ticket out of the address, where it would be copied along. */
export function forgetTicket() {
    history.replaceState(null, '', location.pathname);
}

export function keptToken(id) {
    return recall('sessionStorage', `sala.pay.${id}`);
}

export function keepToken(id, token) {
    remember('sessionStorage', `sala.pay.${id}`, token);
}

/** `{token}`, or `{fault}`. Throws when nobody answers. */
export async function trade(id, found) {
    const { ok, status, content } = await ask('POST', `${home}${encodeURIComponent(id)}/token`, { body: { ticket: found } });
    if (ok && content?.token) return { token: content.token };
    return { fault: content ?? { status, retryable: status >= 500 } };
}

/** Where a ticket opens a payment. */
export function address(id, found) {
    return `${home}${encodeURIComponent(id)}?ticket=${encodeURIComponent(found)}`;
}
