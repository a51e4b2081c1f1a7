import HTTP1
import JSON
import TestSupport
import Testing

/// One entry of `Protocol/vectors/http1`; its README says what the members mean.
struct HTTPVector: Sendable, CustomTestStringConvertible {
    let json: JSONValue
    let name: String

    init(_ json: JSONValue) throws {
        self.json = json
        name = try #require(json["name"]?.string)
        _ = try #require(json["source"]?.string)
        _ = try #require(json["expect"]?.object)
    }

    static func load(decoder: String) throws -> [HTTPVector] {
        let entries = try Vectors.load("http1").filter { $0["decoder"]?.string == decoder }
        return try entries.map(HTTPVector.init)
    }

    var testDescription: String { name }

    func input() throws -> [UInt8] { try Vectors.bytes(#require(json["input"])) }

    func limits() throws -> HTTPLimits {
        var limits = HTTPLimits()
        for member in json["limits"]?.object?.members ?? [] {
            let value = Int(try #require(member.value.integer))
            switch member.name {
            case "maxBodyBytes": limits.maxBodyBytes = value
            default: Issue.record("unknown limit \(member.name)")
            }
        }
        return limits
    }

    /// Compares the violation with what is expected.
    func checkViolation(_ violation: HTTPViolation?) {
        #expect(violation?.rawValue == json["expect"]?["violation"]?.string)
        #expect(violation.map { Int64($0.status.code) } == json["expect"]?["status"]?.integer)
    }

    /// The expected messages below `member`; none if it is missing.
    func messages(_ member: String) -> [JSONValue] { json["expect"]?[member]?.array ?? [] }

    static func json(_ headers: HTTPHeaders) -> JSONValue {
        .array(headers.fields.map { .array([.string($0.name), .string($0.value)]) })
    }
}

extension HTTPRequestDecoder {
    /// Appends bytes that a test has in an array.
    mutating func append(_ bytes: some Collection<UInt8>) {
        let array = Array(bytes)
        append(array.span.bytes)
    }

    mutating func append(_ text: String) { append(text.utf8) }
}

extension HTTPResponseDecoder {
    mutating func append(_ bytes: some Collection<UInt8>) {
        let array = Array(bytes)
        append(array.span.bytes)
    }

    mutating func append(_ text: String) { append(text.utf8) }
}

/// All that can be seen of a request decoder behind an input.
struct RequestOutcome: Equatable {
    var requests: [HTTPRequest] = []
    var violation: HTTPViolation?
    var phase = HTTPRequestDecoder.Phase.idle
    var awaitsContinue = false
    var bufferedBytes = 0

    init(_ segments: [ArraySlice<UInt8>], _ limits: HTTPLimits = HTTPLimits()) {
        var decoder = HTTPRequestDecoder(limits: limits)
        for segment in segments {
            decoder.append(segment)
            do throws(HTTPViolation) {
                while let request = try decoder.next() { requests.append(request) }
            } catch {
                violation = error
            }
        }
        phase = decoder.phase
        awaitsContinue = decoder.awaitsContinue
        bufferedBytes = decoder.bufferedBytes
    }
}

/// All that can be seen of a response decoder behind an input.
struct ResponseOutcome: Equatable {
    var responses: [HTTPResponse] = []
    var keepsAlive: [Bool] = []
    var violation: HTTPViolation?

    init(
        _ segments: [ArraySlice<UInt8>], to method: HTTPMethod = .get, ending: Bool = false,
        _ limits: HTTPLimits = HTTPLimits()
    ) {
        var decoder = HTTPResponseDecoder(limits: limits)
        do throws(HTTPViolation) {
            for segment in segments {
                decoder.append(segment)
                try take(&decoder, method)
            }
            if ending {
                decoder.receiveEnd()
                try take(&decoder, method)
            }
        } catch {
            violation = error
        }
    }

    /// The same, put together from the parts that `nextPart` gives.
    init(
        partsOf segments: [ArraySlice<UInt8>], to method: HTTPMethod, ending: Bool, _ limits: HTTPLimits
    ) {
        var decoder = HTTPResponseDecoder(limits: limits)
        var current: HTTPResponse?
        do throws(HTTPViolation) {
            for segment in segments {
                decoder.append(segment)
                while let part = try decoder.nextPart(to: method) { take(part, &current, decoder.keepsAlive) }
            }
            guard ending else { return }
            decoder.receiveEnd()
            while let part = try decoder.nextPart(to: method) { take(part, &current, decoder.keepsAlive) }
        } catch {
            violation = error
        }
    }

    private mutating func take(_ part: HTTPResponseDecoder.Part, _ current: inout HTTPResponse?, _ isKept: Bool) {
        switch part {
        case .head(let status, let headers): current = HTTPResponse(status: status, headers: headers)
        case .content(let bytes): current?.body += bytes
        case .end:
            guard let response = current else { return }
            responses.append(response)
            keepsAlive.append(isKept)
            current = nil
        }
    }

    private mutating func take(_ decoder: inout HTTPResponseDecoder, _ method: HTTPMethod) throws(HTTPViolation) {
        while let response = try decoder.next(to: method) {
            responses.append(response)
            keepsAlive.append(decoder.keepsAlive)
        }
    }
}
