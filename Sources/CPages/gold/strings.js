// Every word of the page of the gold price, in Thai and English. `{name}` is replaced by a parameter.

import { dictionary } from './language.js';

const th = {
    'page.title': 'ราคาทองวันนี้',
    'page.skip': 'ข้ามไปที่ราคา',
    'page.loading': 'กำลังโหลดราคาทอง…',

    'gate.title': 'เชื่อมต่อเพื่อดูราคา',
    'gate.absent': 'หน้านี้ต้องใช้โทเคนของร้านเพื่อดูราคาทอง',
    'gate.refused': '{reason} โปรดใส่โทเคนใหม่',

    'banner.waiting': 'การเชื่อมต่อหลุด กำลังต่อใหม่ใน {n} วินาที ราคาที่เห็นอาจไม่ใช่ล่าสุด',
    'banner.offline': 'ไม่มีอินเทอร์เน็ต ราคาที่เห็นเป็นราคาล่าสุดก่อนหลุด หน้านี้จะตามให้ทันเองเมื่อกลับมาออนไลน์',
    'banner.stopped': 'เซิร์ฟเวอร์ปิดการเชื่อมต่อ กด “ลองอีกครั้ง” ด้านบน หรือโหลดหน้านี้ใหม่',
    'banner.failed': 'แหล่งราคายังไม่ตอบ ราคาที่เห็นคือราคาล่าสุดที่ได้รับ',
    'banner.old': 'ไม่ได้ตรวจราคากับแหล่งมานานแล้ว ราคาจริงอาจเปลี่ยนไป',

    'problem.forbidden.title': 'โทเคนนี้ดูราคาทองไม่ได้',
    'problem.forbidden.text': 'โปรดติดต่อร้านเพื่อขอสิทธิ์',
    'problem.unknown.title': 'ร้านนี้ยังไม่เปิดราคาทอง',
    'problem.unknown.text': 'เซิร์ฟเวอร์ยังไม่ได้ตั้งแหล่งราคาทองให้ร้านนี้ หน้านี้จะแสดงราคาเองเมื่อพร้อม',

    'empty.title': 'ยังไม่มีราคา',
    'empty.waiting': 'กำลังรอราคาแรกจากแหล่งราคา',
    'empty.failed': 'แหล่งราคายังไม่ตอบ จะลองใหม่โดยอัตโนมัติ',

    'held.notice': 'มีราคาใหม่ที่ต่างจากเดิมมาก ตั้งแต่ {time} กำลังรอเจ้าหน้าที่ยืนยัน ราคาที่แสดงยังเป็นราคาเดิม',

    'now.label': 'ราคาขณะนี้',
    'now.unit': 'บาทต่อทองคำหนัก 1 บาท ความบริสุทธิ์ 96.5 % ไม่รวมค่ากำเหน็จ',
    'bar.title': 'ทองคำแท่ง',
    'ornament.title': 'ทองรูปพรรณ',
    'price.sell': 'ขายออก',
    'price.buy': 'รับซื้อ',
    'change.day': 'จากเมื่อวาน {by}',
    'change.previous': 'จากครั้งก่อน {by}',
    'change.none': 'ไม่เปลี่ยน',
    'announced.round': 'ประกาศ {time} (ครั้งที่ {round})',
    'announced.plain': 'ประกาศ {time}',
    'checked.at': 'ตรวจกับแหล่งราคาล่าสุด {time}',

    'chart.today': 'ราคาขายออกทองคำแท่งวันนี้',
    'chart.day': 'ราคาขายออกทองคำแท่ง {day}',
    'chart.summary': 'ต่ำสุด {low} สูงสุด {high} บาท',
    'chart.before': 'เส้นประคือราคาปิดวันก่อน {closing}',
    'rounds.title': 'ราคาที่ประกาศ',

    'announce.price': 'ราคาใหม่ ทองคำแท่งขายออก {sell} บาท',
    'announce.online': 'เชื่อมต่อแล้ว',

    'demo.title': 'กล่องสาธิต',
    'demo.about': 'ให้สมาคมจำลองประกาศราคา แล้วให้เซิร์ฟเวอร์ไปถาม ปุ่มยืนยันเป็นของเจ้าหน้าที่',
    'demo.up': 'ขึ้น 50 บาท',
    'demo.down': 'ลง 50 บาท',
    'demo.jump': 'กระโดด 20 %',
    'demo.confirm': 'ยืนยันราคาที่รออยู่',
    'demo.reject': 'ไม่ใช้ราคานี้',
    'demo.done': 'เรียบร้อย',
    'demo.failed': 'ทำไม่สำเร็จ ({detail})',
};

const en = {
    'page.title': 'Gold price today',
    'page.skip': 'Skip to the price',
    'page.loading': 'Loading the gold price…',

    'gate.title': 'Connect to see the price',
    'gate.absent': 'This page needs a token of the shop to show the gold price.',
    'gate.refused': '{reason} Please enter a new token.',

    'banner.waiting': 'The connection is lost, trying again in {n} s. The price shown may not be the newest.',
    'banner.offline': 'No internet. The price shown is the last one before that; the page catches up by itself.',
    'banner.stopped': 'The server closed the connection. Press “Try again” above, or reload this page.',
    'banner.failed': 'The source of the price does not answer. The price shown is the last one received.',
    'banner.old': 'Nobody has looked at the source for long. The real price may be another one.',

    'problem.forbidden.title': 'This token may not see the gold price',
    'problem.forbidden.text': 'Please ask the shop for the right to.',
    'problem.unknown.title': 'This shop has no gold price yet',
    'problem.unknown.text': 'The server has no source of the gold price for this shop. The page shows it as soon as there is one.',

    'empty.title': 'No price yet',
    'empty.waiting': 'Waiting for the first price of the source.',
    'empty.failed': 'The source of the price does not answer; it is asked again by itself.',

    'held.notice': 'Since {time} there is a new price that is far from the last one. It waits for staff to confirm it; the price shown is still the last one.',

    'now.label': 'The price now',
    'now.unit': 'Baht for one baht-weight of gold of 96.5 %, without making charges',
    'bar.title': 'Gold bar',
    'ornament.title': 'Gold ornaments',
    'price.sell': 'Shops sell at',
    'price.buy': 'Shops buy at',
    'change.day': 'Since yesterday {by}',
    'change.previous': 'Since the last price {by}',
    'change.none': 'unchanged',
    'announced.round': 'Announced {time} (round {round})',
    'announced.plain': 'Announced {time}',
    'checked.at': 'Source last looked at {time}',

    'chart.today': 'What a gold bar costs, today',
    'chart.day': 'What a gold bar costs, {day}',
    'chart.summary': 'Lowest {low}, highest {high} baht',
    'chart.before': 'The dashed line is the last price of the day before, {closing}',
    'rounds.title': 'Announced prices',

    'announce.price': 'New price: a gold bar costs {sell} baht',
    'announce.online': 'Online',

    'demo.title': 'Demo',
    'demo.about': 'Has the stand-in announce a price, and the server ask for it. The buttons to confirm are staff’s.',
    'demo.up': '50 baht up',
    'demo.down': '50 baht down',
    'demo.jump': 'Jump of 20 %',
    'demo.confirm': 'Confirm the held price',
    'demo.reject': 'Do not use it',
    'demo.done': 'Done',
    'demo.failed': 'That failed ({detail})',
};

export const text = dictionary({ th, en });
