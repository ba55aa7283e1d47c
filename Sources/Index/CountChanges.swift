/// What a batch changes the counts by, collected so that each count is written once a batch.
struct CountChanges {
    /// What the posts of a category add up to.
    struct Sums: Equatable {
        var posts = 0
        var likes = 0
        /// The posts whose likes are known.
        var counted = 0
    }

    private struct Slot {
        let category: [UInt8]
        var sums = Sums()
        var minutes = MinuteChanges()
    }

    private var slots: [Slot] = []
    private var observed = MinuteChanges()
    private(set) var newest = Int64.min

    /// Counts a post in (`+1`) or out (`-1`).
    ///
    /// - Parameters:
    ///   - change: what to add.
    ///   - category: its category in UTF-8; empty for none.
    ///   - timestamp: its time in milliseconds; a post without one counts in the totals only.
    ///   - likes: its likes; nil where they are not known.
    ///   - observedAt: when they were observed, in microseconds.
    mutating func add(
        _ change: Int,
        category: UnsafeRawBufferPointer,
        timestamp: Int64?,
        likes: Int64?,
        observedAt: Int64
    ) {
        // A handful of categories: a walk along them is quicker than hashing.
        let index =
            slots.firstIndex { $0.category.elementsEqual(category) }
            ?? {
                slots.append(Slot(category: Array(category)))
                return slots.count - 1
            }()
        slots[index].sums.posts += change
        if let timestamp { slots[index].minutes.add(change, at: timestamp.whole(60_000)) }
        guard let likes else { return }
        slots[index].sums.likes += change * IndexSchema.counted(likes)
        slots[index].sums.counted += change
        observed.add(change, at: observedAt.whole(60_000_000))
    }

    /// Notes when counts were observed.
    mutating func see(_ observedAt: Int64) {
        newest = max(newest, observedAt)
    }

    /// Hands over every category with its changes, its minutes with theirs, and the minutes of observation; what came out
    /// even is left out.
    mutating func drain(
        total: (_ category: String, _ change: Sums) throws -> Void,
        minute: (_ minute: Int64, _ category: String, _ change: Int) throws -> Void,
        observed: (_ minute: Int64, _ change: Int) throws -> Void
    ) rethrows {
        for index in slots.indices {
            let category = String(decoding: slots[index].category, as: UTF8.self)
            if slots[index].sums != Sums() { try total(category, slots[index].sums) }
            try slots[index].minutes.drain { try minute($0, category, $1) }
        }
        slots.removeAll()
        try self.observed.drain(observed)
    }
}

/// Changes by minute.
private struct MinuteChanges {
    private var minutes: [Int64: Int] = [:]
    /// The minute of the last change and what it adds, kept out of the dictionary: posts arrive minute by minute.
    private var minute: Int64?
    private var count = 0

    mutating func add(_ change: Int, at minute: Int64) {
        if self.minute != minute {
            fold()
            self.minute = minute
        }
        count += change
    }

    /// Hands over every minute with its change, and is empty then.
    mutating func drain(_ body: (_ minute: Int64, _ change: Int) throws -> Void) rethrows {
        fold()
        for (minute, change) in minutes where change != 0 { try body(minute, change) }
        minutes.removeAll()
    }

    private mutating func fold() {
        if let minute { minutes[minute, default: 0] += count }
        minute = nil
        count = 0
    }
}

extension Int64 {
    /// How many whole units it is, rounded down below zero too.
    func whole(_ unit: Int64) -> Int64 {
        self % unit < 0 ? self / unit - 1 : self / unit
    }
}
