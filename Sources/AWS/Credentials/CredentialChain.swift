internal import Failures
public import HTTPClient

/// Looks for credentials where botocore does, in its order; the first place that has some counts.
public struct CredentialChain: Sendable {
    let settings: AWSSettings
    let http: HTTPClientConfiguration
    let clock: SigningClock

    /// Makes a chain; nothing is looked for yet.
    ///
    /// - Parameter http: how STS is asked.
    public init(_ settings: AWSSettings, http: HTTPClientConfiguration, clock: SigningClock) {
        self.settings = settings
        self.http = http
        self.clock = clock
    }

    /// Looks for credentials.
    ///
    /// - Parameter isCancelled: asked several times a second; true ends the search.
    /// - Throws: `AWSError`: a place that should have some and does not, or where there are none at all.
    public func find(isCancelled: () -> Bool) throws(AWSError) -> AWSCredentials {
        if let found = try ofEnvironment() { return found }
        if let found = try ofProfile(settings.profileName, isCancelled) { return found }
        let local = LocalEndpoints(settings)
        if let found = try local.ofContainer(isCancelled) { return found }
        if let found = try local.ofMachine(isCancelled) { return found }
        throw AWSError(
            "no AWS credentials were found: neither in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), nor in the profile "
                + "'\(settings.profileName)' of \(settings.credentialsPath) and \(settings.configPath), nor from a container or EC2; "
                + "set one of them",
            cause: .credentials
        )
    }

    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    func ofEnvironment() throws(AWSError) -> AWSCredentials? {
        guard let id = settings.variable("AWS_ACCESS_KEY_ID") else { return nil }
        guard let key = settings.variable("AWS_SECRET_ACCESS_KEY") else {
            throw AWSError("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not; set both", cause: .credentials)
        }
        let token = settings.variable("AWS_SECURITY_TOKEN") ?? settings.variable("AWS_SESSION_TOKEN")
        return AWSCredentials(accessKeyID: id, secretAccessKey: Secret(key), sessionToken: token.map { Secret($0) })
    }

    /// All that a profile may say, and the web identity of the environment.
    func ofProfile(
        _ name: String,
        _ isCancelled: () -> Bool,
        visited: [String] = [],
        usesEnvironment: Bool = true
    ) throws(AWSError) -> AWSCredentials? {
        let profile = settings.profiles[name] ?? [:]
        if profile["role_arn"] != nil, profile["web_identity_token_file"] == nil {
            return try AssumedRole(self).find(name, isCancelled, visited: visited + [name])
        }
        if let found = try WebIdentity(self).find(profile, name, usesEnvironment: usesEnvironment, isCancelled) {
            return found
        }
        for (setting, what) in [
            ("sso_session", "IAM Identity Center (SSO)"), ("sso_start_url", "IAM Identity Center (SSO)"),
        ] where profile[setting] != nil { throw unsupported(what, setting, name) }
        if let found = try fixed(settings.credentialProfiles[name] ?? [:], name) { return found }
        if profile["login_session"] != nil { throw unsupported("aws login", "login_session", name) }
        if let command = profile["credential_process"] {
            return try CredentialProgram(command, profile: name).run(isCancelled)
        }
        return try fixed(profile, name)
    }

    /// Keys that stand in a file.
    func fixed(_ profile: [String: String], _ name: String) throws(AWSError) -> AWSCredentials? {
        guard let id = profile["aws_access_key_id"] else { return nil }
        guard let key = profile["aws_secret_access_key"] else {
            throw AWSError(
                "the AWS profile '\(name)' has an aws_access_key_id and no aws_secret_access_key; give both",
                cause: .credentials
            )
        }
        let token = profile["aws_session_token"] ?? profile["aws_security_token"]
        return AWSCredentials(accessKeyID: id, secretAccessKey: Secret(key), sessionToken: token.map { Secret($0) })
    }

    private func unsupported(_ what: String, _ setting: String, _ name: String) -> AWSError {
        AWSError(
            "the AWS profile '\(name)' uses \(what) (\(setting)), which is not supported; let the AWS CLI hand the credentials over: "
                + "credential_process = aws configure export-credentials --profile \(name) in a profile of its own",
            cause: .badRequest
        )
    }
}
