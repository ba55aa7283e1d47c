internal import CZstd

/// A call into libzstd that failed.
public struct ZstdError: Error, CustomStringConvertible, Sendable {
    /// The library's own error number (`ZSTD_ErrorCode`, zstd_errors.h).
    public let code: Int
    /// What was tried and what the library said.
    public let message: String

    /// The message.
    public var description: String { message }

    /// Turns a libzstd result into its value, or throws what it says.
    static func check(_ result: Int, _ what: String) throws(ZstdError) -> Int {
        guard ZSTD_isError(result) == 0 else {
            let text = String(cString: ZSTD_getErrorName(result))
            throw ZstdError(code: Int(ZSTD_getErrorCode(result).rawValue), message: "\(what) failed: \(text)")
        }
        return result
    }
}
