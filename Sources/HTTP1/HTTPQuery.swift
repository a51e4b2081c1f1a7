/// The query of a target, decoded as the URL Standard's `application/x-www-form-urlencoded`: pairs between `&`, `+` is
/// a space, a pair without `=` has an empty value, empty pairs are skipped. The request line's limit bounds it.
package struct HTTPQuery: Sendable, Equatable {
    /// One name with its value.
    package struct Parameter: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    /// In the order they were sent; a name may repeat.
    package let parameters: [Parameter]

    /// No parameters.
    package init() { parameters = [] }

    /// Throws `invalidTargetCharacter` (also for an encoded NUL), `malformedPercentEscape` or `targetNotUTF8`.
    init(_ bytes: ArraySlice<UInt8>) throws(HTTPViolation) {
        guard bytes.allSatisfy({ Octet.isQueryCharacter($0) || $0 == Octet.percent }) else {
            throw .invalidTargetCharacter
        }
        parameters = try Self.parameters(bytes)
    }

    /// The fields of a body of type `application/x-www-form-urlencoded`: as in a target, but with any character. Throws
    /// `malformedPercentEscape`, `targetNotUTF8`, or `invalidTargetCharacter` for a NUL.
    package init(form body: [UInt8]) throws(HTTPViolation) { parameters = try Self.parameters(body[...]) }

    private static func parameters(_ bytes: ArraySlice<UInt8>) throws(HTTPViolation) -> [Parameter] {
        var parameters: [Parameter] = []
        for pair in bytes.split(separator: Octet.ampersand) {
            let parts = pair.split(separator: Octet.equals, maxSplits: 1, omittingEmptySubsequences: false)
            let name = try PercentDecoding.string(parts[0], plusIsSpace: true)
            let value = parts.count > 1 ? try PercentDecoding.string(parts[1], plusIsSpace: true) : ""
            guard !name.utf8.contains(0), !value.utf8.contains(0) else { throw .invalidTargetCharacter }
            parameters.append(Parameter(name: name, value: value))
        }
        return parameters
    }

    /// The value of the first parameter of that name.
    package subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The values of all parameters of that name, in order.
    package func all(_ name: String) -> [String] { parameters.filter { $0.name == name }.map(\.value) }
}
