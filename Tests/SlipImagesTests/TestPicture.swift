import CJPEG
import CPNG
import Foundation
import SlipPictures
import TestSupport
import Testing

@testable import SlipImages

/// A grey picture that a test changes as light, lenses and messengers do, and writes as a file.
struct TestPicture {
    static let slip = "0041000600000101030040220015275120000AKR000015102TH91047C42"
    static let payment = "00020101021229370016A000000677010111011300668123456785802TH530376463048956"

    private(set) var width: Int
    private(set) var height: Int
    private(set) var pixels: [UInt8]

    init(width: Int, height: Int, grey: UInt8) {
        (self.width, self.height) = (width, height)
        pixels = [UInt8](repeating: grey, count: width * height)
    }

    /// A drawn slip around this text.
    init(payload: String) throws {
        let image = try #require(GrayImage(file: try SlipPicture(payload: payload).png()))
        (width, height, pixels) = (image.width, image.height, image.pixels)
    }

    // MARK: Changes

    /// The part of a drawn slip that has the code of version 4 with its quiet zone.
    func code() -> TestPicture { cut(x: width - 24 - 164, y: height - 24 - 164, width: 164, height: 164) }

    func cut(x: Int, y: Int, width: Int, height: Int) -> TestPicture {
        var part = TestPicture(width: width, height: height, grey: 0)
        for row in 0..<height {
            for column in 0..<width {
                part.pixels[row * width + column] = pixels[(y + row) * self.width + x + column]
            }
        }
        return part
    }

    mutating func paste(_ other: TestPicture, x: Int, y: Int) {
        for row in 0..<other.height {
            for column in 0..<other.width {
                pixels[(y + row) * width + x + column] = other.pixels[row * other.width + column]
            }
        }
    }

    mutating func map(_ change: (Int, Int, UInt8) -> Double) {
        for row in 0..<height {
            for column in 0..<width {
                let value = change(column, row, pixels[row * width + column])
                pixels[row * width + column] = UInt8(min(max(value, 0), 255))
            }
        }
    }

    mutating func addNoise(_ amplitude: Int, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        map { _, _, grey in Double(Int(grey) + random.integer(-amplitude...amplitude)) }
    }

    /// Turned clockwise by any angle and made `scale` times as large, in the middle of a picture of this size.
    func placed(width: Int, height: Int, degrees: Double, scale: Double, on grey: UInt8) -> TestPicture {
        var target = TestPicture(width: width, height: height, grey: grey)
        let (sine, cosine) = (sin(degrees * .pi / 180) / scale, cos(degrees * .pi / 180) / scale)
        for row in 0..<height {
            for column in 0..<width {
                let (x, y) = (Double(column) - Double(width) / 2, Double(row) - Double(height) / 2)
                let sourceX = x * cosine + y * sine + Double(self.width) / 2
                let sourceY = y * cosine - x * sine + Double(self.height) / 2
                guard sourceX >= 0, sourceY >= 0, sourceX < Double(self.width - 1), sourceY < Double(self.height - 1)
                else { continue }
                target.pixels[row * width + column] = between(sourceX, sourceY)
            }
        }
        return target
    }

    private func between(_ x: Double, _ y: Double) -> UInt8 {
        let (left, top) = (Int(x), Int(y))
        let (right, down) = (x - Double(left), y - Double(top))
        let index = top * width + left
        let upper = Double(pixels[index]) * (1 - right) + Double(pixels[index + 1]) * right
        let lower = Double(pixels[index + width]) * (1 - right) + Double(pixels[index + width + 1]) * right
        return UInt8(upper * (1 - down) + lower * down)
    }

    // MARK: Files

    /// `coloured`: three equal channels. `progressive`: ten passes or, grey, six.
    func jpeg(quality: Int32, coloured: Bool = false, progressive: Bool = false) -> [UInt8] {
        var errors = jpeg_error_mgr()
        var encoder = jpeg_compress_struct()
        var start: UnsafeMutablePointer<UInt8>?
        var count: UInt = 0
        return withUnsafeMutablePointer(to: &errors) { errors in
            encoder.err = jpeg_std_error(errors)
            jpeg_CreateCompress(&encoder, JPEG_LIB_VERSION, MemoryLayout<jpeg_compress_struct>.size)
            jpeg_mem_dest(&encoder, &start, &count)
            encoder.image_width = UInt32(width)
            encoder.image_height = UInt32(height)
            encoder.input_components = coloured ? 3 : 1
            encoder.in_color_space = coloured ? JCS_RGB : JCS_GRAYSCALE
            jpeg_set_defaults(&encoder)
            jpeg_set_quality(&encoder, quality, 1)
            if progressive { jpeg_simple_progression(&encoder) }
            jpeg_start_compress(&encoder, 1)
            for row in 0..<height {
                var line = pixels[row * width..<(row + 1) * width].flatMap {
                    Array(repeating: $0, count: coloured ? 3 : 1)
                }
                line.withUnsafeMutableBufferPointer { line in
                    var rows: JSAMPROW? = line.baseAddress
                    _ = jpeg_write_scanlines(&encoder, &rows, 1)
                }
            }
            jpeg_finish_compress(&encoder)
            let bytes = Array(UnsafeBufferPointer(start: start, count: Int(count)))
            jpeg_destroy_compress(&encoder)
            free(start)
            return bytes
        }
    }

    enum Format: CaseIterable { case grey, greyOnAlpha, coloured, colouredOnAlpha, deep }

    /// On alpha: what is white is black that cannot be seen.
    func png(_ format: Format = .grey) throws -> [UInt8] {
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        image.width = png_uint_32(width)
        image.height = png_uint_32(height)
        let bytes: [UInt8]
        switch format {
        case .grey:
            image.format = 0
            bytes = pixels
        case .greyOnAlpha:
            image.format = png_uint_32(PNG_FORMAT_FLAG_ALPHA)
            bytes = pixels.flatMap { $0 > 200 ? [0, 0] : [$0, 255] }
        case .coloured:
            image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
            bytes = pixels.flatMap { [$0, $0, $0] }
        case .colouredOnAlpha:
            image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)
            bytes = pixels.flatMap { $0 > 200 ? [0, 0, 0, 0] : [$0, $0, $0, 255] }
        case .deep:
            image.format = png_uint_32(PNG_FORMAT_FLAG_LINEAR)
            bytes = pixels.flatMap { [$0, $0] }
        }
        var count: png_alloc_size_t = 0
        try #require(png_image_write_to_memory(&image, nil, &count, 0, bytes, 0, nil) != 0)
        var file = [UInt8](repeating: 0, count: count)
        try #require(png_image_write_to_memory(&image, &file, &count, 0, bytes, 0, nil) != 0)
        return Array(file.prefix(count))
    }
}
