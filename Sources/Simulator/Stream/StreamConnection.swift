internal import HTTPServer
internal import Synchronization
internal import Time

/// The body of one answer of the filtered stream: paced records, keep-alives, and the connection's fault.
final class StreamConnection: HTTPBody {
    /// What a connection did.
    struct Counts {
        var records = 0
        var bytes = 0
    }

    /// What a connection is made from.
    struct Setup: Sendable {
        let number: Int
        let view: PostView
        let fault: SimulatedFault?
        let configuration: SimulatorConfiguration
        let log: SentLog?
    }

    private struct State {
        var counts = Counts()
        var record: [UInt8] = []
        /// Bytes of the record that are sent.
        var sentCount = 0
        var pace: Pace
        var lastSent = Duration.zero
        /// The connection ends after the record at hand.
        var isCutShort = false
        var isExhausted = false
        var isFinishing = false
        var control: HTTPStreamControl?
    }

    let setup: Setup
    private let posts: PostStream
    private let stopwatch = Stopwatch()
    private let state: Mutex<State>
    private let onClose: @Sendable (StreamConnection, Counts) -> Void

    init(_ setup: Setup, posts: PostStream, onClose: @escaping @Sendable (StreamConnection, Counts) -> Void) {
        self.setup = setup
        self.posts = posts
        self.onClose = onClose
        state = Mutex(State(pace: Pace(setup.configuration.rate, start: .zero)))
    }

    /// Whether its client is there, as far as known.
    var isClientConnected: Bool {
        // Before the first read the client has only just asked.
        state.withLock { $0.control }?.isClientConnected ?? true
    }

    /// Ends the answer in order as soon as the record at hand is out.
    func finish() {
        let control = state.withLock {
            $0.isFinishing = true
            return $0.control
        }
        control?.resume()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, control: HTTPStreamControl) -> HTTPBodyStep {
        let now = stopwatch.elapsed
        return state.withLock { state in
            state.control = control
            let count = fill(buffer, at: now, &state)
            if count > 0 { return sent(buffer, count, at: now, &state) }
            if state.isCutShort { return .abort }
            if state.isFinishing, state.sentCount == state.record.count { return .end }
            if let fault = setup.fault, strikes(fault, state) {
                return strike(fault.kind, buffer, at: now, &state)
            }
            if state.isExhausted, playsOnce { return .end }
            let untilKeepAlive = setup.configuration.keepAliveInterval - (now - state.lastSent)
            if untilKeepAlive <= .zero {
                buffer.copyBytes(from: [13, 10])
                return sent(buffer, 2, at: now, &state)
            }
            let untilRecord = state.isExhausted ? untilKeepAlive : state.pace.wait(at: now)
            return .waitUpTo(max(min(untilKeepAlive, untilRecord), .microseconds(1)))
        }
    }

    func closed() {
        let (counts, unsent) = state.withLock {
            $0.control = nil
            let isKept = $0.sentCount == 0 || setup.configuration.resendsBrokenRecords
            let unsent = $0.sentCount < $0.record.count && isKept ? $0.record : nil
            return ($0.counts, unsent)
        }
        if let unsent { posts.putBack(unsent) }
        onClose(self, counts)
    }

    // MARK: - Internal

    /// Whether the answer ends with the file.
    private var playsOnce: Bool {
        if case .file(_, .some) = setup.configuration.posts { return true }
        return false
    }

    /// Copies what is due into the buffer, up to where a fault strikes.
    private func fill(_ buffer: UnsafeMutableRawBufferPointer, at now: Duration, _ state: inout State) -> Int {
        var count = 0
        var room = buffer.count
        if case .bytes(let limit) = setup.fault?.position { room = min(room, limit - state.counts.bytes) }
        while count < room {
            if state.sentCount == state.record.count {
                guard !state.isCutShort, !state.isFinishing, takeRecord(at: now, &state) else { break }
            }
            // Half of a record that is cut, at least a byte and never its end.
            let end = state.isCutShort ? max(state.record.count / 2, 1) : state.record.count
            let length = min(end - state.sentCount, room - count)
            guard length > 0 else { break }
            state.record.withUnsafeBytes {
                buffer[count...].copyBytes(from: $0[state.sentCount..<(state.sentCount + length)])
            }
            count += length
            state.sentCount += length
            if state.sentCount == state.record.count {
                state.counts.records += 1
                if setup.configuration.isSingly { break }
            }
        }
        return count
    }

    /// Gets the next record, where one is due and no fault comes before it.
    private func takeRecord(at now: Duration, _ state: inout State) -> Bool {
        if let fault = setup.fault, case .records(let limit) = fault.position {
            let isCut = fault.kind == .cut
            guard state.counts.records < limit else { return false }
            state.isCutShort = isCut && state.counts.records == limit - 1
        }
        guard state.pace.wait(at: now) <= .zero else {
            state.isCutShort = false
            return false
        }
        state.sentCount = 0
        guard posts.next(setup.view, into: &state.record) else {
            // Rules may come, a file that ended stays ended; either way the stream is quiet.
            state.isExhausted = playsOnce
            state.isCutShort = false
            state.pace.advance(at: now)
            return false
        }
        state.pace.advance(at: now)
        return true
    }

    private func strikes(_ fault: SimulatedFault, _ state: State) -> Bool {
        switch fault.position {
        case .records(let limit): state.counts.records >= limit && state.sentCount == state.record.count
        case .bytes(let limit): state.counts.bytes >= limit
        }
    }

    private func strike(
        _ kind: SimulatedFault.Kind,
        _ buffer: UnsafeMutableRawBufferPointer,
        at now: Duration,
        _ state: inout State
    ) -> HTTPBodyStep {
        switch kind {
        case .stall: return .wait
        case .cut: return .abort
        case .reset: return .reset
        case .close, .refuse: return .end
        case .disconnect:
            state.isFinishing = true
            state.record = []
            state.sentCount = 0
            let object = Array((Problem.operationalDisconnect + "\r\n").utf8)
            buffer.copyBytes(from: object)
            return sent(buffer, object.count, at: now, &state)
        }
    }

    private func sent(
        _ buffer: UnsafeMutableRawBufferPointer,
        _ count: Int,
        at now: Duration,
        _ state: inout State
    ) -> HTTPBodyStep {
        state.counts.bytes += count
        state.lastSent = now
        if let log = setup.log, !log.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { return .abort }
        return .wrote(count)
    }
}
