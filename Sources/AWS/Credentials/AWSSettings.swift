internal import Failures
internal import FoundationEssentials

/// What environment and files say of AWS, by botocore's names.
public struct AWSSettings: Sendable {
    private let variables: [String: String]
    /// The profile that counts: `AWS_DEFAULT_PROFILE`, else `AWS_PROFILE`, else `default`.
    let profileName: String
    let credentialsPath: String
    let configPath: String
    /// The sections of the shared credentials file alone.
    let credentialProfiles: [String: [String: String]]
    /// Both files' profiles, the credentials file's values first.
    let profiles: [String: [String: String]]

    /// Reads the two files that the environment names, or those in `~/.aws`; one that is not there is empty.
    ///
    /// - Parameter environment: the process's.
    /// - Throws: `AWSError` for a file that cannot be read, or a profile that is in neither.
    public init(environment: [String: String]) throws(AWSError) {
        variables = environment.filter { !$0.value.isEmpty }
        let home = variables["HOME"] ?? ""
        func path(_ variable: String, _ usual: String) -> String {
            guard let path = environment[variable], !path.isEmpty else { return "\(home)/.aws/\(usual)" }
            return path.hasPrefix("~/") ? home + path.dropFirst() : path
        }
        credentialsPath = path("AWS_SHARED_CREDENTIALS_FILE", "credentials")
        configPath = path("AWS_CONFIG_FILE", "config")
        credentialProfiles = try AWSSettings.read(credentialsPath).sections
        var profiles = try AWSSettings.read(configPath).configProfiles
        for (name, values) in credentialProfiles { profiles[name, default: [:]].merge(values) { _, new in new } }
        self.profiles = profiles
        let named = variables["AWS_DEFAULT_PROFILE"] ?? variables["AWS_PROFILE"]
        profileName = named ?? "default"
        if let named, profiles[named] == nil {
            throw AWSError(
                "the AWS profile '\(named)' is neither in \(configPath) nor in \(credentialsPath); check AWS_PROFILE",
                cause: .credentials
            )
        }
    }

    /// The values of the profile that counts.
    var profile: [String: String] { profiles[profileName] ?? [:] }

    /// A variable of the environment; nil where it is empty, too.
    func variable(_ name: String) -> String? { variables[name] }

    /// The region; nil where none is set.
    public var region: String? { variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") ?? profile["region"] }

    /// The endpoint that is set for a service; nil where AWS's own counts.
    ///
    /// - Throws: `AWSError` for a setting that is no URL.
    func endpoint(of service: String) throws(AWSError) -> AWSEndpoint? {
        if variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.lowercased() == "true" { return nil }
        for name in ["AWS_ENDPOINT_URL_\(service.uppercased())", "AWS_ENDPOINT_URL"] {
            if let url = variable(name) { return try AWSEndpoint(url, from: name) }
        }
        guard let url = profile["endpoint_url"] else { return nil }
        return try AWSEndpoint(url, from: "endpoint_url of the AWS profile '\(profileName)'")
    }

    private static func read(_ path: String) throws(AWSError) -> ProfileFile {
        guard FileManager.default.fileExists(atPath: path) else { return ProfileFile("") }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw AWSError("\(path) cannot be read; check who may", cause: .permission)
        }
        return ProfileFile(String(decoding: data, as: UTF8.self))
    }
}
