package import JSON
import Primitives

/// An error told to a client: what went wrong, and whether trying again helps.
///
/// Name, retryability and HTTP status follow from the code (`Protocol/faults.json`), so no two places can disagree.
package struct Fault: Error, Equatable, Sendable {
    package let code: FaultCode
    /// One sentence for a person. Never holds a token, a secret or message text; it may reach logs.
    package let detail: String
    /// How long the client should wait before it tries again; nil when the server has no opinion.
    package let retryAfter: Duration?

    /// Without `detail` the code's own title stands for it.
    package init(_ code: FaultCode, _ detail: String? = nil, retryAfter: Duration? = nil) {
        self.code = code
        self.detail = detail ?? code.title
        self.retryAfter = retryAfter
    }

    package var name: String { code.name }
    package var isRetryable: Bool { code.isRetryable }
    package var httpStatus: Int { code.httpStatus }

    /// The value of a `Retry-After` header (RFC 9110 §10.2.3): whole seconds, rounded up, at least one; nil without
    /// `retryAfter`.
    package var retryAfterSeconds: Int64? {
        guard let milliseconds = retryAfter?.wholeMillisecondsRoundedUp else { return nil }
        return milliseconds <= 1_000 ? 1 : (milliseconds - 1) / 1_000 + 1
    }

    /// Writes the members `code,name,detail,retryable,retryAfterMs?` into the object that `writer` has open: a `fault`
    /// frame, or any answer that reports a fault.
    package func write(into writer: inout JSONWriter) {
        writer.name("code")
        writer.integer(Int64(code.rawValue))
        writer.name("name")
        writer.string(name)
        writer.name("detail")
        writer.string(detail)
        writer.name("retryable")
        writer.bool(isRetryable)
        guard let retryAfter else { return }
        writer.name("retryAfterMs")
        writer.integer(max(0, retryAfter.wholeMillisecondsRoundedUp))
    }

    /// The body of an `application/problem+json` response (RFC 9457 §3) with the fault's own members as extensions.
    /// `status` is that of the response, where it is not the code's own (§3.1.2); `place` a JSON pointer (RFC 6901) to what is wrong in
    /// the request's document.
    package func problemDocument(status: Int? = nil, place: String? = nil) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("type")
        writer.string("urn:sala:fault:" + name)
        writer.name("title")
        writer.string(code.title)
        writer.name("status")
        writer.integer(Int64(status ?? httpStatus))
        write(into: &writer)
        if let place { writer.member("place", .string(place)) }
        writer.endObject()
        return writer.bytes
    }
}
