/// What all our HTML pages have: one file that asks for nothing, without a script, for light and dark, screen and paper.
enum ReportPage {
    /// The policy makes it certain: were something to slip in, the browser would not fetch or run it.
    private static let policy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

    static func page(title: String, _ body: Markup) -> Markup {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="\(policy)">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        <link rel="icon" href="data:,">
        <style>\(style)</style>
        </head>
        <body><main>
        \(body)
        </main></body>
        </html>

        """
    }

    static func section(_ id: String, _ title: String, _ content: Markup) -> Markup {
        "<section id=\"\(id)\" aria-labelledby=\"\(id)-title\"><h2 id=\"\(id)-title\">\(title)</h2>\n\(content)</section>\n"
    }

    /// A table that scrolls inside itself where the screen is narrow. The first column names the row, the others have numbers
    /// unless they are among `words`. `classes`: one for each row, or none.
    static func table(
        _ caption: String, _ heads: [String], _ rows: [[Markup]], words: Set<Int> = [], classes: [String] = []
    ) -> Markup {
        func kind(_ column: Int) -> Markup { words.contains(column) ? " class=\"words\"" : "" }
        let head = heads.enumerated().map { column, title -> Markup in
            "<th scope=\"col\"\(kind(column))>\(title)</th>"
        }
        let lines = rows.indices.map { index -> Markup in
            let cells = rows[index].enumerated().map { column, cell -> Markup in
                column == 0 ? "<th scope=\"row\">\(cell)</th>" : "<td\(kind(column))>\(cell)</td>"
            }
            let name = classes.indices.contains(index) ? classes[index] : ""
            return name.isEmpty ? "<tr>\(cells)</tr>\n" : "<tr class=\"\(name)\">\(cells)</tr>\n"
        }
        return """
            <div class="scroll" role="region" tabindex="0" aria-label="\(caption)"><table><caption class="unseen">\(caption)</caption>
            <thead><tr>\(head)</tr></thead>
            <tbody>\(lines)</tbody></table></div>

            """
    }

    static func facts(_ facts: [(name: String, value: Markup)]) -> Markup {
        "<dl>\(facts.map { fact -> Markup in "<div><dt>\(fact.name)</dt><dd>\(fact.value)</dd></div>\n" })</dl>\n"
    }

    /// A command as a shell takes it, selected whole with one click.
    static func command(_ words: [String]) -> Markup {
        "<pre class=\"command\" tabindex=\"0\"><code>\(words.map(quoted).joined(separator: " "))</code></pre>\n"
    }

    /// POSIX shell quoting.
    static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy { scalar in
            ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                || "-_./:=,@%+".unicodeScalars.contains(scalar)
        }
        guard word.isEmpty || !isPlain else { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
