// The small QR code of a slip: its text, and its squares. One form is enough for both: version 5 at level L, bytes, mask 0
// (ISO/IEC 18004:2015). A slip's text has some 64 bytes, and this form takes 106.

export const size = 37;
export const maxBytes = 106;
const dataBytes = 108;
const checkBytes = 26;
/** Level L and mask 0, with their own check bits (§7.9). */
const format = 0x77c4;

/** The text of a slip's code: who sent it and the bank's number, as EMV fields with CRC-16/CCITT-FALSE at the end. */
export function slipText(bank, reference) {
    const body = `${field('00', field('00', '000001') + field('01', bank) + field('02', reference))}${field('51', 'TH')}9104`;
    return body + checksum(body).toString(16).toUpperCase().padStart(4, '0');
}

function field(tag, value) {
    return tag + String(value.length).padStart(2, '0') + value;
}

export function checksum(text) {
    let remainder = 0xffff;
    for (const byte of new TextEncoder().encode(text)) {
        remainder ^= byte << 8;
        for (let bit = 0; bit < 8; bit += 1) remainder = ((remainder << 1) ^ (remainder & 0x8000 ? 0x1021 : 0)) & 0xffff;
    }
    return remainder;
}

/** Rows of squares, true where it is dark, without the quiet zone. Throws when the text is too long. */
export function squares(text) {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > maxBytes) throw new RangeError(`a code takes ${maxBytes} bytes`);
    const dark = Array.from({ length: size }, () => new Array(size).fill(false));
    const fixed = Array.from({ length: size }, () => new Array(size).fill(false));
    const set = (row, column, isDark) => {
        dark[row][column] = isDark;
        fixed[row][column] = true;
    };
    drawPatterns(set);
    drawFormat(set);
    const data = frame(bytes);
    place([...data, ...check(data)], dark, fixed);
    return dark;
}

/** Mode, length, the bytes, the end, and padding (§7.4). */
function frame(bytes) {
    const nibbles = [4, bytes.length >> 4, bytes.length & 15];
    for (const byte of bytes) nibbles.push(byte >> 4, byte & 15);
    nibbles.push(0);
    const data = [];
    for (let index = 0; index < nibbles.length; index += 2) data.push(nibbles[index] << 4 | nibbles[index + 1]);
    for (let pad = 0xec; data.length < dataBytes; pad ^= 0xec ^ 0x11) data.push(pad);
    return data;
}

/** Reed-Solomon over GF(256) with 0x11d (§7.5): the remainder by (x − 1)(x − α)…, highest power first. */
function check(data) {
    let generator = [1];
    for (let index = 0, root = 1; index < checkBytes; index += 1, root = multiply(root, 2)) {
        const next = [...generator, 0];
        generator.forEach((factor, power) => { next[power + 1] ^= multiply(factor, root); });
        generator = next;
    }
    const remainder = new Array(checkBytes).fill(0);
    for (const byte of data) {
        const factor = byte ^ remainder.shift();
        remainder.push(0);
        for (let index = 0; index < checkBytes; index += 1) remainder[index] ^= multiply(generator[index + 1], factor);
    }
    return remainder;
}

function multiply(left, right) {
    let product = 0;
    for (let bit = 7; bit >= 0; bit -= 1) {
        product = (product << 1) ^ (product & 0x80 ? 0x11d : 0);
        if (right >> bit & 1) product ^= left;
    }
    return product;
}

function drawPatterns(set) {
    for (let index = 0; index < size; index += 1) {
        set(6, index, index % 2 === 0);
        set(index, 6, index % 2 === 0);
    }
    for (const [top, left] of [[3, 3], [3, size - 4], [size - 4, 3]]) rings(set, top, left, 4, [0, 1, 3]);
    rings(set, size - 7, size - 7, 2, [0, 2]);
}

/** Square rings around a middle; `darkRings` are those at that distance. The outermost of a corner's is its separator. */
function rings(set, middleRow, middleColumn, reach, darkRings) {
    for (let row = -reach; row <= reach; row += 1) {
        for (let column = -reach; column <= reach; column += 1) {
            const [y, x] = [middleRow + row, middleColumn + column];
            if (y < 0 || x < 0 || y >= size || x >= size) continue;
            set(y, x, darkRings.includes(Math.max(Math.abs(row), Math.abs(column))));
        }
    }
}

function drawFormat(set) {
    const bit = (index) => (format >> index & 1) === 1;
    for (let index = 0; index < 15; index += 1) {
        // Around the first corner, past the timing patterns; and shared out between the other two.
        if (index < 8) set(index < 6 ? index : index + 1, 8, bit(index));
        else set(8, index === 8 ? 7 : 14 - index, bit(index));
        if (index < 8) set(8, size - 1 - index, bit(index));
        else set(size - 15 + index, 8, bit(index));
    }
    set(size - 8, 8, true);
}

/** In columns of two, from the right, up and down in turn (§7.7.3). Bits that are left over are 0, and masked like all. */
function place(codewords, dark, fixed) {
    let index = 0;
    let isUpward = true;
    for (let right = size - 1; right > 0; right -= 2) {
        if (right === 6) right = 5;
        for (let step = 0; step < size; step += 1) {
            const row = isUpward ? size - 1 - step : step;
            for (const column of [right, right - 1]) {
                if (fixed[row][column]) continue;
                const bit = (codewords[index >> 3] ?? 0) >> (7 - (index & 7)) & 1;
                index += 1;
                dark[row][column] = (bit === 1) !== ((row + column) % 2 === 0);
            }
        }
        isUpward = !isUpward;
    }
}
