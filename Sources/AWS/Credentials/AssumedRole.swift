internal import Failures

/// The role that a profile assumes with the credentials of another one.
struct AssumedRole {
    private let chain: CredentialChain

    init(_ chain: CredentialChain) { self.chain = chain }

    /// - Parameter visited: the profiles on the way here, this one last.
    func find(
        _ name: String,
        _ isCancelled: () -> Bool,
        visited: [String]
    ) throws(AWSError) -> AWSCredentials {
        let profile = chain.settings.profiles[name] ?? [:]
        guard let role = profile["role_arn"] else {
            throw AWSError("the AWS profile '\(name)' has no role_arn", cause: .badRequest)
        }
        if profile["mfa_serial"] != nil {
            throw AWSError(
                "the AWS profile '\(name)' asks for a second factor (mfa_serial), which is not supported: nobody is there to type it; "
                    + "use a role without it",
                cause: .badRequest
            )
        }
        let source = try source(of: profile, name, isCancelled, visited)
        return try TokenService(chain).assume(
            role: role,
            session: profile["role_session_name"],
            externalID: profile["external_id"],
            seconds: profile["duration_seconds"],
            with: source,
            isCancelled
        )
    }

    private func source(
        of profile: [String: String],
        _ name: String,
        _ isCancelled: () -> Bool,
        _ visited: [String]
    ) throws(AWSError) -> AWSCredentials {
        switch (profile["source_profile"], profile["credential_source"]) {
        case (let source?, nil): return try ofProfile(source, name, isCancelled, visited)
        case (nil, let place?): return try ofPlace(place, name, isCancelled)
        case (nil, nil), (.some, .some):
            throw AWSError(
                "the AWS profile '\(name)' has a role_arn and needs exactly one of source_profile and credential_source",
                cause: .badRequest
            )
        }
    }

    private func ofProfile(
        _ source: String,
        _ name: String,
        _ isCancelled: () -> Bool,
        _ visited: [String]
    ) throws(AWSError) -> AWSCredentials {
        guard let values = chain.settings.profiles[source] else {
            throw AWSError(
                "the AWS profile '\(name)' names the source_profile '\(source)', which does not exist",
                cause: .badRequest
            )
        }
        // Keys of its own come before a role, or a profile could not be its own source.
        if let fixed = try chain.fixed(values, source) { return fixed }
        guard !visited.contains(source) else {
            throw AWSError(
                "the AWS profiles \((visited + [source]).joined(separator: " → ")) form a circle by source_profile; end it with keys",
                cause: .badRequest
            )
        }
        if let found = try chain.ofProfile(source, isCancelled, visited: visited, usesEnvironment: false) {
            return found
        }
        throw AWSError(
            "the AWS profile '\(source)', the source_profile of '\(name)', has no credentials",
            cause: .credentials
        )
    }

    private func ofPlace(
        _ place: String,
        _ name: String,
        _ isCancelled: () -> Bool
    ) throws(AWSError) -> AWSCredentials {
        let local = LocalEndpoints(chain.settings)
        let found: AWSCredentials? =
            switch place.lowercased() {
            case "environment": try chain.ofEnvironment()
            case "ec2instancemetadata": try local.ofMachine(isCancelled)
            case "ecscontainer": try local.ofContainer(isCancelled)
            default: nil
            }
        if let found { return found }
        throw AWSError(
            "the AWS profile '\(name)' takes its credentials from credential_source = \(place), and there are none; it may be "
                + "Environment, Ec2InstanceMetadata or EcsContainer",
            cause: .credentials
        )
    }
}

/// The role that a signed token of another identity provider stands for, as in Kubernetes.
struct WebIdentity {
    private let chain: CredentialChain

    init(_ chain: CredentialChain) { self.chain = chain }

    func find(
        _ profile: [String: String],
        _ name: String,
        usesEnvironment: Bool,
        _ isCancelled: () -> Bool
    ) throws(AWSError) -> AWSCredentials? {
        func value(_ variable: String, _ setting: String) -> String? {
            (usesEnvironment ? chain.settings.variable(variable) : nil) ?? profile[setting]
        }
        guard let path = value("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file") else { return nil }
        guard let role = value("AWS_ROLE_ARN", "role_arn") else {
            throw AWSError(
                "a web identity token file is set, and no role; set AWS_ROLE_ARN, or role_arn in the AWS profile '\(name)'",
                cause: .badRequest
            )
        }
        // Read each time: whoever put it there replaces it before it expires.
        let token = try SecretFile.read(path, "the web identity token file")
        return try TokenService(chain).assume(
            role: role,
            session: value("AWS_ROLE_SESSION_NAME", "role_session_name"),
            token: token,
            isCancelled
        )
    }
}
