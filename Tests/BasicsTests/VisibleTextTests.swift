import Foundation
import TestSupport
import Testing
import Text

/// Texts from outside show what they hide.
@Suite struct VisibleTextTests {
    @Test func controlsAndOverridesOfDirectionAreSpelledOutAndEverythingElseStays() {
        #expect("a\u{1B}[2Jb\u{202E}c\u{85}\u{7F}".visible() == #"a\u001b[2Jb\u202ec\u0085\u007f"#)
        #expect("two\nlines\tand \r".visibleLines == "two\nlines\tand \\r")
        for text in ["", "plain", "é 🐈 👩‍👩‍👧 한국어 עברית العربية", "a\u{200D}b"] {
            #expect(text.visible() == text)
        }
    }

    private func shown(_ bytes: [UInt8], pieces: [Int]) -> [UInt8] {
        var (shower, result, start) = (VisibleBytes(), [UInt8](), 0)
        for end in pieces + [bytes.count] {
            result += Array(bytes[start..<end]).withUnsafeBytes { shower.take($0) }
            start = end
        }
        return result + shower.finish()
    }

    @Test func aLineOfJSONStaysTheSameJSON() throws {
        let text = "\u{202E}x\u{7F} \u{9B}31m é🐈"
        let line = Array("{\"text\":\"\(text)\"}\r\n".utf8)
        let result = shown(line, pieces: [])
        #expect(String(decoding: result, as: UTF8.self) == "{\"text\":\"\\u202ex\\u007f \\u009b31m é🐈\"}\r\n")
        #expect(try JSONDecoder().decode([String: String].self, from: Data(result)) == ["text": text])
    }

    /// The network cuts where it likes, inside characters and between CR and LF.
    @Test func wherePiecesEndChangesNothing() {
        var random = SeededRandom()
        let parts = ["a", "é", "€", "🐈", "\r\n", "\r", "\n", "\t", "\u{1B}", "\u{202E}", "\u{9B}"].map {
            Array($0.utf8)
        }
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<20, using: &random) {
                bytes +=
                    Int.random(in: 0..<12, using: &random) == 0 ? [0xE2] : parts.randomElement(using: &random) ?? []
            }
            let pieces = (0..<4).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            #expect(shown(bytes, pieces: pieces) == shown(bytes, pieces: []), "\(random): \(bytes) \(pieces)")
        }
    }
}
