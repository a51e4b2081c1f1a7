// Every word of the rider's page, in Thai and English. `{name}` is replaced by a parameter.

import { dictionary } from './language.js';

const th = {
    'page.title': 'หน้าไรเดอร์',
    'page.skip': 'ข้ามไปที่คำสั่งซื้อ',

    'gate.title': 'ใครเป็นไรเดอร์',
    'gate.absent': 'วางโทเคนของไรเดอร์ที่รับงานนี้',
    'gate.refused': '{reason} โปรดวางโทเคนใหม่',

    'notice.empty': 'ยังไม่ได้เลือกคำสั่งซื้อ: เปิด /demo/ride/ ตามด้วยเลขที่คำสั่งซื้อ หรือกดลิงก์จากหน้าติดตามคำสั่งซื้อ',
    'notice.unknown': 'ไม่พบคำสั่งซื้อนี้',
    'notice.forbidden': 'คำสั่งซื้อนี้ไม่ใช่งานของไรเดอร์คนนี้',
    'notice.noRoute': 'โหลดเส้นทางที่บันทึกไว้ไม่สำเร็จ โปรดโหลดหน้านี้ใหม่',
    'notice.refused': 'เซิร์ฟเวอร์ไม่รับ: {detail}',

    'order.to': 'กำลังไปส่ง',
    'order.here': 'งานของคุณ',
    'order.over': 'งานนี้จบแล้ว',
    'order.advance': 'แจ้งว่า “{label}”',
    'facts.number': 'เลขที่คำสั่งซื้อ',
    'facts.branch': 'รับที่',
    'facts.destination': 'ส่งที่',

    'map.title': 'แผนที่',
    'map.missing': 'เซิร์ฟเวอร์นี้ยังไม่มีแผนที่ (ไม่มีแพ็กเกจ libjs-leaflet) ส่วนอื่นใช้ได้ตามปกติ',
    'map.loading': 'กำลังโหลดแผนที่…',
    'map.rider': 'ไรเดอร์',
    'map.destination': 'ที่ส่ง',

    'play.start': 'ออกรถ',
    'play.pause': 'หยุด',
    'play.place': 'จุดบนเส้นทาง',
    'play.speed': 'ความเร็ว',
    'play.elsewhere': 'เส้นทางที่บันทึกไว้ไปคนละที่กับคำสั่งซื้อนี้',
    'network.lose': 'ตัดเครือข่าย',
    'network.back': 'ต่อเครือข่าย',
    'figures.place': 'เวลาบนเส้นทาง',
    'figures.pace': 'เซิร์ฟเวอร์ขอทุก',
    'figures.everySeconds': '{n} วินาที',
    'figures.told': 'จุดที่ส่งแล้ว',
    'figures.waiting': 'จุดที่รอส่ง',
    'figures.accepted': 'ชุดย้อนหลัง: รับ',
    'figures.dropped': 'ชุดย้อนหลัง: ทิ้ง',
    'figures.note': 'หมายเหตุ',
};

const en = {
    'page.title': 'The rider’s page',
    'page.skip': 'Skip to the order',

    'gate.title': 'Who rides?',
    'gate.absent': 'Paste the token of the rider who has this order.',
    'gate.refused': '{reason}. Please paste another token.',

    'notice.empty': 'No order was chosen: open /demo/ride/ with an order’s number behind it, or follow the link of the page that tracks one.',
    'notice.unknown': 'There is no such order.',
    'notice.forbidden': 'This order is not this rider’s.',
    'notice.noRoute': 'The recorded ride did not load. Please reload this page.',
    'notice.refused': 'The server refused: {detail}',

    'order.to': 'On the way to the customer',
    'order.here': 'Your order',
    'order.over': 'This order is over',
    'order.advance': 'Set to “{label}”',
    'facts.number': 'Order no.',
    'facts.branch': 'From',
    'facts.destination': 'To',

    'map.title': 'Map',
    'map.missing': 'This server has no map (the package libjs-leaflet is missing). All else works as usual.',
    'map.loading': 'Loading the map…',
    'map.rider': 'Rider',
    'map.destination': 'Destination',

    'play.start': 'Ride',
    'play.pause': 'Pause',
    'play.place': 'Place on the way',
    'play.speed': 'Speed',
    'play.elsewhere': 'the recorded ride goes elsewhere than this order',
    'network.lose': 'Lose the network',
    'network.back': 'Back online',
    'figures.place': 'Time on the way',
    'figures.pace': 'The server asks every',
    'figures.everySeconds': '{n} s',
    'figures.told': 'Places told',
    'figures.waiting': 'Places waiting',
    'figures.accepted': 'Batches: accepted',
    'figures.dropped': 'Batches: dropped',
    'figures.note': 'Note',
};

export const text = dictionary({ th, en });
