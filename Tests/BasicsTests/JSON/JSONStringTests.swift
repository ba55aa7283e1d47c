import JSON
import TestSupport
import Testing

@Suite struct JSONStringTests {
    private func decode(_ raw: String) -> String { Array(raw.utf8).withUnsafeBytes { JSONString.decode($0) } }

    @Test(arguments: [
        ("", ""), ("plain ż 🐈", "plain ż 🐈"), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
        (#"\u0041\u00e9\u20AC"#, "Aé€"),
        (#"\uD83D\uDC08!"#, "🐈!"), (#"\uD83D"#, "\u{FFFD}"), (#"\uD83Dx"#, "\u{FFFD}x"),
        (#"\uDC08\uD83D"#, "\u{FFFD}\u{FFFD}"),
        (#"\uD83D\u0041"#, "\u{FFFD}A"), (#"\u12"#, "\u{FFFD}12"), (#"end\"#, "end\u{FFFD}"),
    ]) func escapesAreResolved(raw: String, expected: String) {
        #expect(decode(raw) == expected, "\(raw)")
    }

    @Test func whatIsEncodedDecodesToTheSame() {
        var random = SeededRandom()
        for _ in 0..<500 {
            var text = ""
            for _ in 0..<Int.random(in: 0..<30, using: &random) {
                let limit: UInt32 = Bool.random(using: &random) ? 128 : 0x11_0000
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) {
                    text.unicodeScalars.append(scalar)
                }
            }
            var encoded: [UInt8] = []
            JSONString.encode(text, into: &encoded)
            #expect(encoded.first == 34 && encoded.last == 34)
            #expect(!encoded.contains { $0 < 32 }, "\(random)")
            let decoded = encoded.dropFirst().dropLast().withUnsafeBytes { JSONString.decode($0) }
            #expect(Array(decoded.utf8) == Array(text.utf8), "\(random)")
        }
    }
}
