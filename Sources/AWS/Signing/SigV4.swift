internal import Hashing
public import HTTPClient
public import Time

/// A request as far as its signature depends on it.
public struct SigningRequest: Sendable {
    /// The method.
    public var method: String
    /// The path, percent-encoded as it is sent.
    public var path: String
    /// The query, percent-encoded as it is sent, without its question mark.
    public var query: String
    /// The fields that are sent, `host` among them exactly as libcurl sends it.
    public var headers: [(name: String, value: String)]
    /// The SHA-256 of the body in hexadecimal digits, or `UNSIGNED-PAYLOAD`.
    public var payloadHash: String

    /// Makes a request from its parts; the body is hashed here.
    public init(
        method: String,
        path: String,
        query: String = "",
        headers: [(name: String, value: String)],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        payloadHash = SHA256(body).hexadecimal
    }
}

/// Signature Version 4, as AWS's services check it: pure, time comes in as a parameter.
public struct SigV4: Sendable {
    /// The region in the signature's scope.
    public let region: String
    /// The service in the signature's scope: `firehose`, `s3`, `sts`.
    public let service: String

    /// What is sent besides the request's own fields.
    public struct Signature: Sendable {
        /// Fields that are part of the signature: the time, and where needed the token and the body's hash.
        public let headers: [(name: String, value: String)]
        /// The value of the `Authorization` field.
        public let authorization: Secret
        /// What was signed; nothing in it is secret but the token, if there is one.
        let canonicalRequest: String
        /// 64 hexadecimal digits.
        let signature: String
    }

    /// Makes a signer for one service in one region.
    public init(region: String, service: String) {
        self.region = region
        self.service = service
    }

    /// Signs a request.
    ///
    /// - Parameter time: the time by the service's own clock, which may be off by five minutes at most.
    public func sign(_ request: SigningRequest, _ credentials: AWSCredentials, at time: Timestamp) -> Signature {
        let stamp = SigV4.stamp(time)
        var added = [(name: "x-amz-date", value: stamp)]
        if let token = credentials.sessionToken { added.append(("x-amz-security-token", token.reveal())) }
        if ["s3", "aoss"].contains(service) { added.append(("x-amz-content-sha256", request.payloadHash)) }
        let canonical = CanonicalRequest(request, headers: request.headers + added, isS3: service == "s3")
        let day = String(stamp.prefix(8))
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(SHA256(canonical.text).hexadecimal)"
        let signature = SHA256(key: key(credentials, day), text).hexadecimal
        return Signature(
            headers: added,
            authorization: Secret(
                "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), "
                    + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)"
            ),
            canonicalRequest: canonical.text,
            signature: signature
        )
    }

    /// The key of a day, a region and a service.
    func key(_ credentials: AWSCredentials, _ day: String) -> [UInt8] {
        [day, region, service, "aws4_request"].reduce(Array("AWS4\(credentials.secretAccessKey.reveal())".utf8)) {
            SHA256(key: $0, $1).bytes
        }
    }

    /// `20150830T123600Z`.
    static func stamp(_ time: Timestamp) -> String {
        // RFC 3339 has the same digits in the same order.
        let digits = Timestamp(microseconds: time.seconds * 1_000_000).rfc3339.prefix(19).filter {
            $0 != "-" && $0 != ":"
        }
        return "\(digits)Z"
    }
}
