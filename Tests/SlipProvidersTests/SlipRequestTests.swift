import HTTPClient
import JSON
import Multipart
import Primitives
import TestSupport
import Testing

@testable import SlipProviders

@Suite("How slip services are asked")
struct SlipRequestTests {
    private static let payload = "0041000600000101030040220015275120000AKR000015102TH91047C42"
    private static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, 0x0D, 0x0A]
    private let boundary = MultipartBoundary(from: SeededSource(seed: 1))
    private let first = EasySlipDialect(.init(version: .v1, key: Secret("k-1")))
    private let second = EasySlipDialect(.init(version: .v2, key: Secret("k-2")))
    private let slipOK = SlipOKDialect(.init(branch: "12345", key: Secret("k-3")))

    private func question(_ evidence: SlipEvidence, satang: Int64? = nil, duplicates: Bool = true) -> SlipQuestion {
        var question = SlipQuestion(evidence)
        question.checksDuplicates = duplicates
        question.amount = satang.flatMap(Satang.init)
        return question
    }

    @Test("By the QR code's text")
    func byPayload() {
        let asked = question(.payload(Self.payload), satang: 345_025)
        var request = first.request(asked, boundary: boundary)
        #expect(request.method == .get && request.body.isEmpty)
        #expect(
            request.url
                == "https://developer.easyslip.com/api/v1/verify?payload=\(Self.payload)&checkDuplicate=true")
        #expect(request.headers.map(\.value) == ["Bearer k-1"])
        request = second.request(asked, boundary: boundary)
        #expect(request.method == .post && request.url == "https://api.easyslip.com/v2/verify/bank")
        #expect(request.headers.map(\.value) == ["Bearer k-2", "application/json"])
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"payload":"\#(Self.payload)","checkDuplicate":true,"matchAmount":3450.25}"#)
        request = slipOK.request(asked, boundary: boundary)
        #expect(request.method == .post && request.url == "https://api.slipok.com/api/line/apikey/12345")
        #expect(request.headers.map(\.name) == ["x-authorization", "Content-Type"])
        #expect(request.headers.first?.value == "k-3")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"data":"\#(Self.payload)","log":true,"amount":3450.25}"#)
    }

    @Test("A text that is no slip's cannot add to the URL")
    func escaping() {
        let request = first.request(question(.payload("a&b=#ส ")), boundary: boundary)
        #expect(request.url.hasSuffix("?payload=a%26b%3D%23%E0%B8%AA%20&checkDuplicate=true"))
    }

    @Test("By a URL of our own")
    func byURL() {
        let asked = question(.url("https://slips.example/1?a=\"b\""), satang: 345_000)
        let expected: [(any SlipDialect, String, String)] = [
            (first, "https://developer.easyslip.com/api/v1/verify", #""checkDuplicate":true}"#),
            (second, "https://api.easyslip.com/v2/verify/bank", #""checkDuplicate":true,"matchAmount":3450}"#),
            (slipOK, "https://api.slipok.com/api/line/apikey/12345", #""log":true,"amount":3450}"#),
        ]
        for (dialect, url, rest) in expected {
            let request = dialect.request(asked, boundary: boundary)
            #expect(request.method == .post && request.url == url)
            #expect(request.headers.last?.value == "application/json")
            #expect(
                String(decoding: request.body, as: UTF8.self)
                    == #"{"url":"https://slips.example/1?a=\"b\"",\#(rest)"#)
        }
    }

    @Test("By the image, as a form")
    func byImage() throws {
        let image = try #require(SlipImage(Self.jpeg))
        let file = { MultipartPartHead(name: $0, filename: "slip.jpg", contentType: "image/jpeg") }
        let asked = question(.image(image), satang: 345_000)
        let expected: [(any SlipDialect, [(MultipartPartHead, [UInt8])])] = [
            (first, [(file("file"), Self.jpeg), (.init(name: "checkDuplicate"), Array("true".utf8))]),
            (
                second,
                [
                    (file("image"), Self.jpeg), (.init(name: "checkDuplicate"), Array("true".utf8)),
                    (.init(name: "matchAmount"), Array("3450".utf8)),
                ]
            ),
            (
                slipOK,
                [
                    (file("files"), Self.jpeg), (.init(name: "log"), Array("true".utf8)),
                    (.init(name: "amount"), Array("3450".utf8)),
                ]
            ),
        ]
        for (dialect, parts) in expected {
            let request = dialect.request(asked, boundary: boundary)
            let type = try #require(request.headers.first { $0.name == "Content-Type" }?.value)
            let form = try MultipartForm(request.body, boundary: MultipartBoundary(contentType: type))
            #expect(form.parts == parts.map { MultipartPart(head: $0.0, content: $0.1) })
            #expect(request.method == .post)
        }
    }

    @Test("What the provider would count twice is not sent twice by the transport")
    func fresh() {
        for dialect in [first, second, slipOK] as [any SlipDialect] {
            let asked = question(.payload(Self.payload))
            #expect(dialect.request(asked, boundary: boundary).needsFreshConnection)
            let plain = question(.payload(Self.payload), duplicates: false)
            let request = dialect.request(plain, boundary: boundary)
            #expect(!request.needsFreshConnection && request.maxBodyBytes == 256 * 1024)
            #expect(request.timeouts.total == .seconds(20))
        }
    }

    @Test("An image is what its first bytes say")
    func formats() {
        #expect(SlipImage(Self.jpeg)?.format == .jpeg)
        #expect(SlipImage([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])?.format == .png)
        #expect(SlipImage(Array("GIF89a".utf8))?.format == .gif)
        #expect(SlipImage(Array("RIFF1234WEBP".utf8))?.format == .webp)
        #expect(SlipImage(Array("<svg/>".utf8)) == nil)
        #expect(SlipImage([]) == nil)
        #expect(SlipImage(Self.jpeg + [UInt8](repeating: 0, count: SlipImage.maxBytes - 6)) != nil)
        #expect(SlipImage(Self.jpeg + [UInt8](repeating: 0, count: SlipImage.maxBytes - 5)) == nil)
    }

    @Test(
        "Amounts are read exactly, and written without needless decimals",
        arguments: [
            ("0", 0), ("0.01", 1), ("0.1", 10), ("3450", 345_000), ("3450.25", 345_025), ("3450.2500", 345_025),
        ]
            as [(String, Int64)])
    func amounts(_ text: String, _ count: Int64) throws {
        let amount = try #require(SlipReading(limits: SlipProviderLimits()).amount(.string(text)))
        #expect(amount.count == count)
        #expect(Satang(decimal: amount.number) == amount && amount.number.utf8.count <= max(4, text.utf8.count))
    }

    @Test("A part of a satang, a sign or an exponent is no amount", arguments: ["1.001", "1.", ".5", "-1", "1e3", ""])
    func noAmounts(_ text: String) {
        #expect(SlipReading(limits: SlipProviderLimits()).amount(.string(text)) == nil)
    }

    @Test("Numbers of JSON keep their digits")
    func exactly() throws {
        let text = #"{"a":1.10,"b":[-2,3e5,12345678901234567890],"1.5":"x\"2.5\\","c":-0.0}"#
        let value = try JSONParser.parseExactly(Array(text.utf8))
        #expect(value["a"] == "1.10" && value["c"] == "-0.0" && value["1.5"] == #"x"2.5\"#)
        #expect(value["b"] == [-2, "3e5", "12345678901234567890"])
        #expect(throws: JSONError.self) { try JSONParser.parseExactly(Array("[1.]".utf8)) }
        #expect(throws: JSONError.self) { try JSONParser.parseExactly(Array("[01]".utf8)) }
    }
}
