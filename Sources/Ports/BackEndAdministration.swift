package import Primitives

/// The administrator's session at a tenant's back end, for who sits at a form. One instance a loop; confined to it; every
/// completion runs once, on it, in a later turn, within the bounds of the adapter (docs/LIMITS.md).
package protocol BackEndAdministration: AnyObject, Sendable {
    /// `baseURL` is the back end's, without a slash at the end; so of the other calls.
    func login(
        _ login: BackEndLogin, baseURL: String, _ completion: @escaping @Sendable (BackEndLoginAnswer) -> Void)
    /// Whether the back end said that the session is over.
    func logout(_ token: Secret, baseURL: String, _ completion: @escaping @Sendable (_ isOver: Bool) -> Void)
    /// Whether the session is still good.
    func validate(
        _ token: Secret, baseURL: String, _ completion: @escaping @Sendable (BackEndSessionState) -> Void)
}

/// What an administrator types in.
package struct BackEndLogin: Sendable, Equatable {
    package let username: String
    package let password: Secret
    package var captchaID: String?
    package var captchaCode: String?

    package init(username: String, password: Secret, captchaID: String? = nil, captchaCode: String? = nil) {
        self.username = username
        self.password = password
        self.captchaID = captchaID
        self.captchaCode = captchaCode
    }
}

package enum BackEndLoginAnswer: Sendable, Equatable {
    case success(token: Secret, refreshToken: Secret?, expiresAt: Timestamp?, username: String)
    /// Wrong credentials or captcha; with the back end's own words, where it has any.
    case refused(message: String?)
    case unavailable
}

package enum BackEndSessionState: Sendable, Equatable { case active, expired, unavailable }
