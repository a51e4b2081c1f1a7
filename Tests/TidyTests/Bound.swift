/// A named bound of the source: `Type.property`, and its default where that is written as a number or a duration.
struct Bound: Hashable {
    let name: String
    /// In bytes, seconds or a count; nil when the default is an expression that is not read here.
    let value: Double?

    /// A bound is a number or duration among the defaults of a type called `…Limits`, `…Configuration`, `…Timeouts`, `…Policy`
    /// or `Bound`, and any constant called `max…`, `min…` or `…Limit`. One declared in a nested `Configuration` or `Bound`
    /// belongs to the type around it, or, at the top of a file, to the file.
    static func all(in file: Repository.File) -> [Bound] {
        var bounds: [Bound] = []
        var types: [(indent: Int, name: String)] = []
        for (_, line) in file.code {
            let indent = line.prefix { $0 == " " }.count
            let text = line.dropFirst(indent)
            if text.isEmpty || text.hasPrefix(")") || text.hasPrefix("}") { continue }
            while let last = types.last, last.indent >= indent { types.removeLast() }
            if let type = text.firstMatch(of: typeDeclaration) {
                types.append((indent, String(type.output.1)))
            } else if let type = types.last, indent == type.indent + 4,
                let property = text.firstMatch(of: propertyDeclaration)?.output
            {
                let name = String(property.name)
                let value = property.value.map(String.init)
                let isDefault =
                    ["Limits", "Configuration", "Timeouts", "Policy", "Bound"].contains(where: type.name.hasSuffix)
                    && (value.map(isNumeric) ?? (property.type == "Duration"))
                let isConstant = property.isStatic != nil && name.contains(constantName)
                if isDefault || isConstant {
                    let number = value.flatMap(Self.value(ofSource:))
                    bounds.append(Bound(name: "\(owner(types, file)).\(name)", value: number))
                }
            }
        }
        return bounds
    }

    private static func owner(_ types: [(indent: Int, name: String)], _ file: Repository.File) -> String {
        types.last { !["Configuration", "Bound"].contains($0.name) }?.name ?? file.name
    }

    private static func isNumeric(_ source: String) -> Bool {
        source.contains(#/^(Duration)?(\.seconds\(|\.milliseconds\(|\.zero)?\d*/#) && value(ofSource: source) != nil
    }

    // MARK: Values

    /// `8 * 1024`, `65_536`, `Duration.seconds(10)`, `.milliseconds(50)`, `.zero`.
    static func value(ofSource source: String) -> Double? {
        let text = source.replacing("Duration.", with: ".").replacing("_", with: "").trimmingPrefix(" ")
        if text == ".zero" { return 0 }
        if let seconds = text.wholeMatch(of: #/\.seconds\(([\d.]+)\)/#) { return Double(seconds.output.1) }
        if let milliseconds = text.wholeMatch(of: #/\.milliseconds\(([\d.]+)\)/#) {
            return Double(milliseconds.output.1).map { $0 / 1000 }
        }
        var product = 1.0
        for factor in text.split(separator: "*") {
            guard let number = Double(factor.filter { $0 != " " }) else { return nil }
            product *= number
        }
        return product
    }

    /// `8 KiB`, `65,536`, `10 s`, `50 ms`, `256`.
    static func value(ofDocument text: Substring) -> Double? {
        guard let match = text.wholeMatch(of: #/([\d,.]+)( (KiB|MiB|s|ms))?/#),
            let number = Double(match.output.1.filter { $0 != "," })
        else { return nil }
        switch match.output.3 {
        case "KiB": return number * 1024
        case "MiB": return number * 1024 * 1024
        case "ms": return number / 1000
        default: return number
        }
    }

    // The declarations as swift-format writes them. Regular expressions are values that nobody changes.
    nonisolated(unsafe) private static let typeDeclaration =
        #/
        ^(?:(?:package|private|fileprivate|final|indirect)\s+)*
        (?:struct|class|enum|extension|actor|protocol)\s+(?:\w+\.)*(\w+)
        /#
    nonisolated(unsafe) private static let propertyDeclaration =
        #/
        ^(?:(?:package|private|fileprivate|nonisolated)(?:\(set\))?\s+)*
        (?<isStatic>static\s)?(?:let|var)\s(?<name>\w+)(?::\s(?<type>\w+))?(?:\s=\s(?<value>[^{]*))?$
        /#
    nonisolated(unsafe) private static let constantName = #/^(?:max|min)[A-Z]|Limit$/#
}
