import HTTP1
import JSON
import Primitives
import TestSupport
import WebSocket

extension FuzzTarget {
    /// Lines of the payload are field values; their first letter says of which field. Flags 1, 2, 4: not GET, not
    /// HTTP/1.1, a body. Flag 8: the server speaks anything that is offered.
    static let handshake = FuzzTarget(
        "handshake",
        words: [
            "Uwebsocket\n", "CUpgrade\n", "V13\n", "KdGhlIHNhbXBsZSBub25jZQ==\n", "Psala.v1.json\n", "A", "S101\n",
            "keep-alive, ",
        ]
    ) { input in
        try checkServer(input)
        try checkClient(input)
    } seeds: {
        let vectors = try Vectors.documents("websocket").filter { $0.name == "opening-handshakes" }
            .flatMap { $0.value.array ?? [] }
        return vectors.map { vector in
            let request = vector["request"]
            var flags: UInt8 = request?["method"]?.string == "GET" ? 0 : 1
            if request?["version"]?.string != "1.1" { flags |= 2 }
            if request?["body"]?.bool == true { flags |= 4 }
            var lines: [String] = []
            for (name, letter) in [
                ("upgrade", "U"), ("connection", "C"), ("key", "K"), ("webSocketVersion", "V"), ("subprotocol", "P"),
            ] {
                for value in request?[name]?.array ?? [] { lines.append(letter + (value.string ?? "")) }
            }
            return FuzzInput.bytes(flags: flags, lines.joined(separator: "\n").utf8)
        }
    }

    private static func values(_ input: FuzzInput, _ letter: Character) -> [String] {
        input.lines.filter { $0.first == letter }.map { String($0.dropFirst()) }
    }

    private static func request(_ input: FuzzInput) -> OpeningHandshake.Request {
        OpeningHandshake.Request(
            isGet: !input.has(1), isHTTP11: !input.has(2), hasBody: input.has(4), upgrade: values(input, "U"),
            connection: values(input, "C"), key: values(input, "K"), version: values(input, "V"),
            subprotocol: values(input, "P"))
    }

    private static func checkServer(_ input: FuzzInput) throws {
        let request = request(input)
        let speaks: (String) -> Bool = { input.has(8) || $0 == "sala.v1.json" }
        let answer = OpeningHandshake.answer(request, choosing: speaks)
        // A list is one list, over however many field lines it is spread (RFC 9110 §5.3).
        var joined = request
        for list in [\OpeningHandshake.Request.upgrade, \.connection, \.subprotocol]
        where !joined[keyPath: list].isEmpty {
            joined[keyPath: list] = [joined[keyPath: list].joined(separator: ", ")]
        }
        try expect(OpeningHandshake.answer(joined, choosing: speaks) == answer, "lists are read by lines")
        switch answer {
        case .refuse(let refusal): try expect((400...499).contains(refusal.status), "refused with \(refusal.status)")
        case .accept(let acceptance):
            try expect(request.isGet && request.isHTTP11 && !request.hasBody, "accepted \(request)")
            if let chosen = acceptance.subprotocol {
                try expect(request.subprotocols.contains(chosen) && speaks(chosen), "chose \(chosen)")
            }
            // Nothing of the client's splits our response.
            var decoder = HTTPResponseDecoder()
            decoder.append(acceptance.response.span.bytes)
            let response = try decoder.next(to: .get)
            try expect(response?.status == .switchingProtocols, "the response is \(String(describing: response))")
            try expect(
                response?.headers.all("sec-websocket-protocol") == acceptance.subprotocol.map { [$0] } ?? [],
                "another choice")
            try expect(response?.headers.count == (acceptance.subprotocol == nil ? 3 : 4), "more fields than ours")
            try expect(decoder.takeRemainder().isEmpty, "bytes behind the response")
        }
    }

    /// Our client against whatever a server says, and against our server.
    private static func checkClient(_ input: FuzzInput) throws {
        let offered = request(input).subprotocols
        let client = ClientHandshake(subprotocols: offered, from: SeededSource(seed: 1))
        let accept = OpeningHandshake.accept(for: client.key)
        let status = values(input, "S").first.flatMap { Int($0) } ?? 101
        let response = ClientHandshake.Response(
            status: status, upgrade: values(input, "U"), connection: values(input, "C"),
            accept: values(input, "A").map { $0.isEmpty ? accept : $0 }, subprotocol: values(input, "P"),
            extensions: values(input, "E"))
        let opened = Result { () throws(ClientHandshake.Failure) in try client.receive(response) }
        if case .success(let chosen) = opened {
            let isOurs =
                status == 101 && response.accept == [accept] && response.subprotocol == (chosen.map { [$0] } ?? [])
            try expect(isOurs && chosen.map(offered.contains) != false, "opened by \(response)")
        }
        let asked = OpeningHandshake.Request(
            isGet: true, isHTTP11: true, hasBody: false, upgrade: ["websocket"], connection: ["Upgrade"],
            key: [client.key],
            version: ["13"], subprotocol: offered.isEmpty ? [] : [offered.joined(separator: ", ")])
        guard case .accept(let acceptance) = OpeningHandshake.answer(asked, choosing: { $0 == offered.last }) else {
            throw Violated("our server refuses our client")
        }
        let chosen = try client.receive(
            .init(
                status: 101, upgrade: ["websocket"], connection: ["Upgrade"], accept: [acceptance.accept],
                subprotocol: acceptance.subprotocol.map { [$0] } ?? []))
        try expect(
            chosen == acceptance.subprotocol && chosen == offered.last, "chose \(chosen ?? "none") of \(offered)")
    }
}
