internal import CPages

/// The files of the demo pages, from inside the executable, by name.
enum Pages {
    /// `/demo/chat/`.
    static let chat = files(sala_chat_pages())
    /// `/demo/oa/`.
    static let line = files(sala_line_pages())
    /// `/demo/pay/`.
    static let pay = files(sala_pay_pages())
    /// `/demo/track/`.
    static let track = files(sala_track_pages())
    /// `/demo/ride/`.
    static let ride = files(sala_ride_pages())

    /// `/demo/gold/`.
    static let gold = files(sala_gold_pages())

    private static func files(_ list: sala_pages) -> [String: Page] {
        var pages: [String: Page] = [:]
        for file in UnsafeBufferPointer(start: list.files, count: list.count) {
            let name = String(cString: file.name)
            pages[name] = Page(Array(UnsafeBufferPointer(start: file.bytes, count: file.count)), named: name)
        }
        return pages
    }
}
