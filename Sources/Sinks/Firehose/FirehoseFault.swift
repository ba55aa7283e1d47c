internal import AWS
internal import Failures
internal import HTTPClient

/// What a refused call means, and what to do about it.
struct FirehoseFault {
    /// The stream's name.
    let stream: String
    /// Where it was looked for.
    let region: String

    private static let throttling: Set = [
        "ServiceUnavailableException", "ServiceUnavailable", "Throttling", "ThrottlingException", "ThrottledException",
        "RequestThrottledException", "RequestThrottled", "TooManyRequestsException", "SlowDown",
        "ProvisionedThroughputExceededException", "LimitExceededException", "RequestLimitExceeded",
    ]
    private static let unknownCredentials: Set = [
        "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch",
        "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "AuthFailure", "RequestExpired", "OptInRequired",
    ]

    /// The result of a call that was answered with anything but 200.
    func result(of reply: AWSReply) -> CallResult {
        let code = reply.problem?.code ?? ""
        if reply.status == 413 || code == "RequestEntityTooLargeException" { return .tooLarge }
        if FirehoseFault.throttling.contains(code) || reply.status == 429 {
            return .failed(.rateLimited, reason: "Firehose asks for less (\(reply.text))", after: reply.head.retryAfter)
        }
        if reply.status >= 500 {
            return .failed(.serverFault, reason: "Firehose failed (\(reply.text))", after: reply.head.retryAfter)
        }
        let (cause, advice) = meaning(code, reply)
        return .failed(cause, reason: "\(advice) (\(reply.text))")
    }

    private func meaning(_ code: String, _ reply: AWSReply) -> (FailureCause, String) {
        let words = reply.problem?.message.lowercased() ?? ""
        switch code {
        case _ where words.contains("not active") || words.contains("active state") || words.contains("being created"):
            return (
                .blocked,
                "the delivery stream '\(stream)' is not ACTIVE; wait until it is, or see why with: "
                    + "aws firehose describe-delivery-stream --delivery-stream-name \(stream)"
            )
        case "ResourceNotFoundException":
            return (
                .missingTarget,
                "there is no delivery stream '\(stream)' in \(region); create it, or check its name, AWS_REGION and the account"
            )
        case "InvalidKMSResourceException", "KMSAccessDeniedException", "KMSDisabledException",
            "KMSInvalidStateException",
            "KMSNotFoundException":
            return (
                .permission,
                "Firehose cannot use the KMS key of the delivery stream '\(stream)'; enable the key, and let the stream's role use it "
                    + "(kms:GenerateDataKey, kms:Decrypt)"
            )
        case "InvalidSourceException":
            return (
                .foreignTarget,
                "the delivery stream '\(stream)' takes no direct PUT; name one whose source is Direct PUT"
            )
        case "AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "NotAuthorized":
            return (
                .permission,
                "these credentials may not put into the delivery stream '\(stream)'; allow firehose:PutRecordBatch on it"
            )
        case _ where FirehoseFault.unknownCredentials.contains(code):
            return (
                .credentials,
                "AWS does not accept these credentials; check the key, its session token, and this machine's clock"
            )
        default:
            let cause = FailureCause(httpStatus: reply.status) ?? .badRequest
            return (cause, "Firehose refuses to take records for '\(stream)'; check the endpoint and the stream")
        }
    }
}
