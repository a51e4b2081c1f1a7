import JSON
import SlipImages
import SlipQR
import TestSupport

extension FuzzTarget {
    /// A file that a customer sends: what is decoded keeps within the bounds, and reading it again finds the same. Flag 1: the payload
    /// is the picture itself, a bit a pixel, as wide as the other flags say, for what finds codes in it.
    static let slipImage = FuzzTarget(
        "slip-image",
        words: ["IHDR", "PLTE", "tRNS", "IDAT", "IEND", "zTXt", "JFIF"]
    ) { input in
        if input.has(1) { return try checkReading(of: bitmap(input)) }
        guard let image = GrayImage(file: input.payload) else {
            try expect(SlipImageReader.read(input.payload, time: VirtualTime()) == .none, "no picture, and read")
            return
        }
        try expect(image.pixels.count == image.width * image.height, "not all pixels")
        try expect(image.pixels.count <= SlipImageReader.maxPixels, "\(image.width) × \(image.height)")
        // A header's bytes make large pictures of small ones; looking for codes in them only takes long.
        if image.pixels.count <= 64 * 1024 { try checkReading(of: image) }
    } seeds: {
        let files = try Vectors.load("slip-images").compactMap { $0["file"]?.string }.filter { $0.hasPrefix("small") }
            .map { try Vectors.file("Protocol/vectors/slip-images/\($0)") }
        let bitmaps = files.compactMap(GrayImage.init(file:)).map { image in
            let bits = stride(from: 0, to: image.pixels.count, by: 8).map { start in
                image.pixels[start..<min(start + 8, image.pixels.count)].reduce(UInt8(0)) {
                    $0 << 1 | ($1 < 128 ? 1 : 0)
                }
            }
            return FuzzInput.bytes(flags: UInt8(image.width - minWidth) << 1 | 1, bits)
        }
        return files.map { FuzzInput.bytes($0) } + bitmaps
    }

    /// Of a bitmap; at most 127 more.
    private static let minWidth = 22

    private static func bitmap(_ input: FuzzInput) -> GrayImage {
        let width = minWidth + Int(input.flags >> 1)
        let bits: [UInt8] = input.payload.flatMap { byte in
            (0..<8).map { byte >> (7 - $0) & 1 == 1 ? 0 : 255 } as [UInt8]
        }
        let height = max(SlipImageReader.minSide, bits.count / width)
        let missing = max(0, width * height - bits.count)
        return GrayImage(
            width: width, height: height,
            pixels: bits.prefix(width * height) + [UInt8](repeating: 255, count: missing))
    }

    private static func checkReading(of image: GrayImage) throws {
        let reading = SlipImageReader.read(image, time: VirtualTime())
        try expect(reading == SlipImageReader.read(image, time: VirtualTime()), "read again otherwise")
        if case .slip(let slip, let payload) = reading {
            try expect(try SlipQR(payload) == slip, "another slip than its text")
        }
    }
}
