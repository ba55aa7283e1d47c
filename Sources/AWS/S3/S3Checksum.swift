internal import Encoding
internal import Hashing

/// The SHA-256 of what an object holds, in the forms in which S3 names it.
public struct S3Checksum: Sendable, Equatable {
    private let bytes: [UInt8]

    /// The header field that it stands in.
    public static let field = "x-amz-checksum-sha256"

    /// Computes that of bytes.
    public init(_ content: [UInt8]) { bytes = SHA256(content).bytes }

    /// In base64.
    public var text: String { Base64.encode(bytes) }

    /// That of an object made of parts: the hash of their hashes, and their number.
    public static func text(ofParts parts: [S3Checksum]) -> String {
        "\(Base64.encode(SHA256(parts.flatMap(\.bytes)).bytes))-\(parts.count)"
    }
}
