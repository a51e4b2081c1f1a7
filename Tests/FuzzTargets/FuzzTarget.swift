/// A property of code that reads bytes from outside, and inputs to begin with.
///
/// `scripts/fuzz.sh` looks for an input that breaks the property; `FuzzCorpusTests` holds it against the corpus that was
/// found so far. A target takes any bytes: `FuzzInput` says how they are read.
package struct FuzzTarget: Sendable {
    package let name: String
    /// Throws `Violated` when the property does not hold for these bytes.
    package let check: @Sendable ([UInt8]) throws -> Void
    /// Inputs made of the vectors of `Protocol`, or written by hand.
    package let seeds: @Sendable () throws -> [[UInt8]]
    /// Words that a fuzzer would hardly guess.
    package let words: [String]

    init(
        _ name: String, words: [String] = [], check: @escaping @Sendable (FuzzInput) throws -> Void,
        seeds: @escaping @Sendable () throws -> [[UInt8]]
    ) {
        self.name = name
        self.words = words
        self.check = { try check(FuzzInput($0)) }
        self.seeds = seeds
    }

    /// Every target. One for another decoder is a file beside the others and a line here.
    package static let all: [FuzzTarget] = [
        httpRequest, httpResponse, httpTarget, webSocketServer, webSocketClient, deflate, handshake, utf8, json,
        clientFrame, token, tokenExtraction, eventStream, multipart, lineWebhook, twoC2PWebhook, omiseWebhook,
        payMongoWebhook, slipQR, promptPay, slipImage, easySlip, easySlip2, slipOK, backEnd, modelReply,
        financialText, smallTexts, positionReport, lifecycle, goldPrice,
    ]

    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// A property that does not hold.
package struct Violated: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// Throws `Violated` unless `condition` holds.
func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw Violated(what()) }
}
