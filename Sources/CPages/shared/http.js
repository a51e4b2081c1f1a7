// What pages ask over HTTP. Each answer is a value; `null` means that the server does not offer it.

/** In milliseconds. */
const timeout = 10_000;

export async function get(path, token) {
    const { ok, content } = await ask('GET', path, { token });
    return ok ? content : null;
}

/**
 * Any request: `{ok, status, content}`, whatever the status; `content` is a fault when it is not `ok`, and null when it is not
 * JSON. Throws when nobody answers. `body` is a value, sent as JSON, or a Blob. `patience` in milliseconds.
 */
export async function ask(method, path, { token, body, patience = timeout } = {}) {
    const headers = { Accept: 'application/json' };
    if (token) headers.Authorization = `Bearer ${token}`;
    let sent = body;
    if (body !== undefined && !(body instanceof Blob)) {
        headers['Content-Type'] = 'application/json';
        sent = JSON.stringify(body);
    }
    const answer = await fetch(path, {
        method, headers, body: sent, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(patience),
    });
    const text = await answer.text();
    let content = null;
    try {
        content = JSON.parse(text);
    } catch {
        // A proxy's own words, or none.
    }
    return { ok: answer.ok, status: answer.status, content };
}

/** A token of the page's demo visitor; exists in `sala dev` only. `page` is the page's own folder, `/demo/chat/`. */
export async function demoToken(page) {
    try {
        return (await get(`${page}token`))?.token ?? null;
    } catch {
        // Unreachable is not the same as absent, but the way on is the same: a token from elsewhere.
        return null;
    }
}
