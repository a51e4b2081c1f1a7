// A conversation as the log tells it. Pure: every function takes a state and returns a new one, so that two tabs that
// saw the same frames show the same page.

/** The state before anything is known. `epoch` null means that only a snapshot can help. */
export function empty(id) {
    return {
        id, epoch: null, offset: 0, owner: null, advisor: true, title: null, status: 'active', participants: [],
        messages: [], hasMore: false, open: null, live: null, profile: null, intent: null, products: [], reads: {},
    };
}

/** Where to resume from, or null if there is nothing to resume. */
export function position(state) {
    return state.epoch === null ? null : { epoch: state.epoch, offset: state.offset };
}

/** The text of the open reply so far. */
export function openText(state) {
    return state.open && state.live?.reply === state.open.reply ? state.live.text : '';
}

/** A snapshot replaces everything. Live text survives only if it belongs to the reply that is still open. */
export function applySnapshot(state, frame) {
    const from = frame.state ?? {};
    const open = from.openReply ?? null;
    return {
        ...empty(state.id),
        epoch: frame.epoch,
        offset: frame.offset,
        owner: from.owner ?? null,
        advisor: from.advisor ?? true,
        title: from.title ?? null,
        status: from.status ?? 'active',
        participants: from.participants ?? [],
        messages: (from.messages ?? []).map(message),
        hasMore: from.hasMore ?? false,
        open,
        live: open && state.live?.reply === open.reply ? state.live : null,
        profile: from.profile ?? null,
        intent: from.intent ?? null,
        products: from.products ?? [],
        reads: from.reads ?? {},
    };
}

/** After `subscribed` with outcome `resumed`: the position stands, the events after it follow. */
export function applyResumed(state, frame) {
    return { ...state, epoch: frame.epoch };
}

/**
 * Applies one event of the log. Returns `[state, outcome]`: `applied`, `duplicate` (seen before, ignored) or `gap`
 * (something is missing: subscribe again from the last offset).
 */
export function applyEvent(state, frame) {
    if (frame.offset <= state.offset) return [state, 'duplicate'];
    if (frame.offset > state.offset + 1) return [state, 'gap'];
    const next = { ...state, offset: frame.offset };
    const data = frame.data ?? {};
    switch (frame.name) {
    case 'message.created':
        next.messages = [...state.messages, message({ ...data.message, offset: frame.offset })];
        break;
    case 'reply.started':
        next.open = { reply: data.reply, model: data.model ?? null, startedAt: frame.at };
        if (data.replaces) {
            next.messages = state.messages.map((each) => each.reply === data.replaces ? { ...each, replaced: true } : each);
        }
        break;
    case 'reply.completed':
        endReply(next, { ...data.message, reply: data.reply, offset: frame.offset, status: 'completed' });
        break;
    case 'reply.cancelled':
    case 'reply.interrupted':
    case 'reply.failed':
        endReply(next, {
            id: data.reply, reply: data.reply, role: 'assistant', author: 'advisor', text: data.text ?? '',
            at: frame.at, offset: frame.offset, status: frame.name.slice('reply.'.length),
        });
        break;
    case 'profile.updated':
        next.profile = data.profile ?? null;
        next.intent = data.intent ?? null;
        break;
    case 'products.recommended':
        next.products = data.products ?? [];
        break;
    case 'message.read':
        next.reads = { ...state.reads, [data.by]: Math.max(state.reads[data.by] ?? 0, data.offset) };
        break;
    case 'conversation.renamed':
        next.title = data.title ?? null;
        break;
    case 'conversation.archived':
        next.status = 'archived';
        break;
    case 'conversation.deleted':
        next.status = 'deleted';
        break;
    default:
        // A newer server may tell more than this page knows; only the offset counts then.
        break;
    }
    return [next, 'applied'];
}

/**
 * Applies a piece of an open reply's text. `at` counts UTF-16 code units, as `length` does. Returns `[state, outcome]`:
 * `applied`, `ignored` (of a reply that is not open) or `mismatch` (a piece is missing: subscribe again).
 */
export function applyDelta(state, frame) {
    if (frame.at === 0) return [{ ...state, live: { reply: frame.reply, text: frame.text } }, 'applied'];
    const known = state.live?.reply === frame.reply ? state.live.text : '';
    if (frame.at === known.length) return [{ ...state, live: { reply: frame.reply, text: known + frame.text } }, 'applied'];
    return [state, state.open?.reply === frame.reply ? 'mismatch' : 'ignored'];
}

/** Folds a page of older events and puts its messages before those that are known. */
export function prependOlder(state, frames, hasMore) {
    let older = { ...empty(state.id), offset: (frames[0]?.offset ?? 1) - 1 };
    for (const frame of frames) [older] = applyEvent(older, frame);
    const first = state.messages[0]?.offset ?? Infinity;
    const before = older.messages.filter((each) => each.offset < first);
    return { ...state, messages: [...before, ...state.messages], hasMore };
}

/**
 * The sent messages to show below the log: those that no event has told of yet. One that is still unanswered hides as
 * soon as an own message of the same text appears, since the event may arrive before the `ok`.
 */
export function unconfirmed(state, entries, me) {
    const claimed = new Set();
    return entries.filter((entry) => {
        if (entry.name !== 'message.send' || entry.session !== `conversation/${state.id}`) return false;
        if (entry.status === 'failed') return true;
        if (entry.status === 'done') return entry.offset !== null && entry.offset > state.offset;
        const twin = state.messages.find((each) =>
            each.offset > entry.since && each.author === me && each.text === entry.data.text && !claimed.has(each.offset));
        if (twin) claimed.add(twin.offset);
        return !twin;
    });
}

/** The reply that may be asked for again: the last message, if it is the advisor's and nothing is being answered. */
export function regenerable(state) {
    const last = state.messages.at(-1);
    return !state.open && state.status === 'active' && last?.role === 'assistant' ? last : null;
}

function message(from) {
    return {
        id: from.id, role: from.role, author: from.author ?? null, text: from.text ?? '', at: from.at ?? null,
        offset: from.offset ?? 0, status: from.status ?? 'completed', reply: from.reply ?? null,
        replaced: from.replaced ?? false,
    };
}

function endReply(state, from) {
    state.messages = [...state.messages, message(from)];
    if (state.open?.reply === from.reply) state.open = null;
    if (state.live?.reply === from.reply) state.live = null;
}
