import TestSupport
import Testing

@testable import SlipImages

@Suite("Grey pictures")
struct GrayImageTests {
    private static let image = GrayImage(width: 3, height: 2, pixels: [0, 10, 20, 30, 40, 50])

    @Test("Halved, doubled, inverted")
    func sizes() {
        #expect(Self.image.halved() == GrayImage(width: 1, height: 1, pixels: [20]))
        #expect(
            Self.image.doubled()
                == GrayImage(
                    width: 6, height: 4,
                    pixels: [
                        0, 5, 10, 15, 20, 20, 15, 20, 25, 30, 35, 35, 30, 35, 40, 45, 50, 50, 30, 35, 40, 45, 50, 50,
                    ]))
        #expect(Self.image.inverted().pixels == [255, 245, 235, 225, 215, 205])
        #expect(GrayImage(width: 1, height: 1, pixels: [9]).halved().pixels == [9])
    }

    @Test("Stretched to the whole range, unless there is only one grey")
    func stretched() {
        #expect(Self.image.stretched().pixels == [0, 51, 102, 153, 204, 255])
        let plain = GrayImage(width: 2, height: 1, pixels: [7, 7])
        #expect(plain.stretched() == plain)
    }

    @Test(
        "Thresholded by the mean of the neighbourhood, as if it were computed pixel by pixel",
        arguments: 0..<20 as Range<UInt64>)
    func thresholded(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let (width, height) = (random.integer(1...60), random.integer(1...60))
        let image = GrayImage(width: width, height: height, pixels: random.bytes(width * height))
        let (radius, margin) = (8, random.integer(0...20))
        let expected = (0..<width * height).map { index -> UInt8 in
            let (y, x) = index.quotientAndRemainder(dividingBy: width)
            var (sum, count) = (0, 0)
            for row in max(0, y - radius)...min(height - 1, y + radius) {
                for column in max(0, x - radius)...min(width - 1, x + radius) {
                    sum += Int(image.pixels[row * width + column])
                    count += 1
                }
            }
            return (Int(image.pixels[index]) + margin) * count < sum ? 0 : 255
        }
        #expect(image.thresholded(margin: margin).pixels == expected)
    }
}
