internal import CCurl
internal import Synchronization

/// Makes a running stream ask its tick now, from any thread.
///
/// One waker serves one request at a time; between requests `wake` does nothing, because a request asks its tick first thing.
public final class StreamWaker: Sendable {
    /// The address of the multi handle that waits; as a number, because pointers are not `Sendable`.
    private let multi = Mutex<UInt>(0)

    /// Makes a waker that is attached to nothing.
    public init() {}

    /// Ends the wait of the stream this waker was given to; never blocks for longer than a lock takes.
    public func wake() {
        multi.withLock { address in
            // The one call of the multi interface that other threads may make: curl_multi_wakeup(3). The lock keeps the handle alive.
            if let handle = UnsafeMutableRawPointer(bitPattern: address) { curl_multi_wakeup(handle) }
        }
    }

    func attach(_ handle: UnsafeMutableRawPointer) {
        multi.withLock { $0 = UInt(bitPattern: handle) }
    }

    func detach() {
        multi.withLock { $0 = 0 }
    }
}
