internal import CCrypto

/// SHA-256 (FIPS 180-4) and its keyed form HMAC (RFC 2104), by OpenSSL.
public struct SHA256: Sendable, Hashable {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// The hash of a run of bytes.
    public init(_ content: UnsafeRawBufferPointer) {
        bytes = [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { hash, count in
            let isDone = reprise_sha256(content.baseAddress, content.count, hash.baseAddress) == 1
            precondition(isDone, "libcrypto computes no SHA-256")
            count = SHA256.byteCount
        }
    }

    /// The hash of an array's bytes.
    public init(_ content: [UInt8]) { self = content.withUnsafeBytes { SHA256($0) } }

    /// The hash of a text's UTF-8.
    public init(_ text: String) { self.init(Array(text.utf8)) }

    /// The HMAC of a text's UTF-8.
    public init(key: [UInt8], _ text: String) {
        let content = Array(text.utf8)
        bytes = [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { code, count in
            let isDone = key.withUnsafeBytes { key in
                content.withUnsafeBytes { content in
                    let start = code.baseAddress
                    return reprise_hmac_sha256(
                        key.baseAddress,
                        CInt(key.count),
                        content.baseAddress,
                        content.count,
                        start
                    ) == 1
                }
            }
            precondition(isDone, "libcrypto computes no HMAC")
            count = SHA256.byteCount
        }
    }

    /// The hash as 64 lower-case hexadecimal digits.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            for (index, byte) in bytes.enumerated() {
                text[2 * index] = digits[Int(byte >> 4)]
                text[2 * index + 1] = digits[Int(byte & 15)]
            }
            return 2 * bytes.count
        }
    }

    private static let byteCount = 32
}
