import Glibc
import Telemetry
import Testing

@Suite("Log lines to a descriptor")
struct DescriptorLogSinkTests {
    @Test("Lines arrive whole and in order")
    func order() throws {
        let pipe = try Pipe()
        let sink = DescriptorLogSink(descriptor: pipe.writeEnd)
        for number in 0..<100 { sink.write(Array("{\"n\":\(number)}\n".utf8)) }
        #expect(pipe.drain() == (0..<100).map { "{\"n\":\($0)}\n" }.joined())
        #expect(sink.droppedLines == 0)
    }

    @Test("A full pipe drops lines, counts them, cuts none, and is used again once there is room")
    func full() throws {
        let pipe = try Pipe()
        let sink = DescriptorLogSink(descriptor: pipe.writeEnd)
        let line = Array(String(repeating: "x", count: 999).utf8) + [0x0A]
        for _ in 0..<200 { sink.write(line) }
        let dropped = Int(sink.droppedLines)
        #expect(dropped > 0)
        let text = pipe.drain()
        #expect(text.utf8.count == (200 - dropped) * line.count)
        sink.write(line)
        #expect(pipe.drain().utf8.count == line.count)
        #expect(Int(sink.droppedLines) == dropped)
    }

    @Test("A reader that went away, and a closed descriptor, cost lines but not the process")
    func gone() throws {
        let pipe = try Pipe()
        let sink = DescriptorLogSink(descriptor: pipe.writeEnd)
        pipe.closeReadEnd()
        sink.write([0x0A])
        #expect(sink.droppedLines == 1)
        let closed = DescriptorLogSink(descriptor: 1_000_000)
        closed.write([0x0A])
        #expect(closed.droppedLines == 1)
    }

    /// A pipe of this test's own; closed at the end.
    final class Pipe {
        let writeEnd: Int32
        private var readEnd: Int32

        init() throws {
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            (readEnd, writeEnd) = (ends[0], ends[1])
            try #require(fcntl(readEnd, F_SETFL, O_NONBLOCK) == 0)
        }

        deinit {
            close(writeEnd)
            closeReadEnd()
        }

        func closeReadEnd() {
            if readEnd >= 0 { close(readEnd) }
            readEnd = -1
        }

        /// All that is in the pipe now.
        func drain() -> String {
            var all: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(readEnd, &piece, piece.count)
                guard count > 0 else { return String(decoding: all, as: UTF8.self) }
                all += piece.prefix(count)
            }
        }
    }
}
