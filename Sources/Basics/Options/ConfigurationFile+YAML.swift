internal import YAML

extension ConfigurationFile {
    /// Reads a settings file: a mapping from option names to a value or a list of values.
    ///
    /// - Parameters:
    ///   - text: the file's content.
    ///   - path: its name, for messages.
    /// - Throws: `ConfigurationError` with the line.
    public init(yaml text: String, path: String) throws(ConfigurationError) {
        let root: Node
        do throws(YAMLError) { root = try Node.parse(text, name: path) } catch {
            throw ConfigurationError(error.description)
        }
        guard let pairs = root.entries else {
            throw ConfigurationError(
                "\(path), line \(root.line): settings are names with values, 'journal: DIR' for example"
            )
        }
        var entries: [Entry] = []
        for pair in pairs {
            let nodes = pair.value.items ?? [pair.value]
            var values: [String] = []
            for node in nodes {
                guard let value = node.text else {
                    throw ConfigurationError(
                        "\(path), line \(node.line): '\(pair.key)' is a text, a number or a list of them"
                    )
                }
                values.append(value)
            }
            entries.append(Entry(key: pair.key, values: values, line: pair.line))
        }
        self.init(path: path, entries: entries)
    }
}
