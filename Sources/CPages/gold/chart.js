// The course of a day as a line of steps: a price holds until the next one. Pure until it is drawn.

import { satang } from './money.js';

const size = { width: 640, height: 260, left: 84, right: 12, top: 14, bottom: 34 };
/** The hours that are always shown. */
const hours = { from: 8, until: 18 };
/** Satang: what the scale shows at least. */
const leastSpan = 20_000;

/**
 * Places of the line, the lines behind it and their words. `prices`: of one day, oldest first; `closing`: of the day before, in satang
 * or null; `now`: milliseconds, until when the last price holds if that is the same day.
 */
export function layOut(prices, closing, now) {
    const points = prices.map((price) => ({ hour: hourOf(Date.parse(price.announcedAt)), amount: Number(satang(price.bar.sell)) }));
    if (points.length === 0) return null;
    const amounts = points.map(({ amount }) => amount);
    if (closing !== null) amounts.push(Number(closing));
    let [low, high] = [Math.min(...amounts), Math.max(...amounts)];
    const lack = Math.max(0, leastSpan - (high - low)) / 2 + (high - low) * 0.1;
    [low, high] = [low - lack, high + lack];
    const isToday = sameDay(now, Date.parse(prices.at(-1).announcedAt));
    const end = isToday ? Math.max(hourOf(now), points.at(-1).hour) : points.at(-1).hour;
    const from = Math.min(hours.from, Math.floor(points[0].hour));
    const until = Math.max(hours.until, Math.ceil(end));
    const x = (hour) => round(size.left + ((hour - from) / (until - from)) * (size.width - size.left - size.right));
    const y = (amount) => round(size.top + ((high - amount) / (high - low)) * (size.height - size.top - size.bottom));
    let line = `M${x(points[0].hour)} ${y(points[0].amount)}`;
    for (const { hour, amount } of points.slice(1)) line += `H${x(hour)}V${y(amount)}`;
    line += `H${x(end)}`;
    const floor = size.height - size.bottom;
    return {
        line, area: `${line}V${floor}H${x(points[0].hour)}Z`,
        point: { x: x(end), y: y(points.at(-1).amount) },
        before: closing === null ? null : y(Number(closing)),
        amounts: [low + (high - low) * 0.1, (low + high) / 2, high - (high - low) * 0.1].map((amount) => {
            const shown = Math.round(amount / 5_000) * 5_000;
            return { y: y(shown), amount: shown };
        }),
        hours: [0, 1, 2, 3, 4].map((part) => {
            const hour = from + Math.round(((until - from) * part) / 4);
            return { x: x(hour), text: `${String(hour).padStart(2, '0')}:00` };
        }),
        floor, left: size.left, right: size.width - size.right,
    };
}

function hourOf(time) {
    return ((time + 7 * 3_600_000) % 86_400_000) / 3_600_000;
}

function sameDay(a, b) {
    const day = (time) => Math.floor((time + 7 * 3_600_000) / 86_400_000);
    return day(a) === day(b);
}

function round(number) {
    return Math.round(number * 10) / 10;
}

/** Draws what `layOut` found; `words(amount)` writes satang. */
export function draw(svg, plan, words) {
    const key = JSON.stringify([plan, plan?.amounts.map(({ amount }) => words(amount))]);
    if (svg.dataset.key === key) return;
    svg.dataset.key = key;
    const parts = [];
    if (plan !== null) {
        for (const { y, amount } of plan.amounts) {
            parts.push(shape('line', { class: 'grid', x1: plan.left, x2: plan.right, y1: y, y2: y }));
            parts.push(label(words(amount), { x: plan.left - 8, y: y + 5, 'text-anchor': 'end' }));
        }
        plan.hours.forEach(({ x, text }, index) => {
            const anchor = index === 0 ? 'start' : index === plan.hours.length - 1 ? 'end' : 'middle';
            parts.push(label(text, { x, y: plan.floor + 26, 'text-anchor': anchor }));
        });
        parts.push(shape('path', { class: 'area', d: plan.area }));
        if (plan.before !== null) {
            parts.push(shape('line', { class: 'before', x1: plan.left, x2: plan.right, y1: plan.before, y2: plan.before }));
        }
        parts.push(shape('path', { class: 'line', d: plan.line }));
        parts.push(shape('circle', { class: 'point', cx: plan.point.x, cy: plan.point.y, r: 5 }));
    }
    svg.replaceChildren(...parts);
}

function shape(name, attributes) {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    return element;
}

function label(text, attributes) {
    const element = shape('text', attributes);
    element.textContent = text;
    return element;
}
