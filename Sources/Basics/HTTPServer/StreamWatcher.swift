internal import CMicroHTTPD
internal import Glibc
internal import Synchronization

/// Looks after streams whose connections are suspended: libmicrohttpd does not poll those.
///
/// It sees clients leave, wakes bodies that wait for a time, and once a second closes the connections that take too long. One thread and
/// one epoll(7) set; a descriptor leaves the set by being closed, and stays in it for the next stream on a kept connection. A client that closes only its sending half counts as gone too, since a killed one looks the same.
final class StreamWatcher: Sendable {
    private struct State {
        var streams: [UInt64: HTTPStreamControl] = [:]
        var watched: Set<UInt64> = []
        var deadlines: [UInt64: ContinuousClock.Instant] = [:]
        var isStopping = false
    }

    private enum Token {
        static let stop: UInt64 = 0
        static let timer: UInt64 = 1
    }

    /// The first number that a stream may have as its token.
    static let firstStreamToken: UInt64 = 2

    private let state = Mutex(State())
    private let poll: CInt
    private let stopping: CInt
    private let timer: CInt
    private let thread = Mutex<pthread_t?>(nil)
    private let connections: ConnectionTable

    /// How often overdue connections are looked for.
    private static let tick = Duration.seconds(1)

    init(_ connections: ConnectionTable) throws(HTTPServerError) {
        self.connections = connections
        poll = epoll_create1(CInt(EPOLL_CLOEXEC))
        stopping = eventfd(0, CInt(EFD_CLOEXEC))
        timer = timerfd_create(CLOCK_MONOTONIC, CInt(TFD_CLOEXEC) | CInt(TFD_NONBLOCK))
        guard poll >= 0, stopping >= 0, timer >= 0 else { throw .systemCall("make an epoll set", errno) }
        guard add(stopping, token: Token.stop, events: EPOLLIN.rawValue),
            add(timer, token: Token.timer, events: EPOLLIN.rawValue)
        else { throw .systemCall("fill an epoll set", errno) }
    }

    deinit {
        for descriptor in [poll, stopping, timer] { close(descriptor) }
    }

    /// Starts the thread; called once.
    func start() throws(HTTPServerError) {
        var handle = pthread_t()
        // The thread owns the reference that is passed to it here.
        let pointer = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(
            &handle,
            nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<StreamWatcher>.fromOpaque(pointer).takeRetainedValue().loop()
                return nil
            },
            pointer
        )
        guard result == 0 else {
            Unmanaged<StreamWatcher>.fromOpaque(pointer).release()
            throw .systemCall("start a thread", result)
        }
        thread.withLock { $0 = handle }
    }

    /// Registers a stream, so that `stop` reaches it; false where the server stops already.
    func register(_ stream: HTTPStreamControl) -> Bool {
        state.withLock {
            guard !$0.isStopping else { return false }
            $0.streams[stream.token] = stream
            return true
        }
    }

    /// Watches a registered stream's descriptor from now on, and resumes the stream after a time where one is given.
    ///
    /// Returns false where it cannot be watched: nobody would see its client leave.
    func watch(_ stream: HTTPStreamControl, _ descriptor: CInt, wakeAfter delay: Duration?) -> Bool {
        state.withLock {
            guard $0.streams[stream.token] != nil else { return false }
            if $0.watched.insert(stream.token).inserted {
                guard add(descriptor, token: stream.token, events: EPOLLRDHUP.rawValue | EPOLLET.rawValue) else {
                    return false
                }
            }
            if let delay {
                let deadline = ContinuousClock.now + delay
                let isFirst = $0.deadlines.values.allSatisfy { deadline < $0 }
                $0.deadlines[stream.token] = deadline
                if isFirst { arm(deadline) }
            }
            return true
        }
    }

    /// Forgets a stream whose connection is gone.
    func forget(_ stream: HTTPStreamControl) {
        state.withLock {
            $0.watched.remove(stream.token)
            $0.deadlines[stream.token] = nil
            $0.streams[stream.token] = nil
        }
    }

    /// Ends every stream, takes no more, and waits for the thread.
    func stop() {
        let streams = state.withLock {
            $0.isStopping = true
            return Array($0.streams.values)
        }
        for stream in streams { stream.hangUp() }
        guard let thread = thread.withLock({ $0.take() }) else { return }
        var one: UInt64 = 1
        write(stopping, &one, 8)
        pthread_join(thread, nil)
    }

    // MARK: - Internal

    /// Adds a descriptor to the set, or gives it a new token where an earlier stream has left it there: epoll_ctl(2).
    ///
    /// Giving it anew tells of a client that has left already, too.
    private func add(_ descriptor: CInt, token: UInt64, events: UInt32) -> Bool {
        var event = epoll_event()
        event.events = events
        event.data.u64 = token
        if epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) == 0 { return true }
        return errno == EEXIST && epoll_ctl(poll, EPOLL_CTL_MOD, descriptor, &event) == 0
    }

    /// Makes the timer fire once at that time: timerfd_settime(2).
    private func arm(_ deadline: ContinuousClock.Instant) {
        let (seconds, attoseconds) = max(deadline - ContinuousClock.now, .nanoseconds(1)).components
        var time = itimerspec()
        time.it_value.tv_sec = Int(clamping: seconds)
        time.it_value.tv_nsec = Int(attoseconds / 1_000_000_000)
        timerfd_settime(timer, 0, &time, nil)
    }

    private func loop() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var lastLook = ContinuousClock.now
        while true {
            let count = epoll_wait(poll, &events, CInt(events.count), CInt(Self.tick.components.seconds * 1_000))
            if ContinuousClock.now - lastLook >= Self.tick {
                connections.closeOverdue()
                lastLook = .now
            }
            guard count >= 0 else {
                if errno == EINTR { continue }
                return
            }
            for event in events[..<Int(count)] {
                switch event.data.u64 {
                case Token.stop: return
                case Token.timer: wakeDueStreams()
                case let token:
                    // Called outside the lock: a stream's own lock is held by threads that then ask this watcher.
                    state.withLock { $0.streams[token] }?.hangUp()
                }
            }
        }
    }

    private func wakeDueStreams() {
        var expirations: UInt64 = 0
        read(timer, &expirations, 8)
        let due = state.withLock { state in
            let now = ContinuousClock.now
            let due = state.deadlines.filter { $0.value <= now }.keys.compactMap { state.streams[$0] }
            state.deadlines = state.deadlines.filter { $0.value > now }
            if let next = state.deadlines.values.min() { arm(next) }
            return due
        }
        for stream in due { stream.resume() }
    }
}
