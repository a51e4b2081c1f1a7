import SlipPictures
import SlipQR
import Testing

@testable import SlipImages

@Suite("Slips are read from pictures")
struct SlipImageReaderTests {
    @Test("Drawn slips are read", arguments: [0, 90, 180, 270], [1, 0.3])
    func drawn(_ angle: Int, _ brightness: Double) throws {
        let text = "0041000600000101030040220015275120000AKR000015102TH91047C42"
        var picture = SlipPicture(payload: text)
        picture.turnedBy = angle
        picture.brightness = brightness
        #expect(SlipImageReader.read(try picture.png()) == .slip(try SlipQR(text), payload: text))
    }
}
