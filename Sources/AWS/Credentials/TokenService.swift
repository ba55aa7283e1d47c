internal import Failures
internal import HTTPClient
internal import Time

/// The two calls to AWS's token service (STS) that give credentials.
struct TokenService {
    private let chain: CredentialChain

    /// How long an answer may take.
    private static let timeout = Duration.seconds(10)

    init(_ chain: CredentialChain) { self.chain = chain }

    /// `AssumeRole`, signed with other credentials.
    func assume(
        role: String,
        session: String?,
        externalID: String?,
        seconds: String?,
        with credentials: AWSCredentials,
        _ isCancelled: () -> Bool
    ) throws(AWSError) -> AWSCredentials {
        var fields = [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", role)]
        fields.append(("RoleSessionName", session ?? self.session))
        if let externalID { fields.append(("ExternalId", externalID)) }
        if let seconds { fields.append(("DurationSeconds", seconds)) }
        return try send(fields, credentials, [], isCancelled)
    }

    /// `AssumeRoleWithWebIdentity`, which the token itself proves.
    func assume(
        role: String,
        session: String?,
        token: Secret,
        _ isCancelled: () -> Bool
    ) throws(AWSError) -> AWSCredentials {
        let fields = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session ?? self.session), ("WebIdentityToken", token.reveal()),
        ]
        return try send(fields, nil, [token], isCancelled)
    }

    private var session: String { "reprise-\(chain.clock.now.seconds)" }

    private func send(
        _ fields: [(String, String)],
        _ credentials: AWSCredentials?,
        _ secrets: [Secret],
        _ isCancelled: () -> Bool
    ) throws(AWSError) -> AWSCredentials {
        let region = chain.settings.region ?? "us-east-1"
        let named = try chain.settings.endpoint(of: "sts")
        let endpoint = if let named { named } else { try AWSEndpoint.own("sts", region) }
        let path = endpoint.path + "/"
        let form = fields.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        let request = SigningRequest(
            method: "POST",
            path: path,
            headers: [("host", endpoint.host), ("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: Array(form.utf8)
        )
        let filter = SecretFilter(
            secrets + (credentials.map { [$0.secretAccessKey] + ($0.sessionToken.map { [$0] } ?? []) } ?? [])
        )
        let signature = credentials.map {
            SigV4(region: region, service: "sts").sign(request, $0, at: chain.clock.now)
        }
        let sent = HTTPClientRequest(
            method: "POST",
            url: "\(endpoint.url.dropLast(endpoint.path.count))\(path)",
            headers: request.headers + (signature?.headers ?? []),
            authorization: signature?.authorization,
            body: Array(form.utf8)
        )
        let reply: AWSReply
        do {
            let client = try HTTPClient(configuration: chain.http)
            reply = AWSReply(try client.send(sent, timeout: Self.timeout, isCancelled: isCancelled), filter)
        } catch {
            throw AWSError("credentials: \(filter.blottedOut(of: error.message))", cause: error.failureCause)
        }
        guard reply.status == 200 else { throw refusal(reply, endpoint, role: fields[2].1) }
        return try CredentialReply.xml(reply.body, from: "STS")
    }

    private func refusal(_ reply: AWSReply, _ endpoint: AWSEndpoint, role: String) -> AWSError {
        let throttled: Set = ["Throttling", "ThrottlingException", "RequestLimitExceeded"]
        let cause: FailureCause =
            reply.status >= 500
            ? .serverFault : throttled.contains(reply.problem?.code ?? "") ? .rateLimited : .credentials
        return AWSError(
            "STS at \(endpoint.host) does not hand out the role \(role) (\(reply.text)); check the role's trust policy, and who asks",
            cause: cause
        )
    }
}
