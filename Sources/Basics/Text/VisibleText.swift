extension Unicode.Scalar {
    /// Whether it does something to a terminal, or to the order of the text around it, instead of showing something.
    ///
    /// C0, DEL, C1, the two separators that some readers take for line ends, marks and overrides of direction, and what annotates invisibly.
    public var isHidden: Bool {
        switch value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x206F, 0xFFF9...0xFFFB: true
        default: false
        }
    }

    /// How JSON writes it: `\n`, `\u202e`; a character outside the basic plane as itself.
    public var escape: String {
        switch self {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default:
            guard value <= 0xFFFF else { return String(self) }
            let digits = String(value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }
}

extension String {
    /// The text with what it hides spelled out, so that text from outside can neither move a terminal's cursor nor turn its neighbours
    /// around.
    ///
    /// - Parameter kept: hidden characters that stay, line ends for example.
    public func visible(keeping kept: Set<Unicode.Scalar> = []) -> String {
        guard unicodeScalars.contains(where: { $0.isHidden && !kept.contains($0) }) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isHidden && !kept.contains(scalar) {
                text += scalar.escape
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The text for a terminal: line ends and tabs stay.
    public var visibleLines: String { visible(keeping: ["\n", "\t"]) }
}
