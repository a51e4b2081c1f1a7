import JSON
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite("Pages with maps: Leaflet from where its package puts it, tiles from where they are set up")
struct MapPageTests {
    private struct Absent: Error {}

    /// A folder with all of Leaflet's files, each with its own name in it, but for those in `lacking`.
    private static func folder(lacking: Set<String> = []) -> (String) throws(Absent) -> [UInt8] {
        { path throws(Absent) in
            if lacking.contains(path) { throw Absent() }
            return Array(path.utf8)
        }
    }

    @Test("Every order has the same page, and files of its own folder")
    func pages() throws {
        let world = try GatewayWorld()
        for folder in ["/demo/track", "/demo/ride"] {
            #expect(try world.ask("GET", folder)["Location"] == folder + "/")
            let pages = try ["/", "/441", "/files"].map { try world.ask("GET", folder + $0) }
            #expect(pages.allSatisfy { $0["Content-Type"] == "text/html; charset=utf-8" && $0.body == pages[0].body })
            for (file, type) in [
                ("map.js", "text/javascript; charset=utf-8"), ("sheet.css", "text/css; charset=utf-8"),
                ("streets.json", "application/json"), ("route.json", "application/json"),
                ("map.json", "application/json"),
            ] {
                #expect(try world.ask("GET", "\(folder)/files/\(file)")["Content-Type"] == type, "\(file)")
            }
            #expect(try world.ask("GET", "\(folder)/files/nothing.js").status == 404)
        }
    }

    @Test("Leaflet's files are those of its folder, and only the ones that a page needs")
    func leaflet() throws {
        let world = try GatewayWorld(map: MapAssets(tiles: nil, read: Self.folder()))
        for (file, type) in [
            ("leaflet.min.js", "text/javascript; charset=utf-8"), ("leaflet.css", "text/css; charset=utf-8"),
            ("images/marker-icon.png", "image/png"),
        ] {
            let answer = try world.ask("GET", "/demo/assets/leaflet/\(file)")
            #expect(answer.status == 200 && answer["Content-Type"] == type && answer.body == Array(file.utf8))
            let tag = try #require(answer["ETag"])
            #expect(try world.ask("GET", "/demo/assets/leaflet/\(file)", ["If-None-Match: \(tag)"]).status == 304)
        }
        for path in ["", "leaflet.min.js.map", "images", "images/none.png"] {
            #expect(try world.ask("GET", "/demo/assets/leaflet/\(path)").status == 404, "\(path)")
        }
    }

    @Test("When one of its files is missing none is served, and the page is told", arguments: MapAssets.files)
    func missing(file: String) throws {
        let assets = MapAssets(tiles: nil, read: Self.folder(lacking: [file]))
        #expect(assets.missing == file)
        let world = try GatewayWorld(map: assets)
        #expect(try world.ask("GET", "/demo/assets/leaflet/\(MapAssets.files[0])").status == 404)
        let settings = try JSONParser.parse(try world.ask("GET", "/demo/track/files/map.json").body)
        #expect(settings == ["leaflet": false, "tiles": .null, "source": .null])
    }

    @Test("Pictures may come from where tiles are, on the pages with maps alone")
    func tiles() throws {
        let tiles = try #require(TileAddress("https://Tiles.example:8443/{z}/{x}/{y}.png?key=a"))
        let world = try GatewayWorld(map: MapAssets(tiles: tiles, read: Self.folder()))
        for path in ["/demo/track/441", "/demo/ride/441"] {
            let policy = try #require(try world.ask("GET", path)["Content-Security-Policy"])
            #expect(policy.contains("img-src 'self' data: https://tiles.example:8443;"))
        }
        for path in ["/demo/pay/981", "/demo/chat/", "/demo/track/files/map.js"] {
            let policy = try #require(try world.ask("GET", path)["Content-Security-Policy"])
            #expect(!policy.contains("tiles.example"), "\(path)")
        }
        let settings = try JSONParser.parse(try world.ask("GET", "/demo/ride/files/map.json").body)
        #expect(settings["tiles"]?.string == tiles.template && settings["source"]?.string == "tiles.example:8443")
    }

    @Test(
        "What is no https template of one host is no tile address",
        arguments: [
            "", "http://tiles.example/{z}/{x}/{y}.png", "https://tiles.example", "https://tiles.example/{z}/{x}.png",
            "https://{s}.tiles.example/{z}/{x}/{y}.png", "https:///{z}/{x}/{y}.png", "https://a;b/{z}/{x}/{y}.png",
            "https://a b/{z}/{x}/{y}.png", "https://tiles.example/{z}/{x}/{y}.png ", "https://u@h/{z}/{x}/{y}.png",
            "https://tiles.example:0/{z}/{x}/{y}.png", "https://tiles.example:/{z}/{x}/{y}.png",
            "https://tiles.example:80:80/{z}/{x}/{y}.png", "https://tiles.example/{z}/{x}/{y}\r\nX: y",
            "https://tiles.example/{z}/{x}/{y}?" + String(repeating: "a", count: 512),
        ])
    func noTiles(text: String) {
        #expect(TileAddress(text) == nil)
    }
}
