internal import Primitives

/// Money that moved, as one side's books have it.
struct BookEntry: Equatable {
    /// What both sides call it: a transfer, a payment.
    let reference: String
    let amount: Money
    /// The session whose journal it stands in, and where; empty of a counterpart's book.
    var session = ""
    var offset: Int64 = 0

    var amountText: String { "\(amount.decimal) \(amount.currency.code)" }
}

/// Holds what journals say was paid or credited against the books of who paid it or was to credit it.
struct Books {
    /// Whose books the journals are held against, in words: `the back end's ledger`.
    let counterpart: String

    /// Every entry has exactly one partner of the same amount on the other side, else it is a finding.
    func compare(journals: [BookEntry], counterpart entries: [BookEntry]) -> [Oracle.Finding] {
        let ours = Dictionary(grouping: journals, by: \.reference)
        let theirs = Dictionary(grouping: entries, by: \.reference)
        var findings: [Oracle.Finding] = []
        for (reference, entries) in ours.sorted(by: { $0.key < $1.key }) {
            if entries.count > 1 {
                findings.append(
                    finding(.duplicated, entries, "\(reference) stands in the journals \(entries.count) times"))
            }
            let partners = theirs[reference] ?? []
            guard let first = entries.first, let partner = partners.first else {
                findings.append(
                    finding(.unbalanced, entries, "\(reference) of \(sum(entries)) is not in \(counterpart)"))
                continue
            }
            if partners.count > 1 {
                findings.append(
                    finding(.unbalanced, entries, "\(counterpart) has \(reference) \(partners.count) times"))
            }
            if first.amount != partner.amount {
                findings.append(
                    finding(
                        .unbalanced, entries,
                        "\(reference) is \(first.amountText) in the journal, \(partner.amountText) in \(counterpart)"))
            }
        }
        for (reference, entries) in theirs.sorted(by: { $0.key < $1.key }) where ours[reference] == nil {
            findings.append(
                finding(.unbalanced, [], "\(counterpart) has \(reference) of \(sum(entries)), which no journal has"))
        }
        return findings
    }

    private func sum(_ entries: [BookEntry]) -> String { entries.map(\.amountText).joined(separator: " and ") }

    private func finding(_ kind: Oracle.Kind, _ entries: [BookEntry], _ detail: String) -> Oracle.Finding {
        Oracle.Finding(
            kind: kind, session: entries.first?.session ?? "", detail: detail,
            journal: entries.map { ($0.offset, "at this offset") })
    }
}
