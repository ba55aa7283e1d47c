extension AWSClient {
    /// A path or query in the one spelling that signatures know, whatever of it was encoded before.
    public static func strict(_ text: String, keeping kept: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        var result = ""
        func end() {
            result += PercentEncoding.encode(String(decoding: bytes, as: UTF8.self))
            bytes = []
        }
        while let byte = rest.popFirst() {
            if kept.utf8.contains(byte) {
                end()
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        end()
        return result
    }
}
