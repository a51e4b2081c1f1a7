internal import JSON

/// What is wrong with a control's body, for whoever wrote it.
struct BehaviourError: Error {
    let detail: String
    init(_ detail: String) { self.detail = detail }

    static func unknown(_ member: JSONObject.Member) -> BehaviourError {
        BehaviourError("unknown member '\(member.name.prefix(40))'")
    }
}

/// Reads the members of controls.
extension JSONObject.Member {
    func flag() throws(BehaviourError) -> Bool {
        guard let flag = value.bool else { throw BehaviourError("\(name) is true or false") }
        return flag
    }

    /// Null is nil.
    func text() throws(BehaviourError) -> String? {
        guard value.isNull || value.string != nil else { throw BehaviourError("\(name) is a string or null") }
        return value.string
    }

    func texts() throws(BehaviourError) -> [String] {
        let texts = value.array?.compactMap(\.string)
        guard let texts, texts.count == value.array?.count else {
            throw BehaviourError("\(name) is an array of strings")
        }
        return texts
    }

    /// 0 to a billion; null is nil.
    func count() throws(BehaviourError) -> Int? {
        if value.isNull { return nil }
        guard let number = value.integer, (0...1_000_000_000).contains(number) else {
            throw BehaviourError("\(name) is a whole number, not negative, or null")
        }
        return Int(number)
    }

    func milliseconds() throws(BehaviourError) -> Duration {
        guard let number = value.double, (0...Behaviour.maxDelay).contains(number) else {
            throw BehaviourError("\(name) is 0 to \(Int(Behaviour.maxDelay)) milliseconds")
        }
        return .microseconds(Int64(number * 1000))
    }

    /// An HTTP status; 200 and null are nil.
    func status() throws(BehaviourError) -> Int? {
        if value.isNull { return nil }
        guard let number = value.integer, (200...599).contains(number) else {
            throw BehaviourError("\(name) is an HTTP status from 200 to 599, or null")
        }
        return number == 200 ? nil : Int(number)
    }
}
