internal import JSON

/// What pages' maps need that is not in the executable: Leaflet, as its Debian package installs it, and where tiles come from.
package struct MapAssets: Sendable {
    /// Where Debian's `libjs-leaflet` puts it.
    package static let folder = "/usr/share/javascript/leaflet"
    /// Of one file.
    package static let maxFileBytes = 1024 * 1024
    /// What is served of it, by its path in that folder.
    static let files = [
        "leaflet.min.js", "leaflet.css", "images/layers.png", "images/layers-2x.png", "images/marker-icon.png",
        "images/marker-icon-2x.png", "images/marker-shadow.png",
    ]

    /// Leaflet's files by path: all of them, or none.
    let leaflet: [String: Page]
    /// The first of Leaflet's files that could not be read; nil: all are here.
    package let missing: String?
    package let tiles: TileAddress?
    /// `map.json`, by which a page learns the rest.
    let settings: [String: Page]

    /// Without Leaflet.
    package init() {
        self.init(tiles: nil) { (_) throws(Absent) in throw Absent() }
    }

    /// - Parameter read: the content of one of Leaflet's files, at most `maxFileBytes`. Called once for each.
    package init<Failure: Error>(tiles: TileAddress?, read: (_ path: String) throws(Failure) -> [UInt8]) {
        var leaflet: [String: Page] = [:]
        var missing: String?
        for path in Self.files where missing == nil {
            do throws(Failure) {
                leaflet[path] = Page(try read(path), named: path)
            } catch {
                missing = path
            }
        }
        self.leaflet = missing == nil ? leaflet : [:]
        self.missing = missing
        self.tiles = tiles
        let document: JSONValue = [
            "leaflet": .bool(missing == nil), "tiles": tiles.map { .string($0.template) } ?? .null,
            "source": tiles.map { .string($0.host) } ?? .null,
        ]
        settings = ["map.json": Page(document.bytes, named: "map.json")]
    }

    private struct Absent: Error {}
}

/// Where tiles of maps are: an https URL with `{z}`, `{x}` and `{y}` in its path, of one host.
package struct TileAddress: Sendable, Equatable {
    package static let maxBytes = 512

    package let template: String
    /// With its port, if that is not the usual one.
    let host: String
    /// As in a Content-Security-Policy.
    package var origin: String { "https://" + host }

    /// Nil for what is no such address. Nothing in one can end a directive of a Content-Security-Policy.
    package init?(_ text: String) {
        let scheme = "https://"
        guard text.utf8.count <= Self.maxBytes, text.hasPrefix(scheme) else { return nil }
        let rest = text.dropFirst(scheme.count)
        guard let slash = rest.firstIndex(of: "/") else { return nil }
        let host = rest[..<slash]
        let path = rest[slash...]
        guard Self.isHost(host), path.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }),
            ["{z}", "{x}", "{y}"].allSatisfy(path.contains)
        else { return nil }
        template = text
        self.host = host.lowercased()
    }

    private static func isHost(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, name.utf8.contains(where: { $0 != UInt8(ascii: ".") }),
            name.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            })
        else { return false }
        return parts.count == 1 || UInt16(parts[1]).map { $0 > 0 } == true
    }
}
