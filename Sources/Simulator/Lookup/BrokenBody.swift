internal import HTTPServer
internal import Synchronization

/// A body that sends some bytes and then something that is no orderly end.
final class BrokenBody: HTTPBody {
    private let bytes: Mutex<ArraySlice<UInt8>>
    private let end: HTTPBodyStep

    init(_ bytes: some Collection<UInt8>, end: HTTPBodyStep) {
        self.bytes = Mutex(Array(bytes)[...])
        self.end = end
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, control: HTTPStreamControl) -> HTTPBodyStep {
        bytes.withLock { bytes in
            let piece = bytes.prefix(buffer.count)
            guard !piece.isEmpty else { return end }
            buffer.copyBytes(from: piece)
            bytes = bytes.dropFirst(piece.count)
            return .wrote(piece.count)
        }
    }

    func closed() {}
}
