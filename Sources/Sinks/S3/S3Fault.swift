internal import AWS
internal import Failures
internal import HTTPClient

/// What a refused request means, and what to do about it.
struct S3Fault {
    let address: S3Address
    /// The region that requests are signed for.
    let region: String

    private static let throttling: Set = [
        "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests",
        "ServiceUnavailable",
        "RequestThrottled", "BandwidthLimitExceeded",
    ]
    /// The same request may succeed: another is under way, or it was damaged or cut on the way.
    private static let passing: Set = [
        "InternalError", "OperationAborted", "ConditionalRequestConflict", "RequestTimeout", "BadDigest",
        "IncompleteBody",
        "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "InvalidPart",
    ]
    private static let unknownCredentials: Set = [
        "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired",
        "RequestTimeTooSkewed", "InvalidClientTokenId", "UnrecognizedClientException", "NotSignedUp", "RequestExpired",
    ]

    /// The result of a request that was answered with anything but success.
    func result(of reply: AWSReply) -> CallResult {
        let code = reply.problem?.code ?? ""
        if S3Fault.throttling.contains(code) || reply.status == 429 || code.isEmpty && reply.status == 503 {
            return .failed(.rateLimited, reason: "S3 asks for less (\(reply.text))", after: reply.head.retryAfter)
        }
        if S3Fault.passing.contains(code) || reply.status == 409 || reply.status >= 500 && reply.status != 501 {
            return .failed(.serverFault, reason: "S3 failed (\(reply.text))", after: reply.head.retryAfter)
        }
        let (cause, advice) = meaning(code, reply)
        return .failed(cause, reason: "\(advice) (\(reply.text))")
    }

    /// The result where an object is there and holds something else.
    func conflict(_ key: String) -> CallResult {
        .failed(
            .foreignTarget,
            reason:
                "\(key) is in the bucket '\(address.bucket)' already, with other content: another journal of these offsets, a "
                + "journal that was pruned or damaged since, or another version of the compressor; name another prefix, or delete "
                + "the object"
        )
    }

    /// The result where an object is there, and may not be read.
    func unreadable(_ key: String, _ reply: AWSReply) -> CallResult {
        guard reply.status == 403 else { return result(of: reply) }
        return .failed(
            .permission,
            reason:
                "\(key) is in the bucket already, and these credentials may not read it to compare it (\(reply.text)); allow "
                + "s3:GetObject on \(resource)"
        )
    }

    private var resource: String { "arn:aws:s3:::\(address.bucket)/\(address.key("*"))" }

    private func meaning(_ code: String, _ reply: AWSReply) -> (FailureCause, String) {
        let bucket = "the bucket '\(address.bucket)'"
        switch code {
        case "NoSuchBucket":
            return (
                .missingTarget, "there is no bucket '\(address.bucket)'; create it, or check its name and the endpoint"
            )
        case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException":
            return (.badRequest, elsewhere(reply))
        case _ where [301, 307].contains(reply.status): return (.badRequest, elsewhere(reply))
        case _ where code.hasPrefix("KMS."):
            return (
                .permission,
                "S3 cannot use the KMS key of \(bucket); enable the key, and let these credentials use it "
                    + "(kms:GenerateDataKey, kms:Decrypt)"
            )
        case "AccessDenied", "AllAccessDisabled", "AccountProblem":
            return (
                .permission,
                "these credentials may not write to \(address); allow s3:PutObject, s3:GetObject and s3:AbortMultipartUpload on "
                    + resource
            )
        case _ where S3Fault.unknownCredentials.contains(code):
            return (
                .credentials,
                "AWS does not accept these credentials; check the key, its session token, and this machine's clock"
            )
        case "NotImplemented":
            return (.badRequest, "this server lacks a part of S3 that write-once objects need")
        default:
            let cause = FailureCause(httpStatus: reply.status) ?? .badRequest
            return (cause, "S3 refuses to take an object for \(address); check the endpoint and the bucket")
        }
    }

    private func elsewhere(_ reply: AWSReply) -> String {
        let other = S3Answer.region(reply)
        let advice = other.map { "set AWS_REGION=\($0)" } ?? "set AWS_REGION to its region"
        return "the bucket '\(address.bucket)' is not in \(region); \(advice)"
    }
}
