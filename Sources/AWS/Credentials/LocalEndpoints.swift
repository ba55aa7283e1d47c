internal import Failures
internal import HTTPClient

/// What hands out credentials on this machine: a container's agent, or EC2's metadata service (version 2 only).
struct LocalEndpoints {
    private let settings: AWSSettings

    private static let attempts = 3
    private static let containerHosts: Set = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]

    init(_ settings: AWSSettings) { self.settings = settings }

    // MARK: - Containers

    /// nil where no container's variables are set.
    func ofContainer(_ isCancelled: () -> Bool) throws(AWSError) -> AWSCredentials? {
        guard let url = try containerURL() else { return nil }
        var authorization: Secret?
        if let path = settings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            authorization = try SecretFile.read(path, "the container's authorization token file")
        } else if let text = settings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            guard !text.contains(where: \.isNewline) else {
                throw AWSError("AWS_CONTAINER_AUTHORIZATION_TOKEN has a line break; remove it", cause: .credentials)
            }
            authorization = Secret(text)
        }
        let request = HTTPClientRequest(
            url: url,
            headers: [("Accept", "application/json")],
            authorization: authorization
        )
        let response = try send(request, .seconds(2), "the container's credential endpoint", isCancelled)
        guard response.status == 200 else {
            throw AWSError(
                "the container's credential endpoint \(request.displayURL) answers with status \(response.status); "
                    + "check AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI",
                cause: response.status >= 500 ? .serverFault : .credentials
            )
        }
        return try CredentialReply.json(response.body, from: "the container's credential endpoint")
    }

    private func containerURL() throws(AWSError) -> String? {
        if let path = settings.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            return "http://169.254.170.2\(path.hasPrefix("/") ? "" : "/")\(path)"
        }
        guard let url = settings.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        let lower = url.lowercased()
        let host = lower.hasPrefix("http://") ? String(lower.dropFirst(7).prefix { $0 != "/" }) : ""
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        guard
            lower.hasPrefix("https://") || Loopback.isHost(ofURL: url) && lower.hasPrefix("http://")
                || LocalEndpoints.containerHosts.contains(String(name))
        else {
            throw AWSError(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to this machine or the container's agent",
                cause: .badRequest
            )
        }
        return url
    }

    // MARK: - EC2

    /// nil where no metadata service answers, or it is switched off.
    func ofMachine(_ isCancelled: () -> Bool) throws(AWSError) -> AWSCredentials? {
        guard settings.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else { return nil }
        let usual =
            settings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
            ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
        var base = settings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? usual
        while base.hasSuffix("/") { base.removeLast() }
        let ask = HTTPClientRequest(
            method: "PUT",
            url: "\(base)/latest/api/token",
            headers: [("x-aws-ec2-metadata-token-ttl-seconds", "21600")],
            body: []
        )
        let answer: HTTPClientResponse
        do {
            answer = try LocalEndpoints.client().send(ask, timeout: .seconds(1), isCancelled: isCancelled)
        } catch {
            // Most machines are not in EC2.
            return nil
        }
        guard answer.status == 200 else {
            // Version 1, without a token, answers whoever can make this machine fetch a URL.
            throw metadata("hands out no token (status \(answer.status)); version 2 of it is needed", answer.status)
        }
        let token = String(decoding: answer.body, as: UTF8.self).trimmed
        let folder = "\(base)/latest/meta-data/iam/security-credentials/"
        let names = try get(folder, token, isCancelled)
        guard names.status == 200 else {
            throw metadata("names no role (status \(names.status)); give the instance an IAM role", names.status)
        }
        let role = String(decoding: names.body, as: UTF8.self).trimmed.prefix { !$0.isNewline }
        guard !role.isEmpty else { throw metadata("names no role; give the instance an IAM role", 404) }
        let reply = try get(folder + PercentEncoding.encode(String(role)), token, isCancelled)
        guard reply.status == 200 else {
            throw metadata("gives no credentials of the role \(role) (status \(reply.status))", reply.status)
        }
        return try CredentialReply.json(reply.body, from: "EC2's metadata service")
    }

    private func get(
        _ url: String,
        _ token: String,
        _ isCancelled: () -> Bool
    ) throws(AWSError) -> HTTPClientResponse {
        let request = HTTPClientRequest(url: url, headers: [("x-aws-ec2-metadata-token", token)])
        return try send(request, .seconds(1), "EC2's metadata service", isCancelled)
    }

    private func metadata(_ text: String, _ status: Int) -> AWSError {
        AWSError("EC2's metadata service \(text)", cause: status >= 500 ? .serverFault : .credentials)
    }

    // MARK: - Internal

    private func send(
        _ request: HTTPClientRequest,
        _ timeout: Duration,
        _ what: String,
        _ isCancelled: () -> Bool
    ) throws(AWSError) -> HTTPClientResponse {
        var last: HTTPClientError?
        for _ in 0..<LocalEndpoints.attempts where last?.code != .cancelled {
            do {
                let response = try LocalEndpoints.client().send(request, timeout: timeout, isCancelled: isCancelled)
                if response.status < 500 { return response }
                last = HTTPClientError(code: .other, message: "status \(response.status)")
            } catch {
                last = error
            }
        }
        throw AWSError("\(what) gives no credentials: \(last?.message ?? "")", cause: .network)
    }

    /// Link-local addresses are never asked through a proxy.
    private static func client() throws(HTTPClientError) -> HTTPClient {
        try HTTPClient(configuration: .init(userAgent: "reprise", connectTimeout: .seconds(1)))
    }
}
