import Foundation
import Primitives
import Reactor
import SlipImages

/// How long the reader takes for each of these files, the median of eleven times, and what it finds.
func slipImageBenchmark(_ paths: [String]) throws {
    let time = SystemTime()
    for path in paths {
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        var durations: [Duration] = []
        var reading = SlipImageReading.none
        for _ in 0..<11 {
            let start = time.now
            reading = SlipImageReader.read(bytes)
            durations.append(time.now.since(start))
        }
        let name = path.split(separator: "/").last ?? ""
        let found =
            switch reading {
            case .slip: "slip"
            case .foreign: "foreign"
            case .none: "none"
            }
        print("\(name): \(bytes.count) bytes, \(durations.sorted()[durations.count / 2]), \(found)")
    }
}
