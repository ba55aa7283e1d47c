internal import Failures
internal import HTTPClient
internal import JSON
internal import Time

/// Credentials as endpoints and programs hand them out.
enum CredentialReply {
    /// Reads `AccessKeyId`, `SecretAccessKey`, `Token` or `SessionToken`, `Expiration`.
    ///
    /// - Parameter origin: who handed them out, for messages; nothing of the body is repeated.
    static func json(_ body: [UInt8], from origin: String) throws(AWSError) -> AWSCredentials {
        let value = JSONValue.parse(body)
        // The metadata service reports failures with status 200.
        if let code = value?["Code"]?.text, code != "Success" {
            throw AWSError("\(origin) gives no credentials: \(code)", cause: .credentials)
        }
        return try make(
            value?["AccessKeyId"]?.text,
            value?["SecretAccessKey"]?.text,
            value?["Token"]?.text ?? value?["SessionToken"]?.text,
            value?["Expiration"]?.text,
            from: origin
        )
    }

    /// Reads the answer of STS.
    static func xml(_ body: [UInt8], from origin: String) throws(AWSError) -> AWSCredentials {
        let text = String(decoding: body, as: UTF8.self)
        return try make(
            XMLText.first("AccessKeyId", in: text),
            XMLText.first("SecretAccessKey", in: text),
            XMLText.first("SessionToken", in: text),
            XMLText.first("Expiration", in: text),
            from: origin
        )
    }

    private static func make(
        _ id: String?,
        _ key: String?,
        _ token: String?,
        _ expiration: String?,
        from origin: String
    ) throws(AWSError) -> AWSCredentials {
        guard let id, let key, !id.isEmpty, !key.isEmpty else {
            throw AWSError("\(origin) gives no AccessKeyId and SecretAccessKey", cause: .credentials)
        }
        let end = expiration.flatMap { Timestamp(rfc3339: $0) }
        if expiration != nil, end == nil {
            throw AWSError("\(origin) gives credentials with an Expiration that is no time", cause: .credentials)
        }
        return AWSCredentials(
            accessKeyID: id,
            secretAccessKey: Secret(key),
            sessionToken: token.flatMap { $0.isEmpty ? nil : Secret($0) },
            expiration: end
        )
    }
}
