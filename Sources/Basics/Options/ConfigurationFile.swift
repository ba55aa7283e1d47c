/// What a `reprise.yaml` says: option names with their values.
public struct ConfigurationFile: Sendable {
    /// One key of the file.
    public struct Entry: Sendable {
        /// An option's long name.
        public let key: String
        /// Its values; several where the file has a list.
        public let values: [String]
        /// The line it stands in, from 1.
        public let line: Int

        /// Makes an entry.
        public init(key: String, values: [String], line: Int) {
            self.key = key
            self.values = values
            self.line = line
        }
    }

    /// The file's path, for messages.
    public let path: String
    /// Its keys, in order.
    public let entries: [Entry]

    /// Makes a file's content.
    public init(path: String, entries: [Entry]) {
        self.path = path
        self.entries = entries
    }

    /// Refuses keys that are no option of any command: a setting that does nothing is a mistake.
    ///
    /// - Parameters:
    ///   - root: the command with all others below it; its own options are no settings.
    ///   - excluded: options that make no sense here, such as the one that names the file.
    /// - Throws: `ConfigurationError`.
    public func check(against root: Command, excluding excluded: Set<String> = []) throws(ConfigurationError) {
        let options = root.subcommands.flatMap(\.all).flatMap(\.options).filter { !excluded.contains($0.long) }
        for entry in entries {
            guard let option = options.first(where: { $0.long == entry.key }) else {
                let near = Suggestion.text(for: entry.key, among: options.map(\.long)) { $0 }
                throw ConfigurationError("\(path), line \(entry.line): no setting is called '\(entry.key)'\(near)")
            }
            guard entry.values.count == 1 || option.repeats else {
                throw ConfigurationError("\(path), line \(entry.line): '\(entry.key)' takes one value")
            }
            guard option.allowsEmpty || !entry.values.contains("") else {
                throw ConfigurationError(
                    "\(path), line \(entry.line): '\(entry.key)' is empty; give it a value or leave it out"
                )
            }
            guard !option.isFlag || ["true", "false"].contains(entry.values.first) else {
                throw ConfigurationError("\(path), line \(entry.line): '\(entry.key)' is true or false")
            }
        }
    }
}
