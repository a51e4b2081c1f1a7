import SlipQR
import TestSupport
import Testing

@testable import SlipImages

@Suite("Files that are no pictures, or want too much")
struct HostilePictureTests {
    private static func expected() throws -> SlipImageReading {
        .slip(try SlipQR(TestPicture.slip), payload: TestPicture.slip)
    }

    @Test("Another kind of file is none")
    func magic() throws {
        let png = try TestPicture(payload: TestPicture.slip).code().png()
        #expect(SlipImageReader.read(png, time: VirtualTime()) == (try Self.expected()))
        let others: [[UInt8]] = [
            [], Array("GIF89a".utf8) + png, Array("RIFF....WEBPVP8 ".utf8) + png, [0] + png, Array(png.dropFirst()),
            [0xFF, 0xD8, 0xFF], [0xFF, 0xD8, 0xFF] + png, Array(png.prefix(8)), Array("<svg/>".utf8),
        ]
        for other in others { #expect(SlipImageReader.read(other, time: VirtualTime()) == .none) }
    }

    @Test("A file of more than 4 MiB is none")
    func size() throws {
        let jpeg = try TestPicture(payload: TestPicture.slip).code().jpeg(quality: 60)
        // What follows a picture's end is not looked at.
        let largest = jpeg + [UInt8](repeating: 0, count: SlipImageReader.maxBytes - jpeg.count)
        #expect(SlipImageReader.read(largest, time: VirtualTime()) == (try Self.expected()))
        #expect(SlipImageReader.read(largest + [0], time: VirtualTime()) == .none)
    }

    @Test("Cut anywhere, a file is none or the slip")
    func cuts() throws {
        let picture = try TestPicture(payload: TestPicture.slip).code()
        let files = [
            try picture.png(), picture.jpeg(quality: 20), picture.jpeg(quality: 20, coloured: true, progressive: true),
        ]
        for file in files {
            var found = 0
            for count in 0..<file.count {
                let cut = Array(file.prefix(count))
                guard let image = GrayImage(file: cut) else { continue }
                #expect(image.width == 164 && image.height == 164)
                // Most of the cuts decode to the same but for some rows.
                guard count.isMultiple(of: 97) || count + 20 > file.count else { continue }
                let reading = SlipImageReader.read(cut, time: VirtualTime())
                if reading == (try Self.expected()) { found += 1 } else { #expect(reading == .none) }
            }
            #expect(found > 0)
        }
    }

    @Test("With any bytes changed, a file is none or the slip", arguments: 0..<4 as Range<UInt64>)
    func changes(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let picture = try TestPicture(payload: TestPicture.slip).code()
        let files = [
            try picture.png(), try picture.png(.colouredOnAlpha), picture.jpeg(quality: 20),
            picture.jpeg(quality: 20, coloured: true, progressive: true),
        ]
        for _ in 0..<40 {
            var file = random.element(of: files)
            for _ in 0..<random.integer(1...6) {
                // The header has what matters most.
                let last = random.isOne(in: 2) ? 200 : file.count - 1
                file[random.integer(0...last)] = UInt8(random.integer(0...255))
            }
            guard let image = GrayImage(file: file) else { continue }
            #expect(image.pixels.count <= SlipImageReader.maxPixels)
            guard image.pixels.count < 200_000 else { continue }
            let reading = SlipImageReader.read(file, time: VirtualTime())
            #expect(try reading == .none || reading == Self.expected(), "seed \(seed)")
        }
    }

    // MARK: Bombs

    /// A PNG whose header says this, with nothing behind it, or with the data of `file`.
    private func png(width: UInt32, height: UInt32, like file: [UInt8]) -> [UInt8] {
        var header = Array("IHDR".utf8)
        for number in [width, height] { withUnsafeBytes(of: number.bigEndian) { header += $0 } }
        header += file[24..<29]
        var crc = UInt32.max
        for byte in header {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 != 0 ? 0xEDB8_8320 : 0) }
        }
        let checksum = withUnsafeBytes(of: (~crc).bigEndian) { Array($0) }
        return file[..<12] + header + checksum + file[33...]
    }

    @Test("A PNG of many pixels is refused at its header")
    func pngBombs() throws {
        let file = try TestPicture(payload: TestPicture.slip).code().png()
        #expect(png(width: 164, height: 164, like: file) == file)
        let sizes: [(UInt32, UInt32)] = [
            (60_000, 60_000), (1, 65_535), (65_535, 1), (20, 20), (164, 20), (4_097, 4_096), (0, 164), (0, 0),
            (0x7FFF_FFFF, 0x7FFF_FFFF), (0xFFFF_FFFF, 0xFFFF_FFFF), (0x7FFF_FFFF, 21),
        ]
        for (width, height) in sizes {
            #expect(GrayImage(file: png(width: width, height: height, like: file)) == nil, "\(width) × \(height)")
        }
        // Within the bound, and without the data for it.
        #expect(GrayImage(file: png(width: 4_096, height: 4_096, like: file)) == nil)
    }

    /// With other numbers in its frame header.
    private func jpeg(_ file: [UInt8], width: Int, height: Int) throws -> [UInt8] {
        var file = file
        let frame = try #require(file.indices.first { file[$0] == 0xFF && [0xC0, 0xC2].contains(file[$0 + 1]) })
        file.replaceSubrange(
            frame + 5..<frame + 9,
            with: [UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255)])
        return file
    }

    @Test("A JPEG of many pixels is refused at its header, or shrunk")
    func jpegBombs() throws {
        let picture = try TestPicture(payload: TestPicture.slip).code()
        let plain = picture.jpeg(quality: 50)
        let progressive = picture.jpeg(quality: 50, progressive: true)
        for (width, height) in [(65_500, 65_500), (1, 65_500), (65_500, 1), (0, 164), (164, 20), (8_193, 8_192)] {
            for file in [plain, progressive] {
                #expect(GrayImage(file: try jpeg(file, width: width, height: height)) == nil, "\(width) × \(height)")
            }
        }
        // The rest of it is grey.
        let image = try #require(GrayImage(file: try jpeg(plain, width: 8_192, height: 8_192)))
        #expect(image.width == 2_048 && image.height == 2_048)
        let uneven = try #require(GrayImage(file: try jpeg(plain, width: 8_191, height: 1_003)))
        #expect(uneven.width == 4_096 && uneven.height == 502)
        // Two bytes of each of its pixels would be kept.
        #expect(GrayImage(file: try jpeg(progressive, width: 6_000, height: 6_000)) == nil)
        #expect(GrayImage(file: try jpeg(progressive, width: 5_000, height: 5_000)) != nil)
    }

    @Test("A progressive JPEG of more passes than the bound is refused")
    func passes() throws {
        let file = try TestPicture(payload: TestPicture.slip).code().jpeg(quality: 50, progressive: true)
        // The last pass but one of a grey picture refines its mean greys: done again and again, it changes nothing much.
        let starts = file.indices.dropLast().filter { file[$0] == 0xFF && file[$0 + 1] == 0xDA }
        #expect(starts.count == 6)
        let first = try #require(starts.first)
        let second = try #require(file[first...].indices.dropFirst(2).first { file[$0] == 0xFF && file[$0 + 1] != 0 })
        let pass = Array(file[first..<second])
        for (passes, isRead) in [(SlipImageReader.maxJPEGScans, true), (SlipImageReader.maxJPEGScans + 1, false)] {
            let bomb = file[..<first] + Array(repeatElement(pass, count: passes - 5).joined()) + file[second...]
            #expect((GrayImage(file: Array(bomb)) != nil) == isRead, "\(passes)")
        }
    }

    /// Finder patterns of QR codes side by side, a pixel a module, and the slip's code among them.
    private func patterns(width: Int, height: Int) throws -> TestPicture {
        var picture = TestPicture(width: width, height: height, grey: 255)
        picture.map { x, y, _ in
            let ring = max(abs(x % 9 - 3), abs(y % 9 - 3))
            return ring == 3 || ring < 2 ? 0 : 255
        }
        picture.paste(try TestPicture(payload: TestPicture.slip).code(), x: 300, y: 300)
        return picture
    }

    @Test("A large picture that is full of finder patterns is not searched; a small one is")
    func finderPatterns() throws {
        for (width, isSearched) in [(1_024, true), (1_025, false)] {
            let picture = try patterns(width: width, height: 1_024)
            let image = GrayImage(width: picture.width, height: picture.height, pixels: picture.pixels)
            #expect(image.isFullOfFinderPatterns)
            #expect(QRCodes.texts(in: image) == (isSearched ? [TestPicture.slip] : []))
        }
    }

    @Test("Grain, and a few codes, are not full of finder patterns")
    func fewFinderPatterns() throws {
        var random = SeededRandom(seed: 1)
        let grain = (0..<1_048_576).map { _ -> UInt8 in random.next() & 1 == 0 ? 0 : 255 }
        #expect(!GrayImage(width: 1_024, height: 1_024, pixels: grain).isFullOfFinderPatterns)
        var codes = TestPicture(width: 1_000, height: 1_000, grey: 255)
        let code = try TestPicture(payload: TestPicture.slip).code()
        for index in 0..<25 { codes.paste(code, x: 200 * (index % 5), y: 200 * (index / 5)) }
        #expect(!GrayImage(width: 1_000, height: 1_000, pixels: codes.pixels).isFullOfFinderPatterns)
    }
}
