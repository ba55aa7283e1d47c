/// How often posts and their authors come to harm after they were streamed.
///
/// What happens to which, and when, depends on the seed and on the post's or author's number alone.
public struct SimulatedFates: Equatable, Sendable {
    /// Posts that are deleted some day, in a thousand (default 30).
    public var deletedPerMille = 30
    /// Posts that are withheld in some countries some day, in a thousand (default 10).
    public var withheldPerMille = 10
    /// Posts that are edited within half an hour, reposts not counted, in a thousand (default 20).
    public var editedPerMille = 20
    /// Authors who protect their posts some day, in a thousand (default 15); every second one opens them again later.
    public var protectedAuthorsPerMille = 15
    /// Authors who are suspended for good some day, in a thousand (default 10).
    public var suspendedAuthorsPerMille = 10
    /// The mean time until one of these happens, edits apart, from the post's creation, or from the simulator's start where
    /// an author is meant (default a day).
    public var meanDelay = Duration.seconds(86_400)

    /// Makes the fates of defaults.
    public init() {}

    /// Nothing happens to anyone.
    public static let none: SimulatedFates = {
        var fates = SimulatedFates()
        fates.deletedPerMille = 0
        fates.withheldPerMille = 0
        fates.editedPerMille = 0
        fates.protectedAuthorsPerMille = 0
        fates.suspendedAuthorsPerMille = 0
        return fates
    }()
}
