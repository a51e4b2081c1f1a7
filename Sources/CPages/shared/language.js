// Languages: the words that all pages have, and how figures and times are written.

import { recall, remember } from './memory.js';

/** Thailand's. */
const zone = 'Asia/Bangkok';

const common = {
    th: {
        'language.switch': 'EN',
        'language.label': 'Switch to English',

        'connection.idle': 'ยังไม่ได้เชื่อมต่อ',
        'connection.connecting': 'กำลังเชื่อมต่อ…',
        'connection.online': 'เชื่อมต่อแล้ว',
        'connection.moving': 'กำลังสลับการเชื่อมต่อ…',
        'connection.waiting': 'เชื่อมต่อใหม่ใน {n} วินาที',
        'connection.offline': 'ออฟไลน์ · ลองใหม่ใน {n} วินาที',
        'connection.token': 'ต้องใช้โทเคนใหม่',
        'connection.stopped': 'หยุดการเชื่อมต่อ',
        'connection.now': 'เชื่อมต่อเดี๋ยวนี้',
        'connection.restart': 'ลองอีกครั้ง',

        'close.4200': 'โทเคนหมดอายุแล้ว',
        'close.4201': 'ตั๋วเข้าใช้หมดอายุแล้ว',
        'close.4500': 'เซิร์ฟเวอร์ไม่ยอมรับโทเคนนี้',
        'close.4501': 'เซิร์ฟเวอร์อ่านข้อมูลที่หน้านี้ส่งไปไม่ได้',
        'close.4502': 'หน้านี้แนะนำตัวกับเซิร์ฟเวอร์ช้าเกินไป',
        'close.4503': 'คุณออกจากระบบแล้ว',
        'close.4505': 'หน้านี้เก่าเกินไปสำหรับเซิร์ฟเวอร์ โปรดโหลดหน้าใหม่',
        'close.4506': 'เซิร์ฟเวอร์ไม่อนุญาตให้เชื่อมต่อจากเว็บไซต์นี้',
        'close.4507': 'โทเคนนี้ถูกยกเลิกแล้ว',
        'close.other': 'เซิร์ฟเวอร์ปิดการเชื่อมต่อ',
        'close.code': '{reason} (รหัส {code})',

        'gate.label': 'โทเคน',
        'gate.placeholder': 'วางโทเคนที่นี่',
        'gate.connect': 'เชื่อมต่อ',
        'gate.demo': 'ใช้โทเคนสาธิต',
        'gate.privacy': 'โทเคนถูกเก็บไว้ในแท็บนี้เท่านั้น และถูกลบเมื่อปิดแท็บ',
        'gate.noDemo': 'เซิร์ฟเวอร์นี้ไม่มีโทเคนสาธิตให้ใช้',
    },
    en: {
        'language.switch': 'ไทย',
        'language.label': 'เปลี่ยนเป็นภาษาไทย',

        'connection.idle': 'Not connected',
        'connection.connecting': 'Connecting…',
        'connection.online': 'Online',
        'connection.moving': 'Switching connection…',
        'connection.waiting': 'Reconnecting in {n} s',
        'connection.offline': 'Offline · retrying in {n} s',
        'connection.token': 'New token needed',
        'connection.stopped': 'Stopped',
        'connection.now': 'Connect now',
        'connection.restart': 'Try again',

        'close.4200': 'The token has expired',
        'close.4201': 'The ticket has expired',
        'close.4500': 'The server does not accept this token',
        'close.4501': 'The server could not read what this page sent',
        'close.4502': 'This page took too long to say hello',
        'close.4503': 'You are logged out',
        'close.4505': 'This page is too old for the server, please reload it',
        'close.4506': 'The server does not accept connections from this site',
        'close.4507': 'This token was revoked',
        'close.other': 'The server closed the connection',
        'close.code': '{reason} (code {code}).',

        'gate.label': 'Token',
        'gate.placeholder': 'Paste a token here',
        'gate.connect': 'Connect',
        'gate.demo': 'Use the demo token',
        'gate.privacy': 'The token stays in this tab and is gone when you close it.',
        'gate.noDemo': 'This server has no demo token.',
    },
};

export const languages = Object.keys(common);

/** What was chosen on any page before; else `usual`, a page's own; else the browser's. */
export function chosenLanguage(usual = null) {
    const kept = recall('localStorage', 'sala.language');
    if (languages.includes(kept)) return kept;
    return usual ?? (navigator.language.toLowerCase().startsWith('th') ? 'th' : 'en');
}

/** The one that is not `language`; it is remembered as chosen. */
export function otherLanguage(language) {
    const other = languages.find((each) => each !== language);
    remember('localStorage', 'sala.language', other);
    return other;
}

/** A lookup in a page's words and in those of all pages; `{name}` in them is replaced by a parameter. Null: no such words. */
export function dictionary(tables) {
    return (language, key, parameters = {}) => {
        const words = tables[language][key] ?? common[language][key];
        if (words === undefined) return null;
        return words.replace(/\{(\w+)\}/g, (whole, name) => parameters[name] ?? whole);
    };
}

/** A value that is either plain text or `{th, en}`. */
export function localized(language, value) {
    if (typeof value === 'string') return value;
    return value?.[language] ?? value?.th ?? value?.en ?? '';
}

export function amount(language, value) {
    return new Intl.NumberFormat(locale(language), { maximumFractionDigits: 2 }).format(value);
}

/** `timeZone`: another than the reader's. */
export function clock(language, date, timeZone) {
    return new Intl.DateTimeFormat(locale(language), { hour: '2-digit', minute: '2-digit', timeZone }).format(date);
}

export function day(language, date, timeZone) {
    return new Intl.DateTimeFormat(locale(language), { day: 'numeric', month: 'long', year: 'numeric', timeZone }).format(date);
}

/** The time in Thailand, with its day unless that is today. */
export function moment(language, text, now, withDay = false) {
    const date = new Date(text ?? NaN);
    if (Number.isNaN(date.getTime())) return null;
    const time = clock(language, date, zone) + (language === 'th' ? ' น.' : '');
    const isToday = day('en', date, zone) === day('en', new Date(now), zone);
    return isToday && !withDay ? time : `${day(language, date, zone)} ${time}`;
}

function locale(language) {
    return language === 'th' ? 'th-TH' : 'en-GB';
}
