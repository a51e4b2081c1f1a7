// When and whether to connect again. Pure: time and chance are arguments.

/** Delays in milliseconds. `ceiling` bounds every wait that the server did not choose itself. */
export const limits = {
    /** First backoff window after a lost connection. */
    base: 500,
    /** First window when the server said that it has too much to do (4100–4199). */
    patientBase: 4_000,
    /** No window grows beyond this. */
    ceiling: 30_000,
    /** A connection that lived this long was a good one: the next loss starts from the first window again. */
    settled: 5_000,
};

/**
 * What a close code asks of the client: `resume` (with jitter), `wait` (longer, then resume), `token` (get a new one
 * first) or `stop` (a person has to do something). Codes outside the registry are judged by their range, so that an
 * old page obeys a newer server.
 */
export function classify(code) {
    if (code >= 4000 && code <= 4099) return 'resume';
    if (code >= 4100 && code <= 4199) return 'wait';
    if (code >= 4200 && code <= 4299) return 'token';
    if (code >= 4500 && code <= 4999) return 'stop';
    // RFC 6455 §7.4.1: what these complain about would be the same after a reconnect.
    if ([1002, 1003, 1007, 1008, 1009, 1010].includes(code)) return 'stop';
    if (code === 1013) return 'wait';
    return 'resume';
}

/** Full jitter: anything between now and a window that doubles with each attempt (0, 1, 2 …). */
export function backoff(attempt, patient, random) {
    const base = patient ? limits.patientBase : limits.base;
    const window = Math.min(limits.ceiling, base * 2 ** Math.min(attempt, 10));
    // A patient client never comes back at once, however the dice fall.
    const floor = patient ? limits.patientBase / 2 : 0;
    return Math.round(floor + random() * (window - floor));
}
