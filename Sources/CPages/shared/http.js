// What pages ask over HTTP. Each answer is a value; `null` means that the server does not offer it.

/** In milliseconds. */
const timeout = 10_000;

export async function get(path, token) {
    const headers = { Accept: 'application/json' };
    if (token) headers.Authorization = `Bearer ${token}`;
    const answer = await fetch(path, {
        headers, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(timeout),
    });
    return answer.ok ? answer.json() : null;
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
