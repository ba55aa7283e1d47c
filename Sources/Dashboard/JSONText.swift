internal import FoundationEssentials

/// The page's JSON.
enum JSONText {
    /// A value as one line of JSON, keys in order, so that equal values give equal bytes.
    static func line(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}
