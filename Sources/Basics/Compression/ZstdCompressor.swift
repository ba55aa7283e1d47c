internal import CZstd

/// How hard zstd tries (zstd.h, "Advanced compression API"); 0 leaves a field to the level.
public struct ZstdSettings: Sendable, Equatable {
    /// 1 to 19; 3 is zstd's own default.
    public let level: Int
    /// How far back matches are found: 10 to 27, a power of two in bytes.
    public let windowLog: Int
    /// Entries of the table that finds them: 6 to 30, a power of two; each takes four bytes.
    public let hashLog: Int
    /// The shortest match that is looked for: 3 to 7 bytes.
    public let minMatch: Int

    /// Names settings; frames made with any of them are read alike.
    public init(level: Int, windowLog: Int = 0, hashLog: Int = 0, minMatch: Int = 0) {
        self.level = level
        self.windowLog = windowLog
        self.hashLog = hashLog
        self.minMatch = minMatch
    }

    var parameters: [(ZSTD_cParameter, Int)] {
        [
            (ZSTD_c_compressionLevel, level), (ZSTD_c_windowLog, windowLog), (ZSTD_c_hashLog, hashLog),
            (ZSTD_c_minMatch, minMatch), (ZSTD_c_checksumFlag, 1),
        ]
    }
}

/// Makes zstd frames, one a call; keeps its working memory between calls.
public struct ZstdCompressor: ~Copyable {
    private let context: OpaquePointer

    /// Makes a compressor.
    ///
    /// - Throws: `ZstdError` where a setting is refused or memory runs out.
    public init(_ settings: ZstdSettings) throws(ZstdError) {
        guard let context = ZSTD_createCCtx() else {
            throw ZstdError(code: 0, message: "zstd could not allocate a compression context")
        }
        do throws(ZstdError) {
            for (parameter, value) in settings.parameters {
                _ = try ZstdError.check(
                    ZSTD_CCtx_setParameter(context, parameter, CInt(value)),
                    "setting zstd's parameter \(parameter.rawValue) to \(value)"
                )
            }
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
