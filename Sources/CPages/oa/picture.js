// Draws a slip as a bank's app would show it: for the demo only, from what the person chose. The small code on it is a real one.

import { size, squares } from './code.js';
import { grouped } from './money.js';

const width = 720;
const height = 1080;
/** Pixels of a square of the code, and squares of white around it: a reader needs four. */
const scale = 7;
const quiet = 4;

const colours = {
    '002': '#1e4598', '004': '#138f2d', '006': '#1ba5e1', '011': '#0050a0', '014': '#4e2e7f', '025': '#b58a00', '030': '#d51a83',
};

/** `slip`: `{bank, bankName, sender, senderAccount, receiver, amount, at, reference, text}`. */
export function draw(canvas, slip) {
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext('2d');
    const family = getComputedStyle(document.body).fontFamily;
    const write = (text, x, y, pixels, { weight = 400, colour = '#1e2728', room = width - 96 } = {}) => {
        pen.font = `${weight} ${pixels}px ${family}`;
        pen.fillStyle = colour;
        // What needs more room is set narrower.
        pen.fillText(text, x, y, room);
    };
    const side = (size + 2 * quiet) * scale;
    pen.fillStyle = '#ffffff';
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = colours[slip.bank] ?? '#17635f';
    pen.fillRect(0, 0, width, 132);
    write(slip.bankName, 48, 84, 44, { weight: 700, colour: '#ffffff' });
    write('โอนเงินสำเร็จ', 48, 208, 46, { weight: 700 });
    write(slip.at, 48, 256, 28, { colour: '#5c696a' });
    write('จาก', 48, 336, 26, { colour: '#5c696a' });
    write(slip.sender, 48, 382, 36, { weight: 600 });
    write(slip.senderAccount, 48, 424, 28, { colour: '#5c696a' });
    write('ไปยัง', 48, 496, 26, { colour: '#5c696a' });
    write(slip.receiver, 48, 542, 36, { weight: 600 });
    write('จำนวนเงิน', 48, 640, 26, { colour: '#5c696a' });
    write(`${grouped(slip.amount)} บาท`, 48, 696, 52, { weight: 700 });
    write('เลขที่รายการ', 48, 790, 26, { colour: '#5c696a' });
    write(slip.reference, 48, 830, 24, { room: width - side - 96 });
    write('ตัวอย่างสำหรับสาธิต · DEMO', 48, height - 48, 24, { colour: '#a2352c' });
    drawCode(pen, squares(slip.text), width - side - 32, height - side - 72);
}

function drawCode(pen, rows, left, top) {
    pen.fillStyle = '#ffffff';
    pen.fillRect(left, top, (size + 2 * quiet) * scale, (size + 2 * quiet) * scale);
    pen.fillStyle = '#000000';
    rows.forEach((row, y) => row.forEach((isDark, x) => {
        if (isDark) pen.fillRect(left + (x + quiet) * scale, top + (y + quiet) * scale, scale, scale);
    }));
}

/** The picture's file in base64. */
export function encoded(canvas) {
    return canvas.toDataURL('image/png').split(',', 2)[1];
}
