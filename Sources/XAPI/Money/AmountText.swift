/// The number of a budget or a price, as an operator wrote it.
///
/// A spelling with two readings is refused, with the reason.
///
/// | written | read |
/// |---|---|
/// | `1500`, `1,500`, `1_500`, `1,000,000` | thousands in groups of three, with one kind of separator |
/// | `0.5`, `12.50`, `0.005`, `1,500.25` | up to six decimals behind a point |
/// | `0,50`, `1,5`, `1.000`, `12.345`, `1,00,000`, `1.000,50`, `007` | refused |
struct AmountText {
    /// Why a text is not a number with one reading.
    struct Refusal: Error {
        let reason: String
    }

    /// What stands before the point.
    let whole: Int
    /// The digits behind the point; empty where there is none.
    let decimals: Substring

    init(_ text: Substring) throws(Refusal) {
        guard let first = text.first else { throw Refusal(reason: "the number is missing") }
        if let other = text.first(where: { !Self.isDigit($0) && !".,_".contains($0) }) {
            throw Refusal(reason: "'\(other)' does not belong there")
        }
        guard Self.isDigit(first) else { throw Refusal(reason: "a number begins with a digit") }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : ""
        guard parts.count <= 2, decimals.allSatisfy(Self.isDigit), parts.count == 1 || !decimals.isEmpty else {
            throw Refusal(reason: "there may be one point, with decimals behind it")
        }
        guard decimals.count <= 6 else { throw Refusal(reason: "there may be six decimals at most") }
        let digits = try Self.withoutSeparators(parts[0], of: text)
        // A point separates thousands in many countries. A group of thousands never follows a zero alone.
        if decimals.count == 3, parts[0].count <= 3, digits != "0" {
            let bare = digits + (decimals == "000" ? "" : ".\(decimals)0")
            throw Refusal(reason: "\(text) has two readings; write \(digits),\(decimals) or \(bare)")
        }
        guard let whole = Int(digits) else { throw Refusal(reason: "the number is too large") }
        (self.whole, self.decimals) = (whole, decimals)
    }

    /// Millionths, or nil beyond a thousand million.
    var millionths: Int? {
        guard whole <= 1_000_000_000 else { return nil }
        let padded = decimals + String(repeating: "0", count: 6 - decimals.utf8.count)
        return whole * 1_000_000 + (Int(padded) ?? 0)
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) && character.isASCII }

    private static func withoutSeparators(_ whole: Substring, of text: Substring) throws(Refusal) -> String {
        guard !(whole.first == "0" && whole.count > 1) || whole.contains(",") || whole.contains("_") else {
            throw Refusal(reason: "a number does not begin with a zero")
        }
        guard let separator = whole.first(where: { !isDigit($0) }) else { return String(whole) }
        let groups = whole.split(separator: separator, omittingEmptySubsequences: false)
        let isGrouped =
            groups.dropFirst().allSatisfy { $0.count == 3 && $0.allSatisfy(isDigit) }
            && (1...3).contains(groups[0].count)
            && groups[0].first != "0" && groups[0].allSatisfy(isDigit)
        guard isGrouped else {
            let isDecimal = separator == "," && groups.count == 2 && !text.contains(".") && !groups[1].isEmpty
            let advice = isDecimal ? "; for decimals write \(groups[0]).\(groups[1])" : ""
            throw Refusal(reason: "'\(separator)' only separates thousands, in groups of three digits\(advice)")
        }
        return groups.joined()
    }
}
