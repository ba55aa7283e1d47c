internal import CZlib
internal import CZstd

/// Compresses a row of bytes that comes in pieces; keeps its working memory for the next row.
public protocol CompressionStream: AnyObject {
    /// Takes the next piece; what is compressed by now is added to the output.
    ///
    /// - Throws: the library's error; the row is lost then.
    func add(_ piece: UnsafeRawBufferPointer, to output: inout [UInt8]) throws

    /// Ends the row: the rest of it is added to the output, and another may begin.
    ///
    /// - Throws: the library's error; the row is lost then.
    func finish(into output: inout [UInt8]) throws
}

/// Makes one zstd frame of each row, with a checksum, and without the content's size, which nobody knows at its beginning.
public final class ZstdStream: CompressionStream {
    private let context: OpaquePointer
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)

    /// Makes a stream.
    ///
    /// - Throws: `ZstdError` where a setting is refused or memory runs out.
    public init(_ settings: ZstdSettings) throws(ZstdError) {
        guard let context = ZSTD_createCCtx() else {
            throw ZstdError(code: 0, message: "zstd could not allocate a compression context")
        }
        self.context = context
        for (parameter, value) in settings.parameters {
            _ = try ZstdError.check(
                ZSTD_CCtx_setParameter(context, parameter, CInt(value)),
                "setting zstd's parameter \(parameter.rawValue) to \(value)"
            )
        }
    }

    deinit {
        ZSTD_freeCCtx(context)
        room.deallocate()
    }

    /// Takes the next piece.
    public func add(_ piece: UnsafeRawBufferPointer, to output: inout [UInt8]) throws {
        var input = ZSTD_inBuffer(src: piece.baseAddress, size: piece.count, pos: 0)
        while input.pos < input.size { _ = try step(&input, ZSTD_e_continue, &output) }
    }

    /// Ends the frame.
    public func finish(into output: inout [UInt8]) throws {
        var nothing = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
        while try step(&nothing, ZSTD_e_end, &output) > 0 {}
    }

    private func step(
        _ input: inout ZSTD_inBuffer,
        _ end: ZSTD_EndDirective,
        _ output: inout [UInt8]
    ) throws(ZstdError) -> Int {
        var made = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
        let left = try ZstdError.check(
            ZSTD_compressStream2(context, &made, &input, end),
            "compressing a row of bytes"
        )
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: room[0..<made.pos]))
        return left
    }
}

/// Makes one gzip member of each row (RFC 1952), without a time and a name in its header.
public final class GzipStream: CompressionStream {
    /// zlib keeps the stream's address, so it stays where it is.
    private let stream: UnsafeMutablePointer<z_stream>
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    /// Makes a stream.
    ///
    /// - Parameter level: 1, the fastest, to 9, the densest.
    /// - Throws: `GzipError` where the level is none or memory runs out.
    public init(level: Int) throws(GzipError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let result = (1...9).contains(level) ? reprise_gzip_begin(stream, CInt(level)) : Z_STREAM_ERROR
        guard result == Z_OK else {
            throw GzipError(code: Int(result), message: "zlib cannot begin with level \(level) (code \(result))")
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        room.deallocate()
    }

    /// Takes the next piece, less than 4 GiB.
    public func add(_ piece: UnsafeRawBufferPointer, to output: inout [UInt8]) throws {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: piece.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(piece.count)
        while stream.pointee.avail_in > 0 { _ = try step(Z_NO_FLUSH, &output) }
    }

    /// Ends the member.
    public func finish(into output: inout [UInt8]) throws {
        stream.pointee.avail_in = 0
        while try step(Z_FINISH, &output) != Z_STREAM_END {}
        deflateReset(stream)
    }

    private func step(_ flush: CInt, _ output: inout [UInt8]) throws(GzipError) -> CInt {
        stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(room.count)
        let result = deflate(stream, flush)
        guard result == Z_OK || result == Z_STREAM_END else {
            throw GzipError(code: Int(result), message: "compressing a row of bytes failed (zlib code \(result))")
        }
        output.append(
            contentsOf: UnsafeRawBufferPointer(rebasing: room[0..<room.count - Int(stream.pointee.avail_out)])
        )
        return result
    }
}
