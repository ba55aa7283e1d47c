internal import CMicroHTTPD
internal import Glibc
internal import Synchronization

/// Sees clients leave whose connections are suspended: libmicrohttpd does not poll those.
///
/// One thread and one epoll(7) set; a descriptor leaves the set by being closed. A client that closes only its sending half
/// counts as gone too, since a killed one looks the same.
final class HangUpWatcher: Sendable {
    private struct State {
        var streams: [UInt64: HTTPStreamControl] = [:]
        var watched: Set<ObjectIdentifier> = []
        var nextToken: UInt64 = 1
        var isStopping = false
    }

    private let state = Mutex(State())
    private let poll: CInt
    private let wakeUp: CInt
    private let thread = Mutex<pthread_t?>(nil)

    init() throws(HTTPServerError) {
        poll = epoll_create1(CInt(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, CInt(EFD_CLOEXEC))
        guard poll >= 0, wakeUp >= 0 else { throw .systemCall("make an epoll set", errno) }
        _ = add(wakeUp, token: 0, events: UInt32(EPOLLIN.rawValue))
    }

    deinit {
        close(poll)
        close(wakeUp)
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
                Unmanaged<HangUpWatcher>.fromOpaque(pointer).takeRetainedValue().loop()
                return nil
            },
            pointer
        )
        guard result == 0 else {
            Unmanaged<HangUpWatcher>.fromOpaque(pointer).release()
            throw .systemCall("start a thread", result)
        }
        thread.withLock { $0 = handle }
    }

    /// Registers a stream, so that `stop` reaches it; false where the server stops already.
    func register(_ stream: HTTPStreamControl) -> Bool {
        state.withLock {
            guard !$0.isStopping else { return false }
            $0.streams[$0.nextToken] = stream
            $0.nextToken += 1
            return true
        }
    }

    /// Watches a registered stream's descriptor from now on; repeated calls do nothing.
    func watch(_ stream: HTTPStreamControl, _ descriptor: CInt) {
        state.withLock {
            guard $0.watched.insert(ObjectIdentifier(stream)).inserted,
                let token = $0.streams.first(where: { $0.value === stream })?.key
            else { return }
            _ = add(descriptor, token: token, events: EPOLLRDHUP.rawValue | EPOLLET.rawValue)
        }
    }

    /// Forgets a stream whose connection is gone.
    func forget(_ stream: HTTPStreamControl) {
        state.withLock { state in
            state.watched.remove(ObjectIdentifier(stream))
            if let token = state.streams.first(where: { $0.value === stream })?.key {
                state.streams[token] = nil
            }
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
        write(wakeUp, &one, 8)
        pthread_join(thread, nil)
    }

    // MARK: - Internal

    private func add(_ descriptor: CInt, token: UInt64, events: UInt32) -> Bool {
        var event = epoll_event()
        event.events = events
        event.data.u64 = token
        return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    private func loop() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(poll, &events, CInt(events.count), -1)
            guard count >= 0 else {
                if errno == EINTR { continue }
                return
            }
            for event in events[..<Int(count)] {
                guard event.data.u64 != 0 else { return }
                // Called outside the lock: the stream's own lock is taken by threads that then ask this watcher.
                state.withLock { $0.streams[event.data.u64] }?.hangUp()
            }
        }
    }
}
