internal import Encoding

extension Secret {
    /// The value of an `Authorization: Basic` field (RFC 7617): base64 of name, colon and password.
    public static func basic(username: String, password: Secret) -> Secret {
        Secret("Basic " + Base64.encode(Array((username + ":" + password.reveal()).utf8)))
    }

    /// The same secret behind a scheme, `ApiKey ` for example.
    public func prefixed(_ scheme: String) -> Secret { Secret(scheme + reveal()) }
}
