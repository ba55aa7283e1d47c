internal import CZlib

/// A call into zlib that failed.
public struct GzipError: Error, CustomStringConvertible, Sendable {
    /// The library's own error number (zlib.h, "Return codes").
    public let code: Int
    /// What was tried.
    public let message: String

    /// The message.
    public var description: String { message }
}

/// Makes gzip members (RFC 1952), one a call; keeps its working memory between calls.
public struct GzipEncoder: ~Copyable {
    /// zlib keeps the stream's address, so it stays where it is.
    private let stream: UnsafeMutablePointer<z_stream>
    private var room: UnsafeMutableRawBufferPointer

    /// Makes an encoder.
    ///
    /// - Parameter level: 1, the fastest, to 9, the densest.
    /// - Throws: `GzipError` where the level is none or memory runs out.
    public init(level: Int = 1) throws(GzipError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let result = (1...9).contains(level) ? reprise_gzip_begin(stream, CInt(level)) : Z_STREAM_ERROR
        guard result == Z_OK else {
            stream.deallocate()
            throw GzipError(code: Int(result), message: "zlib cannot begin with level \(level) (code \(result))")
        }
        self.stream = stream
        room = .allocate(byteCount: 64 << 10, alignment: 16)
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        room.deallocate()
    }

    /// Compresses bytes into one member, in place of what the output held; its capacity is kept.
    ///
    /// - Parameter input: less than 2 GiB.
    /// - Throws: `GzipError`; the encoder can be used again.
    public mutating func encode(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(GzipError) {
        guard input.count <= Int(Int32.max) else {
            throw GzipError(code: Int(Z_BUF_ERROR), message: "\(input.count) bytes are too many to compress at once")
        }
        let bound = Int(deflateBound(stream, UInt(input.count)))
        if bound > room.count {
            room.deallocate()
            room = .allocate(byteCount: max(bound, room.count * 2), alignment: 16)
        }
        // The room is large enough for whatever the input is, so one call makes all of it.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(clamping: room.count)
        let result = deflate(stream, Z_FINISH)
        let length = Int(stream.pointee.total_out)
        deflateReset(stream)
        guard result == Z_STREAM_END else {
            throw GzipError(
                code: Int(result),
                message: "compressing \(input.count) bytes failed (zlib code \(result))"
            )
        }
        output.removeAll(keepingCapacity: true)
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: room[..<length]))
    }
}
