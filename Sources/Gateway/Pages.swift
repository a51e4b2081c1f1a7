internal import CPages

/// The files of the demo pages, from inside the executable.
enum Pages {
    /// `/demo/chat/`, by name.
    static let chat: [String: Page] = {
        var pages: [String: Page] = [:]
        for index in 0..<sala_chat_page_count() {
            guard let page = sala_chat_page(index)?.pointee else { continue }
            let bytes = UnsafeBufferPointer(start: page.bytes, count: page.count)
            let name = String(cString: page.name)
            pages[name] = Page(Array(bytes), named: name)
        }
        return pages
    }()
}
