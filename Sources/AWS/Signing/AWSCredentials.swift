public import HTTPClient
public import Time

/// What requests to AWS are signed with.
public struct AWSCredentials: Sendable, Hashable {
    /// Names the key; no secret, and part of every signature.
    public let accessKeyID: String
    /// The key.
    public let secretAccessKey: Secret
    /// Goes with a temporary key, and is as secret.
    public let sessionToken: Secret?
    /// Until when they are valid; nil for keys that do not expire.
    public let expiration: Timestamp?

    /// Makes credentials from their parts.
    public init(
        accessKeyID: String,
        secretAccessKey: Secret,
        sessionToken: Secret? = nil,
        expiration: Timestamp? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }

    /// Removes both secrets from texts that come from outside.
    public var filter: SecretFilter { SecretFilter([secretAccessKey] + (sessionToken.map { [$0] } ?? [])) }
}
