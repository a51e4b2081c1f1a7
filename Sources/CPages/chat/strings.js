// Every word that a person reads, in Thai and English. `{name}` is replaced by a parameter.

const th = {
    'page.title': 'ที่ปรึกษาการเงิน',
    'page.skip': 'ข้ามไปที่ช่องพิมพ์ข้อความ',
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

    'gate.title': 'เชื่อมต่อเพื่อเริ่มคุย',
    'gate.absent': 'เซิร์ฟเวอร์นี้ไม่แจกโทเคนสาธิต โปรดวางโทเคนของลูกค้าที่ได้จากคำสั่ง sala token หรือเปิดลิงก์ที่ sala dev แสดงไว้',
    'gate.refused': '{reason} โปรดวางโทเคนใหม่เพื่อคุยต่อ',
    'gate.label': 'โทเคน',
    'gate.placeholder': 'วางโทเคนที่นี่',
    'gate.connect': 'เชื่อมต่อ',
    'gate.demo': 'ใช้โทเคนสาธิต',
    'gate.privacy': 'โทเคนถูกเก็บไว้ในแท็บนี้เท่านั้น และถูกลบเมื่อปิดแท็บ',
    'gate.noDemo': 'เซิร์ฟเวอร์นี้ไม่มีโทเคนสาธิตให้ใช้',

    'list.title': 'การสนทนา',
    'list.new': 'เริ่มการสนทนาใหม่',
    'list.untitled': 'การสนทนา {id}',
    'list.current': 'กำลังเปิดอยู่',

    'thread.label': 'ข้อความในการสนทนา',
    'thread.older': 'ดูข้อความก่อนหน้า',
    'thread.olderFailed': 'ยังโหลดข้อความก่อนหน้าไม่ได้ โปรดลองอีกครั้ง',
    'thread.newest': 'ไปที่ข้อความล่าสุด',
    'thread.loading': 'กำลังโหลดการสนทนา…',
    'empty.title': 'สวัสดีค่ะ วันนี้อยากคุยเรื่องการเงินเรื่องไหนดีคะ',
    'empty.text': 'เล่าเรื่องรายได้ ค่าใช้จ่าย และเป้าหมายของคุณได้เลยค่ะ เราจะช่วยกันวางแผนทีละขั้น',
    'empty.note': 'ให้ข้อมูลเรื่องการจัดงบและการออมทั่วไป ไม่ใช่คำแนะนำการลงทุน',
    'empty.plain': 'ยังไม่มีข้อความ พิมพ์ข้อความแรกได้เลย',
    'chip.1': 'รายได้ประมาณเดือนละ 45,000 บาท',
    'chip.2': 'อยากเก็บเงินดาวน์บ้าน เริ่มอย่างไรดี',
    'chip.3': 'ช่วยจัดงบรายเดือนให้หน่อย',

    'author.me': 'คุณ',
    'author.advisor': 'ที่ปรึกษา',
    'message.pending': 'กำลังส่ง…',
    'message.failed': 'ส่งไม่สำเร็จ',
    'message.failedWhy': 'ส่งไม่สำเร็จ: {detail}',
    'message.retry': 'ส่งอีกครั้ง',
    'message.discard': 'ลบทิ้ง',
    'message.read': 'อ่านแล้ว',
    'reply.thinking': 'กำลังคิดคำตอบ',
    'reply.cancelled': 'หยุดตอบแล้ว',
    'reply.interrupted': 'คำตอบขาดตอน',
    'reply.replaced': 'มีคำตอบใหม่แล้ว',
    'reply.failed': 'ขออภัยค่ะ ตอบไม่สำเร็จในครั้งนี้',
    'reply.regenerate': 'ตอบใหม่',
    'typing.one': '{who} กำลังพิมพ์…',
    'typing.many': 'มีหลายคนกำลังพิมพ์…',

    'composer.label': 'ข้อความของคุณ',
    'composer.placeholder': 'พิมพ์ข้อความ…',
    'composer.send': 'ส่งข้อความ',
    'composer.stop': 'หยุดตอบ',
    'composer.hint': 'Enter เพื่อส่ง · Shift + Enter เพื่อขึ้นบรรทัดใหม่',

    'notice.full': 'มีข้อความรอส่งอยู่มาก โปรดรอสักครู่แล้วลองใหม่',
    'notice.refused': 'ทำรายการไม่สำเร็จ: {detail}',
    'notice.archived': 'การสนทนานี้ถูกเก็บเข้าคลังแล้ว จึงส่งข้อความเพิ่มไม่ได้',
    'notice.deleted': 'การสนทนานี้ถูกลบแล้ว',
    'notice.forbidden': 'โทเคนนี้ไม่มีสิทธิ์เปิดการสนทนานี้',
    'notice.lost': 'เปิดการสนทนานี้ไม่ได้: {detail}',

    'announce.answering': 'ที่ปรึกษากำลังตอบ',
    'announce.reply': 'ที่ปรึกษาตอบว่า {text}',
    'announce.message': '{who} เขียนว่า {text}',

    'profile.title': 'ข้อมูลการเงินของคุณ',
    'profile.short': 'ข้อมูลการเงิน',
    'profile.empty': 'เมื่อคุยกัน ข้อมูลที่คุณเล่าจะค่อย ๆ ปรากฏตรงนี้',
    'profile.completeness': 'ครบแล้ว {n}%',
    'profile.income': 'รายได้ต่อเดือน',
    'profile.expenses': 'ค่าใช้จ่ายต่อเดือน',
    'profile.savingsRate': 'อัตราการออม',
    'profile.goals': 'เป้าหมาย',
    'profile.unknown': 'ยังไม่ทราบ',
    'profile.unsure': 'รอยืนยัน',
    'profile.baht': '{n} บาท',
    'intent.collect_income': 'ถัดไป: รายได้ต่อเดือน',
    'intent.collect_expense': 'ถัดไป: ค่าใช้จ่ายต่อเดือน',
    'intent.collect_expenses': 'ถัดไป: ค่าใช้จ่ายต่อเดือน',
    'intent.collect_goals': 'ถัดไป: เป้าหมายของคุณ',
    'intent.recommend': 'ข้อมูลครบแล้ว พร้อมช่วยวางแผน',

    'products.title': 'อาจเหมาะกับคุณ',
    'products.type.insurance': 'ประกัน',
    'products.type.loan': 'สินเชื่อ',
    'products.type.card': 'บัตร',
    'products.type.information': 'ข้อมูล',
};

const en = {
    'page.title': 'Financial advisor',
    'page.skip': 'Skip to the message field',
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

    'gate.title': 'Connect to start',
    'gate.absent': 'This server gives out no demo token. Paste a customer token made with “sala token”, or open the link that “sala dev” prints.',
    'gate.refused': '{reason} Paste a new token to go on.',
    'gate.label': 'Token',
    'gate.placeholder': 'Paste a token here',
    'gate.connect': 'Connect',
    'gate.demo': 'Use the demo token',
    'gate.privacy': 'The token stays in this tab and is gone when you close it.',
    'gate.noDemo': 'This server has no demo token.',

    'list.title': 'Conversations',
    'list.new': 'New conversation',
    'list.untitled': 'Conversation {id}',
    'list.current': 'Open now',

    'thread.label': 'Messages of this conversation',
    'thread.older': 'Show earlier messages',
    'thread.olderFailed': 'Earlier messages could not be loaded. Please try again.',
    'thread.newest': 'Go to the newest message',
    'thread.loading': 'Loading the conversation…',
    'empty.title': 'Hello. What would you like to sort out today?',
    'empty.text': 'Tell me about your income, your expenses and your goals. We will plan it step by step.',
    'empty.note': 'General guidance on budgeting and saving, not investment advice.',
    'empty.plain': 'No messages yet. Write the first one.',
    'chip.1': 'I earn about 45,000 baht a month',
    'chip.2': 'I want to save for a house deposit',
    'chip.3': 'Help me plan my monthly budget',

    'author.me': 'You',
    'author.advisor': 'Advisor',
    'message.pending': 'Sending…',
    'message.failed': 'Not sent',
    'message.failedWhy': 'Not sent: {detail}',
    'message.retry': 'Send again',
    'message.discard': 'Discard',
    'message.read': 'Read',
    'reply.thinking': 'Thinking',
    'reply.cancelled': 'Stopped',
    'reply.interrupted': 'Interrupted',
    'reply.replaced': 'Answered again',
    'reply.failed': 'Sorry, there is no answer this time.',
    'reply.regenerate': 'Answer again',
    'typing.one': '{who} is typing…',
    'typing.many': 'Several people are typing…',

    'composer.label': 'Your message',
    'composer.placeholder': 'Write a message…',
    'composer.send': 'Send',
    'composer.stop': 'Stop answering',
    'composer.hint': 'Enter to send · Shift + Enter for a new line',

    'notice.full': 'Many messages are still waiting. Please try again in a moment.',
    'notice.refused': 'That did not work: {detail}',
    'notice.archived': 'This conversation is archived, so no more can be written in it.',
    'notice.deleted': 'This conversation was deleted.',
    'notice.forbidden': 'This token may not open this conversation.',
    'notice.lost': 'This conversation cannot be opened: {detail}',

    'announce.answering': 'The advisor is answering',
    'announce.reply': 'The advisor answered: {text}',
    'announce.message': '{who} wrote: {text}',

    'profile.title': 'Your finances',
    'profile.short': 'Finances',
    'profile.empty': 'What you tell about yourself fills in here as you talk.',
    'profile.completeness': '{n}% complete',
    'profile.income': 'Monthly income',
    'profile.expenses': 'Monthly expenses',
    'profile.savingsRate': 'Savings rate',
    'profile.goals': 'Goals',
    'profile.unknown': 'Not known yet',
    'profile.unsure': 'To be confirmed',
    'profile.baht': '฿{n}',
    'intent.collect_income': 'Next: monthly income',
    'intent.collect_expense': 'Next: monthly expenses',
    'intent.collect_expenses': 'Next: monthly expenses',
    'intent.collect_goals': 'Next: your goals',
    'intent.recommend': 'All there: ready to plan',

    'products.title': 'May suit you',
    'products.type.insurance': 'Insurance',
    'products.type.loan': 'Loan',
    'products.type.card': 'Card',
    'products.type.information': 'Information',
};

const tables = { th, en };

export const languages = Object.keys(tables);

/** The words for `key`, or null if there are none (a code or type newer than this page). */
export function text(language, key, parameters = {}) {
    const words = tables[language][key];
    if (words === undefined) return null;
    return words.replace(/\{(\w+)\}/g, (whole, name) => parameters[name] ?? whole);
}

/** A value that is either plain text or `{th, en}`. */
export function localized(language, value) {
    if (typeof value === 'string') return value;
    return value?.[language] ?? value?.th ?? value?.en ?? '';
}

export function amount(language, value) {
    return new Intl.NumberFormat(locale(language), { maximumFractionDigits: 2 }).format(value);
}

export function clock(language, date) {
    return new Intl.DateTimeFormat(locale(language), { hour: '2-digit', minute: '2-digit' }).format(date);
}

export function day(language, date) {
    return new Intl.DateTimeFormat(locale(language), { day: 'numeric', month: 'long', year: 'numeric' }).format(date);
}

function locale(language) {
    return language === 'th' ? 'th-TH' : 'en-GB';
}
