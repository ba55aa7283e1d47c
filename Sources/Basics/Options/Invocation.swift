/// A command as it was called, with its settings from all places.
public struct Invocation: Sendable {
    private let parsed: ParsedCommandLine
    private let configuration: ConfigurationFile?
    /// The process's environment.
    public let environment: [String: String]

    /// Makes an invocation.
    public init(_ parsed: ParsedCommandLine, environment: [String: String], configuration: ConfigurationFile?) {
        self.parsed = parsed
        self.environment = environment
        self.configuration = configuration
    }

    /// The arguments by place.
    public var arguments: [String] { parsed.arguments }

    /// The words that called it, `reprise journal cat` for example.
    public var path: String { parsed.path.joined(separator: " ") }

    /// An option's value, or nil where no place has one; the last where several are given.
    public func string(_ long: String) -> String? { strings(long).last }

    /// All values of an option that may be given several times.
    public func strings(_ long: String) -> [String] { setting(long).values }

    /// An option's values and the place that has them, from the strongest place to the weakest.
    private func setting(_ long: String) -> (values: [String], place: ValueError.Place) {
        if let given = parsed.options[long] { return (given, .commandLine) }
        guard let option = parsed.command.options.first(where: { $0.long == long }) else {
            preconditionFailure("\(path) reads --\(long), which it does not declare")
        }
        // An empty variable is one that is not set.
        if let name = option.environment, let value = environment[name], !value.isEmpty {
            return ([value], .variable(name))
        }
        if !option.onlyOnCommandLine, let configuration,
            let entry = configuration.entries.last(where: { $0.key == long })
        {
            return (entry.values, .file(configuration.path, line: entry.line))
        }
        return (option.default.map { [$0] } ?? [], .commandLine)
    }

    /// Whether a flag is set.
    public func flag(_ long: String) -> Bool { string(long) == "true" || string(long) == "1" }

    /// Whether the command line itself gives an option, where every user of the machine can read it.
    public func isOnCommandLine(_ long: String) -> Bool { parsed.options[long] != nil }

    /// The environment variable that gives an option, or nil.
    public func variable(of long: String) -> String? {
        parsed.command.options.first { $0.long == long }?.environment
    }

    /// A whole number that is not negative.
    ///
    /// - Throws: `ValueError`.
    public func int(_ long: String) throws(ValueError) -> Int? {
        guard let text = string(long) else { return nil }
        guard let value = Int(text), value >= 0 else { throw wrong(long, text, "a whole number") }
        return value
    }

    /// A number of bytes: `4096`, `16MiB`, `2GB`; units of 1,000 (kB, MB, GB, TB) and 1,024 (KiB, MiB, GiB, TiB).
    ///
    /// - Throws: `ValueError`.
    public func bytes(_ long: String) throws(ValueError) -> Int? {
        guard let text = string(long) else { return nil }
        guard let value = ValueText.bytes(text) else { throw wrong(long, text, "a size such as 500MB, 16GiB or 1TB") }
        return value
    }

    /// A length of time: `250ms`, `10m`, `1h30m`, `2d`.
    ///
    /// - Throws: `ValueError`.
    public func duration(_ long: String) throws(ValueError) -> Duration? {
        guard let text = string(long) else { return nil }
        guard let value = ValueText.duration(text) else {
            throw wrong(long, text, "a time such as 10m or 1h30m, at most 36500d")
        }
        return value
    }

    /// The error for a value that an option cannot have; it names the place that the value comes from.
    public func wrong(_ long: String, _ text: String, _ expected: String) -> ValueError {
        let isSecret = parsed.command.options.first { $0.long == long }?.secret ?? false
        return wrong(long, because: "is \(expected), not '\(isSecret ? "…" : text)'")
    }

    /// The error for a value that an option cannot have.
    ///
    /// - Parameter problem: follows the option's name, and does not show a secret.
    public func wrong(_ long: String, because problem: String) -> ValueError {
        ValueError(option: long, problem: problem, place: setting(long).place, command: path)
    }

    /// Where the settings file has a key, whether or not this command reads it.
    ///
    /// `reprise.yaml, line 3` for example; nil where it has none.
    public func placeInFile(of key: String) -> String? {
        guard let configuration, let entry = configuration.entries.last(where: { $0.key == key }) else { return nil }
        return "\(configuration.path), line \(entry.line)"
    }
}

/// Values as people write them.
public enum ValueText {
    /// Reads a number of bytes, or returns nil.
    public static func bytes(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits) else { return nil }
        let factors: [String: Int] = [
            "": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40,
            "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
            "kB": 1_000, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
        ]
        guard let factor = factors[String(text.dropFirst(digits.count))] else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : value
    }

    /// The longest time that is believed: 100 years, so that sums and products of times stay far from what 64 bits hold.
    static let longestDuration = Duration.seconds(36_500 * 86_400)

    /// Reads a length of time made of whole numbers with units (ms, s, m, h, d), or returns nil; 36,500 days at most.
    public static func duration(_ text: String) -> Duration? {
        let units: [String: Int64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        var rest = text[...]
        var sum = Duration.zero
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(letters.count)
            guard let number = Int64(digits), number < 1_000_000_000, let unit = units[String(letters)] else {
                return nil
            }
            sum += .milliseconds(number * unit)
            guard sum <= longestDuration else { return nil }
        }
        return sum
    }
}
