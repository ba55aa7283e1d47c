internal import Hashing

/// The one spelling of a request that both sides sign, as botocore's `auth.py` makes it.
struct CanonicalRequest {
    /// The names of the fields in it, sorted, joined by semicolons.
    let signedHeaders: String
    /// Its lines.
    let text: String

    /// Fields that what stands on the way may change.
    private static let unsigned: Set<String> = [
        "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id", "traceparent", "tracestate", "baggage",
        "authorization",
    ]

    init(_ request: SigningRequest, headers: [(name: String, value: String)], isS3: Bool) {
        var values: [String: [String]] = [:]
        for header in headers {
            let name = header.name.lowercased()
            guard !CanonicalRequest.unsigned.contains(name) else { continue }
            values[name, default: []].append(CanonicalRequest.trimmed(header.value))
        }
        let names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        signedHeaders = names.joined(separator: ";")
        var lines = [request.method.uppercased()]
        // What S3 calls a key may hold any number of slashes and dots; other services take a path twice encoded.
        lines.append(isS3 ? request.path : CanonicalRequest.encoded(CanonicalRequest.normalized(request.path)))
        lines.append(CanonicalRequest.sorted(request.query))
        for name in names { lines.append("\(name):\(values[name, default: []].joined(separator: ","))") }
        lines.append("")
        lines.append(signedHeaders)
        lines.append(request.payloadHash)
        text = lines.joined(separator: "\n")
    }

    /// Without blanks at both ends, and with one in place of several.
    private static func trimmed(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }

    /// Sorted by name, then value; `name` alone becomes `name=`.
    private static func sorted(_ query: String) -> String {
        guard !query.isEmpty else { return "" }
        let pairs = query.split(separator: "&", omittingEmptySubsequences: false).map { pair in
            let name = pair.prefix { $0 != "=" }
            return (name: Array(name.utf8), value: Array(pair.dropFirst(name.count + 1).utf8))
        }
        let ordered = pairs.sorted { a, b in
            a.name == b.name
                ? a.value.lexicographicallyPrecedes(b.value) : a.name.lexicographicallyPrecedes(b.name)
        }
        return ordered.map { String(decoding: $0.name + [61] + $0.value, as: UTF8.self) }.joined(separator: "&")
    }

    /// Without `.`, `..` and repeated slashes; a slash at the end stays.
    private static func normalized(_ path: String) -> String {
        guard !path.isEmpty else { return "/" }
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
            + (path.hasSuffix("/") && !parts.isEmpty ? "/" : "")
    }

    private static func encoded(_ path: String) -> String { PercentEncoding.encode(path, keeping: "/") }
}

/// RFC 3986: everything but letters, digits, `-`, `.`, `_` and `~` as `%` and two upper-case digits.
enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func encode(_ text: String, keeping kept: String = "") -> String {
        let kept = Set(kept.utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            case _ where kept.contains(byte): bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
