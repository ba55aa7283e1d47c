internal import Time

/// Gives posts their times and ids: an id holds its post's millisecond, and ids only ever grow.
struct PostClock {
    private enum Base {
        case fixed(start: Timestamp, step: Duration)
        case wall(WallClock)
    }

    private static let snowflakeEpochMilliseconds: Int64 = 1_288_834_974_657

    private let base: Base
    private var drawnCount: Int64 = 0
    /// The last post's.
    private(set) var milliseconds: Int64 = 0
    private var sequence: UInt64 = 0

    /// A clock that starts at a time and takes the same step for every post.
    init(start: Timestamp, step: Duration) {
        base = .fixed(start: start, step: step)
    }

    /// A clock that shows the present.
    init(_ clock: WallClock) {
        base = .wall(clock)
    }

    /// The time and id of the next post; `entropy` fills the bits that say which machine made it.
    mutating func next(entropy: UInt64) -> (milliseconds: Int64, id: UInt64) {
        let now =
            switch base {
            case .fixed(let start, let step): (start + .microseconds(step.microseconds * drawnCount)).milliseconds
            case .wall(let clock): clock.now.milliseconds
            }
        drawnCount += 1
        if now > milliseconds {
            milliseconds = now
            sequence = 0
        } else {
            // The same millisecond, or a clock that was set back.
            sequence += 1
            if sequence > 0xFFF {
                milliseconds += 1
                sequence = 0
            }
        }
        // Ids of one millisecond would not grow if each came from another machine.
        let machine = sequence == 0 ? entropy & 0x3FE : 0x3FF
        return (milliseconds, Self.id(milliseconds: milliseconds, machine: machine, sequence: sequence))
    }

    /// The millisecond that an id holds.
    static func milliseconds(of id: UInt64) -> Int64 {
        Int64(id >> 22) + snowflakeEpochMilliseconds
    }

    /// The id of a post of that millisecond.
    static func id(milliseconds: Int64, machine: UInt64, sequence: UInt64) -> UInt64 {
        UInt64(max(milliseconds - snowflakeEpochMilliseconds, 0)) << 22 | (machine & 0x3FF) << 12 | sequence & 0xFFF
    }
}
