/// The words of people who talk about their money, and what each tells the reader of statements.
enum FinancialVocabulary {
    enum Period: Sendable, Equatable { case month, year, other }

    enum Word: Sendable, Equatable {
        /// `monthly`: the word itself says month (เงินเดือน). `isExtra`: beside a main income. `isWeak`: has other meanings too.
        case income(monthly: Bool = false, isExtra: Bool = false, isWeak: Bool = false)
        case expense(isWeak: Bool = false)
        /// One expense of several.
        case item
        /// รวม, ทั้งหมด: the sum of what came before.
        case total
        /// Money that is neither: debts, savings, prices, one-off sums. `isGoal`: what a goal may be about.
        case neutral(isGoal: Bool = false)
        /// Something to save for.
        case goalObject
        /// อยาก, want: a wish follows.
        case wish
        /// No income at all.
        case noIncome
        /// Income that changes, or an income of an unusual kind.
        case irregular
        case hypothetical, past, future
        /// ตอนนี้, now: what follows is so.
        case now
        /// แต่, but: leaves a condition, lets the later of two amounts win.
        case but
        /// The speaker.
        case me
        /// Somebody else for certain.
        case other
        /// A word that people use for others and for themselves (พี่, แม่).
        case perhapsOther
        /// Several people's together.
        case shared
        /// ให้: money goes to the person after it, or comes from the one before.
        case give
        /// `leads`: stands before its amount when one follows (เดือนละ).
        case period(Period, leads: Bool)
        /// A question about what was said.
        case question
        /// ใช่ไหม: a question whether it is so.
        case confirmation
        case or, plus
        /// What was just said is not in the total.
        case excluding
        /// ไม่ใช่, not, away from a number.
        case negation
        /// on, for: the thing comes after its amount.
        case forward
        /// ห้าหลัก, six figures: an order of magnitude without a number.
        case magnitude
        /// ไม่มี, none as an answer.
        case none
        /// End of a sentence.
        case end
        /// Only looks like one of the others.
        case nothing
    }

    static let words = PhraseTable<Word>(
        income + expenses + neutral + goals + circumstances + people + periods + grammar)

    private typealias Entry = (meaning: Word, phrases: [String])

    private static let income: [Entry] = [
        (
            .income(),
            [
                "รายได้", "รายรับ", "รายได้หลัก", "รายได้สุทธิ", "รายได้ประจำ", "เงินเข้า", "หาเงินได้",
                "หาได้", "ทำงานได้", "ค่าจ้าง", "ค่าแรง", "ค่าตอบแทน", "เงินได้", "income", "salary", "earn", "earns", "earning",
                "earnings", "make", "makes", "making", "wage", "wages", "take home", "take-home", "revenue", "get paid",
                "getting paid", "i'm paid", "bring home", "bring in", "paycheck", "stipend", "pension",
            ]
        ),
        (
            .income(monthly: true),
            [
                "เงินเดือน", "ได้เงินเดือน", "รับเงินเดือน", "มีเงินเดือน", "ได้เงินเดือนละ", "รับเงินเดือนละ", "ฐานเงินเดือน",
                "เงินเดือนสุทธิ", "เงินเดือนขึ้นเป็น", "เงินเดือนเพิ่มเป็น",
                "ขึ้นเงินเดือนเป็น", "รายได้ต่อเดือน", "รายได้เดือนละ", "monthly salary", "monthly income", "บำนาญ",
            ]
        ),
        (
            .income(isExtra: true),
            [
                "รายได้เสริม", "รายได้พิเศษ", "งานเสริม", "อาชีพเสริม", "รายได้อื่น", "รายได้อื่นๆ", "โอที", "ค่าล่วงเวลา", "ค่าคอม",
                "คอมมิชชั่น", "ค่าคอมมิชชั่น", "เบี้ยขยัน", "เบี้ยเลี้ยง", "ฟรีแลนซ์", "รับจ๊อบ", "ot", "overtime", "commission",
                "commissions", "freelance", "freelancing", "side income", "side job", "side hustle",
            ]
        ),
        (
            .income(isWeak: true),
            ["ได้", "รับ", "ได้รับ", "รับเงิน", "ได้เงิน", "ขายได้", "ขายของได้", "ทำได้", "get", "receive", "got"]
        ),
        (
            .income(isExtra: true, isWeak: true),
            [
                "ขายของ", "ขายของออนไลน์", "ปล่อยเช่า", "ให้เช่า", "ได้ค่าเช่า", "รับค่าเช่า", "เก็บค่าเช่า", "ทิป", "tips", "ปันผล",
                "เงินปันผล", "ดอกเบี้ย", "dividends",
            ]
        ),
        (
            .noIncome,
            [
                "ตกงาน", "ว่างงาน", "ไม่มีรายได้", "ไม่มีรายได้เลย", "ยังไม่มีรายได้", "ไม่มีรายรับ", "ไม่ได้ทำงาน", "ไม่มีงานทำ", "ไม่มีงาน",
                "ยังไม่มีงานทำ", "ถูกเลิกจ้าง", "โดนเลิกจ้าง", "ถูกไล่ออก", "ขาดรายได้", "unemployed", "jobless", "no income",
                "don't have any income", "don't have an income", "do not have any income", "have no income",
                "without income", "without an income", "zero income", "no job", "lost my job", "out of work",
                "laid off", "no salary", "not working", "not earning", "earn nothing", "make nothing",
                "between jobs", "don't earn anything", "don't have a job",
            ]
        ),
        (
            .irregular,
            [
                "รายได้ไม่แน่นอน", "รายได้ไม่คงที่", "รายได้ไม่ประจำ", "ไม่มีรายได้ประจำ", "รายได้ไม่สม่ำเสมอ", "ไม่มีเงินเดือน",
                "ไม่มีเงินเดือนประจำ", "irregular income", "income varies", "unstable income", "no fixed income",
                "no regular income",
            ]
        ),
        (
            .nothing,
            [
                "ไม่ได้ตกงาน", "ไม่ตกงาน", "ไม่ได้ว่างงาน", "กลัวตกงาน", "ประกันว่างงาน", "กรณีว่างงาน", "เงินว่างงาน",
                "ไม่มีรายได้เสริม",
                "ไม่มีรายได้อื่น", "ไม่มีรายได้พิเศษ", "ไม่มีรายได้ทางอื่น", "ไม่มีรายได้จาก", "not unemployed",
                "no income tax", "no side income", "no other income", "income tax", "make sense", "make sure",
                "make it",
                "ได้ค่ะ", "ได้ครับ", "ได้เลย", "รับทราบ", "ยอมรับ", "รับผิดชอบ", "ได้แก่", "ได้ยิน",
                "ใช้ได้", "ทำได้ดี", "get married", "getting married", "get a", "get an", "get the", "get my", "no job for",
            ]
        ),
    ]

    private static let expenses: [Entry] = [
        (
            .expense(),
            [
                "ค่าใช้จ่าย", "รายจ่าย", "ค่าใช้จ่ายรวม", "ใช้จ่าย", "ค่าครองชีพ", "expense", "expenses", "spending",
                "spend", "spends", "outgoings", "cost of living", "living cost", "living costs", "expenditure",
                "burn",
            ]
        ),
        (
            .expense(isWeak: true),
            [
                "ใช้", "จ่าย", "ใช้เงิน", "จ่ายเงิน", "หมด", "หมดไป", "ใช้ไป", "จ่ายไป", "เสีย", "เสียเงิน", "pay", "paying",
                "use",
            ]
        ),
        (
            .item,
            [
                "ค่า", "ค่าเช่า", "ค่าเช่าบ้าน", "ค่าเช่าห้อง", "ค่ากิน", "ค่าอาหาร", "ค่าเดินทาง", "ค่ารถ", "ค่าน้ำ", "ค่าไฟ", "ค่าน้ำค่าไฟ",
                "ค่าน้ำไฟ", "ค่าเน็ต", "ค่าโทรศัพท์", "ค่าหอ", "ค่าห้อง", "ค่าเทอม", "ค่าประกัน", "ค่างวด", "ค่างวดรถ", "ค่าบ้าน",
                "ค่าข้าว",
                "ค่าของใช้", "ค่าเลี้ยงลูก", "เบี้ยประกัน", "ค่าใช้จ่ายเรื่อง", "ค่าใช้จ่ายลูก", "ค่าใช้จ่ายรถ", "ค่าใช้จ่ายส่วนตัว", "ผ่อน",
                "ผ่อนรถ", "ผ่อนบ้าน", "ผ่อนคอนโด", "ผ่อนบัตร", "ผ่อนหนี้", "ส่งรถ", "ส่งบ้าน", "ใช้หนี้",
                "จ่ายหนี้", "ส่งกลับบ้าน", "ส่งที่บ้าน", "ให้ที่บ้าน", "ให้แม่", "ให้พ่อ", "ให้พ่อแม่", "ให้แฟน", "ให้ลูก", "ส่งให้แม่",
                "ส่งให้พ่อแม่",
                "ส่งให้ที่บ้าน", "เลี้ยงลูก", "เลี้ยงดู", "กิน", "เดินทาง", "ของใช้", "rent", "food", "groceries", "transport",
                "transportation", "utilities", "electricity", "water", "internet", "phone bill", "mortgage",
                "car payment", "car payments", "installment", "installments", "instalment", "insurance",
                "loan payment", "tuition", "petrol", "fuel", "bills", "commute", "commuting", "eating out",
                "childcare", "entertainment", "travel costs", "bts",
            ]
        ),
        (
            .nothing,
            [
                "ไม่พอใช้", "พอใช้", "ใช้ชีวิต", "ใช้เวลา", "คุณค่า", "ค่าเฉลี่ย", "ค่าเงิน", "กินอยู่", "ไม่มีค่าเช่า", "ไม่เสียค่าเช่า",
                "ไม่ต้องจ่ายค่าเช่า", "ไม่มีค่าใช้จ่าย", "ค่อยๆ", "บัตรใช้", "หมดแล้ว", "หมดหนี้", "หมดห่วง", "เสียดาย", "เสียใจ",
                "เสียเปรียบ",
                "pay attention", "use of", "pay off", "no rent", "don't pay rent",
            ]
        ),
    ]

    private static let neutral: [Entry] = [
        (
            .neutral(),
            [
                "หนี้", "เป็นหนี้", "มีหนี้", "ไม่มีหนี้", "ติดหนี้", "ยอดหนี้", "หนี้บัตร", "หนี้บัตรเครดิต", "กู้", "กู้เงิน", "ยืม", "ยืมเงิน",
                "เงินกู้",
                "สินเชื่อ", "วงเงิน", "บัตรเครดิต", "เหลือ", "เหลือเงิน", "เหลือเก็บ", "คงเหลือ", "ราคา", "มูลค่า", "โบนัส", "หุ้น",
                "ทอง",
                "ภาษี", "หัก", "โดนหัก", "ถูกหัก", "ถูกหวย", "เงินสด", "ยอดขาย", "รายได้บริษัท", "รายได้ของบริษัท", "บริษัทมีรายได้",
                "เงินในบัญชี", "ในบัญชี", "ขึ้นเงินเดือน", "เงินเดือนขึ้น",
                "เงินเดือนเพิ่ม", "ทุนประกัน", "เงินดาวน์", "มัดจำ", "น้อยกว่ารายจ่าย", "มากกว่ารายจ่าย", "มากกว่ารายได้",
                "น้อยกว่ารายได้", "เกินรายได้", "มากกว่าค่าใช้จ่าย", "น้อยกว่าค่าใช้จ่าย", "มากกว่าที่หาได้", "ส่วนต่าง", "ขาดทุน", "กำไร",
                "ขาย", "โอน", "โอนเงิน", "debt", "debts", "owe", "loan", "loans", "borrow", "borrowed", "cash",
                "price", "cost", "costs", "worth", "bonus", "stock", "stocks", "deposit", "tax", "taxes",
                "credit limit", "balance", "left over", "leftover", "remaining", "raise", "deduct", "bought",
                "credit card", "credit cards", "more than my income", "less than my income", "sold", "sales", "won",
                "transfer", "transferred",
            ]
        ),
        (
            .neutral(isGoal: true),
            [
                "เก็บ", "เก็บเงิน", "เก็บได้", "เก็บออม", "ออม", "ออมเงิน", "ออมได้", "เงินเก็บ", "เงินออม", "มีเงินเก็บ", "ซื้อ",
                "ดาวน์", "ลงทุน",
                "กองทุน", "save", "saves", "saved", "saving", "savings", "buy", "buying", "invest", "invested",
                "investing", "down payment", "put aside", "set aside",
            ]
        ),
    ]

    private static let goals: [Entry] = [
        (
            .wish,
            [
                "อยาก", "อยากจะ", "ต้องการ", "ตั้งใจ", "ตั้งใจจะ", "เป้าหมาย", "วางแผน", "แพลน", "ฝันอยาก", "ฝัน", "ตั้งเป้า",
                "จะเก็บ",
                "จะออม", "เก็บให้ได้", "เก็บเงินซื้อ", "เก็บเงินเพื่อ", "ออมเงินเพื่อ", "want", "wants", "want to", "wanna", "goal",
                "goals", "my goal", "plan", "planning", "plan to", "planning to", "hope to", "dream", "save for",
                "save up", "saving for", "saving up", "would like to", "i'd like to", "target",
            ]
        ),
        (
            .goalObject,
            [
                "บ้าน", "คอนโด", "ที่ดิน", "มอเตอร์ไซค์", "เกษียณ", "เกษียน", "แต่งงาน", "เรียนต่อ", "ปลดหนี้", "หมดหนี้", "ปิดหนี้",
                "รวมหนี้",
                "เงินสำรอง", "ฉุกเฉิน", "เที่ยว", "ไปเที่ยว", "ท่องเที่ยว", "เปิดร้าน", "ธุรกิจ", "มีรถ", "ซื้อรถ", "ซื้อบ้าน", "มีบ้าน",
                "การศึกษา", "ทุนการศึกษา", "อิสรภาพทางการเงิน", "house", "home", "condo", "car", "retire", "retirement",
                "wedding", "marry", "get married", "travel", "trip", "vacation", "holiday", "study", "education",
                "business", "emergency fund", "pay off", "debt free", "debt-free", "motorbike",
            ]
        ),
        (
            .nothing,
            [
                "อยากรู้", "อยากถาม", "อยากทราบ", "อยากสอบถาม", "อยากปรึกษา", "อยากให้ช่วย", "อยากให้แนะนำ", "อยากขอ",
                "อยากบอก",
                "ต้องการถาม", "ต้องการทราบ", "ต้องการสอบถาม", "ต้องการปรึกษา", "ไม่อยาก", "ไม่ต้องการ", "ไม่มีเป้าหมาย",
                "want to know",
                "want to ask", "would like to know", "would like to ask", "i'd like to know", "i'd like to ask",
                "don't want", "don't want to", "health plan", "phone plan", "ที่บ้าน", "อยู่บ้าน", "กลับบ้าน",
            ]
        ),
    ]

    private static let circumstances: [Entry] = [
        (
            .hypothetical,
            [
                "ถ้า", "ถ้าหาก", "หาก", "สมมติ", "สมมุติ", "สมมติว่า", "สมมุติว่า", "เผื่อ", "ต่อให้", "คนที่", "ใครที่", "ควรมี",
                "ควรจะมี",
                "ต้องมี", "น่าจะต้องมี", "if", "suppose", "supposing", "let's say", "say i", "what if", "would", "could",
                "might", "someone", "someone who", "people who", "should i have",
            ]
        ),
        (
            .past,
            [
                "เคย", "เคยได้", "เมื่อก่อน", "แต่ก่อน", "ก่อนหน้านี้", "ปีที่แล้ว", "ปีก่อน", "เดือนที่แล้ว", "เดือนก่อน", "ที่เก่า", "งานเก่า",
                "ตอนนั้น", "สมัยก่อน", "เมื่อวาน", "สัปดาห์ที่แล้ว", "อาทิตย์ที่แล้ว", "used to", "previously", "last year",
                "last month", "last week", "yesterday", "formerly", "i made", "i earned", "earned", "in the past",
                "my old job", "spent", "paid", "ago",
            ]
        ),
        (
            .future,
            [
                "ปีหน้า", "เดือนหน้า", "อนาคต", "ในอนาคต", "กำลังจะได้", "กำลังจะ", "จะได้", "จะได้รับ", "next year", "next month",
                "will", "going to", "i'll", "soon", "expect",
            ]
        ),
        (
            .now,
            [
                "ตอนนี้", "ปัจจุบัน", "ปัจจุบันนี้", "ปีนี้", "ขณะนี้", "จริงๆ", "จริงๆแล้ว", "ความจริง", "เดี๋ยวนี้", "ทุกวันนี้", "now",
                "currently",
                "at the moment", "actually", "these days", "right now", "today",
            ]
        ),
        (.but, ["แต่", "แต่ว่า", "ส่วน", "แต่ตอนนี้", "but", "however", "whereas", "while"]),
        (.nothing, ["แต่ละ", "แต่ละเดือน", "ตั้งแต่", "ส่วนตัว", "ส่วนใหญ่", "ส่วนกลาง", "ส่วนลด", "if possible"]),
    ]

    private static let people: [Entry] = [
        (
            .me,
            [
                "ผม", "ฉัน", "ดิฉัน", "หนู", "เรา", "ข้าพเจ้า", "กระผม", "ตัวเอง", "ของผม", "ของฉัน", "ของหนู", "ของเรา",
                "ของตัวเอง", "i", "i'm", "i've", "my", "me", "mine",
            ]
        ),
        (
            .other,
            [
                "แฟน", "สามี", "ภรรยา", "เมีย", "ผัว", "ของแฟน", "ของสามี", "ของภรรยา", "เพื่อน", "พี่ชาย", "พี่สาว", "น้องชาย",
                "น้องสาว",
                "คุณพ่อ", "คุณแม่", "พ่อแม่", "หัวหน้า", "เจ้านาย", "ลูกชาย", "ลูกสาว", "คนอื่น", "คุณตา", "คุณยาย", "แฟนผม", "แฟนหนู",
                "แฟนฉัน", "สามีหนู",
                "เมียผม", "เพื่อนผม", "พ่อผม", "แม่ผม", "พ่อหนู", "แม่หนู", "husband", "wife", "girlfriend",
                "boyfriend", "friend", "partner", "his", "her", "he", "she", "mom", "mother", "dad", "father",
                "brother", "sister", "they", "their", "boss", "my husband", "my wife", "my girlfriend",
                "my boyfriend", "my friend", "my partner", "my mom", "my mother", "my dad", "my father", "my brother",
                "my sister", "my boss", "my parents", "parents", "my son", "my daughter",
            ]
        ),
        (.perhapsOther, ["พี่", "น้อง", "พ่อ", "แม่", "ลูก", "เขา", "เค้า"]),
        (
            .shared,
            [
                "รวมกับแฟน", "รวมกับสามี", "รวมกับภรรยา", "สองคนรวมกัน", "รวมกันสองคน", "รวมสองคน", "รวมกัน 2 คน", "2 คนรวมกัน",
                "ครอบครัว", "ทั้งบ้าน", "household", "combined", "together", "family", "our", "we",
            ]
        ),
        (
            .nothing,
            [
                "ลูกค้า", "ลูกจ้าง", "ลูกหนี้", "แม่บ้าน", "พ่อบ้าน", "พ่อค้า", "แม่ค้า", "เราเตอร์", "แม่น้ำ", "ภูเขา", "พี่ครับ", "พี่คะ",
                "เขาใหญ่", "น้องหมา", "น้องแมว", "แม่นยำ", "มีลูก", "มีแฟน", "มีพี่", "มีน้อง", "มีสามี", "มีภรรยา", "มีเมีย", "มีครอบครัว",
                "have a wife", "have a husband",
            ]
        ),
        (.give, ["ให้", "gives me", "give me", "sends me"]),
    ]

    private static let periods: [Entry] = [
        (
            .period(.month, leads: true),
            [
                "เดือนละ", "เดือนๆ", "เดือนๆนึง", "เดือนๆ นึง", "เงินเดือนละ", "เดือนนึง", "เดือนหนึ่ง", "แต่ละเดือน", "ทุกเดือน",
                "ทุกๆเดือน", "each month", "every month", "รายเดือน",
                "monthly", "ประจำเดือน",
            ]
        ),
        (
            .period(.month, leads: false),
            [
                "ต่อเดือน", "/เดือน", "/ เดือน", "/ด.", "per month", "a month", "/month", "/ month", "/mo", "/m", "p.m.",
                "per mo", "pm",
            ]
        ),
        (
            .period(.year, leads: true),
            ["ปีละ", "ปีนึง", "ปีหนึ่ง", "ทั้งปี", "รายปี", "ทุกปี", "yearly", "annual", "annually", "every year", "each year"]
        ),
        (
            .period(.year, leads: false),
            [
                "ต่อปี", "/ปี", "/ ปี", "per year", "a year", "/year", "/ year", "/yr", "per annum", "p.a.", "pa",
                "per yr",
            ]
        ),
        (
            .period(.other, leads: true),
            [
                "วันละ", "วันนึง", "วันหนึ่ง", "อาทิตย์ละ", "สัปดาห์ละ", "ชั่วโมงละ", "ชม.ละ", "ครั้งละ", "ชิ้นละ", "คนละ", "งวดละ",
                "วิกละ",
                "รายวัน", "รายสัปดาห์", "มื้อละ", "ตัวละ", "ทุกวัน", "daily", "weekly", "hourly", "every day", "every week",
                "each day", "each week", "biweekly", "ทุก 15 วัน", "ทุกสองสัปดาห์", "วันธรรมดา",
            ]
        ),
        (
            .period(.other, leads: false),
            [
                "ต่อวัน", "/วัน", "ต่ออาทิตย์", "ต่อสัปดาห์", "/สัปดาห์", "/อาทิตย์", "ต่อชั่วโมง", "/ชม.", "/ชั่วโมง", "ต่อครั้ง", "ต่อคน",
                "ต่อมื้อ", "ต่อชิ้น", "per day", "a day", "/day", "per week", "a week", "/week", "per hour", "an hour",
                "/hr", "/hour", "per person", "each", "every two weeks",
            ]
        ),
    ]

    private static let grammar: [Entry] = [
        (
            .total,
            [
                "รวม", "รวมๆ", "รวมแล้ว", "ทั้งหมด", "รวมทั้งหมด", "รวมกัน", "รวมเป็น", "total", "in total", "altogether",
                "all in",
            ]
        ),
        (
            .question,
            [
                "ไหม", "มั้ย", "มั๊ย", "ไม๊", "เท่าไหร่", "เท่าไร", "ยังไง", "อย่างไร", "หรือเปล่า", "รึเปล่า", "รึป่าว", "หรือยัง",
                "ควร",
                "ดีไหม", "พอไหม", "ได้ไหม", "ไหวไหม", "อะไรดี", "ทำไง", "กี่บาท", "อะไร", "how", "should i", "should",
                "can i",
                "is it enough", "is that enough", "enough", "what", "which", "?",
            ]
        ),
        (.confirmation, ["ใช่ไหม", "ใช่มั้ย", "ใช่หรือเปล่า", "ใช่รึเปล่า", "ถูกไหม", "right?", "correct?"]),
        (.or, ["หรือ", "or"]),
        (.plus, ["+", "บวก", "บวกกับ", "plus"]),
        (
            .excluding,
            [
                "ไม่รวม", "ยังไม่รวม", "ถ้าไม่รวม", "ไม่ได้รวม", "ไม่นับ", "excluding", "not including", "except", "besides",
                "without",
            ]
        ),
        (
            .negation,
            ["ไม่ใช่", "ไม่ได้", "ไม่เคย", "not", "isn't", "don't", "do not", "doesn't", "didn't", "never"]
        ),
        (.forward, ["on", "for", "สำหรับ", "goes to", "เป็น", "เป็นค่า"]),
        (
            .magnitude,
            [
                "สี่หลัก", "ห้าหลัก", "หกหลัก", "เจ็ดหลัก", "4 หลัก", "5 หลัก", "6 หลัก", "7 หลัก", "five figures", "six figures",
                "seven figures",
            ]
        ),
        (.none, ["ไม่มี", "none", "nothing", "ยังไม่มี"]),
        (
            .end,
            [
                "ครับ", "ค่ะ", "คะ", "คับ", "ค้าบ", "คั้บ", "จ้ะ", "จ้า", "ฮะ", "นะ", "\n", ";", "!", ". ", ".\n", "。",
            ]
        ),
    ]
}
