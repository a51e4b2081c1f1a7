internal import Authentication
internal import HTTP1
internal import SlipImages
internal import SlipQR

/// What a slip service finds in what it was sent.
enum SlipFinding {
    case slip(Slip)
    /// A sound code of a transfer that nobody knows.
    case unknown(SlipQR)
    /// A code of another kind, or one that is damaged.
    case noSlipCode
    /// A picture without a code that can be read.
    case noCode
    case noImage
    case imageTooLarge
}

/// How the slip services find slips: by a code's text, by a picture's SHA-256, by the content of one of our LINE messages.
/// Confined to the stand-ins' loop.
final class SlipDesk {
    /// EasySlip's bound.
    static let maxImageBytes = 4 * 1024 * 1024

    let book: SlipBook
    /// Of all transfers that are made here: two mints could make the same reference.
    var mint = ReferenceMint()
    /// The content of a message that the LINE stand-in holds.
    var content: (_ message: String) -> [UInt8]? = { _ in nil }
    /// Whether a tenant takes money on that account.
    let isRegistered: (_ account: String) -> BackendAccount?

    init(book: SlipBook, isRegistered: @escaping (String) -> BackendAccount?) {
        self.book = book
        self.isRegistered = isRegistered
    }

    func find(payload: String) -> SlipFinding {
        do throws(SlipQRViolation) {
            let code = try SlipQR(payload)
            return book.slip(code).map(SlipFinding.slip) ?? .unknown(code)
        } catch { return .noSlipCode }
    }

    func find(image: [UInt8]) -> SlipFinding {
        guard image.count <= Self.maxImageBytes else { return .imageTooLarge }
        if let payload = book.payload(ofPicture: SHA256.digest(image)) { return find(payload: payload) }
        guard Self.isImage(image) else { return .noImage }
        // On this loop, which waits for it: pictures that were not drawn here are few.
        switch SlipImageReader.read(image) {
        case .slip(_, let payload): return find(payload: payload)
        case .foreign: return .noSlipCode
        case .none: return .noCode
        }
    }

    /// JPEG, PNG, GIF, WebP: by the first bytes.
    static func isImage(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0xFF, 0xD8, 0xFF]) || bytes.starts(with: [0x89, 0x50, 0x4E, 0x47])
            || bytes.starts(with: "GIF8".utf8)
            || (bytes.starts(with: "RIFF".utf8) && bytes.dropFirst(8).starts(with: "WEBP".utf8))
    }

    /// What an address leads to. Only content of our own LINE stand-in is ever fetched.
    func find(url: String, host: String?) -> Result<SlipFinding, AddressRefusal> {
        guard let scheme = ["http://", "https://"].first(where: url.hasPrefix) else { return .failure(.scheme) }
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count).split(separator: "/").map(String.init)
        if String(authority) == host, path.count == 6, path[0...3] == ["line", "v2", "bot", "message"],
            path[5] == "content", let image = content(path[4])
        {
            return .success(find(image: image))
        }
        let name = authority.prefix { $0 != ":" }
        let isLocal = ["localhost", "127.", "10.", "192.168.", "169.254.", "["].contains { name.hasPrefix($0) }
        return .failure(isLocal ? .range : .unreachable)
    }

    enum AddressRefusal: Error {
        case scheme, range, unreachable
    }
}
