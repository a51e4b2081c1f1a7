import Domain
import JSON
import Primitives
import Testing

@Suite("A stored track")
struct TrackCodingTests {
    private static func track() -> Track {
        var track = Track.empty
        _ = track.add(
            [
                Ride.fix(0, east: 0), Ride.fix(1.5, east: 10, speed: 8.25), Ride.fix(2, east: 20, accuracy: 201),
                Ride.fix(3, east: 30, accuracy: nil, speed: 9, heading: 90), Ride.fix(4, east: 9_000),
            ], now: Ride.time(10))
        return track
    }

    @Test("An empty one is an empty object")
    func empty() {
        #expect(Track.empty.json == [:])
        #expect(Track(json: [:]) == .empty)
    }

    @Test("It reads back as it was, and goes on as it would have")
    func roundTrip() throws {
        var track = Self.track()
        var read = try #require(try Track(json: JSONParser.parse(track.json.text)))
        #expect(read == track)
        let rest = [Ride.fix(5, east: 9_010), Ride.fix(6, east: 9_020, speed: 10)]
        #expect(read.add(rest, now: Ride.time(10)) == track.add(rest, now: Ride.time(10)))
        #expect(read == track)
        #expect(track.current == Ride.fix(6, east: 9_020, speed: 10), "the rivals were stored")
    }

    @Test(
        "What it did not write is refused",
        arguments: [
            "[]", "null", "7", #"{"now":[1,2,3]}"#, #"{"now":[0,0,0,0,0,0]}"#, #"{"line":"AAAAAAA="}"#,
            #"{"now":[0,0,0,0,0,0],"line":""}"#, #"{"now":[0,0,0,0,0,0],"line":"AAAAAB=="}"#,
            #"{"now":[0,0,0,0,0,0],"line":7}"#, #"{"now":[900000001,0,0,0,0,0],"line":"AAAAAAA="}"#,
            #"{"now":[0,0,0,0,0,36000],"line":"AAAAAAA="}"#, #"{"now":[0,0,-1,0,0,0],"line":"AAAAAAA="}"#,
            #"{"now":[0,0,0,0,0,0],"line":"AAAAAAAAAAAAAA=="}"#, #"{"now":[0,0,0,0,0,0],"line":"////////////////"}"#,
            #"{"speed":-1}"#, #"{"speed":1e300}"#, #"{"speed":"6"}"#, #"{"moving":601}"#, #"{"dropped":[0,0,0,0]}"#,
            #"{"dropped":[0,0,0,0,-1]}"#, #"{"dropped":[0,0,0,0,0.5]}"#, #"{"dropped":7}"#,
            #"{"rivals":[[0,0,1,0,0,0]]}"#, #"{"now":[0,0,0,0,0,0],"line":"AAAAAAA=","rivals":[[0,0,0,0,0,0]]}"#,
            #"{"now":[0,0,0,0,0,0],"line":"AAAAAAA=","rivals":[[0,0,1,0,0,0],[0,0,2,0,0,0],[0,0,3,0,0,0]]}"#,
        ])
    func refused(_ text: String) throws {
        #expect(Track(json: try JSONParser.parse(text)) == nil)
    }

    @Test("The least that is a track is read")
    func least() throws {
        let json = try JSONParser.parse(#"{"now":[0,0,0,0,0,0],"line":"AAAAAAA="}"#)
        #expect(Track(json: json)?.points.count == 1)
    }
}
