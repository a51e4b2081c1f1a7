/// Bounds of what the slip service's routes take (docs/LIMITS.md).
enum SlipServiceLimits {
    /// Of a tenant, a LINE account.
    static let maxIDBytes = 32
    /// Of names that people give.
    static let maxNameCharacters = 120
    /// LINE takes no longer ones in a message's action.
    static let maxURLBytes = 1000
    /// LINE's tokens have some 180.
    static let maxSecretBytes = 1024
    static let maxUsernameBytes = 128
    static let maxPasswordBytes = 256
    static let maxCaptchaBytes = 128
    static let maxMessageCharacters = 500
    static let maxAccountListMinutes = 1_440
    /// LINE accounts of one tenant; a login tells each of them.
    static let maxLineAccounts = 64
    static let maxMappings = 1_000
    /// Of an account's number, mask and hyphens included.
    static let maxNumberBytes = 40
    static let maxBranchBytes = 32
    /// Of names that a search or a match is asked for.
    static let maxPartyCharacters = 200
    /// A mini-QR's text.
    static let maxPayloadBytes = 512
    /// Ids at the tenant's back end.
    static let maxBackEndIDBytes = 128
    /// A body of verify-slip: an image of 4 MiB, its form and its fields.
    static let maxSlipBodyBytes = 4300 * 1024
    /// Fields of that form; four are known.
    static let maxSlipParts = 8
    /// Changes of settings that wait for those before them.
    static let maxWaitingChanges = 256
    /// Credits that are on their way or whose outcome is not known for so long.
    static let maxOpenCredits = 4_096
    /// How old what is known of an administrator's session may be before the back end is asked again.
    static let maxSessionAge = Duration.seconds(60)
    /// Attempts to tell one LINE account that its administrator has logged in, a second apart at first.
    static let maxRenewals = 6
}
