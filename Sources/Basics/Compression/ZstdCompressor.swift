internal import CZstd

/// Makes zstd frames, one a call; keeps its working memory between calls.
public struct ZstdCompressor: ~Copyable {
    private let context: OpaquePointer

    /// Makes a compressor.
    ///
    /// - Parameter level: 1 to 19; 3 is zstd's own default.
    /// - Throws: `ZstdError` where the level is refused or memory runs out.
    public init(level: Int) throws(ZstdError) {
        guard let context = ZSTD_createCCtx() else {
            throw ZstdError(code: 0, message: "zstd could not allocate a compression context")
        }
        do throws(ZstdError) {
            _ = try ZstdError.check(
                ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(level)),
                "setting zstd level \(level)"
            )
            _ = try ZstdError.check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1), "setting zstd's checksum")
        } catch {
            ZSTD_freeCCtx(context)
            throw error
        }
        self.context = context
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Compresses bytes into one frame that carries its content's size and checksum.
    ///
    /// - Parameter output: at least `ZstdFrame.bound(input.count)` bytes.
    /// - Returns: the frame's length in bytes.
    /// - Throws: `ZstdError`, also where the output is too small.
    public mutating func compress(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        let length = ZSTD_compress2(context, output.baseAddress, output.count, input.baseAddress, input.count)
        return try ZstdError.check(length, "compressing \(input.count) bytes")
    }
}

/// Reads zstd frames, one a call.
public struct ZstdDecompressor: ~Copyable {
    private let context: OpaquePointer

    /// Makes a decompressor.
    ///
    /// - Throws: `ZstdError` where memory runs out.
    public init() throws(ZstdError) {
        guard let context = ZSTD_createDCtx() else {
            throw ZstdError(code: 0, message: "zstd could not allocate a decompression context")
        }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Decompresses exactly one frame; never writes past the output.
    ///
    /// - Returns: the content's length in bytes.
    /// - Throws: `ZstdError` where the frame is damaged or its content does not fit.
    public mutating func decompress(
        _ frame: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        let length = ZSTD_decompressDCtx(
            context,
            output.baseAddress,
            output.count,
            frame.baseAddress,
            frame.count
        )
        return try ZstdError.check(length, "decompressing a frame of \(frame.count) bytes")
    }
}
