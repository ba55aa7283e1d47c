/// Posts that a simulator before this one streamed: with them one that is started again knows what its clients know.
public protocol PastPosts: Sendable {
    /// The records of posts as the stream had them, as far as they are known; they are not kept in memory here.
    ///
    /// - Throws: what kept them from being read; the lookup is answered with 503 then, because nobody knows whether they are there.
    func records(of ids: [UInt64]) throws -> [UInt64: [UInt8]]
}
