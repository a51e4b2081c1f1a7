internal import JSON
internal import Primitives

/// What a log attribute can be. There is no way from a `Secret` to here but to reveal it in plain sight.
package enum LogValue: Equatable, Sendable {
    /// Cut after `maxTextBytes`. Never payloads, tokens, names or message text: their type and size.
    case text(String)
    case integer(Int64)
    case number(Double)
    case flag(Bool)
    /// Written in seconds.
    case duration(Duration)

    /// Enough for an error's description; long values come from mistakes.
    package static let maxTextBytes = 512

    package static func integer(_ value: Int) -> LogValue { .integer(Int64(value)) }

    func write(into writer: inout JSONWriter) {
        switch self {
        case .text(let text): writer.string(Self.cut(text))
        case .integer(let value): writer.integer(value)
        case .number(let value): writer.double(value)
        case .flag(let value): writer.bool(value)
        case .duration(let value): writer.double(value.inSeconds)
        }
    }

    /// The first whole scalars that fit, and a mark when something is left out.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maxTextBytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: maxTextBytes)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .flag(value) }
}
