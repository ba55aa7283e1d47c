/// How many of the documents looked at last were refused.
struct RecentOutcomes {
    private var ring: [Bool]
    private var position = 0
    private(set) var rejected = 0

    init(count: Int) { ring = Array(repeating: false, count: max(1, count)) }

    mutating func add(_ outcome: DocumentOutcome) {
        let isRejected = if case .rejected = outcome { true } else { false }
        if ring[position] { rejected -= 1 }
        ring[position] = isRejected
        if isRejected { rejected += 1 }
        position = (position + 1) % ring.count
    }

    mutating func removeAll() {
        self = RecentOutcomes(count: ring.count)
    }
}
