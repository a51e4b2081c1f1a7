import Authentication
import Primitives
import WireProtocol

extension FuzzTarget {
    /// Lines of the payload are header values; their first letter says of which header. Flags 1 and 2: what was found of
    /// the origin.
    static let tokenExtraction = FuzzTarget(
        "token-extraction",
        words: ["ABearer ", "CaccessToken=", "Psala.bearer.", "; accessToken=", ", sala.bearer.", "aaa.bbb.ccc"]
    ) { input in
        func values(_ letter: Character) -> [String] {
            input.lines.filter { $0.first == letter }.map { String($0.dropFirst()) }
        }
        let origin = [OriginPolicy.Verdict.absent, .allowed, .refused, .allowed][Int(input.flags & 3)]
        let request = TokenExtraction.Request(
            authorization: values("A"), cookie: values("C"), webSocketProtocol: values("P"), origin: origin)
        let result = Result { () throws(Fault) in try TokenExtraction.extract(from: request) }
        switch result {
        case .failure(let fault):
            try expect([.unauthenticated, .originRefused].contains(fault.code), "fault \(fault.code)")
        case .success(nil):
            try expect(request.authorization.isEmpty, "an Authorization field was read over")
        case .success(let found?):
            let token = found.token.reveal()
            let isToken = token.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [0x2D, 0x2E, 0x5F].contains(byte)
            }
            try expect(isToken && !token.isEmpty, "the token \(token)")
            let offers = offers(request.webSocketProtocol)
            switch found.place {
            case .authorization:
                try expect(request.authorization.count == 1 && offers.isEmpty, "one token of two")
                try expect(request.authorization.first?.dropFirst(7) == token[...], "the token \(token)")
            case .subprotocol:
                try expect(request.authorization.isEmpty && offers == ["sala.bearer." + token], "\(token) of \(offers)")
            case .cookie:
                try expect(request.authorization.isEmpty && offers.isEmpty, "a cookie before what was said")
                try expect(origin == .allowed, "a cookie from any page")
                try expect(request.cookie.contains { $0.contains(token) }, "the token \(token)")
            }
        }
    } seeds: {
        let requests = [
            "ABearer aaa.bbb.ccc", "Abearer aaa.bbb.ccc\nPsala.v1.json, sala.bearer.aaa.bbb.ccc",
            "Psala.v1.json, sala.bearer.a-b_c.d.e",
            "CaccessToken=aaa.bbb.ccc", "Ca=b; accessToken=aaa.bbb.ccc; c=d", "CaccessToken=a; accessToken=b",
            "ABasic eDp5", "ABearer ",
            "C accessToken =\t a.b.c ", "Psala.bearer.a\nPsala.bearer.b", "",
        ]
        return requests.flatMap { request in [0, 1, 2].map { FuzzInput.bytes(flags: $0, request.utf8) } }
    }

    /// The offered sub-protocols that carry a token, found in another way than the code under test does.
    private static func offers(_ lines: [String]) -> [String] {
        lines.flatMap { $0.unicodeScalars.split(separator: ",") }
            .map { item in
                let isSpace: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\t" }
                return String(
                    String.UnicodeScalarView(item.drop(while: isSpace).reversed().drop(while: isSpace).reversed()))
            }
            .filter { $0.utf8.starts(with: "sala.bearer.".utf8) }
    }
}
