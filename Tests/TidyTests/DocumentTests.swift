import Testing

@Suite("The documents and the source say the same")
struct DocumentTests {
    @Test("Every bound of the source is in docs/LIMITS.md, with its default")
    func bounds() throws {
        let rows = try Self.rows(of: "docs/LIMITS.md")
        // The port and the number of loops are no bounds; docs/OPERATIONS.md has them.
        let bounds = try Repository.files(below: "Sources", suffix: ".swift").flatMap(Bound.all)
            .filter { !["Configuration.port", "Configuration.loops"].contains($0.name) }
        #expect(bounds.count > 100, "the bounds are not found any more")
        for bound in bounds {
            guard let row = rows[bound.name] else {
                Issue.record("docs/LIMITS.md has no row `\(bound.name)`")
                continue
            }
            if let value = bound.value {
                let listed = Bound.value(ofDocument: row[1])
                #expect(listed == value, "docs/LIMITS.md has another value of \(bound.name)")
            }
        }
        let known = Set(bounds.map(\.name))
        for name in rows.keys.sorted() where !known.contains(name) {
            Issue.record("docs/LIMITS.md has a row `\(name)`, the source has no such bound")
        }
    }

    @Test("docs/OPERATIONS.md lists exactly the metrics of the process")
    func metrics() throws {
        var names: Set<String> = []
        for file in try Repository.files(below: "Sources/Sala", suffix: ".swift") {
            let made = #/builder\.(?:counters?|histograms?|upDownCounters?|gauge)\(\s*"([a-z0-9_.]+)"/#
            for match in file.text.matches(of: made) {
                let name = String(match.output.1.replacing(".", with: "_"))
                names.insert(name.hasPrefix("sala_") ? name : "sala_" + name)
            }
        }
        #expect(names.count > 10, "the metrics are not found any more")
        let listed = try Self.rows(of: "docs/OPERATIONS.md").keys.filter { $0.hasPrefix("sala_") }
        #expect(Self.difference(listed, names) == [])
    }

    @Test("docs/OPERATIONS.md lists exactly the keys of the environment")
    func environment() throws {
        var keys: Set<String> = []
        for file in try Repository.files(below: "Sources", suffix: ".swift") {
            for match in file.text.matches(of: #/"(SALA_[A-Z0-9_]+)"/#) { keys.insert(String(match.output.1)) }
            let providers = file.text.matches(of: #/provider\(\s*"([A-Z]+)"/#).map(\.output.1)
            for match in file.text.matches(of: #/"SALA_\\\(name\)_([A-Z_]+)/#) {
                for provider in providers { keys.insert("SALA_\(provider)_\(match.output.1)") }
            }
        }
        #expect(keys.count > 15, "the keys are not found any more")
        let listed = try Self.rows(of: "docs/OPERATIONS.md").keys.filter { $0.hasPrefix("SALA_") }
        #expect(Self.difference(listed, keys) == [])
    }

    @Test("Protocol/openapi.yaml describes exactly the routes of the gateway")
    func routes() throws {
        let source = try Repository.file("Sources/Gateway/Route.swift").text
        let constants = Dictionary(
            source.matches(of: #/let (\w+) = "([^"]*)"/#).map { (String($0.output.1), String($0.output.2)) },
            uniquingKeysWith: { first, _ in first })
        var served: Set<String> = []
        var servedEverywhere: Set<String> = []
        var servedVersioned: Set<String> = []
        var servedAnyway: Set<String> = []
        for match in source.matches(of: #/table\.add(Everywhere|Trade|Pawnshop)?\(\.(\w+), (?:(\w+) \+ )?"([^"]*)"/#) {
            let prefix = match.output.3.map { constants[String($0)] ?? "?" } ?? ""
            // A folder of pages is one row of the document.
            let path = (prefix + match.output.4).replacing(#/\{\w+\.\.\.\}/#, with: "")
                .replacing(":integer}", with: "}")
            served.insert("\(match.output.2) \(path)")
            switch match.output.1 {
            case "Everywhere"?: servedEverywhere.insert(path)
            case "Trade"?: servedVersioned.insert(path)
            case "Pawnshop"?: servedAnyway.insert(path)
            default: break
            }
        }
        // A folder without its slash only leads to the one with it.
        served = served.filter { !served.contains($0 + "/") }
        #expect(served.count > 10, "the routes are not found any more")

        var described: Set<String> = []
        var describedEverywhere: Set<String> = []
        var describedVersioned: Set<String> = []
        var describedAnyway: Set<String> = []
        var path = ""
        for line in try Repository.file("Protocol/openapi.yaml").lines {
            if let match = line.wholeMatch(of: #/  (\/\S*):/#) {
                path = String(match.output.1)
            } else if line.contains(#/^    servers: [&*]everywhere$/#) {
                // At the root and below each tenant.
                describedEverywhere.insert(path)
            } else if line.contains(#/^    servers: [&*]trade$/#) {
                // Below each tenant, with the document's version and without.
                describedVersioned.insert(path)
            } else if line.contains(#/^    servers: [&*]pawnshop$/#) {
                // Below each tenant, with the document's folders and without.
                describedAnyway.insert(path)
            } else if let match = line.wholeMatch(of: #/    (get|put|post|patch|delete):/#) {
                described.insert("\(match.output.1) \(path)")
            }
        }
        #expect(Self.difference(described, served) == [])
        #expect(Self.difference(describedEverywhere, servedEverywhere) == [])
        #expect(Self.difference(describedVersioned, servedVersioned) == [])
        #expect(Self.difference(describedAnyway, servedAnyway) == [])
    }

    @Test("docs/ARCHITECTURE.md has the dependencies of Package.swift")
    func targets() throws {
        let manifest = try Repository.file("Package.swift").text
        let rows = try Self.rows(of: "docs/ARCHITECTURE.md")
        let libraries = manifest.matches(of: #/library\(\s*"(\w+)"(?:,\s*\[([^\]]*)\])?/#)
        #expect(libraries.count > 10, "the targets are not found any more")
        for library in libraries {
            let name = String(library.output.1)
            let imports = (library.output.2 ?? "").matches(of: #/"(\w+)"/#).map { String($0.output.1) }
            let row = try #require(rows[name], "docs/ARCHITECTURE.md has no row `\(name)`")
            let listed = row[2] == "–" ? [] : row[2].split(separator: ", ").map(String.init)
            #expect(Self.difference(listed, imports) == [], "docs/ARCHITECTURE.md lists other imports of \(name)")
        }
    }

    @Test("Every relative link of a document leads somewhere")
    func links() throws {
        var documents = try ["README.md", "CONTRIBUTING.md"].map(Repository.file)
        documents += try Repository.files(below: "docs", suffix: ".md")
        documents += try Repository.files(below: "Protocol", suffix: ".md")
        for document in documents {
            let folder = document.path.split(separator: "/").dropLast().joined(separator: "/")
            for match in document.text.matches(of: #/\]\(([^)#\s]+)(?:#[^)]*)?\)/#) {
                if match.output.1.contains("://") { continue }
                let target = (folder.isEmpty ? "" : folder + "/") + match.output.1
                if !Repository.exists(target) { Issue.record("\(document.path) links to \(match.output.1)") }
            }
        }
    }

    /// What only one side has.
    private static func difference(_ listed: some Sequence<String>, _ real: some Sequence<String>) -> [String] {
        let (listed, real) = (Set(listed), Set(real))
        return listed.subtracting(real).sorted().map { "only in the document: " + $0 }
            + real.subtracting(listed).sorted().map { "only in the source: " + $0 }
    }

    /// The cells of every table row whose first cell is one name in backticks, by that name.
    private static func rows(of path: String) throws -> [String: [Substring]] {
        var rows: [String: [Substring]] = [:]
        for line in try Repository.file(path).lines where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.drop { $0 == " " } }.map { cell in
                cell.dropLast(cell.reversed().prefix { $0 == " " }.count)
            }
            if let name = cells.first?.wholeMatch(of: #/`([\w.]+)`/#) { rows[String(name.output.1)] = cells }
        }
        return rows
    }
}
