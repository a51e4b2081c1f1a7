import Foundation
import FoundationXML
import Testing

@testable import QRPictures
@testable import SlipImages

@Suite("Pictures of QR codes")
struct QRPicturesTests {
    private static let payment = "00020101021229370016A0000006770101110113006681234567853037645406199.005802TH6304E8F1"
    private static let texts = [
        "0", payment, "https://sala.example/pay/9f8a7b6c?amount=199.00&note=%E0%B8%82%E0%B8%AD%E0%B8%9A",
        String(repeating: "a", count: 200), String(repeating: "7", count: QRSymbol.maxTextBytes),
    ]

    @Test("ZBar reads in the PNG what was written", arguments: texts)
    func readBack(_ text: String) throws {
        let file = try QRSymbol(text).png()
        let image = try #require(GrayImage(file: file))
        #expect(QRCodes.texts(in: image) == [text])
        #expect((300...600).contains(image.width) && image.height == image.width)
        #expect(file.count < 8 * 1024)
        #expect(try QRSymbol(text).png() == file)
    }

    @Test("The PNG has one bit a pixel, and only black and white")
    func pixels() throws {
        let file = try QRSymbol(Self.payment).png()
        // The header's depth and kind of colour: indices into a palette.
        #expect(file[24] == 1 && file[25] == 3)
        #expect(file.count < 2 * 1024)
        let image = try #require(GrayImage(file: file))
        #expect(Set(image.pixels) == [0, 255])
    }

    @Test("Every module is a square of the PNG, with four light ones around all", arguments: texts)
    func modules(_ text: String) throws {
        let symbol = try QRSymbol(text)
        let image = try #require(GrayImage(file: try symbol.png()))
        let whole = symbol.side + 8
        let scale = image.width / whole
        #expect(image.width == whole * scale)
        var isSame = true
        for y in 0..<image.height {
            for x in 0..<image.width {
                let isDark = symbol.isDark(row: y / scale - 4, column: x / scale - 4)
                isSame = isSame && image.pixels[y * image.width + x] == (isDark ? 0 : 255)
            }
        }
        #expect(isSame)
        // A finder pattern's corner, and the light module beside it.
        #expect(
            symbol.isDark(row: 0, column: 0) && !symbol.isDark(row: 1, column: 1) && symbol.isDark(row: 2, column: 2))
        #expect(!symbol.isDark(row: -1, column: 0) && !symbol.isDark(row: 0, column: symbol.side))
    }

    /// What an XML parser finds: elements with their attributes, in order.
    private final class Elements: NSObject, XMLParserDelegate {
        var found: [(name: String, attributes: [String: String])] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String] = [:]
        ) { found.append((name, attributes)) }
    }

    @Test("The SVG is well formed, and draws the same modules", arguments: texts)
    func svg(_ text: String) throws {
        let symbol = try QRSymbol(text)
        let elements = Elements()
        let parser = XMLParser(data: Data(symbol.svg.utf8))
        parser.delegate = elements
        #expect(parser.parse())
        try #require(elements.found.map(\.name) == ["svg", "rect", "path"])
        let whole = symbol.side + 8
        #expect(elements.found[0].attributes["viewBox"] == "0 0 \(whole) \(whole)")
        #expect(elements.found[1].attributes == ["width": "\(whole)", "height": "\(whole)", "fill": "#fff"])
        let path = try #require(elements.found[2].attributes["d"])
        var dark: Set<[Int]> = []
        for part in path.split(separator: "z") {
            let run = try #require(part.wholeMatch(of: #/M(\d+) (\d+)h(\d+)v1h-(\d+)/#)).output
            let (column, row, count) = (try #require(Int(run.1)), try #require(Int(run.2)), try #require(Int(run.3)))
            #expect(run.3 == run.4)
            for place in column..<column + count { #expect(dark.insert([row - 4, place - 4]).inserted) }
        }
        for row in -4..<symbol.side + 4 {
            for column in -4..<symbol.side + 4
            where symbol.isDark(row: row, column: column) != dark.contains([row, column]) {
                Issue.record("row \(row), column \(column)")
            }
        }
        #expect(symbol.svg.utf8.count < 64 * 1024)
    }

    @Test("The address of the picture holds the PNG")
    func dataURL() throws {
        let symbol = try QRSymbol(Self.payment)
        let url = try symbol.dataURL()
        let prefix = "data:image/png;base64,"
        try #require(url.hasPrefix(prefix))
        let file = try #require(Data(base64Encoded: String(url.dropFirst(prefix.utf8.count))))
        #expect(Array(file) == (try symbol.png()))
    }

    @Test("Every length gives a picture of a few hundred pixels")
    func sizes() throws {
        for count in stride(from: 1, through: QRSymbol.maxTextBytes, by: 7) {
            let file = try QRSymbol(String(repeating: "x", count: count)).png()
            let image = try #require(GrayImage(file: file))
            #expect((388...480).contains(image.width) && image.height == image.width)
        }
    }

    @Test("No text and one that is too long are refused; the longest, of any bytes, is not")
    func bounds() throws {
        #expect(throws: QRPictureFailure.textUnfit) { try QRSymbol("") }
        let longest = String(repeating: "ก", count: 170) + "\0\u{7F}"
        #expect(longest.utf8.count == QRSymbol.maxTextBytes)
        #expect(try QRSymbol(longest).side == 89)
        #expect(throws: QRPictureFailure.textUnfit) { try QRSymbol(longest + "a") }
    }
}
