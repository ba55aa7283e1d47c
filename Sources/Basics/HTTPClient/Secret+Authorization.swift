extension Secret {
    /// The value of an `Authorization: Basic` field (RFC 7617): base64 of name, colon and password.
    public static func basic(username: String, password: Secret) -> Secret {
        Secret("Basic " + base64(Array((username + ":" + password.reveal()).utf8)))
    }

    /// The same secret behind a scheme, `ApiKey ` for example.
    public func prefixed(_ scheme: String) -> Secret { Secret(scheme + reveal()) }

    /// RFC 4648, section 4.
    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let group = bytes[index..<min(index + 3, bytes.count)]
            let padded = Array(group) + [UInt8](repeating: 0, count: 3 - group.count)
            let bits = Int(padded[0]) << 16 | Int(padded[1]) << 8 | Int(padded[2])
            for place in 0..<4 {
                text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : 61)
            }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }
}
