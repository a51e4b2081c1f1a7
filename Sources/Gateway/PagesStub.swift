enum Pages { static let chat: [String: Page] = [:] }
