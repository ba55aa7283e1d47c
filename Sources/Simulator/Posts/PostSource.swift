/// Where the stream's records come from.
protocol PostSource: Sendable {
    /// Appends the next record with its CRLF; false where none is left.
    mutating func appendNext(rules: RuleSet, view: PostView, to buffer: inout [UInt8]) -> Bool
}
