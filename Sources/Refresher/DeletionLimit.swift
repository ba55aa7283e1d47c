/// How much X may call gone before it is doubted.
public struct DeletionLimit: Sendable, Equatable {
    /// The share of the posts asked for, from 0 to 1: what is above it is not believed; 1 believes everything.
    public var share: Double
    /// The posts below which nothing is judged, at least 1.
    public var least: Int

    /// Makes a limit; by default half, of at least 50 posts.
    public init(share: Double = 0.5, least: Int = 50) {
        self.share = share
        self.least = max(1, least)
    }

    /// Whether so many of so many are more than the share.
    func isExceeded(_ gone: Int, of asked: Int) -> Bool { Double(gone) > share * Double(asked) }
}
