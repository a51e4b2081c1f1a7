import JSON
import Primitives
import SlipPictures
import SlipQR
import TestSupport
import Testing

@testable import SlipImages

@Suite("Slips are read from pictures")
struct SlipImageReaderTests {
    private static let slip = TestPicture.slip
    private static func expected() throws -> SlipImageReading { .slip(try SlipQR(slip), payload: slip) }

    @Test("The photos of the vectors are read")
    func vectors() throws {
        for vector in try Vectors.load("slip-images") {
            let file = try #require(vector["file"]?.string)
            let payload = try #require(vector["payload"]?.string)
            let expected: SlipImageReading =
                vector["reading"]?.string == "slip" ? .slip(try SlipQR(payload), payload: payload) : .foreign
            let bytes = try Vectors.file("Protocol/vectors/slip-images/\(file)")
            #expect(SlipImageReader.read(bytes, time: VirtualTime()) == expected, "\(file)")
        }
    }

    @Test("Drawn slips are read, turned and dark", arguments: [0, 90, 180, 270], [1, 0.3, 0.06])
    func drawn(_ angle: Int, _ brightness: Double) throws {
        var picture = SlipPicture(payload: Self.slip)
        picture.turnedBy = angle
        picture.brightness = brightness
        #expect(SlipImageReader.read(try picture.png(), time: VirtualTime()) == (try Self.expected()))
    }

    @Test("Slips that were photographed not quite upright are read", arguments: [3.0, -7, 12, -20, 33, 45, 100, 200])
    func skewed(_ degrees: Double) throws {
        let photo = try TestPicture(payload: Self.slip)
            .placed(width: 1_000, height: 1_000, degrees: degrees, scale: 0.85, on: 90)
        #expect(SlipImageReader.read(photo.jpeg(quality: 60), time: VirtualTime()) == (try Self.expected()))
    }

    @Test("Grain, uneven light and the worst of JPEG are seen through", arguments: [10, 25, 40])
    func bad(_ noise: Int) throws {
        var photo = try TestPicture(payload: Self.slip)
        photo.map { x, y, grey in Double(grey) * (1 - 0.7 * Double(x + y) / 1_500) * 0.7 }
        photo.addNoise(noise, seed: 7)
        #expect(SlipImageReader.read(photo.jpeg(quality: 30), time: VirtualTime()) == (try Self.expected()))
    }

    @Test("Twelve levels of grey are enough")
    func faint() throws {
        var photo = try TestPicture(payload: Self.slip)
        photo.map { _, _, grey in 100 + Double(grey) * 12 / 255 }
        #expect(SlipImageReader.read(try photo.png(), time: VirtualTime()) == (try Self.expected()))
    }

    @Test("White on black is read")
    func inverted() throws {
        var photo = try TestPicture(payload: Self.slip)
        photo.map { _, _, grey in 255 - Double(grey) }
        #expect(SlipImageReader.read(photo.jpeg(quality: 70), time: VirtualTime()) == (try Self.expected()))
    }

    @Test("A code of two pixels a module is read")
    func small() throws {
        let photo = try TestPicture(payload: Self.slip)
            .placed(width: 700, height: 700, degrees: 4, scale: 0.5, on: 120)
        #expect(SlipImageReader.read(photo.jpeg(quality: 80), time: VirtualTime()) == (try Self.expected()))
    }

    @Test("A code that is a tenth of the side of a large photo is read, from a JPEG and a PNG")
    func large() throws {
        var photo = TestPicture(width: 2_600, height: 1_900, grey: 110)
        photo.paste(
            try TestPicture(payload: Self.slip).code().placed(width: 330, height: 330, degrees: 0, scale: 2, on: 255),
            x: 1_700, y: 900)
        let jpeg = photo.jpeg(quality: 60)
        #expect(GrayImage(file: jpeg)?.width == 1_300)
        #expect(SlipImageReader.read(jpeg, time: VirtualTime()) == (try Self.expected()))
        let png = try photo.png()
        #expect(GrayImage(file: png)?.width == 1_300)
        #expect(SlipImageReader.read(png, time: VirtualTime()) == (try Self.expected()))
    }

    @Test("Every kind of PNG is read, transparent ones as if on white", arguments: TestPicture.Format.allCases)
    func formats(_ format: TestPicture.Format) throws {
        let picture = try TestPicture(payload: Self.slip).code()
        #expect(SlipImageReader.read(try picture.png(format), time: VirtualTime()) == (try Self.expected()))
    }

    @Test("Coloured and progressive JPEGs are read")
    func jpegs() throws {
        let picture = try TestPicture(payload: Self.slip).code()
        for (coloured, progressive) in [(true, false), (false, true), (true, true)] {
            let file = picture.jpeg(quality: 50, coloured: coloured, progressive: progressive)
            #expect(SlipImageReader.read(file, time: VirtualTime()) == (try Self.expected()))
        }
    }

    // MARK: Which code

    /// Pictures of these codes, beside each other.
    private func codes(_ payloads: [String]) throws -> [UInt8] {
        var picture = TestPicture(width: 620 * payloads.count, height: 460, grey: 200)
        for (index, payload) in payloads.enumerated() {
            let code = try TestPicture(payload: payload).cut(x: 300, y: 600, width: 300, height: 300)
            picture.paste(code, x: 620 * index + 100, y: 80)
        }
        return try picture.png()
    }

    @Test("A slip's code wins over others, wherever it is")
    func several() throws {
        let link = "https://example.com/promotion"
        for payloads in [
            [TestPicture.payment, Self.slip], [Self.slip, TestPicture.payment], [link, Self.slip, link],
        ] {
            #expect(SlipImageReader.read(try codes(payloads), time: VirtualTime()) == (try Self.expected()))
        }
    }

    @Test(
        "Codes that are no slip's are foreign", arguments: [TestPicture.payment, "https://example.com/", "0099", "ก"])
    func foreign(_ payload: String) throws {
        #expect(SlipImageReader.read(try codes([payload]), time: VirtualTime()) == .foreign)
    }

    @Test("A wrong checksum, and the TrueMoney wallet, are for a slip service, also beside a foreign code")
    func doubtful() throws {
        let wrong = String(Self.slip.dropLast(4)) + "7C43"
        let trueMoney = "00490002010102010203P2P0314500000000000010408150120269104dcc6"
        for payload in [wrong, trueMoney] {
            #expect(SlipImageReader.read(try codes([payload]), time: VirtualTime()) == .none)
            #expect(SlipImageReader.read(try codes([payload, TestPicture.payment]), time: VirtualTime()) == .none)
            #expect(
                SlipImageReader.read(try codes([payload, Self.slip]), time: VirtualTime()) == (try Self.expected()))
        }
    }

    @Test("A picture without a code, or without anything, is none")
    func nothing() throws {
        var slip = try TestPicture(payload: Self.slip)
        slip.paste(TestPicture(width: 300, height: 300, grey: 255), x: 300, y: 600)
        #expect(SlipImageReader.read(try slip.png(), time: VirtualTime()) == .none)
        var noise = TestPicture(width: 300, height: 300, grey: 128)
        noise.addNoise(127, seed: 3)
        #expect(SlipImageReader.read(try noise.png(), time: VirtualTime()) == .none)
        #expect(
            SlipImageReader.read(try TestPicture(width: 400, height: 400, grey: 0).png(), time: VirtualTime()) == .none)
    }

    // MARK: Steps

    @Test("No later step begins when the time is up")
    func time() throws {
        // Is up when it is asked for the second time.
        final class Rushing: TimeSource, @unchecked Sendable {
            let time = VirtualTime()
            var count = 0
            var now: Instant {
                count += 1
                if count > 1 { time.advance(by: SlipImageReader.maxSearchTime) }
                return time.now
            }
            var wallClock: Timestamp { time.wallClock }
        }
        let file = try codes([Self.slip])
        let rushing = Rushing()
        #expect(SlipImageReader.read(file, time: rushing) == .none)
        #expect(rushing.count <= Step.allCases.count + 1)
        #expect(SlipImageReader.read(file, time: VirtualTime()) == (try Self.expected()))
    }

    @Test("Each step keeps within the bound of pixels, and leaves the smallest picture whole")
    func steps() throws {
        for (width, height) in [(21, 21), (21, 3_000), (1_025, 1_024), (1_024, 1_024)] {
            let image = GrayImage(
                width: width, height: height, pixels: (0..<width * height).map { UInt8(truncatingIfNeeded: $0 * $0) })
            for step in Step.allCases {
                guard let changed = step.apply(to: image) else { continue }
                #expect(changed.pixels.count <= SlipImageReader.maxPixels)
                #expect(min(changed.width, changed.height) >= SlipImageReader.minSide)
            }
        }
    }
}
