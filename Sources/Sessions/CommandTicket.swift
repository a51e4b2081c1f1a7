package import Domain
internal import JSON
package import WireProtocol

/// What a command's sender gets: where its event stands and the `data` of the `ok`, or why not.
package struct CommandAnswer: Sendable, Equatable {
    package let offset: Int64
    /// JSON text.
    package let body: [UInt8]

    package init(offset: Int64, body: [UInt8]) {
        self.offset = offset
        self.body = body
    }
}

/// A command on its way through a session, with the one who waits for the answer.
package struct CommandTicket: Sendable {
    package let command: SessionCommand
    package let key: String?
    /// Called once, on the session's home loop.
    package let answer: @Sendable (Result<CommandAnswer, Fault>) -> Void

    package init(
        command: SessionCommand, key: String?, answer: @escaping @Sendable (Result<CommandAnswer, Fault>) -> Void
    ) {
        self.command = command
        self.key = key
        self.answer = answer
    }

    /// Tells this command from another one under the same key: who, what, with which arguments. The order of an object's
    /// members says nothing, and a client that writes the command again may choose another. Two rounds of FNV-1a with
    /// different bases; a collision could only mislead the client that made it.
    var fingerprint: [UInt8] {
        var low: UInt64 = 0xCBF2_9CE4_8422_2325
        var high: UInt64 = 0x6C62_272E_07BB_0142
        func mix(_ bytes: some Sequence<UInt8>) {
            for byte in bytes {
                low = (low ^ UInt64(byte)) &* 0x100_0000_01B3
                high = (high ^ UInt64(byte ^ 0xA5)) &* 0x100_0000_01B3
            }
            low = (low ^ 0x1FF) &* 0x100_0000_01B3
            high = (high ^ 0x2FF) &* 0x100_0000_01B3
        }
        func mix(_ value: JSONValue) {
            switch value {
            case .object(let object):
                mix("{".utf8)
                for member in object.members.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
                    mix(JSONValue.string(member.name).bytes)
                    mix(member.value)
                }
                mix("}".utf8)
            case .array(let items):
                mix("[".utf8)
                for item in items { mix(item) }
                mix("]".utf8)
            default: mix(value.bytes)
            }
        }
        mix(command.caller.subject.utf8)
        mix(command.name.utf8)
        mix(command.data)
        return (0..<8).map { UInt8(truncatingIfNeeded: low >> ($0 * 8)) }
            + (0..<8).map { UInt8(truncatingIfNeeded: high >> ($0 * 8)) }
    }
}

extension Fault {
    /// The wire's word for a domain's refusal.
    package init(_ reason: FaultReason, command: String) {
        switch reason {
        case .invalid(let detail): self.init(.invalidCommand, detail)
        case .unknownCommand: self.init(.unknownType, "unknown command '\(command.prefix(40))'")
        case .forbidden: self.init(.forbidden, "this subject may not do that here")
        case .rejected(let detail): self.init(.rejected, detail)
        case .tooLate(let detail): self.init(.tooLate, detail)
        case .tooLarge(let detail): self.init(.tooLarge, detail)
        case .busy(let detail): self.init(.overloaded, detail, retryAfter: .seconds(1))
        }
    }
}
