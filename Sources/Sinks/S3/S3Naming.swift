internal import Hashing
internal import Time

/// What an object is called: where its documents come from, when they arrived, and what made them.
struct S3Naming {
    private let address: S3Address
    private let seconds: Int64
    private let windowText: String
    private let digest: String
    private let suffix: String

    /// - Parameter transformDigest: what makes the documents.
    init(_ address: S3Address, _ options: S3Options, transformDigest: String) {
        self.address = address
        seconds = max(1, options.window.components.seconds)
        windowText =
            seconds % 3_600 == 0 ? "\(seconds / 3_600)h" : seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
        // What is left out is a part of what makes the bytes.
        let what = "\(transformDigest) \(options.includesRefreshes ? "with" : "without") refreshes"
        digest = String(SHA256(what).hexadecimal.prefix(8))
        suffix = ".ndjson\(options.compression.suffix)"
    }

    /// The beginning of the window that a time is in; windows are counted from 1970 UTC.
    func window(of arrival: Timestamp) -> Timestamp {
        let length = seconds * 1_000_000
        let rest = arrival.rawValue % length
        return Timestamp(rawValue: arrival.rawValue - (rest < 0 ? rest + length : rest))
    }

    /// The first time behind a window.
    func end(of window: Timestamp) -> Timestamp { window + .seconds(seconds) }

    /// The key of an object.
    ///
    /// Its first record's offset tells objects apart that begin at different places of one window.
    ///
    /// - Parameter last: of a piece of a window that the range cuts, the offset of its last record, which tells apart what was cut at
    ///   different places; nil for the rest of the window, whatever it holds.
    func key(_ source: String, _ window: Timestamp, first: UInt64, last: UInt64?) -> String {
        let text = window.rfc3339
        let stamp = text.prefix(19).filter { $0 != "-" && $0 != ":" }
        let piece = last.map { "-\(S3Naming.padded($0))" } ?? ""
        let name =
            "\(stamp)Z-\(windowText)-\(S3Naming.padded(first))\(piece)-\(digest)\(last == nil ? "" : ".part")\(suffix)"
        return address.key("source=\(source)/date=\(text.prefix(10))/hour=\(text.dropFirst(11).prefix(2))/\(name)")
    }

    /// As many digits as any journal needs, so that names are sorted as what they name.
    private static func padded(_ offset: UInt64) -> String {
        let digits = "\(offset)"
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }
}
