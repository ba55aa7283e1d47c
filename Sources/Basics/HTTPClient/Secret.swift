/// A text that must never be shown: a bearer token, a password.
///
/// Every way to print it, interpolation, `dump` and reflection included, gives `<secret>`.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    /// Wraps a text as it is.
    public init(_ text: String) {
        self.text = text
    }

    /// Always `<secret>`.
    public var description: String { "<secret>" }

    /// Always `<secret>`.
    public var debugDescription: String { "<secret>" }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether there is no text at all.
    public var isEmpty: Bool { text.isEmpty }

    /// Whether it is too short to be found in texts from outside without taking half of them away, see `SecretFilter`.
    public var isTooShortToHide: Bool {
        let word = Array((text.split(separator: " ").last ?? "").utf8)
        return SecretFilter.percentDecoded(word).count < SecretFilter.leastByteCount
    }

    /// Bytes from outside with every occurrence of the secret removed, see `SecretFilter`.
    public func blottedOut(of bytes: [UInt8]) -> [UInt8] { SecretFilter([self]).blottedOut(of: bytes) }

    /// The text itself, for the one place that sends it.
    ///
    /// Whoever calls this answers for it that the result reaches no log, error, file or process listing.
    package func reveal() -> String { text }
}
