// What the chat asks over HTTP. Each answer is a value; `null` means that the server does not offer it.

import { get } from './http.js';

/** Conversations shown in the list, and log events read at once when older messages are asked for. */
const limits = { conversations: 30, log: 200 };

/** The person's conversations, newest first: `[{id, title, status, lastMessage, lastMessageAt, createdAt}]`, or null without such a route. */
export async function conversations(tenant, token) {
    try {
        const path = `/t/${encodeURIComponent(tenant)}/api/v1/chat/conversations?limit=${limits.conversations}`;
        return (await get(path, token))?.data?.items ?? null;
    } catch {
        // The list is an extra: the page works without it.
        return null;
    }
}

/** The events just before `offset`, and whether there are more: `{events, hasMore}`. Throws if there is no answer. */
export async function olderEvents(conversation, offset, token) {
    const after = Math.max(0, offset - 1 - limits.log);
    const path = `/v1/sessions/conversation/${encodeURIComponent(conversation)}/log`;
    const page = await get(`${path}?after=${after}&limit=${limits.log}`, token);
    if (!page) throw new Error('The log did not answer.');
    return { events: page.events.filter((event) => event.offset < offset), hasMore: after > 0 };
}
