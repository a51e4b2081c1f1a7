// Amounts as the server writes them: decimal baht in a string (`"500.00"`). They are never numbers, which would round.

/** Satang, or null for what is no amount. */
export function satang(decimal) {
    const parts = /^(\d{1,14})(?:\.(\d{1,2}))?$/.exec(decimal ?? '');
    return parts ? BigInt(parts[1] + (parts[2] ?? '').padEnd(2, '0')) : null;
}

export function decimal(count) {
    const digits = String(count).padStart(3, '0');
    return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** `1,234.50`, or what was given when it is no amount. */
export function grouped(amount) {
    const count = satang(amount);
    return count === null ? amount ?? '' : decimal(count).replace(/\B(?=(\d{3})+\.)/g, ',');
}
