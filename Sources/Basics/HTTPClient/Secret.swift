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

    /// Bytes from outside with every occurrence of the secret blotted out, of the part behind a scheme (`Bearer …`) too.
    ///
    /// A server may repeat what it was sent, and what it says is shown. Costs a pass over the bytes; for small answers.
    public func blottedOut(of bytes: [UInt8]) -> [UInt8] {
        let credential = text.split(separator: " ").last.map { Array($0.utf8) } ?? []
        // Something so short is no secret, and would blot out half of an answer.
        guard credential.count >= 8, bytes.count >= credential.count else { return bytes }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == credential[0], bytes[index...].starts(with: credential) {
                result += Array("<secret>".utf8)
                index += credential.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    /// The text itself, for the one place that sends it.
    ///
    /// Whoever calls this answers for it that the result reaches no log, error, file or process listing.
    package func reveal() -> String { text }
}
