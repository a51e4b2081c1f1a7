package import Domain
internal import JSON
package import Ports
internal import Primitives

extension LineAccountEffects {
    package static func creationChanges(of state: LineAccount) -> [StoredChange] { [] }

    package static func changes(for event: LineAccountEvent, offset: Int64, state: LineAccount) -> [StoredChange] {
        switch event {
        case .slip(let transaction, _):
            let row = state.entries[transaction].map { [StoredChange.slip(SlipRow($0))] } ?? []
            return row + [.unfinished(state.isUnfinished)]
        case .sending, .replied, .pushed, .unsent: return [.unfinished(state.isUnfinished)]
        case .received, .quotaChanged, .adminExpired, .adminRenewed: return []
        }
    }

    package static func recovery(of state: LineAccount, openReply: OpenReplyRow?) -> LineAccountOutcome? {
        state.isUnfinished ? .resumed : nil
    }
}

extension SlipRow {
    init(_ entry: LineAccount.Entry) {
        let slip = entry.slip
        let proof = slip.proof
        let reference = slip.claim?.reference ?? proof?.reference
        self.init(
            transaction: slip.transaction, status: slip.status.rawValue, reason: slip.reason,
            bank: reference?.bank.text,
            transRef: reference?.transRef, satang: proof?.amount.count, slip: proof?.json.bytes,
            user: slip.progress.user?.json.bytes, senderAccount: proof?.sender.account,
            senderBank: proof?.sender.bank?.text, receiverAccount: slip.progress.account?.account,
            createdAt: entry.receivedAt, creditedAt: slip.status == .credited ? slip.changedAt : nil)
    }
}

extension Slip {
    fileprivate var reason: String? {
        switch phase {
        case .review(let reason, _): reason.rawValue
        case .failed(let failure, _): failure.rawValue
        case .open, .credited, .duplicate: nil
        }
    }
}
