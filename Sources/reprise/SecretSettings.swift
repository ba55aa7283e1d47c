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

    /// Throws where a secret is so short that it cannot be kept out of logs and journals where somebody repeats it.
    ///
    /// What goes to this machine only may be as short as one likes.
    ///
    /// - Parameters:
    ///   - what: names the secret, and where it was set.
    ///   - url: where it is sent.
    static func check(_ secret: Secret?, _ what: String, for url: String) throws {
        guard secret?.isTooShortToHide == true, !Loopback.isHost(ofURL: url) else { return }
        throw tooShort(what)
    }

    /// The error for a secret that is too short.
    static func tooShort(_ what: String) -> ConfigurationError {
        ConfigurationError(
            "\(what) has fewer than 6 characters: so short a secret cannot be told from other text, and would stand in the log "
                + "wherever an answer repeats it; copy it again whole, or have a longer one made"
        )
    }
}
