// What a slip is to a reader: which column it stands in, how far it is, what is found of it, what may be decided.

/** Banks' slips have Bangkok's time, whoever reads them, and the day's counts are of its days. */
export const zone = 'Asia/Bangkok';

/** The columns, in the order of a slip's way. */
export const columns = [
    { name: 'pending_verification', statuses: ['pending_verification'] },
    { name: 'pending', statuses: ['pending'] },
    { name: 'matched', statuses: ['matched'] },
    { name: 'credited', statuses: ['credited'] },
    { name: 'review', statuses: ['review'] },
    { name: 'ended', statuses: ['duplicate', 'failed'] },
];

/** Percent of the way to a credit. */
export function progress(slip) {
    if (['credited', 'duplicate', 'failed'].includes(slip.status)) return 100;
    if (slip.credit?.order) return 90;
    if (slip.user) return 80;
    if (slip.account) return 65;
    if (slip.proof) return 50;
    return slip.claim ? 30 : 10;
}

/** The key of the words for what happens to it just now; null when nothing does. */
export function step(slip) {
    if (slip.status === 'credited') return null;
    if (slip.status === 'duplicate') return `duplicate.${slip.duplicate?.source}`;
    if (['review', 'failed'].includes(slip.status)) return `reason.${slip.reason}`;
    if (slip.wait) return `wait.${slip.wait.reason}`;
    if (slip.stage) return `stage.${slip.stage}`;
    if (slip.credit?.until) return 'stage.unclear';
    if (slip.credit?.order || slip.user) return 'stage.credit';
    if (slip.account) return 'stage.user';
    if (slip.proof) return 'stage.account';
    return slip.claim ? 'stage.verification' : 'stage.image';
}

/** A party's name in the reader's language where there is one. */
export function partyName(party, language) {
    const other = language === 'th' ? 'en' : 'th';
    return party?.name?.[language] ?? party?.name?.[other] ?? null;
}

/** A bank's name for its number of three digits; the number where it has none here. */
export function bankName(code, words) {
    return code ? words(`bank.${code}`) ?? code : null;
}

export function reference(slip) {
    return slip.claim ?? slip.proof?.reference ?? slip.duplicate?.reference ?? null;
}

/** An order went out and nobody knows what became of it: a credit may have been made. */
export function hasOpenOrder(slip) {
    return slip.credit?.order !== undefined;
}

/** What a person may decide about a slip in review; the server has the last word. */
export function decisions(slip) {
    if (hasOpenOrder(slip)) return ['credited'];
    return slip.proof && slip.claim ? ['credit', 'duplicate', 'reject'] : ['duplicate', 'reject'];
}
