internal import HTTPClient
internal import Options

/// Secrets that settings name: from a file, or from the environment, never from the command line.
enum SecretSettings {
    /// The first line of the file that an option names.
    ///
    /// - Throws: `ConfigurationError`, never with anything of the file.
    static func inFile(_ invocation: Invocation, of option: String) throws -> Secret? {
        guard let path = invocation.string(option) else { return nil }
        let text = try TextFile.read(path, "the file of --\(option)")
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard !line.isEmpty else { throw ConfigurationError("\(path) is empty") }
        return Secret(line)
    }
}
