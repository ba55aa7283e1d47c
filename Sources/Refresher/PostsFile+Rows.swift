internal import SQLite
internal import Time
internal import Transform

extension PostsFile {
    /// Writes what is known of a post, and to the reposts of it and of its older versions whether it is gone.
    ///
    /// - Parameter old: what was known of it before.
    func put(_ new: PostState, insteadOf old: PostState) throws {
        var new = new
        if let original = new.original, old.original == nil { new.originalGone = try gone(original) }
        try put(new)
        let isGoneAnew = (new.isGone ? new.gone : nil) != (old.isGone ? old.gone : nil)
        guard isGoneAnew || new.isSuperseded != old.isSuperseded || new.newest != old.newest else { return }
        try tellReposts(of: new.id)
        guard isGoneAnew else { return }
        try versions.bind(Int64(bitPattern: new.id), at: 0)
        var older: [UInt64] = []
        while try versions.step() { older.append(UInt64(bitPattern: versions.int64(0))) }
        versions.reset()
        for id in older { try tellReposts(of: id) }
    }

    /// When a lookup did not find a post, or the newest version of one that was edited; nil while it is there.
    private func gone(_ id: UInt64) throws -> Timestamp? {
        guard let state = try state(of: id) else { return nil }
        if state.isGone { return state.gone }
        guard state.isSuperseded, let newest = try state.newest.flatMap({ try self.state(of: $0) }) else { return nil }
        return newest.isGone ? newest.gone : nil
    }

    private func tellReposts(of id: UInt64) throws {
        let gone = try gone(id)
        try reposts.bind(Int64(bitPattern: id), at: 0)
        try forEach(reposts, behind: 1) { repost in
            guard repost.originalGone != gone else { return }
            var repost = repost
            repost.originalGone = gone
            try put(repost)
        }
    }

    /// Goes through the posts of a statement, a thousand at a time.
    ///
    /// - Parameter index: of the parameter that is the id behind which it goes on.
    func forEach(_ page: Statement, behind index: Int, _ body: (PostState) throws -> Void) throws {
        var last = Int64.min
        while true {
            try page.bind(last, at: index)
            var states: [PostState] = []
            while try page.step() { states.append(PostsFile.state(page)) }
            page.reset()
            guard let end = states.last else { return }
            for state in states { try body(state) }
            last = Int64(bitPattern: end.id)
        }
    }

    /// Writes what is known of a post, with when it is due.
    func put(_ state: PostState) throws {
        func bind(_ time: Timestamp?, _ index: Int) throws { try upsert.bind(time?.rawValue, at: index) }
        try upsert.bind(Int64(bitPattern: state.id), at: 0)
        try upsert.bind(Int64(state.isRepost ? PostKind.repost.rawValue : state.kind.rawValue), at: 1)
        try bind(state.first, 2)
        try bind(state.sighted, 3)
        try upsert.bind(String(decoding: state.rules, as: UTF8.self), at: 4)
        try bind(state.last?.time, 5)
        try upsert.bind(state.last?.likes, at: 6)
        try bind(state.before?.time, 7)
        try upsert.bind(state.before?.likes, at: 8)
        try bind(state.gone, 9)
        try bind(state.goneBefore, 10)
        try bind(state.superseded, 11)
        try upsert.bind(state.newest.map { Int64(bitPattern: $0) }, at: 12)
        try upsert.bind(state.original.map { Int64(bitPattern: $0) }, at: 13)
        try bind(state.originalGone, 14)
        if let author = state.author {
            try upsert.bind(String(decoding: author, as: UTF8.self), at: 15)
        } else {
            try upsert.bind(nil as Int64?, at: 15)
        }
        let due = reckoning.due(state)
        try bind(due.time, 16)
        try bind(reckoning.freeFrom(state, due), 17)
        try upsert.bind(reckoning.value(state), at: 18)
        try upsert.run()
    }

    /// A row's first columns as a state.
    static func state(_ row: Statement) -> PostState {
        func time(_ column: Int) -> Timestamp? { row.optionalInt64(column).map { Timestamp(rawValue: $0) } }
        func observation(_ column: Int) -> PostState.Observation? {
            time(column).map { PostState.Observation(time: $0, likes: row.int64(column + 1)) }
        }
        var state = PostState(id: UInt64(bitPattern: row.int64(0)))
        state.kind = UInt8(exactly: row.int64(1)).flatMap { PostKind(rawValue: $0) } ?? .post
        state.isRepost = state.kind == .repost
        state.first = time(2)
        state.sighted = time(3)
        state.rules = row.withText(4) { Array($0) }
        state.last = observation(5)
        state.before = observation(7)
        state.gone = time(9)
        state.goneBefore = time(10)
        state.superseded = time(11)
        state.newest = row.optionalInt64(12).map { UInt64(bitPattern: $0) }
        state.original = row.optionalInt64(13).map { UInt64(bitPattern: $0) }
        state.originalGone = time(14)
        state.author = row.string(15).map { Array($0.utf8) }
        return state
    }
}
