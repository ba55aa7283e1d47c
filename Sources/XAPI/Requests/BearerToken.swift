public import HTTPClient

/// The app's bearer token; printing it, in whatever way, shows `<secret>`.
public struct BearerToken: Sendable, Hashable, CustomStringConvertible {
    /// The value of the `Authorization` field.
    public let authorization: Secret

    /// Takes a token as its owner holds it: blanks and line ends around it go, and a leading `Bearer `.
    ///
    /// The rest is used as it is, percent escapes included.
    ///
    /// - Parameter text: what `BEARER_TOKEN` or a token file holds.
    /// - Throws: `.invalidToken` where nothing is left, or where it holds blanks or anything but printable ASCII.
    public init(_ text: String) throws(XAPIError) {
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
        var bytes = Array(text.utf8).drop(while: isBlank)
        if bytes.starts(with: Array("Bearer ".utf8)) { bytes = bytes.dropFirst(7).drop(while: isBlank) }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        guard !bytes.isEmpty else {
            throw XAPIError(
                code: .invalidToken,
                message: "the bearer token is empty; copy it from your app's page in the X developer console"
            )
        }
        guard bytes.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw XAPIError(
                code: .invalidToken,
                message:
                    "the bearer token holds a blank or a character that no token has; copy it again, alone on one line"
            )
        }
        authorization = Secret("Bearer " + String(decoding: bytes, as: UTF8.self))
    }

    /// Always `<secret>`.
    public var description: String { "<secret>" }
}
