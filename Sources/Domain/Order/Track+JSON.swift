package import JSON
internal import Primitives

/// How a track is stored: at most 1.5 KiB.
///
/// `{"now":[…],"line":"…","speed":6.1,"moving":120,"dropped":[0,0,0,0,0],"rivals":[[…],…]}`; what is empty is left out.
/// `now` and `rivals` are `Fix.numbers`. `line` is base 64 of differences to the corner before, as variable-length integers
/// (LEB128, zigzag for the first two): latitude and longitude in 1e-7 degrees, milliseconds, metres, decimetres.
extension Track {
    package var json: JSONValue {
        var object = JSONObject()
        if let current {
            object["now"] = Self.json(current)
            object["line"] = .string(Base64.encode(line.encoded))
        }
        if let speed { object["speed"] = .double(speed) }
        if movingSeconds > 0 { object["moving"] = .double(movingSeconds) }
        if dropped.total != 0 { object["dropped"] = .array(dropped.numbers.map { .integer(Int64($0)) }) }
        if !rivals.isEmpty { object["rivals"] = .array(rivals.map(Self.json)) }
        return .object(object)
    }

    /// nil when `json` did not write it.
    package init?(json: JSONValue) {
        guard let object = json.object else { return nil }
        var current: Fix?
        var line = TrackLine()
        if let value = object["now"] {
            guard let fix = Self.fix(value), let text = object["line"]?.string,
                let bytes = Base64.decode(text.utf8), let read = TrackLine(encoded: bytes),
                let last = read.points.last, last.point == fix.point, last.milliseconds == fix.milliseconds
            else { return nil }
            current = fix
            line = read
        } else if object["line"] != .none {
            return nil
        }
        guard let speed = Self.number(object["speed"], 0...Track.maxSpeed),
            let moving = Self.number(object["moving"], 0...Track.knownAfter),
            let dropped = TrackDrops(json: object["dropped"]),
            let rivals = Self.rivals(object["rivals"], after: current)
        else { return nil }
        self.init(
            current: current, speed: object["speed"].map { _ in speed }, movingSeconds: moving, dropped: dropped,
            line: line, rivals: rivals)
    }

    private static func json(_ fix: Fix) -> JSONValue { .array(fix.numbers.map { .integer($0) }) }

    private static func fix(_ json: JSONValue) -> Fix? {
        guard let items = json.array else { return nil }
        let numbers = items.compactMap(\.integer)
        return numbers.count == items.count ? Fix(numbers: numbers) : nil
    }

    /// 0 when it is missing.
    private static func number(_ json: JSONValue?, _ range: ClosedRange<Double>) -> Double? {
        guard let json else { return 0 }
        guard let number = json.double, range.contains(number) else { return nil }
        return number
    }

    private static func rivals(_ json: JSONValue?, after current: Fix?) -> [Fix]? {
        guard let json else { return [] }
        guard let items = json.array, let current else { return nil }
        let rivals = items.compactMap(fix)
        guard rivals.count == items.count, rivals.count < rivalsToWin else { return nil }
        let times = [current.milliseconds] + rivals.map(\.milliseconds)
        return zip(times, times.dropFirst()).allSatisfy(<) ? rivals : nil
    }
}

extension TrackDrops {
    fileprivate var numbers: [Int] { [inaccurate, jump, stale, future, duplicate] }

    fileprivate init?(json: JSONValue?) {
        self.init()
        guard let json else { return }
        let numbers = (json.array ?? []).compactMap { $0.integer.flatMap(Int.init(exactly:)) }
        guard numbers.count == 5, json.array?.count == 5, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
        (inaccurate, jump, stale, future, duplicate) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
    }
}

extension TrackLine {
    fileprivate var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(points.count * 12)
        var before = (latitude: Int64(0), longitude: Int64(0), milliseconds: Int64(0))
        for corner in points {
            let (latitude, longitude) = (Int64(corner.point.latitudeE7), Int64(corner.point.longitudeE7))
            VariableInteger.append(VariableInteger.zigzag(latitude - before.latitude), to: &bytes)
            VariableInteger.append(VariableInteger.zigzag(longitude - before.longitude), to: &bytes)
            VariableInteger.append(UInt64(corner.milliseconds - before.milliseconds), to: &bytes)
            VariableInteger.append(UInt64(corner.accuracy), to: &bytes)
            VariableInteger.append(UInt64(corner.leftOut), to: &bytes)
            before = (latitude, longitude, corner.milliseconds)
        }
        return bytes
    }

    fileprivate init?(encoded: [UInt8]) {
        var rest = encoded[...]
        var points: [TrackPoint] = []
        var before = (latitude: Int64(0), longitude: Int64(0), milliseconds: Int64(0))
        while !rest.isEmpty {
            guard points.count < Self.maxPoints, let north = VariableInteger.read(&rest),
                let east = VariableInteger.read(&rest), let later = VariableInteger.read(&rest),
                let accuracy = VariableInteger.read(&rest).flatMap(UInt8.init(exactly:)),
                let leftOut = VariableInteger.read(&rest).flatMap(UInt16.init(exactly:)),
                case let (latitude, false) = before.latitude.addingReportingOverflow(VariableInteger.unzigzag(north)),
                case let (longitude, false) = before.longitude.addingReportingOverflow(VariableInteger.unzigzag(east)),
                let difference = Int64(exactly: later),
                case let (milliseconds, false) = before.milliseconds.addingReportingOverflow(difference),
                TrackPoint.storable.contains(milliseconds),
                let point = GeoPoint(latitudeE7: latitude, longitudeE7: longitude)
            else { return nil }
            points.append(
                TrackPoint(point: point, milliseconds: milliseconds, accuracy: accuracy, leftOut: leftOut))
            before = (latitude, longitude, milliseconds)
        }
        self.init(points)
    }
}

/// Integers of 1 to 10 bytes, seven bits each, the lowest first (LEB128).
private enum VariableInteger {
    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }
    static func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }

    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    /// nil when it does not end or does not fit.
    static func read(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        var shift = 0
        while let byte = bytes.popFirst() {
            let part = UInt64(byte & 0x7F)
            guard shift < 63 || (shift == 63 && part <= 1) else { return nil }
            value |= part << UInt64(shift)
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
