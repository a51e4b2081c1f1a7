package import Primitives

/// A bank account of the tenant, as its back end lists it.
package struct TenantAccount: Sendable, Equatable {
    /// The back end's own name for it: `toAccountId` of a credit.
    package let id: String
    package let number: String
    package let bank: BankCode?
    package let thaiName: String?
    package let englishName: String?

    package init(
        id: String, number: String, bank: BankCode? = nil, thaiName: String? = nil, englishName: String? = nil
    ) {
        self.id = id
        self.number = number
        self.bank = bank
        self.thaiName = thaiName
        self.englishName = englishName
    }
}

/// A row of the tenant's `account_name_mappings`: other names under which banks show an account. It goes before everything else
/// that is known of names.
package struct AccountNameMapping: Sendable, Equatable {
    package let number: String
    package let thaiName: String?
    package let englishName: String

    package init(number: String, thaiName: String?, englishName: String) {
        self.number = number
        self.thaiName = thaiName
        self.englishName = englishName
    }
}

/// The tenant's accounts as they were at `loadedAt`.
package struct AccountList: Sendable, Equatable {
    package let accounts: [TenantAccount]
    package let mappings: [AccountNameMapping]
    package let loadedAt: Timestamp

    package init(accounts: [TenantAccount], mappings: [AccountNameMapping] = [], loadedAt: Timestamp) {
        self.accounts = accounts
        self.mappings = mappings
        self.loadedAt = loadedAt
    }
}

/// A user of the tenant whom its back end names for a sender.
package struct UserCandidate: Sendable, Equatable {
    package let id: String
    package let memberCode: String?
    package let fullName: String
    package let bankAccount: String?
    package let bank: BankCode?

    package init(
        id: String, memberCode: String? = nil, fullName: String, bankAccount: String? = nil, bank: BankCode? = nil
    ) {
        self.id = id
        self.memberCode = memberCode
        self.fullName = fullName
        self.bankAccount = bankAccount
        self.bank = bank
    }
}
